"""What ends every way into an account ends pending sign-ins at the identity provider, too."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    # No foreign key: rows of sso_logins go after some minutes, and numbers are never given twice.
    op.add_column("users", sa.Column("sso_logins_over", Id))
