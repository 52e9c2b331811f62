"""The outbox: the queue of e-mails. No row holds a token; it is made when the e-mail leaves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db import Database, clock, one

WAITING = "sent_at IS NULL AND failed_at IS NULL"
DUE = "(due_at <= :now OR due_at > :latest)"


@dataclass(frozen=True)
class QueuedEmail:
    """An e-mail that waits, with its user as they are now."""

    id: int
    kind: str
    user_id: int | None
    # "": the user's own.
    address: str
    # JSON
    facts: str
    created_at: int
    tries: int
    username: str | None
    name: str | None
    email: str | None
    # Who entered the address; None: its owner confirmed it, or it is from before that was kept.
    email_set_by: int | None
    time_zone: str | None
    login_method: str | None
    disabled_at: int | None
    two_factor_at: int | None
    # The switch: "on" | "off".
    two_factor: str
    # Whom to ask for help, JSON.
    contact: str | None


@dataclass(frozen=True)
class Work:
    """What there is to do for the worker."""

    # The number of the last entry of the activity log.
    head: int
    read_to: int
    # None: never read, because there was no mail server yet.
    reading_since: int | None
    # 1: an e-mail is due.
    due: int


async def work(db: Database, now: int, longest_seconds: int) -> Work:
    """Whether there are entries to read or e-mails to send. Writes nothing. `longest_seconds`: as in `due`."""
    found = one(
        Work,
        await db.fetch_one(
            "SELECT COALESCE((SELECT CAST(number AS BIGINT) FROM activity_head WHERE id = 1), 0) AS head,"
            " CAST(s.value AS BIGINT) AS read_to, s.changed_at AS reading_since,"
            f" CASE WHEN EXISTS (SELECT 1 FROM outbox WHERE {WAITING} AND {DUE}) THEN 1 ELSE 0 END AS due"
            " FROM settings s WHERE s.name = 'letters_read_to'",
            {"now": now, "latest": clock.latest(now) + longest_seconds},
        ),
    )
    assert found is not None
    return found


async def begin_reading(db: Database, head: int, now: int) -> None:
    """Marks the log as read up to `head`, when the first mail server is configured: earlier entries get no e-mail."""
    await db.execute(
        "UPDATE settings SET value = :head, changed_at = :now WHERE name = 'letters_read_to' AND changed_at IS NULL",
        {"head": str(head), "now": now},
    )


async def read_on(db: Database, before: int, after: int) -> bool:
    """Marks the log as read up to `after`, in the transaction of the e-mails; False if another process did so first."""
    row = await db.fetch_one(
        "UPDATE settings SET value = :after WHERE name = 'letters_read_to' AND value = :before RETURNING name",
        {"before": str(before), "after": str(after)},
    )
    return row is not None


@dataclass(frozen=True)
class New:
    kind: str
    user_id: int | None
    facts: Mapping[str, str]
    # "": the user's own when it leaves.
    address: str = ""

    @property
    def json(self) -> str:
        return _json(self.facts)


def _json(facts: Mapping[str, str]) -> str:
    return json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)


async def add(db: Database, new: New, now: int, due_at: int) -> int:
    """Queues an e-mail in the transaction of what it is about. Returns its id."""
    row = await db.fetch_one(
        "INSERT INTO outbox (letter, user_id, address, facts, created_at, due_at, tries, error)"
        " VALUES (:letter, :user, :address, :facts, :now, :due, 0, '') RETURNING id",
        {
            "letter": new.kind,
            "user": new.user_id,
            "address": new.address,
            "facts": new.json,
            "now": now,
            "due": due_at,
        },
    )
    assert row is not None
    return int(row["id"])


async def add_same(db: Database, kind: str, user_ids: list[int], facts: Mapping[str, str], now: int) -> None:
    """Queues the same e-mail to each of these users with one statement."""
    rows = ", ".join(f"(:letter, :u{number}, '', :facts, :now, :now, 0, '')" for number in range(len(user_ids)))
    values: dict[str, Any] = {f"u{number}": user_id for number, user_id in enumerate(user_ids)}
    await db.execute(
        f"INSERT INTO outbox (letter, user_id, address, facts, created_at, due_at, tries, error) VALUES {rows}",
        {**values, "letter": kind, "facts": _json(facts), "now": now},
    )


async def add_all(db: Database, emails: list[New], now: int) -> None:
    """Queues e-mails with one statement."""
    rows = ", ".join(f"(:l{each}, :u{each}, :a{each}, :f{each}, :now, :now, 0, '')" for each in range(len(emails)))
    values: dict[str, Any] = {}
    for each, new in enumerate(emails):
        values |= {f"l{each}": new.kind, f"u{each}": new.user_id, f"a{each}": new.address, f"f{each}": new.json}
    await db.execute(
        f"INSERT INTO outbox (letter, user_id, address, facts, created_at, due_at, tries, error) VALUES {rows}",
        {**values, "now": now},
    )


async def number_since(db: Database, kind: str, user_id: int, since: int, now: int) -> int:
    """How many e-mails of a kind were queued for a user since then."""
    row = await db.fetch_one(
        "SELECT count(*) AS number FROM outbox WHERE user_id = :user AND letter = :letter"
        " AND created_at > :since AND created_at <= :latest",
        {"user": user_id, "letter": kind, "since": since, "latest": clock.latest(now)},
    )
    return int(row["number"]) if row else 0


async def fewer_wait(db: Database, kind: str, limit: int) -> bool:
    """Whether fewer than `limit` e-mails of a kind wait; no more are counted."""
    row = await db.fetch_one(
        "SELECT count(*) AS number FROM (SELECT 1 AS one FROM outbox WHERE letter = :letter"
        f" AND {WAITING} LIMIT :limit) AS counted",
        {"letter": kind, "limit": limit},
    )
    return row is not None and row["number"] < limit


async def take(db: Database, email_id: int) -> bool:
    """Deletes a row that waits; False if another process did."""
    row = await db.fetch_one(
        f"DELETE FROM outbox WHERE id = :id AND {WAITING} RETURNING id",
        {"id": email_id},
    )
    return row is not None


async def drop(db: Database, kind: str, before: int, now: int) -> None:
    """Deletes the rows of a kind that wait since before then."""
    await db.execute(
        f"DELETE FROM outbox WHERE letter = :letter AND (created_at <= :before OR created_at > :latest) AND {WAITING}",
        {"letter": kind, "before": before, "latest": clock.latest(now)},
    )


async def due(db: Database, now: int, size: int, longest_seconds: int) -> list[int]:
    """The ids of e-mails that may leave now, in their order: also of those that would be due in more seconds."""
    rows = await db.fetch_all(
        f"SELECT id FROM outbox WHERE {WAITING} AND {DUE} ORDER BY due_at, id LIMIT :size",
        {"now": now, "size": size, "latest": clock.latest(now) + longest_seconds},
    )
    return [row["id"] for row in rows]


async def waiting(db: Database, email_id: int) -> QueuedEmail | None:
    """An e-mail just before it leaves; None if it no longer waits."""
    return one(
        QueuedEmail,
        await db.fetch_one(
            "SELECT o.id, o.letter AS kind, o.user_id, o.address, o.facts, o.created_at, o.tries, u.username, u.name,"
            " u.email, u.email_set_by, u.time_zone, u.login_method, u.disabled_at, u.two_factor_at,"
            " s.value AS two_factor, c.value AS contact FROM outbox o"
            " LEFT JOIN users u ON u.id = o.user_id JOIN settings s ON s.name = 'two_factor'"
            " LEFT JOIN settings c ON c.name = 'contact'"
            f" WHERE o.id = :id AND {WAITING}",
            {"id": email_id},
        ),
    )


async def mark_sent(db: Database, email_id: int, now: int) -> None:
    await db.execute(
        "UPDATE outbox SET sent_at = :now, error = '', tries = tries + 1 WHERE id = :id", {"id": email_id, "now": now}
    )


async def postpone(db: Database, email_id: int, due_at: int, error: str) -> None:
    await db.execute(
        "UPDATE outbox SET tries = tries + 1, due_at = :due, error = :error WHERE id = :id",
        {"id": email_id, "due": due_at, "error": error},
    )


async def mark_failed(db: Database, email_id: int, now: int, error: str) -> None:
    await db.execute(
        "UPDATE outbox SET tries = tries + 1, failed_at = :now, error = :error WHERE id = :id",
        {"id": email_id, "now": now, "error": error},
    )


async def forget(db: Database, before: int, now: int) -> None:
    """Deletes e-mails that were queued before then and sent, or failed."""
    await db.execute(
        "DELETE FROM outbox WHERE (created_at <= :before OR created_at > :latest)"
        " AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)",
        {"before": before, "latest": clock.latest(now)},
    )
