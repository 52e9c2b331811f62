"""Whom to ask for help, as JSON."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("INSERT INTO settings (name, value) VALUES ('contact', '{}')")
