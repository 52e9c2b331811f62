"""How many users who can sign in have set two-factor authentication up, and how many others there are: kept rows, by
the triggers of migration 0020, so that no page counts. Each user is in one of the figures.
"""

from dataclasses import dataclass

from db import Database, one


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


COLUMNS = ", ".join(Figures.__dataclass_fields__)


async def figures(db: Database) -> Figures:
    """The current figures."""
    found = one(Figures, await db.fetch_one(f"SELECT {COLUMNS} FROM adoption WHERE id = 1"))
    assert found is not None
    return found


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
