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


@dataclass(frozen=True)
class Entrance:
    """What the login page shows."""

    # The switch: "on" | "off"
    value: str
    changed_at: int | None
    changed_by: str | None
    # "on" in a demonstration.
    sample_data: str | None
    # JSON
    contact: str | None


async def entrance(db: Database) -> Entrance | None:
    return one(
        Entrance,
        await db.fetch_one(
            "SELECT s.value, s.changed_at, s.changed_by, d.value AS sample_data, c.value AS contact FROM settings s"
            " LEFT JOIN settings d ON d.name = 'sample_data' LEFT JOIN settings c ON c.name = 'contact'"
            " WHERE s.name = 'two_factor'"
        ),
    )


async def lock(db: Database, name: str) -> None:
    """The setting stays as it is until this transaction ends."""
    await db.execute("UPDATE settings SET value = value WHERE name = :name", {"name": name})


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
