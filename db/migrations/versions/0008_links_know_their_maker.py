"""Who made a link: it opens no more than they may act on when it is followed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    # NULL: the command line, or whom it is for. No foreign key: a link whose maker is deleted stays, and opens nothing.
    op.add_column("links", sa.Column("made_by", Id))
