"""The activity log: filtered, a page at a time, at any size. No page counts entries or skips them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from db import Database, numbered
from db.activity import JUDGED, LARGEST_NUMBER, SPARE_NUMBER, Damaged, Entry, entry_or_damaged
from db.dialect import ESCAPE, Dialect, like_pattern
from db.folding import folded


@dataclass(frozen=True)
class Filter:
    # Who did it, exactly.
    actor: str = ""
    action: str = ""
    # Epoch seconds, included.
    since: int | None = None
    # Epoch seconds, not included.
    until: int | None = None
    # To whom it was done, exactly.
    subject: str = ""
    address: str = ""
    # Who did it or to whom it was done, one of these; None: anybody.
    people: tuple[str, ...] | None = None
    # The same by how they begin, if they are too many to name.
    crowd: "Crowd | None" = None
    # One of them stands in it, letters of ASCII in either case; or it is one of these actions.
    texts: tuple[str, ...] = ()
    text_actions: tuple[str, ...] = ()
    # Included.
    numbers: tuple[int, int] = (SPARE_NUMBER + 1, LARGEST_NUMBER)


@dataclass(frozen=True)
class Crowd:
    """All whose username begins in one of these ways; with `names`, also those of whose name a word begins so."""

    beginnings: tuple[str, ...]
    names: bool


@dataclass(frozen=True)
class Listed:
    """`actor_user`, `subject_user`: the numbers of users who are still there."""

    entry: Entry | Damaged
    actor_user: int | None
    subject_user: int | None


@dataclass(frozen=True)
class Found:
    entries: list[Listed]
    # Entries with this number and below were not looked at; None: all were, or there are enough.
    unseen: int | None = None


# Entries are nearly in the order of time: an entry's time is when its request began, its number when it was written;
# and clocks are set back.
SLACK_SECONDS = 3600
# Where no index knows the answer, so many entries are looked at for a page: some 20 ms.
LOOKED_AT = 20_000
TEXTS = ("actor", "subject", "before", "after", "address")
# Of the detail the values count, not their names. Most entries fail the first condition, before their JSON is read.
IN_DETAIL = (
    "(detail {like} :json{place} ESCAPE '\\' AND EXISTS"
    " (SELECT 1 FROM {fields} d WHERE d.value {like} :text{place} ESCAPE '\\'))"
)
SHOWN = (
    f"{JUDGED}, (SELECT u.id FROM users u WHERE u.id = activity.actor_id) AS actor_user,"
    " (SELECT u.id FROM users u WHERE u.id = activity.subject_id) AS subject_user"
)


async def page(db: Database, which: Filter, before: int | None, size: int) -> Found:
    """At most `size` entries with numbers below `before`, newest first."""
    if which.people == ():
        return Found([])
    bounds = _Bounds(db.dialect, which, before)
    driving, rest = _conditions(db.dialect, which)
    values = {**_values(which), **bounds.values, "size": size}
    if rest:
        return await _look(db, driving, " AND ".join(rest + bounds.times), bounds, values)
    sql = _newest(driving, bounds.times, f"number >= {bounds.lowest} AND number <= {bounds.highest}")
    return Found(_listed(await db.fetch_raw(sql, values)))


# Said to be large: next to a small number PostgreSQL takes a parameter for a small one.
FIRST, LAST = "CAST(:first AS BIGINT)", "CAST(:last AS BIGINT)"


class _Bounds:
    """The first and the last number as SQL, and the conditions on the time that the numbers only come near."""

    def __init__(self, dialect: Dialect, which: Filter, before: int | None) -> None:
        first, last = which.numbers
        self.values: dict[str, Any] = {"first": first, "last": last if before is None else min(last, before - 1)}
        self.lowest, self.highest = FIRST, LAST
        self.times: list[str] = []
        if which.since is not None:
            order = "number > 0 ORDER BY at, number LIMIT 1"
            found = f"SELECT number FROM activity WHERE at >= CAST(:since AS BIGINT) - {SLACK_SECONDS} AND {order}"
            self.lowest = f"{dialect.larger}({FIRST}, COALESCE(({found}), {LAST} + 1))"
            self.times.append("at >= :since")
            self.values["since"] = which.since
        if which.until is not None:
            order = "number > 0 ORDER BY at DESC, number DESC LIMIT 1"
            found = f"SELECT number FROM activity WHERE at < CAST(:until AS BIGINT) + {SLACK_SECONDS} AND {order}"
            self.highest = f"{dialect.smaller}({LAST}, COALESCE(({found}), 0))"
            self.times.append("at < :until")
            self.values["until"] = which.until


def _conditions(dialect: Dialect, which: Filter) -> tuple[list[str], list[str]]:
    """What an index finds in the order of numbers, of which one must be true; and what must be looked at besides."""
    exact = [f"{name} = :{name}" for name in ("subject", "actor", "address") if getattr(which, name)]
    driving = _by_people(which) or exact[:1] or ["TRUE"]
    rest = [f"{dialect.unindexed}{each}" for each in exact if each not in driving]
    if which.action and driving == ["address = :address"]:
        rest.append(f"{dialect.unindexed}action = :action")
    elif which.action:
        driving = [f"{each} AND action = :action" for each in driving]
    return driving, rest + list(_looked_for(dialect, which))


def _by_people(which: Filter) -> list[str]:
    return [f"{who} = :v{place}" for place, _ in enumerate(which.people or ()) for who in ("actor", "subject")]


def _looked_for(dialect: Dialect, which: Filter) -> Iterator[str]:
    if which.crowd:
        yield _in_crowd(dialect, which.crowd)
    if which.texts:
        places = range(len(which.texts))
        fits = [f"{name} {dialect.like} :text{place} ESCAPE '{ESCAPE}'" for place in places for name in TEXTS]
        fits += [IN_DETAIL.format(place=place, like=dialect.like, fields=dialect.fields) for place in places]
        fits += [f"action = :text_action{place}" for place, _ in enumerate(which.text_actions)]
        yield f"({' OR '.join(fits)})"


def _in_crowd(dialect: Dialect, crowd: Crowd) -> str:
    begins = "({0} >= :{1} AND {0} < :{1}_end)"
    places = range(len(crowd.beginnings))
    either = [
        begins.format(f"{dialect.unindexed}{who}", f"crowd{place}") for place in places for who in ("actor", "subject")
    ]
    if crowd.names:
        named = f"({begins.format('n.name_beginning', 'folded')} OR instr(n.name_beginning, :crowd_word) > 0)"
        either += [
            f"EXISTS (SELECT 1 FROM users n WHERE n.username = activity.{who} AND {named})"
            for who in ("actor", "subject")
        ]
    return f"({' OR '.join(either)})"


def _values(which: Filter) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: getattr(which, name) for name in ("subject", "actor", "address", "action") if getattr(which, name)
    }
    values |= numbered(which.people or ())[1]
    values |= {f"text{place}": _pattern(text) for place, text in enumerate(which.texts)}
    values |= {
        f"json{place}": _pattern(json.dumps(text, ensure_ascii=False)[1:-1]) for place, text in enumerate(which.texts)
    }
    values |= {f"text_action{place}": action for place, action in enumerate(which.text_actions)}
    if which.crowd:
        for place, beginning in enumerate(which.crowd.beginnings):
            values |= {f"crowd{place}": beginning, f"crowd{place}_end": beginning + "\U0010ffff"}
        plain = folded(which.crowd.beginnings[0])
        values |= {"crowd_word": f" {plain}", "folded": plain, "folded_end": plain + "\U0010ffff"}
    return values


def _pattern(text: str) -> str:
    return f"%{like_pattern(text)}%"


def _newest(driving: list[str], rest: list[str], bounds: str) -> str:
    """The newest `:size` entries of which one of `driving`, and the rest, is true."""
    each = [" AND ".join([one, *rest, bounds]) for one in driving]
    if len(each) == 1:
        return f"SELECT {SHOWN} FROM activity WHERE {each[0]} ORDER BY number DESC LIMIT :size"
    numbers = " UNION ".join(
        f"SELECT number FROM (SELECT number FROM activity WHERE {one} ORDER BY number DESC LIMIT :size) AS found"
        for one in each
    )
    hits = f"SELECT number AS hit FROM ({numbers}) AS numbers ORDER BY hit DESC LIMIT :size"
    return f"SELECT {SHOWN} FROM ({hits}) AS hits CROSS JOIN activity WHERE number = hit ORDER BY number DESC"


async def _look(db: Database, driving: list[str], rest: str, bounds: _Bounds, values: dict[str, Any]) -> Found:
    """The same, among the LOOKED_AT newest that an index finds. A last row says down to where that was."""
    within = f"number >= {bounds.lowest} AND number <= {bounds.highest}"
    lasts = [
        f"COALESCE((SELECT number FROM activity WHERE {one} AND {within}"
        f" ORDER BY number DESC LIMIT 1 OFFSET {LOOKED_AT}), 0)"
        for one in driving
    ]
    unseen = f"{db.dialect.larger}({', '.join(lasts)})" if len(lasts) > 1 else lasts[0]
    lowest = f"{db.dialect.larger}({bounds.lowest}, (SELECT number FROM unseen) + 1)"
    down_to = f"number >= {lowest} AND number <= {bounds.highest}"
    nothing = ", ".join("NULL" for _ in range(len(Entry.__dataclass_fields__) + 2))
    rows = await db.scan(
        f"WITH unseen (number) AS MATERIALIZED (SELECT {unseen})"
        f" SELECT * FROM ({_newest(driving, [rest], down_to)}) AS newest"
        f" UNION ALL SELECT number, {nothing} FROM unseen",
        values,
        raw=True,
    )
    entries, last = _listed(rows[:-1]), rows[-1]["number"]
    return Found(entries, last if last and len(entries) < values["size"] else None)


def _listed(rows: list[Any]) -> list[Listed]:
    """Of rows with the columns SHOWN."""
    return [_of_row(*row) for row in rows]


# Entries never change, and the newest are read again and again: those of ten pages. With the types: 1.0 equals 1, but
# is damage.
@lru_cache(500, typed=True)
def _of_row(*row: Any) -> Listed:
    *entry, actor_user, subject_user = row
    return Listed(entry_or_damaged(*entry), actor_user, subject_user)
