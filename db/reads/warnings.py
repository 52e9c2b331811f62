"""What General Settings shows: the contact, and what it warns of: e-mails that wait, a proxy that is not named."""

from dataclasses import dataclass

from db import Database, one
from db.reads.deliveries import LAST_ERROR


@dataclass(frozen=True)
class Warnings:
    # Of the last attempt at the e-mail that waits longest; "" if none failed yet.
    email_error: str
    # None: it was never stored.
    setting: str | None
    # JSON
    contact: str | None


async def find(db: Database, setting: str) -> Warnings:
    found = one(
        Warnings,
        await db.fetch_one(
            "SELECT (SELECT value FROM settings WHERE name = :setting) AS setting,"
            " (SELECT value FROM settings WHERE name = 'contact') AS contact,"
            f" COALESCE(({LAST_ERROR}), '') AS email_error",
            {"setting": setting},
        ),
    )
    assert found is not None
    return found
