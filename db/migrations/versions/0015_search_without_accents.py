"""The search finds names without their accents, and units."""

import sqlalchemy as sa
from alembic import op

from db.folding import folded

revision = "0015"
down_revision = "0014"

PORTION = 5_000


def upgrade() -> None:
    connection = op.get_bind()
    some = sa.text(
        "SELECT id, username, name, email, unit, search_text FROM users WHERE id > :after ORDER BY id LIMIT :size"
    )
    after = 0
    while rows := connection.execute(some, {"after": after, "size": PORTION}).all():
        after = rows[-1].id
        new = [_searched(row) for row in rows]
        if changed := [each for each, row in zip(new, rows, strict=True) if each["text"] != row.search_text]:
            update = "UPDATE users SET name_beginning = :name, search_text = :text WHERE id = :id"
            connection.execute(sa.text(update), changed)


def _searched(row: sa.Row[tuple[int, str, str, str, str, str]]) -> dict[str, object]:
    text = "\n".join(folded(each) for each in (row.username, row.name, row.email, row.unit))
    return {"id": row.id, "name": folded(row.name), "text": text}
