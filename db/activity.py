"""The entries of the activity log, its head, and the counts of refusals that have no entry."""

from dataclasses import dataclass
from typing import Any

from db import Database, many, one


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
class Head:
    number: int
    mac: bytes
    key_id: str
    signature: bytes


COLUMNS = ", ".join(Entry.__dataclass_fields__)


async def take_head(db: Database) -> Head:
    """Locks the head: no other transaction appends before this one ends."""
    row = await db.fetch_one(
        "UPDATE activity_head SET turns = turns + 1 WHERE id = 1 RETURNING number, mac, key_id, signature"
    )
    head = one(Head, row)
    assert head is not None
    return head


async def head(db: Database) -> Head:
    found = one(Head, await db.fetch_one("SELECT number, mac, key_id, signature FROM activity_head WHERE id = 1"))
    assert found is not None
    return found


async def append(db: Database, entry: Entry, signature: bytes) -> None:
    """Adds the next entry and moves the head."""
    await append_all(db, [entry], signature)


async def append_all(db: Database, entries: list[Entry], signature: bytes) -> None:
    """Adds the next entries and moves the head to the last one."""
    names, entry = tuple(Entry.__dataclass_fields__), entries[-1]
    rows = ", ".join(f"({', '.join(f':{name}{number}' for name in names)})" for number in range(len(entries)))
    await db.execute(
        f"INSERT INTO activity ({COLUMNS}) VALUES {rows}",
        {f"{name}{number}": getattr(each, name) for number, each in enumerate(entries) for name in names},
    )
    await db.execute(
        "UPDATE activity_head SET number = :number, mac = :mac, key_id = :key, signature = :signature WHERE id = 1",
        {"number": entry.number, "mac": entry.mac, "key": entry.key_id, "signature": signature},
    )


# A row that is no entry. Refusals that are only counted overwrite it, so that they take as long as the others.
SPARE_NUMBER = 0


async def append_spare(db: Database, entry: Entry, head: Head) -> None:
    """Does the same work as `append` on the spare row; the head stays as it is."""
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    same = ", ".join(f"{name} = excluded.{name}" for name in values)
    await db.execute(
        f"INSERT INTO activity ({COLUMNS}) VALUES ({', '.join(f':{name}' for name in values)})"
        f" ON CONFLICT (number) DO UPDATE SET {same}",
        values,
    )
    await db.execute(
        "UPDATE activity_head SET number = :number, mac = :mac WHERE id = 1", {"number": head.number, "mac": head.mac}
    )


async def sign_empty(db: Database, key_id: str, signature: bytes) -> None:
    """Stores the signature of a head without entries."""
    await db.execute(
        "UPDATE activity_head SET key_id = :key, signature = :signature WHERE id = 1 AND number = 0",
        {"key": key_id, "signature": signature},
    )


async def in_order(db: Database, after: int, last: int, size: int) -> list[Entry]:
    """Entries with numbers after `after` up to `last`, oldest first."""
    sql = f"SELECT {COLUMNS} FROM activity WHERE number > :after AND number <= :last ORDER BY number LIMIT :size"
    return many(Entry, await db.scan(sql, {"after": after, "last": last, "size": size}))


@dataclass(frozen=True)
class Filter:
    actor: str = ""
    action: str = ""
    # Epoch seconds, included.
    since: int | None = None
    # Epoch seconds, not included.
    until: int | None = None


# Entries are nearly in the order of time: an entry's time is when its request began, its number when it was written;
# and clocks are set back.
SLACK_SECONDS = 3600


async def page(db: Database, which: Filter, before: int | None, size: int) -> list[Entry]:
    """At most `size` entries with numbers below `before`, newest first."""
    where: list[str] = []
    values: dict[str, Any] = {"before": before if before is not None else 2**62, "size": size}
    lowest, highest = str(SPARE_NUMBER + 1), ":before - 1"
    if which.actor:
        where.append("actor = :actor")
        values["actor"] = which.actor
    if which.action:
        where.append("action = :action")
        values["action"] = which.action
    if which.since is not None:
        order = "number > 0 ORDER BY at, number LIMIT 1"
        lowest = f"COALESCE((SELECT number FROM activity WHERE at >= :since - {SLACK_SECONDS} AND {order}), :before)"
        where.append("at >= :since")
        values["since"] = which.since
    if which.until is not None:
        order = "number > 0 ORDER BY at DESC, number DESC LIMIT 1"
        last = f"COALESCE((SELECT number FROM activity WHERE at < :until + {SLACK_SECONDS} AND {order}), 0)"
        highest = f"CASE WHEN {last} < :before - 1 THEN {last} ELSE :before - 1 END"
        where.append("at < :until")
        values["until"] = which.until
    # One bound at each end: of two, the database would use one and scan up to the other.
    where += [f"number >= {lowest}", f"number <= {highest}"]
    sql = f"SELECT {COLUMNS} FROM activity WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT :size"
    return many(Entry, await db.fetch_all(sql, values))


async def of_subject(db: Database, subject_id: int, action: str, size: int) -> list[Entry]:
    """The newest entries of one action about one user."""
    rows = await db.fetch_all(
        f"SELECT {COLUMNS} FROM activity WHERE subject_id = :subject AND action = :action"
        " ORDER BY number DESC LIMIT :size",
        {"subject": subject_id, "action": action, "size": size},
    )
    return many(Entry, rows)


async def number_since(db: Database, subject_id: int, action: str, since: int) -> int:
    """The number of entries of one action about one user since then."""
    row = await db.fetch_one(
        "SELECT count(*) AS number FROM activity WHERE subject_id = :subject AND action = :action AND at > :since",
        {"subject": subject_id, "action": action, "since": since},
    )
    return int(row["number"]) if row else 0


@dataclass(frozen=True)
class Counted:
    """Refusals of one user or network within an hour."""

    whose: str
    since: int
    number: int
    subject_id: int | None
    subject: str


async def count_refusal(db: Database, new: Counted, hour_ago: int) -> tuple[int, int]:
    """Counts a refusal: its number within the hour, and the total of the hour that has ended (0 before that)."""
    row = await db.fetch_one(
        "INSERT INTO refusals (whose, since, number, subject_id, subject) VALUES (:whose, :since, 0, :id, :subject)"
        " ON CONFLICT (whose) DO UPDATE SET number = refusals.number RETURNING since, number",
        {"whose": new.whose, "since": new.since, "id": new.subject_id, "subject": new.subject},
    )
    assert row is not None
    over = row["since"] <= hour_ago
    number = 1 if over else int(row["number"]) + 1
    await db.execute(
        "UPDATE refusals SET since = :since, number = :number WHERE whose = :whose",
        {"whose": new.whose, "since": new.since if over else row["since"], "number": number},
    )
    return number, int(row["number"]) if over else 0


async def take_refusal_counts(db: Database, before: int) -> list[Counted]:
    """Deletes and returns the counts whose hour has ended."""
    rows = await db.fetch_all(
        "DELETE FROM refusals WHERE since <= :before RETURNING whose, since, number, subject_id, subject",
        {"before": before},
    )
    return many(Counted, rows)


async def last_before(db: Database, at: int) -> int:
    """The number of the last entry before `at`; 0 without one."""
    row = await db.fetch_one(
        "SELECT number FROM activity WHERE at < :at AND number > 0 ORDER BY at DESC, number DESC LIMIT 1", {"at": at}
    )
    return int(row["number"]) if row else 0
