"""The outbox: letters on their way out. None holds a token; those are made when the letter leaves."""

import json
from dataclasses import dataclass
from typing import Any

from db import Database, many, one

WAITING = "sent_at IS NULL AND failed_at IS NULL"


@dataclass(frozen=True)
class Letter:
    """A letter that waits, with its reader as they are now."""

    id: int
    letter: str
    user_id: int | None
    address: str  # "": the user's own
    facts: str  # JSON
    created_at: int
    tries: int
    username: str | None
    name: str | None
    email: str | None
    time_zone: str | None
    login_method: str | None
    disabled_at: int | None
    two_factor_at: int | None
    two_factor: str  # the switch: "on" | "off"


@dataclass(frozen=True)
class Work:
    """What there is to do, for a look that writes nothing."""

    head: int  # the last entry of the activity log
    read_to: int
    reading_since: int | None  # None: never read, because there was no mail server yet
    due: int  # 1: a letter is due


@dataclass(frozen=True)
class Progress:
    sent: int
    waiting: int
    failed: int


@dataclass(frozen=True)
class Failed:
    letter: str
    user_id: int | None
    username: str | None  # of a user who is deleted: their address
    at: int
    error: str


async def work(db: Database, now: int) -> Work:
    """Whether there are entries to read or letters to send."""
    found = one(
        Work,
        await db.fetch_one(
            "SELECT h.number AS head, CAST(s.value AS INTEGER) AS read_to, s.changed_at AS reading_since,"
            f" CASE WHEN EXISTS (SELECT 1 FROM outbox WHERE {WAITING} AND due_at <= :now) THEN 1 ELSE 0 END AS due"
            " FROM activity_head h JOIN settings s ON s.name = 'letters_read_to' WHERE h.id = 1",
            {"now": now},
        ),
    )
    assert found is not None
    return found


async def begin_reading(db: Database, head: int, now: int) -> None:
    """The first mail server was configured: letters are about what happens from here on."""
    await db.execute(
        "UPDATE settings SET value = :head, changed_at = :now WHERE name = 'letters_read_to' AND changed_at IS NULL",
        {"head": str(head), "now": now},
    )


async def read_on(db: Database, before: int, after: int) -> bool:
    """Marks the log as read up to `after`; False if another did so first. In the transaction that adds the letters."""
    row = await db.fetch_one(
        "UPDATE settings SET value = :after WHERE name = 'letters_read_to' AND value = :before RETURNING name",
        {"before": str(before), "after": str(after)},
    )
    return row is not None


async def add(
    db: Database, letter: str, user_id: int | None, facts: dict[str, str], now: int, due_at: int, address: str = ""
) -> int:
    """A letter to a user (or to `address` alone), in the transaction of what it is about; its number."""
    row = await db.fetch_one(
        "INSERT INTO outbox (letter, user_id, address, facts, created_at, due_at, tries, error)"
        " VALUES (:letter, :user, :address, :facts, :now, :due, 0, '') RETURNING id",
        {
            "letter": letter,
            "user": user_id,
            "address": address,
            "facts": json.dumps(facts, ensure_ascii=False, sort_keys=True),
            "now": now,
            "due": due_at,
        },
    )
    assert row is not None
    return int(row["id"])


async def add_same(db: Database, letter: str, user_ids: list[int], now: int) -> None:
    """The same letter to many users, in one statement."""
    rows = ", ".join(f"(:letter, :u{number}, '', '{{}}', :now, :now, 0, '')" for number in range(len(user_ids)))
    values: dict[str, Any] = {f"u{number}": user_id for number, user_id in enumerate(user_ids)}
    await db.execute(
        f"INSERT INTO outbox (letter, user_id, address, facts, created_at, due_at, tries, error) VALUES {rows}",
        {**values, "letter": letter, "now": now},
    )


async def add_all(db: Database, letters: list[tuple[str, int, str, str]], now: int) -> None:
    """Many letters in one statement: (letter, user, address, facts as JSON) of each."""
    rows = ", ".join(f"(:l{each}, :u{each}, :a{each}, :f{each}, :now, :now, 0, '')" for each in range(len(letters)))
    values: dict[str, Any] = {
        f"{name}{each}": value for each, row in enumerate(letters) for name, value in zip("luaf", row, strict=True)
    }
    await db.execute(
        f"INSERT INTO outbox (letter, user_id, address, facts, created_at, due_at, tries, error) VALUES {rows}",
        {**values, "now": now},
    )


async def number_since(db: Database, letter: str, user_id: int, since: int) -> int:
    """How many such letters a user got (or will get) since then."""
    row = await db.fetch_one(
        "SELECT count(*) AS number FROM outbox WHERE user_id = :user AND letter = :letter AND created_at > :since",
        {"user": user_id, "letter": letter, "since": since},
    )
    return int(row["number"]) if row else 0


async def fewer_wait(db: Database, letter: str, limit: int) -> bool:
    """Whether fewer than so many letters of a kind wait; no more are counted."""
    row = await db.fetch_one(
        "SELECT count(*) AS number FROM (SELECT 1 AS one FROM outbox WHERE letter = :letter"
        f" AND {WAITING} LIMIT :limit) AS counted",
        {"letter": letter, "limit": limit},
    )
    return row is not None and row["number"] < limit


async def take(db: Database, letter_id: int) -> bool:
    """Removes a row that waited: it is dealt with. False if another process did so."""
    row = await db.fetch_one(
        f"DELETE FROM outbox WHERE id = :id AND {WAITING} RETURNING id",
        {"id": letter_id},
    )
    return row is not None


async def drop(db: Database, letter: str, before: int) -> None:
    """Removes what waits since before then."""
    await db.execute(
        f"DELETE FROM outbox WHERE letter = :letter AND created_at <= :before AND {WAITING}",
        {"letter": letter, "before": before},
    )


@dataclass(frozen=True)
class Fate:
    """What became of a letter."""

    sent_at: int | None
    failed_at: int | None
    error: str  # of the last try


async def newest(db: Database, letter: str, user_id: int) -> Fate | None:
    """What became of the newest letter of a kind to a user."""
    row = await db.fetch_one(
        "SELECT sent_at, failed_at, error FROM outbox WHERE user_id = :user AND letter = :letter ORDER BY id DESC LIMIT 1",
        {"user": user_id, "letter": letter},
    )
    return one(Fate, row)


async def added_since(db: Database, letter: str, user_id: int, since: int) -> bool:
    """Whether a user got (or will get) such a letter since then."""
    row = await db.fetch_one(
        "SELECT 1 AS yes FROM outbox WHERE user_id = :user AND letter = :letter AND created_at > :since LIMIT 1",
        {"user": user_id, "letter": letter, "since": since},
    )
    return row is not None


async def due(db: Database, now: int, size: int) -> list[int]:
    """The numbers of letters that may leave now, in their order."""
    rows = await db.fetch_all(
        f"SELECT id FROM outbox WHERE {WAITING} AND due_at <= :now ORDER BY due_at, id LIMIT :size",
        {"now": now, "size": size},
    )
    return [row["id"] for row in rows]


async def waiting(db: Database, letter_id: int) -> Letter | None:
    """A letter just before it leaves; None if it waits no more."""
    return one(
        Letter,
        await db.fetch_one(
            "SELECT o.id, o.letter, o.user_id, o.address, o.facts, o.created_at, o.tries, u.username, u.name, u.email, u.time_zone,"
            " u.login_method, u.disabled_at, u.two_factor_at, s.value AS two_factor FROM outbox o"
            " LEFT JOIN users u ON u.id = o.user_id JOIN settings s ON s.name = 'two_factor'"
            f" WHERE o.id = :id AND {WAITING}",
            {"id": letter_id},
        ),
    )


async def mark_sent(db: Database, letter_id: int, now: int) -> None:
    """The server accepted it."""
    await db.execute(
        "UPDATE outbox SET sent_at = :now, error = '', tries = tries + 1 WHERE id = :id", {"id": letter_id, "now": now}
    )


async def postpone(db: Database, letter_id: int, due_at: int, error: str) -> None:
    """A try failed; the next is due then."""
    await db.execute(
        "UPDATE outbox SET tries = tries + 1, due_at = :due, error = :error WHERE id = :id",
        {"id": letter_id, "due": due_at, "error": error},
    )


async def mark_failed(db: Database, letter_id: int, now: int, error: str) -> None:
    """It will not be sent, and why."""
    await db.execute(
        "UPDATE outbox SET tries = tries + 1, failed_at = :now, error = :error WHERE id = :id",
        {"id": letter_id, "now": now, "error": error},
    )


async def progress(db: Database, letters: tuple[str, ...], since: int) -> Progress:
    """How many letters of these kinds that were queued since then are sent, wait and failed."""
    names, values = _kinds(letters)
    found = one(
        Progress,
        await db.fetch_one(
            "SELECT count(sent_at) AS sent, count(failed_at) AS failed, count(*) - count(sent_at) - count(failed_at) AS waiting"
            f" FROM outbox WHERE letter IN ({names}) AND created_at > :since",
            {**values, "since": since},
        ),
    )
    assert found is not None
    return found


def _kinds(letters: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    return ", ".join(f":letter{number}" for number in range(len(letters))), {
        f"letter{number}": letter for number, letter in enumerate(letters)
    }


async def last_error(db: Database) -> str:
    """What the last try of the letter that waits longest came to; "" if none failed yet."""
    row = await db.fetch_one(
        f"SELECT error FROM outbox WHERE {WAITING} AND error <> '' ORDER BY due_at DESC, id LIMIT 1"
    )
    return str(row["error"]) if row else ""


async def failures(db: Database, since: int, size: int, letters: tuple[str, ...] = ()) -> list[Failed]:
    """The newest letters that failed since then: of these kinds, or all."""
    names, values = _kinds(letters)
    return many(
        Failed,
        await db.fetch_all(
            "SELECT o.letter, o.user_id, COALESCE(u.username, o.address) AS username, o.failed_at AS at, o.error"
            " FROM outbox o LEFT JOIN users u ON u.id = o.user_id"
            f" WHERE o.failed_at IS NOT NULL AND o.created_at > :since{f' AND o.letter IN ({names})' if letters else ''}"
            " ORDER BY o.failed_at DESC, o.id DESC LIMIT :size",
            {**values, "since": since, "size": size},
        ),
    )


async def forget(db: Database, before: int) -> None:
    """Removes letters that were sent or failed long ago."""
    await db.execute(
        "DELETE FROM outbox WHERE created_at <= :before AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)",
        {"before": before},
    )
