"""Leases: what one process does at a time. A killed holder's lease runs out by itself."""

from db import Database


async def take(db: Database, name: str, holder: str, now: int, until: int) -> bool:
    """Takes a lease that is free, has run out or is one's own already, and keeps it until then; False if another holds it."""
    row = await db.fetch_one(
        "UPDATE leases SET holder = :holder, until = :until WHERE name = :name AND (until < :now OR holder = :holder) RETURNING name",
        {"name": name, "holder": holder, "now": now, "until": until},
    )
    return row is not None


async def renew(db: Database, name: str, holder: str, until: int) -> bool:
    """Keeps one's own lease until then; False if another took it meanwhile."""
    row = await db.fetch_one(
        "UPDATE leases SET until = :until WHERE name = :name AND holder = :holder RETURNING name",
        {"name": name, "holder": holder, "until": until},
    )
    return row is not None


async def release(db: Database, name: str, holder: str) -> None:
    """Gives one's own lease back before it runs out."""
    await db.execute(
        "UPDATE leases SET holder = '', until = 0 WHERE name = :name AND holder = :holder",
        {"name": name, "holder": holder},
    )
