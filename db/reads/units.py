"""The organisational units that there are."""

from db import Database


async def names(db: Database, most: int) -> tuple[str, ...]:
    """At most so many, by name; the figures of a unit stay when its last user leaves it."""
    rows = await db.fetch_all(
        "SELECT unit FROM adoption_by_unit a WHERE unit <> '' AND EXISTS (SELECT 1 FROM users u WHERE u.unit = a.unit)"
        " ORDER BY unit LIMIT :most",
        {"most": most},
    )
    return tuple(row["unit"] for row in rows)
