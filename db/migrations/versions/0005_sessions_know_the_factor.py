"""Sessions know by what they were opened, and what kind of set-up was confirmed in them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "sessions", sa.Column("factor", sa.Text, nullable=False, server_default="")
    )  # "" | "code" | "recovery code"; "code", too, once a phone has proved to be at hand
    op.add_column(
        "sessions", sa.Column("set_up_purpose", sa.Text, nullable=False, server_default="")
    )  # of the set-up that was confirmed: "replace" | "add"; "" without one
    op.execute("UPDATE sessions SET set_up_purpose = 'replace' WHERE set_up_confirmed_at IS NOT NULL")
