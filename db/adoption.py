"""How many active users have set two-factor authentication up: a kept row, so that no page counts."""

from dataclasses import dataclass

from db import Database, one
from db.users import User


@dataclass(frozen=True)
class Figures:
    set_up: int  # active users with username/password who have set it up
    not_set_up: int  # active users with username/password who have not
    sso: int  # active users who sign in by Single Sign-On


async def figures(db: Database) -> Figures:
    """The figures as they stand."""
    found = one(Figures, await db.fetch_one("SELECT set_up, not_set_up, sso FROM adoption WHERE id = 1"))
    assert found is not None
    return found


async def count(db: Database, user: User, by: int) -> None:
    """Adds `by` to the figure that an active user belongs to; called in the transaction that changes the user."""
    await change(
        db,
        set_up=by if user.login_method == "password" and user.two_factor_at is not None else 0,
        not_set_up=by if user.login_method == "password" and user.two_factor_at is None else 0,
        sso=by if user.login_method == "sso" else 0,
    )


async def change(db: Database, *, set_up: int = 0, not_set_up: int = 0, sso: int = 0) -> None:
    """Adds to the figures."""
    await db.execute(
        "UPDATE adoption SET set_up = set_up + :set_up, not_set_up = not_set_up + :not_set_up, sso = sso + :sso WHERE id = 1",
        {"set_up": set_up, "not_set_up": not_set_up, "sso": sso},
    )
