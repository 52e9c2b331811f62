"""All figures of the page of adoption, each from a row that triggers keep (db/adoption.py)."""

from dataclasses import dataclass

from db import Database, many
from db.adoption import COLUMNS, Figures


@dataclass(frozen=True)
class OfUnit(Figures):
    # "": those without
    unit: str


@dataclass(frozen=True)
class OfRole(Figures):
    role_id: int
    role: str


@dataclass(frozen=True)
class Adoption:
    """`units`: with active users, by name. `roles`: that active users hold; who holds two counts in both. `months`: how
    many second factors were set up in each month ("2026-11", UTC) that had any.
    """

    whole: Figures
    units: list[OfUnit]
    roles: list[OfRole]
    months: dict[str, int]


_HAS_ACTIVE = "set_up + not_set_up + sso + not_joined > 0"
_READ = (
    f"SELECT 'whole' AS kind, 0 AS role_id, '' AS role, '' AS unit, {COLUMNS} FROM adoption WHERE id = 1"
    f" UNION ALL SELECT 'role', role_id, r.name, '', {COLUMNS} FROM adoption_by_role a JOIN roles r ON r.id = a.role_id"
    f" WHERE {_HAS_ACTIVE}"
    f" UNION ALL SELECT * FROM (SELECT 'unit', 0, '', unit, {COLUMNS} FROM adoption_by_unit"
    f" WHERE {_HAS_ACTIVE} AND {{after}} ORDER BY unit LIMIT :size) AS units"
    " ORDER BY kind, role_id, unit"
)


async def read(db: Database, after: str | None, size: int, since: str) -> Adoption:
    """At most `size` units, after the unit `after`; the months from `since` on."""
    beyond, asked = ("TRUE", {}) if after is None else ("unit > :after", {"after": after})
    rows = await db.fetch_all(_READ.format(after=beyond), {"size": size, **asked})
    return Adoption(
        many(Figures, [row for row in rows if row["kind"] == "whole"])[0],
        many(OfUnit, [row for row in rows if row["kind"] == "unit"]),
        many(OfRole, [row for row in rows if row["kind"] == "role"]),
        await _by_month(db, since),
    )


async def _by_month(db: Database, since: str) -> dict[str, int]:
    rows = await db.fetch_all(
        "SELECT month, set_ups FROM adoption_by_month WHERE month >= :since ORDER BY month", {"since": since}
    )
    return {row["month"]: row["set_ups"] for row in rows}
