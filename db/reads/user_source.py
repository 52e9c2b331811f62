"""Where the overview reads the users that it is asked for, so that a page takes milliseconds among a million."""

from dataclasses import dataclass
from typing import Any

from db import Database
from db.folding import folded
from db.reads.search import SHORTEST_FULL_TEXT, Search, full_text, words_of
from db.reads.user_filter import Filter, conditions, scanned_in_part, without_index
from db.reads.user_order import USERNAME, Place

# Selectivity thresholds. Hits of a lookup must be sorted, those of an index scan in the order of the page need not: a
# selective term is looked up, a common one soon fills a page of the scan. Measured among a million users: 2,000 hits
# are counted in 1 ms, 20,000 in 10 ms and sorted in 25 ms; 100,000 usernames are scanned in 17 ms.
SELECTIVE = 2_000
FIRST_ROWS_SCANNED = 100_000
SORTABLE = 20_000

HOLDERS = "SELECT h.user_id AS id FROM user_roles h WHERE h.role_id = :role"
HOLDS = "EXISTS (SELECT 1 FROM user_roles h WHERE h.user_id = u.id AND h.role_id = :role)"
# Sessions that ended are deleted within the hour, so this reads few that are not open.
IS_OPEN = "s.last_used_at > :used_after AND s.last_used_at <= :latest AND s.started_at > :started_after"
SIGNED_IN = f"SELECT DISTINCT s.user_id AS id FROM sessions s WHERE {IS_OPEN}"
IS_SIGNED_IN = f"EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id AND {IS_OPEN})"
# Filters that have an index in the order of usernames; in other orders, those of no filter and of the unit.
INDEXED = (
    *({"login_method"}, {"two_factor"}, {"joined"}, {"status"}, {"unit"}),
    *({"unit", "login_method"}, {"unit", "two_factor"}, {"joined", "login_method"}, {"joined", "unit"}),
)


@dataclass(frozen=True)
class Source:
    """`tables`, with the user as `u`, and conditions: a user matches if one of the `branches` is true."""

    tables: str
    branches: tuple[str, ...]
    values: dict[str, Any]
    # If they are only those of one page: from where all are counted.
    all: "Source | None" = None

    def ids(self, place: Place) -> str:
        """The ids of a page in the order of reading, which an index holds: other columns are for who is on it."""
        reads = [(branch, *one) for branch in self.branches for one in place.ranges]
        # Of one alone the keys are not read: an index of an expression does not hand it over.
        keys = [f"{column} AS k{number}" for number, column in enumerate(place.columns)] if len(reads) > 1 else []
        each = [
            f"SELECT {', '.join(['u.id AS id', *keys])} FROM {self.tables} WHERE {_and(branch, beyond)}"
            f" ORDER BY {order} LIMIT :size"
            for branch, beyond, order in reads
        ]
        if len(each) == 1:
            return each[0]
        every = " UNION ".join(f"SELECT * FROM ({one}) AS one" for one in each)
        down = " DESC" if place.reads_down else ""
        order = ", ".join(f"k{number}{down}" for number in range(len(place.columns)))
        return f"SELECT id FROM ({every}) AS every ORDER BY {order} LIMIT :size"

    def counted(self, most: int) -> str:
        """How many match, counted no further than `most`."""
        if self.all is not None:
            return self.all.counted(most)
        each = [f"SELECT u.id AS id FROM {self.tables} WHERE {_and(branch)} LIMIT {most}" for branch in self.branches]
        every = each[0] if len(each) == 1 else " UNION ".join(f"SELECT * FROM ({one}) AS one" for one in each)
        return f"SELECT count(*) FROM (SELECT id FROM ({every}) AS every LIMIT {most}) AS counted"


def _and(*conditions: str) -> str:
    return " AND ".join(f"({each})" if " OR " in each else each for each in conditions if each) or "1 = 1"


async def source(db: Database, which: Filter, place: Place) -> Source:
    """Where to read this page: an index of its own, a lookup of what is selective, or a scan in its order."""
    where, values = conditions(which)
    words = words_of(which.q) if which.q else []
    narrow = _lookups(which)
    values |= _asked(narrow)
    if len(words) == 1 and len(words[0]) < SHORTEST_FULL_TEXT:
        prefix = _prefix(which.q)
        if place.sort == "":
            return _in_ranges(prefix, [where, *(each.fits for each in narrow)], values)
        narrow.insert(0, prefix.search)
    elif words:
        narrow.insert(0, full_text(db.dialect.is_sqlite, words, {}))
    elif not narrow and _has_index(which, place):
        return Source("users u", (where,), values)
    elif where:
        narrow.append(Search(f"SELECT u.id FROM users u WHERE {scanned_in_part(which)}", "", values))
    return await _found(db, narrow, where, values | _asked(narrow), place)


def _has_index(which: Filter, place: Place) -> bool:
    used = which.columns
    if place.sort == "":
        # Most have joined and are active: of those there is no index.
        return not used or (used in INDEXED and which.joined != "yes" and which.status != "active")
    return not used or (place.sort == "unit" and used == {"unit"})


def _lookups(which: Filter) -> list[Search]:
    found = []
    if which.signed_in is not None:
        found.append(Search(SIGNED_IN, IS_SIGNED_IN, vars(which.signed_in)))
    if which.role_id is not None:
        found.append(Search(HOLDERS, HOLDS, {"role": which.role_id}))
    return found


def _asked(narrow: list[Search]) -> dict[str, Any]:
    return {name: value for each in narrow for name, value in each.asked.items()}


@dataclass(frozen=True)
class _Prefix:
    """One or two letters. `branches`: each is one range in the order of usernames."""

    branches: tuple[str, ...]
    search: Search
    values: dict[str, Any]


def _prefix(q: str) -> _Prefix:
    """Usernames, names or addresses that begin so, or units that are called so."""
    name = folded(q)
    units: dict[str, Any] = {
        f"unit{number}": unit for number, unit in enumerate(dict.fromkeys((q.upper(), q.capitalize(), q)))
    }
    branches = (
        "u.username >= :q AND u.username < :end",
        f"substr(u.name_beginning, 1, {len(name)}) = :name",
        f"substr(u.email_beginning, 1, {len(q)}) = :q",
        *(f"u.unit = :{unit}" for unit in units),
    )
    values = {**units, "q": q, "name": name, "end": q + "\U0010ffff"}
    lookup = " UNION ALL ".join(f"SELECT u.id AS id FROM users u WHERE {branch}" for branch in branches)
    fits = "(" + " OR ".join(without_index(branch) for branch in branches) + ")"
    return _Prefix(branches, Search(lookup, fits, values), values)


def _in_ranges(prefix: _Prefix, conditions: list[str], values: dict[str, Any]) -> Source:
    rest = _and(*map(without_index, conditions))
    return Source("users u", tuple(_and(branch, rest) for branch in prefix.branches), values | prefix.values)


async def _found(db: Database, narrow: list[Search], where: str, values: dict[str, Any], place: Place) -> Source:
    """What is selective is looked up; a page of what is common is soon filled by a scan in the order of the page."""
    conditions = [where, *(each.fits for each in narrow), *(each.also for each in narrow)]
    for each in narrow:
        if (hits := await _hits(db, each)) is not None:
            return Source("users u", (_and(_among(hits), *map(without_index, conditions)),), values)
    scanned = Source("users u", (_and(*map(without_index, conditions)),), values)
    if place.sort == "" and (filled := await _soon_filled(db, scanned, place)) is not None:
        return Source("users u", (_among(filled),), values, scanned)
    for each in narrow:
        if await _is_sortable(db, each):
            tables = f"(SELECT DISTINCT id FROM ({each.lookup}) AS looked LIMIT {SORTABLE}) AS hits CROSS JOIN users u"
            return Source(tables, (_and("u.id = hits.id", *map(without_index, conditions)),), values)
    return scanned


def _among(user_ids: list[int]) -> str:
    """Numbers that stand in the statement, so that what found them is not done again to count them."""
    return f"u.id IN ({', '.join(map(str, user_ids)) or 'NULL'})"


async def _hits(db: Database, search: Search) -> list[int] | None:
    """The hits of a selective search; None if there are more."""
    sql = f"SELECT id FROM ({search.lookup}) AS looked LIMIT :limit"
    rows = await db.scan(sql, {**search.asked, "limit": SELECTIVE})
    return [row["id"] for row in rows] if len(rows) < SELECTIVE else None


async def _soon_filled(db: Database, scanned: Source, place: Place) -> list[int] | None:
    """The page, if a scan along the usernames fills it within its first rows."""
    down = place.reads_down
    begins = _and(place.ranges[0][0])
    last = f"SELECT u.username FROM users u WHERE {begins} ORDER BY {place.order} LIMIT 1 OFFSET {FIRST_ROWS_SCANNED}"
    end = f"{USERNAME} {'>' if down else '<'}= COALESCE(({last}), :end)"
    first = Source(scanned.tables, tuple(_and(branch, end) for branch in scanned.branches), scanned.values)
    values = scanned.values | place.values | {"end": "" if down else "\U0010ffff"}
    rows = await db.scan(f"SELECT id FROM ({first.ids(place)}) AS filled", values)
    return [row["id"] for row in rows] if len(rows) == place.size else None


async def _is_sortable(db: Database, search: Search) -> bool:
    """Whether the hits of a search are few enough to sort; it stops counting there."""
    sql = f"SELECT count(*) AS hits FROM (SELECT id FROM ({search.lookup}) AS looked LIMIT :limit) AS counted"
    rows = await db.scan(sql, {**search.asked, "limit": SORTABLE})
    return bool(rows[0]["hits"] < SORTABLE)
