"""The front door: users, roles, second factors, sessions, limits and the activity log.

Times are epoch seconds in UTC. A state is a time or NULL, never a boolean. `username` is in its canonical form everywhere.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from db.migrations import on_postgresql

revision = "0001"
down_revision = None

Time = sa.BigInteger
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _id() -> "sa.Column[int]":
    return sa.Column("id", Id, primary_key=True, autoincrement=True)


def _table(name: str, *columns: SchemaItem) -> None:
    op.create_table(name, *columns, sqlite_autoincrement=any(getattr(column, "name", "") == "id" for column in columns))


def _user(*, primary_key: bool = False) -> "sa.Column[int]":
    return sa.Column(
        "user_id", Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key
    )


def upgrade() -> None:
    _table(
        "users",
        _id(),
        sa.Column("username", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column(
            "name_beginning", sa.Text, nullable=False
        ),  # the name, case-folded: a search of two letters compares beginnings
        sa.Column("email_beginning", sa.Text, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),  # username, name and address, case-folded, a line each
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("login_method", sa.Text, sa.CheckConstraint("login_method IN ('password', 'sso')"), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("password_set_at", Time),
        sa.Column(
            "one_time_until", Time
        ),  # until when a printed password is good; NULL: the password was chosen by a person
        sa.Column("time_zone", sa.Text, nullable=False),  # '': the installation's
        sa.Column("created_at", Time, nullable=False),
        sa.Column("disabled_at", Time),
        sa.Column("last_login_at", Time),
        sa.Column("last_login_address", sa.Text),
        sa.Column("two_factor_at", Time),  # since when it is set up
        sa.Column("codes_blocked_at", Time),
        sa.Column("codes_generation", sa.Integer, nullable=False),  # which set of recovery codes this is
        sa.Column("access_version", sa.Integer, nullable=False),  # rises with whatever a login under way must notice
        sa.CheckConstraint(
            "login_method = 'password' OR (password_hash IS NULL AND two_factor_at IS NULL)", name="sso_has_no_password"
        ),
    )
    active_password = "login_method = 'password' AND disabled_at IS NULL"
    for name, where in {
        "users_by_method": None,
        "users_with_two_factor": f"{active_password} AND two_factor_at IS NOT NULL",
        "users_without_two_factor": f"{active_password} AND two_factor_at IS NULL",
    }.items():
        columns = ["login_method", "username"] if where is None else ["username"]
        condition = sa.text(where) if where else None
        op.create_index(name, "users", columns, sqlite_where=condition, postgresql_where=condition)

    op.create_index("users_by_name_beginning", "users", ["name_beginning"])
    op.create_index("users_by_email_beginning", "users", ["email_beginning"])

    _table("roles", _id(), sa.Column("name", sa.Text, nullable=False, unique=True))
    _table(
        "role_permissions",
        sa.Column("role_id", Id, sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("permission", sa.Text, primary_key=True),
    )
    _table(
        "user_roles",
        _user(primary_key=True),
        sa.Column("role_id", Id, sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("user_roles_by_role", "user_roles", ["role_id"])

    _table(
        "authenticators",
        _id(),
        _user(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("encrypted_key", sa.LargeBinary, nullable=False),
        sa.Column("confirmed_at", Time, nullable=False),
        sa.Column("last_used_at", Time, nullable=False),
        sa.Column("last_step", Time, nullable=False),
    )
    op.create_index("authenticators_by_user", "authenticators", ["user_id"])
    _table(
        "recovery_codes",
        _id(),
        _user(),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("used_at", Time),
        sa.Column("used_by", sa.BigInteger),  # the attempt that spent it
    )
    op.create_index("recovery_codes_by_user", "recovery_codes", ["user_id", "code_hash"], unique=True)
    # One row per attempt with a right password and a code or recovery code that is under way (judged_at NULL) or was wrong.
    _table(
        "code_attempts",
        _id(),
        sa.Column("user_id", Id),  # NULL: a spare row, so that every login does the same work
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("judged_at", Time),
        sa.Column("cleared_at", Time),  # a success ended the row of wrong ones; it still counts within 30 days
    )
    op.create_index("code_attempts_by_user", "code_attempts", ["user_id", "kind", "at"])

    _table(
        "browsers",
        _id(),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("seen_at", Time, nullable=False),
    )
    _table(
        "browser_users",
        sa.Column("browser_id", Id, sa.ForeignKey("browsers.id", ondelete="CASCADE"), primary_key=True),
        _user(primary_key=True),
    )
    op.create_index("browser_users_by_user", "browser_users", ["user_id"])
    _table(
        "sessions",
        _id(),
        _user(),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("previous_token_hash", sa.LargeBinary),
        sa.Column("previous_until", Time),
        sa.Column("started_at", Time, nullable=False),
        sa.Column("last_used_at", Time, nullable=False),
        sa.Column("password_proved_at", Time),
        sa.Column("code_proved_at", Time),
        sa.Column("one_time_until", Time),  # opened with a printed password: reaches only *Choose a password*
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("browser", sa.Text, nullable=False),
        sa.Column("browser_id", Id, sa.ForeignKey("browsers.id", ondelete="SET NULL")),
        sa.Column("set_up_confirmed_at", Time),  # its recovery codes were shown in this session
        sa.Column("previous_login_at", Time),
        sa.Column("previous_login_address", sa.Text),
    )
    op.create_index("sessions_by_user", "sessions", ["user_id", "started_at"])
    op.create_index("sessions_by_previous_token", "sessions", ["previous_token_hash"])
    _table(
        "set_ups",  # a second factor that is not confirmed yet
        _id(),
        sa.Column("session_id", Id, sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, unique=True),
        _user(),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("encrypted_key", sa.LargeBinary, nullable=False),
        sa.Column("started_at", Time, nullable=False),
        sa.Column("wrong_codes", sa.Integer, nullable=False),
    )
    op.create_index("set_ups_by_user", "set_ups", ["user_id"])

    _table(
        "attempts",  # password buckets; the name is a keyed hash
        sa.Column("bucket", sa.Text, primary_key=True),
        sa.Column(
            "whose", sa.Text, nullable=False
        ),  # a keyed hash of the username, by which an administrator empties them; '' for a network
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("waiting_until", Time, nullable=False),
        sa.Column("forget_at", Time, nullable=False),
    )
    op.create_index("attempts_by_whose", "attempts", ["whose"])
    op.create_index("attempts_by_forget_at", "attempts", ["forget_at"])
    _table(
        "refusals",  # how many refused logins of one user or network in an hour got an entry of the log, how many were only counted
        sa.Column("whose", sa.Text, primary_key=True),
        sa.Column("since", Time, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("subject_id", Id),
        sa.Column("subject", sa.Text, nullable=False),
    )

    _table(
        "settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", Time),
        sa.Column("changed_by", sa.Text),
    )
    _table("locks", sa.Column("name", sa.Text, primary_key=True), sa.Column("turns", sa.BigInteger, nullable=False))
    if op.get_bind().dialect.name == "sqlite":
        _adoption()
    _activity()
    _rows()
    _search()


def _adoption() -> None:
    _table(
        "adoption",  # kept by the transactions that change a user or a set-up, so that no page counts rows
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("set_up", sa.Integer, nullable=False),
        sa.Column("not_set_up", sa.Integer, nullable=False),
        sa.Column("sso", sa.Integer, nullable=False),
    )


def _activity() -> None:
    _table(
        "activity",
        sa.Column("number", Id, primary_key=True, autoincrement=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("actor_id", Id),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject_id", Id),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),  # JSON, keys in order
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
    )
    op.create_index("activity_by_action", "activity", ["action", "number"])
    op.create_index("activity_by_actor", "activity", ["actor", "number"])
    op.create_index("activity_by_actor_action", "activity", ["actor", "action", "number"])
    op.create_index("activity_by_subject", "activity", ["subject_id", "action", "number"])
    op.create_index("activity_by_time", "activity", ["at", "number"])
    _table(
        "activity_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("turns", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
    )


def _rows() -> None:
    roles = {
        "Administrator": ("activity_log.view", "general_settings.edit", "roles.edit", "users.edit", "users.view"),
        "User manager": ("users.edit", "users.view"),
        "Auditor": ("activity_log.view", "users.view"),
        "Member": (),
    }
    for number, (name, permissions) in enumerate(roles.items(), start=1):
        op.execute(sa.text("INSERT INTO roles (name) VALUES (:name)").bindparams(name=name))
        for permission in permissions:
            statement = "INSERT INTO role_permissions (role_id, permission) VALUES (:role, :permission)"
            op.execute(sa.text(statement).bindparams(role=number, permission=permission))
    op.execute("INSERT INTO settings (name, value) VALUES ('two_factor', 'off')")
    op.execute("INSERT INTO locks (name, turns) VALUES ('administrators', 0)")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO adoption (id, set_up, not_set_up, sso) VALUES (1, 0, 0, 0)")
    empty = sa.text(
        "INSERT INTO activity_head (id, turns, number, mac, key_id, signature) VALUES (1, 0, 0, :none, '', :none)"
    )
    op.execute(empty.bindparams(none=b""))


def _search() -> None:
    """An index of three-letter groups over what the overview searches; triggers keep it, so that no code can forget
    it.
    """
    if op.get_bind().dialect.name == "postgresql":
        on_postgresql.search()
        return
    op.execute(
        "CREATE VIRTUAL TABLE users_search USING fts5 (search_text, content='users', content_rowid='id', tokenize='trigram')"
    )
    add = "INSERT INTO users_search (rowid, search_text) VALUES (new.id, new.search_text);"
    remove = "INSERT INTO users_search (users_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);"
    op.execute(f"CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN {add} END")
    op.execute(f"CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN {remove} END")
    op.execute(f"CREATE TRIGGER users_search_update AFTER UPDATE OF search_text ON users BEGIN {remove} {add} END")
