"""Known browsers: those from which a user signed in before."""

from collections.abc import Sequence

from db import Database, clock, numbered


async def knows(db: Database, browser_hash: bytes, username: str, now: int) -> bool:
    """Whether this user signed in from the browser before."""
    row = await db.fetch_one(
        "SELECT b.id FROM browsers b JOIN browser_users k ON k.browser_id = b.id JOIN users u ON u.id = k.user_id"
        " WHERE b.token_hash = :hash AND u.username = :username AND b.seen_at <= :latest",
        {"hash": browser_hash, "username": username, "latest": clock.latest(now)},
    )
    return row is not None


async def knows_any_user(db: Database, browser_hash: bytes, now: int) -> bool:
    """Whether any user signed in from the browser before and has not forgotten it."""
    row = await db.fetch_one(
        "SELECT b.id FROM browsers b JOIN browser_users k ON k.browser_id = b.id"
        " WHERE b.token_hash = :hash AND b.seen_at <= :latest LIMIT 1",
        {"hash": browser_hash, "latest": clock.latest(now)},
    )
    return row is not None


async def bind(db: Database, browser_hash: bytes, user_id: int, now: int) -> tuple[int, bool]:
    """Stores that a user signed in from the browser. Returns its id, and whether it is new to this user."""
    row = await db.fetch_one(
        "INSERT INTO browsers (token_hash, seen_at) VALUES (:hash, :now)"
        " ON CONFLICT (token_hash) DO UPDATE SET seen_at = excluded.seen_at RETURNING id",
        {"hash": browser_hash, "now": now},
    )
    assert row is not None
    bound = await db.fetch_one(
        "INSERT INTO browser_users (browser_id, user_id) VALUES (:browser, :user)"
        " ON CONFLICT DO NOTHING RETURNING browser_id",
        {"browser": row["id"], "user": user_id},
    )
    return int(row["id"]), bound is not None


async def unbind(db: Database, user_ids: Sequence[int], but: bytes) -> int:
    """Forgets all browsers of these users except the one with that hash. Returns their number."""
    names, values = numbered(user_ids)
    rows = await db.fetch_all(
        f"DELETE FROM browser_users WHERE user_id IN ({names})"
        " AND browser_id NOT IN (SELECT id FROM browsers WHERE token_hash = :hash) RETURNING browser_id",
        {**values, "hash": but},
    )
    return len(rows)


async def forget(db: Database, before: int, now: int) -> None:
    """Deletes browsers whose cookie has expired."""
    await db.execute(
        "DELETE FROM browsers WHERE seen_at <= :before OR seen_at > :latest",
        {"before": before, "latest": clock.latest(now)},
    )
