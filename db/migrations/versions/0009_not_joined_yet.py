"""Who has not joined yet, found at any size: no password chosen, or not bound to an identity."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    # As the overview's other filters (0006): a walk along the usernames that steps over nobody. The portions of the invitations go by number.
    condition = sa.text("password_set_at IS NULL AND sso_subject IS NULL AND disabled_at IS NULL")
    for name, columns in {
        "users_not_joined": ["username"],
        "users_not_joined_by_method": ["login_method", "username"],
        "users_not_joined_by_unit": ["unit", "username"],
        "users_not_joined_by_number": ["id"],
    }.items():
        op.create_index(name, "users", columns, sqlite_where=condition, postgresql_where=condition)
