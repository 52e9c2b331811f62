"""Links that open something once, and set-ups that add a phone instead of replacing the one there is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Time = sa.BigInteger
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),  # "invitation" | "password_reset" | "new_address" | "binding"
        sa.Column("user_id", Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("expires_at", Time, nullable=False),
        sa.Column("used_at", Time),
        sa.Column("detail", sa.Text, nullable=False),  # the new address; "" for the others
        sqlite_autoincrement=True,
    )
    op.create_index("links_by_user", "links", ["user_id", "kind"])
    op.create_index("links_by_expires_at", "links", ["expires_at"])
    op.add_column("set_ups", sa.Column("purpose", sa.Text, nullable=False, server_default="replace"))  # | "add"
    op.add_column("set_ups", sa.Column("name", sa.Text, nullable=False, server_default=""))
