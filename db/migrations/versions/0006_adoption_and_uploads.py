"""Adoption by organisational unit, by role and by month, kept by triggers; the overview by unit; files between
preview and import.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Time = sa.BigInteger
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

KINDS = {
    "set_up": "{row}.login_method = 'password' AND {row}.two_factor_at IS NOT NULL",
    "not_set_up": "{row}.login_method = 'password' AND {row}.two_factor_at IS NULL",
    "sso": "{row}.login_method = 'sso'",
}


def upgrade() -> None:
    # On PostgreSQL the figures begin with 0020.
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        _figures_of_parts()
    _overview_by_unit()
    op.create_table(
        "uploads",  # a file of users, between preview and import; goes with its session
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("session_id", Id, sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, unique=True),
        sa.Column("uploaded_at", Time, nullable=False),
        sa.Column("imported_at", Time),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("preview", sa.Text, nullable=False),  # JSON: the counts and the first bad lines
        sqlite_autoincrement=True,
    )
    op.create_table(
        "upload_parts",
        sa.Column("upload_id", Id, sa.ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    if sqlite:
        _fill()
        _triggers()


def _figures_of_parts() -> None:
    op.create_table("adoption_by_unit", sa.Column("unit", sa.Text, primary_key=True), *_figures())
    role = sa.Column(
        "role_id", Id, sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    op.create_table("adoption_by_role", role, *_figures())
    op.create_table(
        "adoption_by_month",  # second factors set up, and not replaced, in a month (UTC)
        sa.Column("month", sa.Text, primary_key=True),  # 2026-11
        sa.Column("set_ups", sa.Integer, nullable=False),
    )


def _figures() -> "list[sa.Column[int]]":
    return [sa.Column(kind, sa.Integer, nullable=False) for kind in KINDS]


def _overview_by_unit() -> None:
    """A walk along the usernames, for each filter with and without a unit, so that none steps over those who are
    filtered away.

    SQLite chooses the index that fixes most columns and, of two that fix as many, the partial one: so those name login_method, too.
    """
    for name in ("users_with_two_factor", "users_without_two_factor"):
        op.drop_index(name, "users")
    op.create_index("users_by_unit", "users", ["unit", "username"])
    op.create_index("users_by_unit_method", "users", ["unit", "login_method", "username"])
    for name, where in {
        "with_two_factor": "login_method = 'password' AND disabled_at IS NULL AND two_factor_at IS NOT NULL",
        "without_two_factor": "login_method = 'password' AND disabled_at IS NULL AND two_factor_at IS NULL",
        "exempt": "login_method = 'sso' AND disabled_at IS NULL",
    }.items():
        condition = sa.text(where)
        for prefix, columns in {"users_": [], "users_by_unit_": ["unit"]}.items():
            every = [*columns, "login_method", "username"]
            op.create_index(f"{prefix}{name}", "users", every, sqlite_where=condition, postgresql_where=condition)


def _each(row: str) -> list[str]:
    """What a user's row adds to each figure: 1 or 0."""
    return [
        f"CASE WHEN {row}.disabled_at IS NULL AND {condition.format(row=row)} THEN 1 ELSE 0 END"
        for condition in KINDS.values()
    ]


def _fill() -> None:
    sums = ", ".join(f"sum({each})" for each in _each("u"))
    names = ", ".join(KINDS)
    op.execute(f"INSERT INTO adoption_by_unit (unit, {names}) SELECT u.unit, {sums} FROM users u GROUP BY u.unit")
    op.execute(
        f"INSERT INTO adoption_by_role (role_id, {names}) SELECT r.role_id, {sums}"
        " FROM user_roles r JOIN users u ON u.id = r.user_id GROUP BY r.role_id"
    )
    month = "strftime('%Y-%m', two_factor_at, 'unixepoch')"
    op.execute(
        f"INSERT INTO adoption_by_month (month, set_ups) SELECT {month}, count(*) FROM users"
        f" WHERE two_factor_at IS NOT NULL GROUP BY {month}"
    )


def _triggers() -> None:
    """They keep the figures in the transaction of whatever changes a user or a role, so that no code can forget
    them.
    """
    names = ", ".join(KINDS)
    more = ", ".join(f"{kind} = {kind} + excluded.{kind}" for kind in KINDS)

    def unit_gains(row: str) -> str:
        values = ", ".join(_each(row))
        return f"INSERT INTO adoption_by_unit (unit, {names}) VALUES ({row}.unit, {values}) ON CONFLICT (unit) DO UPDATE SET {more};"

    def unit_loses(row: str) -> str:
        less = ", ".join(f"{kind} = {kind} - {each}" for kind, each in zip(KINDS, _each(row), strict=True))
        return f"UPDATE adoption_by_unit SET {less} WHERE unit = {row}.unit;"

    def roles_change(user: str, changes: list[str]) -> str:
        change = ", ".join(f"{kind} = {kind} + {each}" for kind, each in zip(KINDS, changes, strict=True))
        held = f"SELECT role_id FROM user_roles WHERE user_id = {user}.id"
        return f"UPDATE adoption_by_role SET {change} WHERE role_id IN ({held});"

    moved = [f"({after}) - ({before})" for after, before in zip(_each("new"), _each("old"), strict=True)]
    gone = [f"-({each})" for each in _each("old")]
    of_user = ", ".join(_each("u"))
    taken = ", ".join(
        f"{kind} = {kind} - COALESCE((SELECT {each} FROM users u WHERE u.id = old.user_id), 0)"
        for kind, each in zip(KINDS, _each("u"), strict=True)
    )
    month = (
        "INSERT INTO adoption_by_month (month, set_ups) VALUES (strftime('%Y-%m', new.two_factor_at, 'unixepoch'), 1)"
        " ON CONFLICT (month) DO UPDATE SET set_ups = set_ups + 1;"
    )
    for name, event, body in (
        ("users_insert", "AFTER INSERT ON users", unit_gains("new")),
        (
            "users_update",
            "AFTER UPDATE OF unit, login_method, disabled_at, two_factor_at ON users",
            unit_loses("old") + unit_gains("new") + roles_change("new", moved),
        ),
        # before: afterwards the roles of the user are gone, and so is what they held of them
        ("users_delete", "BEFORE DELETE ON users", unit_loses("old") + roles_change("old", gone)),
        (
            "user_roles_insert",
            "AFTER INSERT ON user_roles",
            (
                f"INSERT INTO adoption_by_role (role_id, {names}) SELECT new.role_id, {of_user} FROM users u WHERE u.id = new.user_id"
                f" ON CONFLICT (role_id) DO UPDATE SET {more};"
            ),
        ),
        (
            "user_roles_delete",
            "AFTER DELETE ON user_roles",
            f"UPDATE adoption_by_role SET {taken} WHERE role_id = old.role_id;",
        ),
        (
            "month",
            "AFTER UPDATE OF two_factor_at ON users WHEN old.two_factor_at IS NULL AND new.two_factor_at IS NOT NULL",
            month,
        ),
    ):
        op.execute(f"CREATE TRIGGER adoption_{name} {event} BEGIN {body} END")
