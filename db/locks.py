"""Rows that a change writes first when what it decides depends on several other rows."""

from db import Database


async def take(db: Database, name: str) -> None:
    """Waits until no other transaction holds the lock; held until this one ends."""
    await db.execute("UPDATE locks SET turns = turns + 1 WHERE name = :name", {"name": name})
