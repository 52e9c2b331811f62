"""Letters on their way out, how far the activity log was read for them, and when somebody was last reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Time = sa.BigInteger
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("letter", sa.Text, nullable=False),  # its template in templates/mail/
        sa.Column("user_id", Id, sa.ForeignKey("users.id", ondelete="CASCADE")),  # NULL: to `address` alone
        sa.Column("address", sa.Text, nullable=False),  # "": the user's when the letter leaves
        sa.Column("facts", sa.Text, nullable=False),  # JSON; never a token, which is made when the letter leaves
        sa.Column("created_at", Time, nullable=False),
        sa.Column("due_at", Time, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("sent_at", Time),
        sa.Column("failed_at", Time),
        sa.Column("error", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("sent_at IS NULL AND failed_at IS NULL")
    op.create_index("outbox_waiting", "outbox", ["due_at", "id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("outbox_by_user", "outbox", ["user_id", "letter", "created_at"])
    op.create_index("outbox_by_letter", "outbox", ["letter", "created_at"])
    op.create_table(
        "leases",  # who does something that one process does at a time, until when
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", Time, nullable=False),
    )
    op.add_column("users", sa.Column("last_reminded_at", Time))
    op.execute("INSERT INTO leases (name, holder, until) VALUES ('letters', '', 0)")
    op.execute("INSERT INTO settings (name, value) VALUES ('letters_read_to', '0')")
