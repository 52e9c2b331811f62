"""A user's sessions that are open: which, where and since when."""

from dataclasses import dataclass

from db import Database, many


@dataclass(frozen=True)
class Open:
    """Which sessions are open: used and started after these times, and not later than the clock allows."""

    used_after: int
    started_after: int
    latest: int


@dataclass(frozen=True)
class Session:
    id: int
    browser: str
    address: str
    started_at: int
    last_used_at: int


async def of_user(db: Database, user_id: int, opened: Open) -> list[Session]:
    """A user's open sessions, newest first."""
    rows = await db.fetch_all(
        "SELECT id, browser, address, started_at, last_used_at FROM sessions"
        " WHERE user_id = :user AND last_used_at > :used_after AND last_used_at <= :latest"
        " AND started_at > :started_after AND started_at <= :latest ORDER BY started_at DESC, id DESC",
        {"user": user_id, **vars(opened)},
    )
    return many(Session, rows)
