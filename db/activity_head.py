"""The signed head of the activity log: the number and the MAC of the last entry."""

from dataclasses import dataclass
from typing import Any

from db import Database, activity, many


@dataclass(frozen=True)
class Head:
    number: int
    mac: bytes
    key_id: str
    # b"": what was found in place of a head that was damaged, or follows one.
    signature: bytes


# no installation takes that many
MOST_TURNS = 2**62
COLUMNS = ", ".join(Head.__dataclass_fields__)


async def take(db: Database) -> Head:
    """Locks the head: no other transaction appends before this one ends. In place of a damaged one the last entry is
    the head, without a signature.
    """
    rows = await db.fetch_raw(f"UPDATE activity_head SET turns = turns + 1 WHERE id = 1 RETURNING {COLUMNS}")
    return _head_in(rows) or await _replace(db)


async def find(db: Database) -> Head | None:
    """None if it is damaged."""
    return _head_in(await db.fetch_raw(f"SELECT {COLUMNS} FROM activity_head WHERE id = 1"))


async def odd(db: Database) -> list[str]:
    """What the program never leaves in this table: a second head, or a counter of turns that is none."""
    no_number = "typeof(turns) <> 'integer' OR " if db.dialect.is_sqlite else ""
    rows = await db.fetch_raw(
        f"SELECT count(*) AS heads, sum(CASE WHEN {no_number}turns NOT BETWEEN 0 AND :most THEN 1 ELSE 0 END) AS odd"
        " FROM activity_head",
        {"most": MOST_TURNS},
    )
    more = ["there is a second head"] if rows[0]["heads"] > 1 else []
    return more + (["the counter of the head holds what this program never writes"] if rows[0]["odd"] else [])


def _head_in(rows: list[Any]) -> Head | None:
    found = many(Head, rows)
    return found[0] if found and not activity.misfits(found[0]) else None


async def _replace(db: Database) -> Head:
    last = await activity.newest(db, 1)
    head = Head(last[0].number, last[0].mac or b"", "", b"") if last else Head(0, b"", "", b"")
    await db.execute(
        f"INSERT INTO activity_head (id, turns, {COLUMNS}) VALUES (1, 0, :number, :mac, :key_id, :signature)"
        " ON CONFLICT (id) DO UPDATE SET turns = 0, number = excluded.number, mac = excluded.mac,"
        " key_id = excluded.key_id, signature = excluded.signature",
        vars(head),
    )
    return head


async def move(db: Database, head: Head) -> None:
    """To the entries that were appended, or, for the same work, to where it is."""
    await db.execute(
        "UPDATE activity_head SET number = :number, mac = :mac, key_id = :key_id, signature = :signature WHERE id = 1",
        vars(head),
    )


async def sign_empty(db: Database, key_id: str, signature: bytes) -> None:
    """Stores the signature of a head without entries."""
    await db.execute(
        "UPDATE activity_head SET key_id = :key, signature = :signature WHERE id = 1 AND number = 0",
        {"key": key_id, "signature": signature},
    )
