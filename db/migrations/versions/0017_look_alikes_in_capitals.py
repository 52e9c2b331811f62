"""What usernames look like, in capitals, too: counted anew. Those from before keep theirs, new ones must differ."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import context, op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.drop_index("users_skeleton", "users")
    _fill(op.get_bind(), context.config.attributes["skeleton"])
    op.create_index("users_skeleton", "users", ["skeleton", "skeleton_of"], unique=True)


def _fill(connection: sa.Connection, skeleton: Callable[[str], str]) -> None:
    seen: set[str] = set()
    values = []
    for row in connection.execute(sa.text("SELECT id, username FROM users ORDER BY id")).all():
        shape = skeleton(row.username)
        values.append({"id": row.id, "skeleton": shape, "of": row.id if shape in seen else 0})
        seen.add(shape)
    if values:
        update = sa.text("UPDATE users SET skeleton = :skeleton, skeleton_of = :of WHERE id = :id")
        connection.execute(update, values)
