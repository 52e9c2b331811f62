"""Who holds a role, a page at a time, in the order of usernames."""

from dataclasses import dataclass

from db import Database, many
from db.reads.counted_roles import Counted
from db.reads.user_source import FIRST_ROWS_SCANNED, HOLDS, SELECTIVE, SORTABLE


@dataclass(frozen=True)
class Holder:
    id: int
    username: str
    name: str
    unit: str
    disabled_at: int | None


_COLUMNS = ", ".join(f"u.{name}" for name in Holder.__dataclass_fields__)
_PAGE = "AND u.username > :after ORDER BY u.username LIMIT"
# Such as are soon sorted.
_FEW = f"SELECT {_COLUMNS} FROM user_roles h CROSS JOIN users u WHERE h.role_id = :role AND u.id = h.user_id {_PAGE}"
# Such as soon fill a page in the order of usernames.
_MANY = f"SELECT {_COLUMNS} FROM users u WHERE {HOLDS} {_PAGE}"
# Such as soon fill a page, unless they all come late: so many rows are looked at, and then all are sorted. A LIMIT of 0
# reads nothing.
_LAST = (
    f"SELECT x.username FROM users x WHERE x.username > :after ORDER BY x.username LIMIT 1 OFFSET {FIRST_ROWS_SCANNED}"
)
_SOME = (
    f"WITH soon AS MATERIALIZED (SELECT u.id FROM users u WHERE {HOLDS} AND u.username <= COALESCE(({_LAST}), :end)"
    f" {_PAGE} :size), full_pages AS (SELECT count(*) / :size AS number FROM soon)"
    f" SELECT {_COLUMNS} FROM soon CROSS JOIN users u WHERE u.id = soon.id AND (SELECT number FROM full_pages) = 1"
    f" UNION ALL SELECT * FROM ({_FEW} :size * (1 - (SELECT number FROM full_pages))) AS few ORDER BY username"
)


async def page(db: Database, of: Counted, after: str, size: int) -> list[Holder]:
    """At most `size`, after a username."""
    values = {"role": of.role.id, "after": after, "size": size}
    if SELECTIVE <= of.holders < SORTABLE:
        return many(Holder, await db.scan(_SOME, values | {"end": "\U0010ffff"}))
    read = _FEW if of.holders < SELECTIVE else _MANY
    return many(Holder, await db.scan(f"{read} :size", values))
