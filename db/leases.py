"""Leases: what one process does at a time. The lease of a killed process expires."""

from db import Database, clock


async def take(db: Database, name: str, holder: str, now: int, until: int) -> bool:
    """Takes a lease that is free, expired or the holder's own already; False if another process holds it."""
    row = await db.fetch_one(
        "UPDATE leases SET holder = :holder, until = :until"
        " WHERE name = :name AND (until < :now OR until > :latest OR holder = :holder) RETURNING name",
        {"name": name, "holder": holder, "now": now, "until": until, "latest": clock.latest(until)},
    )
    return row is not None


async def renew(db: Database, name: str, holder: str, until: int) -> bool:
    """Extends the holder's own lease; False if another process holds it now."""
    row = await db.fetch_one(
        "UPDATE leases SET until = :until WHERE name = :name AND holder = :holder RETURNING name",
        {"name": name, "holder": holder, "until": until},
    )
    return row is not None


async def release(db: Database, name: str, holder: str) -> None:
    """Ends the holder's own lease before it expires."""
    await db.execute(
        "UPDATE leases SET holder = '', until = 0 WHERE name = :name AND holder = :holder",
        {"name": name, "holder": holder},
    )
