"""What became of e-mails: how many are sent, wait and failed, and why."""

import json
from dataclasses import dataclass

from db import Database, many, numbered, one
from db.outbox import WAITING


@dataclass(frozen=True)
class Failed:
    kind: str
    user_id: int | None
    # The e-mail address instead, if the user is deleted.
    username: str | None
    at: int
    error: str


@dataclass(frozen=True)
class Progress:
    """`last_error`: of the last attempt at the e-mail that waits longest, "" if none waits or none failed yet.
    `failures`: the newest.
    """

    sent: int
    waiting: int
    failed: int
    last_error: str
    failures: tuple[Failed, ...]


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


LAST_ERROR = f"SELECT error FROM outbox WHERE {WAITING} AND error <> '' ORDER BY due_at DESC, id LIMIT 1"
_FAILURES = (
    "SELECT o.letter AS kind, o.user_id, COALESCE(u.username, o.address) AS username,"
    " o.failed_at AS at, o.error FROM outbox o LEFT JOIN users u ON u.id = o.user_id"
    " WHERE o.failed_at IS NOT NULL {of} ORDER BY o.failed_at DESC, o.id DESC LIMIT :size"
)


async def progress(db: Database, kinds: tuple[str, ...], since: int, size: int) -> Progress:
    """What became of the e-mails of these kinds that were queued since then; at most `size` failures."""
    names, values = numbered(kinds)
    newest = _FAILURES.format(of=f"AND o.created_at > :since AND o.letter IN ({names})")
    each = f"{db.dialect.json_row}(kind, user_id, username, at, error)"
    listed = f"SELECT {db.dialect.json_list}({each}) FROM ({newest}) AS newest"
    # What a CASE asks for is read only if there is any.
    row = await db.fetch_one(
        "SELECT sent, waiting, failed,"
        f" CASE WHEN waiting > 0 THEN COALESCE(({LAST_ERROR}), '') ELSE '' END AS last_error,"
        f" CASE WHEN failed > 0 THEN ({listed}) END AS failures"
        " FROM (SELECT count(sent_at) AS sent, count(failed_at) AS failed,"
        " count(*) - count(sent_at) - count(failed_at) AS waiting"
        f" FROM outbox WHERE letter IN ({names}) AND created_at > :since) AS counted",
        {**values, "since": since, "size": size},
    )
    failed = tuple(Failed(*each) for each in json.loads(row["failures"] or "[]"))
    return Progress(row["sent"], row["waiting"], row["failed"], row["last_error"], failed)


async def failures(db: Database, size: int) -> list[Failed]:
    """The newest failed e-mails of all kinds."""
    return many(Failed, await db.fetch_all(_FAILURES.format(of=""), {"size": size}))
