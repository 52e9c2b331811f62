"""The activity log is found by whom an entry is about, and by IP address."""

from alembic import op

from db.migrations import on_postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    # Whole indexes: with partial ones a refused login of a known user would write more than one of an unknown user.
    op.create_index("activity_by_subject_name", "activity", ["subject", "number"])
    op.create_index("activity_by_subject_name_action", "activity", ["subject", "action", "number"])
    op.create_index("activity_by_address", "activity", ["address", "number"])
    if op.get_bind().dialect.name == "postgresql":
        on_postgresql.activity_fields()
