"""Counts of repeated activities know their kind; wrong codes know their IP address and are found by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    # What was counted before were refused logins and proofs, together.
    op.add_column("refusals", sa.Column("action", sa.Text, nullable=False, server_default="login.refused"))
    op.add_column("refusals", sa.Column("password", sa.Text, nullable=False, server_default=""))  # "right"
    op.add_column("code_attempts", sa.Column("address", sa.Text, nullable=False, server_default=""))
    op.create_index("code_attempts_by_time", "code_attempts", ["at"])
