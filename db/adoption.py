"""How many users who can sign in have set two-factor authentication up, and how many others there are: kept rows, by
the triggers of migration 0020, so that no page counts. Each user is in one of the figures.
"""

from dataclasses import dataclass

from db import Database, many, one


@dataclass(frozen=True)
class Figures:
    # active users with username/password, who have joined: with a password, and have set it up
    set_up: int
    # and those who have not
    not_set_up: int
    # active users who sign in by Single Sign-On, and have joined: are bound to an identity
    sso: int
    # active users who have not joined yet, and so cannot sign in
    not_joined: int
    disabled: int

    @property
    def everyone(self) -> int:
        return self.set_up + self.not_set_up + self.sso + self.not_joined + self.disabled


@dataclass(frozen=True)
class OfUnit(Figures):
    # "": those without
    unit: str


@dataclass(frozen=True)
class OfRole(Figures):
    role_id: int
    role: str


COLUMNS = ", ".join(Figures.__dataclass_fields__)


async def figures(db: Database) -> Figures:
    """The current figures."""
    found = one(Figures, await db.fetch_one(f"SELECT {COLUMNS} FROM adoption WHERE id = 1"))
    assert found is not None
    return found


async def by_unit(db: Database, after: str | None, size: int) -> list[OfUnit]:
    """The figures of units with active users, by name, after the unit `after`."""
    rows = await db.fetch_all(
        f"SELECT {COLUMNS}, unit FROM adoption_by_unit WHERE set_up + not_set_up + sso + not_joined > 0"
        + (" AND unit > :after" if after is not None else "")
        + " ORDER BY unit LIMIT :size",
        {"size": size} | ({"after": after} if after is not None else {}),
    )
    return many(OfUnit, rows)


async def by_role(db: Database) -> list[OfRole]:
    """The figures of the roles that active users hold; who holds two counts in both."""
    rows = await db.fetch_all(
        f"SELECT {COLUMNS}, role_id, r.name AS role FROM adoption_by_role a JOIN roles r ON r.id = a.role_id"
        " WHERE set_up + not_set_up + sso + not_joined > 0 ORDER BY r.id"
    )
    return many(OfRole, rows)


async def by_month(db: Database, since: str) -> dict[str, int]:
    """How many second factors were set up, in each month ("2026-11", UTC) from `since` on that had any."""
    rows = await db.fetch_all(
        "SELECT month, set_ups FROM adoption_by_month WHERE month >= :since ORDER BY month", {"since": since}
    )
    return {row["month"]: row["set_ups"] for row in rows}


SUMMED = ("set_up", "not_set_up", "sso", "not_joined", "disabled", "set_ups")


async def sum_up(db: Database) -> None:
    """On PostgreSQL, where the figures are sums of changes: replaces the changes so far by one row for each sum."""
    if db.dialect.is_sqlite:
        return
    names = ", ".join(SUMMED)
    await db.execute(
        f"WITH gone AS (DELETE FROM adoption_changes RETURNING unit, role_id, month, {names})"
        f" INSERT INTO adoption_changes (unit, role_id, month, {names})"
        f" SELECT unit, role_id, month, {', '.join(f'sum({name})' for name in SUMMED)} FROM gone"
        " WHERE role_id IS NULL OR EXISTS (SELECT 1 FROM roles r WHERE r.id = role_id)"
        " GROUP BY unit, role_id, month"
    )
