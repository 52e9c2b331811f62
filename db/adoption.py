"""How many active users have set two-factor authentication up: kept rows, by triggers (migrations 0006, 0010), so that
no page counts.
"""

from dataclasses import dataclass

from db import Database, many, one


@dataclass(frozen=True)
class Figures:
    # active users with username/password who have set it up
    set_up: int
    # active users with username/password who have not
    not_set_up: int
    # active users who sign in by Single Sign-On
    sso: int


@dataclass(frozen=True)
class OfUnit(Figures):
    # "": those without
    unit: str


@dataclass(frozen=True)
class OfRole(Figures):
    role_id: int
    role: str


async def figures(db: Database) -> Figures:
    """The current figures."""
    found = one(Figures, await db.fetch_one("SELECT set_up, not_set_up, sso FROM adoption WHERE id = 1"))
    assert found is not None
    return found


async def by_unit(db: Database, after: str | None, size: int) -> list[OfUnit]:
    """The figures of units with active users, by name, after the unit `after`."""
    rows = await db.fetch_all(
        "SELECT set_up, not_set_up, sso, unit FROM adoption_by_unit WHERE set_up + not_set_up + sso > 0"
        + (" AND unit > :after" if after is not None else "")
        + " ORDER BY unit LIMIT :size",
        {"size": size} | ({"after": after} if after is not None else {}),
    )
    return many(OfUnit, rows)


async def by_role(db: Database) -> list[OfRole]:
    """The figures of the roles that active users hold; who holds two counts in both."""
    rows = await db.fetch_all(
        "SELECT a.set_up, a.not_set_up, a.sso, a.role_id, r.name AS role FROM adoption_by_role a JOIN roles r ON r.id"
        " = a.role_id"
        " WHERE a.set_up + a.not_set_up + a.sso > 0 ORDER BY r.id"
    )
    return many(OfRole, rows)


async def by_month(db: Database, since: str) -> dict[str, int]:
    """How many second factors were set up, in each month ("2026-11", UTC) from `since` on that had any."""
    rows = await db.fetch_all(
        "SELECT month, set_ups FROM adoption_by_month WHERE month >= :since ORDER BY month", {"since": since}
    )
    return {row["month"]: row["set_ups"] for row in rows}
