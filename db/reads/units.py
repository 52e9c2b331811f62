"""The organisational units that there are."""

import json
from typing import Any

from db import Database
from db.dialect import Dialect

_NAMES = (
    "SELECT unit FROM adoption_by_unit a WHERE unit <> '' AND EXISTS (SELECT 1 FROM users u WHERE u.unit = a.unit)"
    " ORDER BY unit LIMIT :most_units"
)


async def names(db: Database, most: int) -> tuple[str, ...]:
    """At most so many, by name; the figures of a unit stay when its last user leaves it."""
    rows = await db.fetch_all(_NAMES, {"most_units": most})
    return tuple(row["unit"] for row in rows)


def column(dialect: Dialect) -> str:
    """The same names as a column `units` of another query, which asks for `:most_units`."""
    return f"(SELECT {dialect.json_list}(unit) FROM ({_NAMES}) AS named) AS units"


def of_column(row: Any) -> tuple[str, ...]:
    return tuple(json.loads(row["units"] or "[]"))
