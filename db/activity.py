"""The entries of the activity log. Its head is in db/activity_head.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any

from db import Database, clock


@dataclass(frozen=True)
class Entry:
    number: int
    at: int
    actor_id: int | None
    actor: str
    action: str
    subject_id: int | None
    subject: str
    before: str
    after: str
    address: str
    # JSON.
    detail: str
    key_id: str
    mac: bytes


@dataclass(frozen=True)
class Damaged:
    """A row that this program did not write: of another type, an impossible time, or not UTF-8."""

    number: int
    # The first such column.
    column: str
    # None if it is damaged, too.
    mac: bytes | None


COLUMNS = ", ".join(Entry.__dataclass_fields__)
# With 1 in `beyond` for a row that the head does not know.
JUDGED = (
    f"{COLUMNS}, CASE WHEN number > (SELECT h.number FROM activity_head h WHERE h.id = 1 AND h.number > 0)"
    " THEN 1 ELSE 0 END AS beyond"
)
# 1 January 9999, as far as a date can be shown in every time zone.
LATEST_TIME = 253_370_764_800
LARGEST_NUMBER = 2**62
_NUMBERS, _TIMES = range(LARGEST_NUMBER + 1), range(LATEST_TIME + 1)
_TEXT = ((str,), None)
# What this program stores in the other columns of an entry and of the head: types, and of numbers those that can be.
_STORED: dict[str, tuple[tuple[type, ...], range | None]] = {
    "number": ((int,), _NUMBERS),
    "at": ((int,), _TIMES),
    "actor_id": ((int, NoneType), _NUMBERS),
    "subject_id": ((int, NoneType), _NUMBERS),
    "mac": ((bytes,), None),
    "signature": ((bytes,), None),
}


def misfits(row: Any) -> list[str]:
    """The columns of an entry, or of the head, that hold what this program does not store there."""
    columns = vars(row)
    return [
        column
        for column, value, (types, possible) in zip(columns, columns.values(), _stored(row.__class__), strict=True)
        if type(value) not in types or not (possible is None or value is None or value in possible)
    ]


@cache
def _stored(kind: Any) -> list[tuple[tuple[type, ...], range | None]]:
    return [_STORED.get(column, _TEXT) for column in kind.__dataclass_fields__]


def judged(rows: list[Any]) -> list[Entry | Damaged]:
    """Rows of a query for the columns JUDGED."""
    return [entry_or_damaged(*row) for row in rows]


def entry_or_damaged(*row: Any) -> Entry | Damaged:
    """One such row."""
    *columns, beyond = row
    entry = Entry(*columns)
    bad = misfits(entry)
    if beyond:
        bad.insert(0, "number")
    return Damaged(entry.number, bad[0], None if "mac" in bad else entry.mac) if bad else entry


async def append(db: Database, entries: list[Entry]) -> None:
    """Adds the next entries; the head is moved afterwards."""
    written = await _insert(db, entries)
    if len(written) < len(entries):
        missing = [entry for entry in entries if entry.number not in written]
        await _move_away(db, [entry.number for entry in missing])
        await _insert(db, missing)


async def _insert(db: Database, entries: list[Entry]) -> set[int]:
    """Returns the numbers of those that were written: in the place of the others there is a row already.

    No conflict is named, since a table that was built anew may have no constraints.
    """
    names = tuple(Entry.__dataclass_fields__)
    places = ", ".join(f"({', '.join(f':{name}{number}' for name in names)})" for number in range(len(entries)))
    rows = await db.fetch_all(
        f"INSERT INTO activity ({COLUMNS}) VALUES {places} ON CONFLICT DO NOTHING RETURNING number",
        {f"{name}{number}": getattr(each, name) for number, each in enumerate(entries) for name in names},
    )
    return {row["number"] for row in rows}


async def _move_away(db: Database, numbers: list[int]) -> None:
    """Rows beyond the head, which this program did not write: they get negative numbers, and stay as evidence."""
    for number in numbers:
        await db.execute("DELETE FROM activity WHERE number = :negative", {"negative": -number})
        await db.execute("UPDATE activity SET number = -number WHERE number = :number", {"number": number})


async def outside(db: Database, size: int) -> list[Any]:
    """Numbers of rows that are no entries: below 0, beyond the head, and what is no number in a rebuilt table."""
    no_number = " OR typeof(number) <> 'integer'" if db.dialect.is_sqlite else ""
    rows = await db.scan(
        f"SELECT number FROM activity WHERE number < 0{no_number}"
        " OR number > (SELECT CAST(number AS BIGINT) FROM activity_head WHERE id = 1) ORDER BY number LIMIT :size",
        {"size": size},
        raw=True,
    )
    return [row["number"] for row in rows]


async def without_number(db: Database, size: int) -> int:
    """How many rows have no number by which they could be found, as only a table has that was built anew; at most
    `size`.
    """
    rows = await db.fetch_raw(
        "SELECT 1 AS one FROM activity WHERE number > :largest OR number IS NULL LIMIT :size",
        {"largest": LARGEST_NUMBER, "size": size},
    )
    return len(rows)


# A row that is no entry. Refusals that are only counted overwrite it, so that they take as long as the others.
SPARE_NUMBER = 0


async def append_spare(db: Database, entry: Entry) -> None:
    """Does the same work as `append` on the spare row."""
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    same = ", ".join(f"{name} = :{name}" for name in values)
    if not await db.fetch_all(f"UPDATE activity SET {same} WHERE number = :number RETURNING number", values):
        await _insert(db, [entry])


async def in_order(db: Database, after: int, last: int, size: int) -> Sequence[Entry | Damaged]:
    """Entries with numbers after `after` up to `last`, oldest first."""
    sql = f"SELECT {JUDGED} FROM activity WHERE number > :after AND number <= :last ORDER BY number LIMIT :size"
    return judged(await db.scan(sql, {"after": after, "last": last, "size": size}, raw=True))


async def newest(db: Database, size: int) -> Sequence[Entry | Damaged]:
    """The last entries, newest first."""
    sql = f"SELECT {JUDGED} FROM activity WHERE number > {SPARE_NUMBER} ORDER BY number DESC LIMIT :size"
    return judged(await db.fetch_raw(sql, {"size": size}))


async def number_since(db: Database, subject_id: int, action: str, since: int, now: int) -> int:
    """The number of entries of one action about one user since then."""
    row = await db.fetch_one(
        "SELECT count(*) AS number FROM activity WHERE subject_id = :subject AND action = :action"
        " AND at > :since AND at <= :latest",
        {"subject": subject_id, "action": action, "since": since, "latest": clock.latest(now)},
    )
    return int(row["number"]) if row else 0


async def last_before(db: Database, at: int) -> int:
    """The number of the last entry before `at`; 0 without one."""
    row = await db.fetch_one(
        "SELECT number FROM activity WHERE at < :at AND number > 0 ORDER BY at DESC, number DESC LIMIT 1", {"at": at}
    )
    return int(row["number"]) if row else 0
