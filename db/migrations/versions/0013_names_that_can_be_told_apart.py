"""Usernames are unique on what they look like: those from before keep theirs, new ones must differ from all."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import context, op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("users", sa.Column("skeleton", sa.Text))
    # 0, or the user's own number if the name looked like another one before that was refused.
    op.add_column("users", sa.Column("skeleton_of", sa.BigInteger, nullable=False, server_default="0"))
    _fill(op.get_bind(), context.config.attributes["skeleton"])
    op.create_index("users_skeleton", "users", ["skeleton", "skeleton_of"], unique=True)


def _fill(connection: sa.Connection, skeleton: Callable[[str], str]) -> None:
    users = connection.execute(sa.text("SELECT id, username FROM users ORDER BY id")).all()
    _drop_second_dots(connection, {row.username for row in users})
    seen: set[str] = set()
    values = []
    for row in users:
        shape = skeleton(row.username)
        values.append({"id": row.id, "skeleton": shape, "of": row.id if shape in seen else 0})
        seen.add(shape)
    if values:
        update = sa.text("UPDATE users SET skeleton = :skeleton, skeleton_of = :of WHERE id = :id")
        connection.execute(update, values)


def _drop_second_dots(connection: sa.Connection, taken: set[str]) -> None:
    """Case folding left a dot over the i of a Turkish capital; it is dropped from what is typed now."""
    for name in sorted(name for name in taken if "i\u0307" in name):
        plain = name.replace("i\u0307", "i")
        if plain not in taken:
            rename = "UPDATE users SET username = :plain, search_text = replace(search_text, :name, :plain)"
            connection.execute(sa.text(f"{rename} WHERE username = :name"), {"name": name, "plain": plain})
            taken.add(plain)
