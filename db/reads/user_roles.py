"""What the page of a user's roles shows: the user with their ways in, and all roles."""

from dataclasses import dataclass

from db import Database, clock, one
from db.links import IS_WAY_IN
from db.makers import NUMBER_ENTERED
from db.reads.ways_in import MadeByOthers, maker_columns, maker_of
from db.roles import Role, in_rows
from db.users import COLUMNS, User


@dataclass(frozen=True)
class WithWaysIn:
    """A user, what others made of their ways in, and for how many others they entered an address to which links are
    sent.
    """

    user: User
    made: MadeByOthers
    entered: int


_MAKERS = {"email": "u.email_set_by", "sign_in": "u.sign_in_made_by", "link": "l.made_by"}
_USER = (
    f"SELECT {COLUMNS}, {', '.join(maker_columns(column, name) for name, column in _MAKERS.items())},"
    f" ({NUMBER_ENTERED}) AS entered FROM users u LEFT JOIN links l ON l.id = (SELECT max(n.id) FROM links n"
    f" WHERE n.user_id = u.id AND n.{IS_WAY_IN} AND n.used_at IS NULL AND n.expires_at > :now"
    " AND n.created_at <= :latest) WHERE u.id = :maker"
)


async def user(db: Database, user_id: int, now: int) -> WithWaysIn | None:
    """In one query."""
    row = await db.fetch_one(_USER, {"maker": user_id, "now": now, "latest": clock.latest(now)})
    found = one(User, row)
    if found is None:
        return None
    return WithWaysIn(found, MadeByOthers(*[maker_of(row, name) for name in _MAKERS]), row["entered"])


@dataclass(frozen=True)
class Roles:
    """All roles, in the order in which they were made, and the numbers of those that a user holds."""

    every: list[Role]
    held: frozenset[int]


async def roles(db: Database, user_id: int) -> Roles:
    """In one query."""
    rows = await db.fetch_all(
        "SELECT o.id, o.name, p.permission, h.user_id AS holder FROM roles o"
        " LEFT JOIN role_permissions p ON p.role_id = o.id"
        " LEFT JOIN user_roles h ON h.role_id = o.id AND h.user_id = :user ORDER BY o.id",
        {"user": user_id},
    )
    return Roles(in_rows(rows), frozenset(row["id"] for row in rows if row["holder"] is not None))
