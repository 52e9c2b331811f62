"""Counts of repeated activities are of those without an entry: before, the ten with one were in them."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("UPDATE refusals SET number = CASE WHEN number > 10 THEN number - 10 ELSE 0 END")
