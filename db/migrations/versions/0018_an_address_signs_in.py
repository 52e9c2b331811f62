"""An e-mail address is looked up at the login."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    active = sa.text("disabled_at IS NULL")
    # Of both columns: for one of them SQLite takes the index by login method.
    columns = ["login_method", "email_beginning"]
    op.create_index("users_by_address", "users", columns, sqlite_where=active, postgresql_where=active)
