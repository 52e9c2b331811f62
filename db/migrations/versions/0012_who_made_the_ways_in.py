"""Who made what a user signs in with, and who entered their e-mail address."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    # NULL: the user, the identity provider or the command line; and of rows from before, of which it was not kept.
    # No foreign key: what a deleted user made stays theirs, and numbers are never given twice.
    op.add_column("users", sa.Column("email_set_by", Id))
    op.add_column("users", sa.Column("sign_in_made_by", Id))
