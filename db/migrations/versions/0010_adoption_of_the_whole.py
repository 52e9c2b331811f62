"""The figures of the whole installation join those by unit and role: kept by triggers, so that no code can forget
them.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

KINDS = {
    "set_up": "{row}.login_method = 'password' AND {row}.two_factor_at IS NOT NULL",
    "not_set_up": "{row}.login_method = 'password' AND {row}.two_factor_at IS NULL",
    "sso": "{row}.login_method = 'sso'",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # There they begin with 0020.
        return
    sums = ", ".join(f"{kind} = (SELECT count(*) FROM users u WHERE {_counts(kind, 'u')})" for kind in KINDS)
    op.execute(f"UPDATE adoption SET {sums} WHERE id = 1")
    _triggers()


def _counts(kind: str, row: str) -> str:
    return f"{row}.disabled_at IS NULL AND {KINDS[kind].format(row=row)}"


def _triggers() -> None:
    for name, event, signs in (
        ("insert", "AFTER INSERT ON users", {"new": "+"}),
        ("update", "AFTER UPDATE OF login_method, disabled_at, two_factor_at ON users", {"new": "+", "old": "-"}),
        ("delete", "AFTER DELETE ON users", {"old": "-"}),
    ):
        changes = ", ".join(
            f"{kind} = {kind} " + " ".join(f"{sign} ({_counts(kind, row)})" for row, sign in signs.items())
            for kind in KINDS
        )
        op.execute(
            f"CREATE TRIGGER adoption_whole_{name} {event} BEGIN UPDATE adoption SET {changes} WHERE id = 1; END"
        )
