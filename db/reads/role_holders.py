"""Who holds a role, a page at a time, in the order of usernames."""

from dataclasses import dataclass

from db import Database, many
from db.reads.user_source import HOLDS, SORTABLE
from db.roles import Counted


@dataclass(frozen=True)
class Holder:
    id: int
    username: str
    name: str
    unit: str
    disabled_at: int | None


_COLUMNS = ", ".join(f"u.{name}" for name in Holder.__dataclass_fields__)
_LOOKED_UP = "FROM user_roles h CROSS JOIN users u WHERE h.role_id = :role AND u.id = h.user_id"
_SCANNED = f"FROM users u WHERE {HOLDS}"


async def page(db: Database, of: Counted, after: str, size: int) -> list[Holder]:
    """At most `size`, after a username. So few that they are soon sorted are looked up; a page of more is soon filled
    by a scan of the usernames.
    """
    found = _LOOKED_UP if of.holders < SORTABLE else _SCANNED
    rows = await db.scan(
        f"SELECT {_COLUMNS} {found} AND u.username > :after ORDER BY u.username LIMIT :size",
        {"role": of.role.id, "after": after, "size": size},
    )
    return many(Holder, rows)
