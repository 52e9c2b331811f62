"""What became of e-mails: how many are sent, wait and failed, and why."""

from dataclasses import dataclass
from typing import Any

from db import Database, many, one
from db.outbox import WAITING


@dataclass(frozen=True)
class Progress:
    sent: int
    waiting: int
    failed: int


@dataclass(frozen=True)
class Failed:
    kind: str
    user_id: int | None
    # The e-mail address instead, if the user is deleted.
    username: str | None
    at: int
    error: str


@dataclass(frozen=True)
class Delivery:
    sent_at: int | None
    failed_at: int | None
    # Of the last attempt.
    error: str


async def newest(db: Database, kind: str, user_id: int) -> Delivery | None:
    """What became of the newest e-mail of a kind to a user."""
    row = await db.fetch_one(
        "SELECT sent_at, failed_at, error FROM outbox WHERE user_id = :user AND letter = :letter"
        " ORDER BY id DESC LIMIT 1",
        {"user": user_id, "letter": kind},
    )
    return one(Delivery, row)


async def progress(db: Database, kinds: tuple[str, ...], since: int) -> Progress:
    """How many e-mails of these kinds that were queued since then are sent, wait and failed."""
    names, values = _names(kinds)
    found = one(
        Progress,
        await db.fetch_one(
            "SELECT count(sent_at) AS sent, count(failed_at) AS failed,"
            " count(*) - count(sent_at) - count(failed_at) AS waiting"
            f" FROM outbox WHERE letter IN ({names}) AND created_at > :since",
            {**values, "since": since},
        ),
    )
    assert found is not None
    return found


def _names(kinds: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    return ", ".join(f":letter{number}" for number in range(len(kinds))), {
        f"letter{number}": kind for number, kind in enumerate(kinds)
    }


LAST_ERROR = f"SELECT error FROM outbox WHERE {WAITING} AND error <> '' ORDER BY due_at DESC, id LIMIT 1"


async def last_error(db: Database) -> str:
    """Why the last attempt at the e-mail that waits longest failed; "" if none failed yet."""
    row = await db.fetch_one(LAST_ERROR)
    return str(row["error"]) if row else ""


async def failures(db: Database, since: int, size: int, kinds: tuple[str, ...] = ()) -> list[Failed]:
    """The newest failed e-mails that were queued since then: of these kinds, or of all."""
    names, values = _names(kinds)
    return many(
        Failed,
        await db.fetch_all(
            "SELECT o.letter AS kind, o.user_id, COALESCE(u.username, o.address) AS username,"
            " o.failed_at AS at, o.error FROM outbox o LEFT JOIN users u ON u.id = o.user_id"
            f" WHERE o.failed_at IS NOT NULL AND o.created_at > :since{f' AND o.letter IN ({names})' if kinds else ''}"
            " ORDER BY o.failed_at DESC, o.id DESC LIMIT :size",
            {**values, "since": since, "size": size},
        ),
    )
