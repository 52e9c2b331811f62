"""Adoption counts users who can sign in; who has not joined yet, and who is disabled, is counted beside them. The
overview in other orders than that of usernames.
"""

import sqlalchemy as sa
from alembic import op

from db.migrations import on_postgresql

revision = "0020"
down_revision = "0019"

TRIGGERS = (
    *("users_insert", "users_update", "users_delete", "user_roles_insert", "user_roles_delete"),
    *("whole_insert", "whole_update", "whole_delete"),
)
# Each user is one of these.
KINDS = {
    "set_up": "{active} AND {joined} AND {row}.login_method = 'password' AND {row}.two_factor_at IS NOT NULL",
    "not_set_up": "{active} AND {joined} AND {row}.login_method = 'password' AND {row}.two_factor_at IS NULL",
    "sso": "{active} AND {joined} AND {row}.login_method = 'sso'",
    "not_joined": "{active} AND NOT {joined}",
    "disabled": "NOT {active}",
}
NAMES = ", ".join(KINDS)
MORE = ", ".join(f"{kind} = {kind} + excluded.{kind}" for kind in KINDS)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        _figures()
    else:
        on_postgresql.adoption(tuple(KINDS), _each)
    _orders(sqlite)


def _figures() -> None:
    for trigger in TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS adoption_{trigger}")
    for table in ("adoption", "adoption_by_unit", "adoption_by_role"):
        for kind in ("not_joined", "disabled"):
            op.add_column(table, sa.Column(kind, sa.Integer, nullable=False, server_default="0"))
    _fill()
    _triggers()


def _each(row: str) -> list[str]:
    """What a user's row adds to each figure: 1 or 0."""
    active = f"{row}.disabled_at IS NULL"
    joined = f"({row}.password_set_at IS NOT NULL OR {row}.sso_subject IS NOT NULL)"
    conditions = (condition.format(row=row, active=active, joined=joined) for condition in KINDS.values())
    return [f"CASE WHEN {condition} THEN 1 ELSE 0 END" for condition in conditions]


def _fill() -> None:
    sums = ", ".join(f"COALESCE(sum({each}), 0)" for each in _each("u"))
    whole = ", ".join(
        f"{kind} = (SELECT COALESCE(sum({each}), 0) FROM users u)" for kind, each in zip(KINDS, _each("u"), strict=True)
    )
    op.execute(f"UPDATE adoption SET {whole} WHERE id = 1")
    for table, key, users in (
        ("adoption_by_unit", "unit", "users u"),
        ("adoption_by_role", "role_id", "user_roles r JOIN users u ON u.id = r.user_id"),
    ):
        op.execute(f"DELETE FROM {table}")
        op.execute(f"INSERT INTO {table} ({key}, {NAMES}) SELECT {key}, {sums} FROM {users} GROUP BY {key}")


def _triggers() -> None:
    """They keep the figures in the transaction of whatever changes a user or a role, so that no code can forget
    them.
    """
    columns = "unit, login_method, disabled_at, two_factor_at, password_set_at, sso_subject"
    moved = [f"({after}) - ({before})" for after, before in zip(_each("new"), _each("old"), strict=True)]
    added, gone = _each("new"), [f"-({each})" for each in _each("old")]
    of_user = ", ".join(_each("u"))
    taken = [f"-COALESCE((SELECT {each} FROM users u WHERE u.id = old.user_id), 0)" for each in _each("u")]
    for name, event, body in (
        ("users_insert", "AFTER INSERT ON users", _whole(added) + _unit_gains()),
        (
            "users_update",
            f"AFTER UPDATE OF {columns} ON users",
            _whole(moved) + _unit_loses() + _unit_gains() + _roles("new.id", moved),
        ),
        # Before: afterwards the roles of the user are gone, and so is what they held of them.
        ("users_delete", "BEFORE DELETE ON users", _whole(gone) + _unit_loses() + _roles("old.id", gone)),
        (
            "user_roles_insert",
            "AFTER INSERT ON user_roles",
            (
                f"INSERT INTO adoption_by_role (role_id, {NAMES}) SELECT new.role_id, {of_user} FROM users u"
                f" WHERE u.id = new.user_id ON CONFLICT (role_id) DO UPDATE SET {MORE};"
            ),
        ),
        (
            "user_roles_delete",
            "AFTER DELETE ON user_roles",
            f"UPDATE adoption_by_role SET {_changes(taken)} WHERE role_id = old.role_id;",
        ),
    ):
        op.execute(f"CREATE TRIGGER adoption_{name} {event} BEGIN {body} END")


def _changes(changes: list[str]) -> str:
    return ", ".join(f"{kind} = {kind} + ({change})" for kind, change in zip(KINDS, changes, strict=True))


def _whole(changes: list[str]) -> str:
    return f"UPDATE adoption SET {_changes(changes)} WHERE id = 1;"


def _unit_gains() -> str:
    values = ", ".join(_each("new"))
    return (
        f"INSERT INTO adoption_by_unit (unit, {NAMES}) VALUES (new.unit, {values})"
        f" ON CONFLICT (unit) DO UPDATE SET {MORE};"
    )


def _unit_loses() -> str:
    less = [f"-({each})" for each in _each("old")]
    return f"UPDATE adoption_by_unit SET {_changes(less)} WHERE unit = old.unit;"


def _roles(user_id: str, changes: list[str]) -> str:
    held = f"SELECT role_id FROM user_roles WHERE user_id = {user_id}"
    return f"UPDATE adoption_by_role SET {_changes(changes)} WHERE role_id IN ({held});"


def _orders(sqlite: bool) -> None:
    """Each order of the overview is that of an index. Those by time hold what the filters ask: who has not joined has
    not signed in either, and so is all at one end.
    """
    states = "login_method, disabled_at, two_factor_at, password_set_at, sso_subject"
    if sqlite:
        op.execute("DROP INDEX users_walk")
        op.execute(f"CREATE INDEX users_walk ON users (username, search_text, {states}, unit)")
    op.execute("CREATE INDEX users_by_name ON users (name_beginning, username)")
    for column in ("last_login_at", "last_reminded_at"):
        name = column.removesuffix("_at")
        op.execute(f"CREATE INDEX users_by_{name} ON users ((COALESCE({column}, 0)), username, {states}, {column})")
    op.execute(f"CREATE INDEX users_disabled ON users (username, {states}, unit) WHERE disabled_at IS NOT NULL")
    op.execute("DROP INDEX users_not_joined")
    not_joined = "password_set_at IS NULL AND sso_subject IS NULL AND disabled_at IS NULL"
    op.execute(f"CREATE INDEX users_not_joined ON users (username, {states}, unit) WHERE {not_joined}")
