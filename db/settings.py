"""Settings that are stored in the database."""

from dataclasses import dataclass

from db import Database, one


@dataclass(frozen=True)
class Setting:
    value: str
    changed_at: int | None
    changed_by: str | None


async def get(db: Database, name: str) -> Setting | None:
    return one(
        Setting,
        await db.fetch_one("SELECT value, changed_at, changed_by FROM settings WHERE name = :name", {"name": name}),
    )


async def with_sample_data(db: Database, name: str) -> tuple[Setting | None, bool]:
    """A setting, and whether this is a demonstration. One query."""
    row = await db.fetch_one(
        "SELECT s.value, s.changed_at, s.changed_by, d.value AS sample_data FROM settings s"
        " LEFT JOIN settings d ON d.name = 'sample_data' WHERE s.name = :name",
        {"name": name},
    )
    return one(Setting, row), row is not None and row["sample_data"] == "on"


async def change(db: Database, name: str, value: str, now: int, by: str) -> bool:
    """Stores another value; False if it is stored already, so that of two equal requests one counts."""
    row = await db.fetch_one(
        "UPDATE settings SET value = :value, changed_at = :now, changed_by = :by"
        " WHERE name = :name AND value <> :value RETURNING name",
        {"name": name, "value": value, "now": now, "by": by},
    )
    return row is not None


async def put(db: Database, name: str, value: str) -> None:
    """Stores a value that no user changes, such as the fingerprint of the keys."""
    await db.execute(
        "INSERT INTO settings (name, value) VALUES (:name, :value)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {"name": name, "value": value},
    )
