"""What somebody made for others keeps who had made what they signed in with, and ends for good."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    # No foreign keys, as of the columns beside them. 0: it has ended.
    op.add_column("users", sa.Column("email_set_with", Id))
    op.add_column("users", sa.Column("sign_in_made_with", Id))
    op.add_column("links", sa.Column("made_with", Id))
    for table, column in (("users", "email_set_by"), ("users", "sign_in_made_by"), ("links", "made_by")):
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"{table}_{column}", table, [column], sqlite_where=given, postgresql_where=given)
