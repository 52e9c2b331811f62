"""A new installation shows the checklist of the first day until it is put away; those from before do not."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute("INSERT INTO settings (name, value) SELECT 'first_day', 'on' WHERE NOT EXISTS (SELECT 1 FROM users)")
