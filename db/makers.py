"""Who made the ways into accounts of other users: kept with each, also once the maker signs in with something else.

`…_with`: who made what the maker signed in with, and what they sign in with no more. NO_USER: it has ended for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from db import Database, numbered
from db.roles import may_let_in

NO_USER = 0


@dataclass(frozen=True)
class Makers:
    """Of one way in. `by` None: made by no other user."""

    by: int | None = None
    # See above.
    with_: int | None = None


OWN = Makers()


async def keep(db: Database, user_ids: Sequence[int]) -> None:
    """Before what these users sign in with is replaced: what they made for others keeps who had made it."""
    names, values = numbered(user_ids)
    for table, by in (("users", "email_set_by"), ("users", "sign_in_made_by"), ("links", "made_by")):
        with_ = f"{by.removesuffix('_by')}_with"
        await db.execute(
            f"UPDATE {table} SET {with_} = (SELECT m.sign_in_made_by FROM users m WHERE m.id = {table}.{by})"
            f" WHERE {by} IN ({names}) AND {with_} IS NULL",
            values,
        )


async def end_addresses(db: Database, user_ids: Sequence[int]) -> None:
    """Links are sent to these users' addresses no more, until an administrator or the owner confirms them."""
    if user_ids:
        names, values = numbered(user_ids)
        await db.execute(f"UPDATE users SET email_set_with = {NO_USER} WHERE id IN ({names})", values)


async def end_what_these_made(db: Database, user_ids: Sequence[int]) -> None:
    """Ends the addresses and the links that these users made for others on whom they may not act any more."""
    names, values = numbered(user_ids)
    await _end_what_counts_no_more(db, names, values)


async def end_what_holders_made(db: Database, role_id: int) -> None:
    """The same for all who hold a role."""
    holders = "SELECT r.user_id FROM user_roles r WHERE r.role_id = :role"
    await _end_what_counts_no_more(db, holders, {"role": role_id})


async def _end_what_counts_no_more(db: Database, makers: str, values: dict[str, int]) -> None:
    let_in = may_let_in("users.email_set_by", "users.id", "users.email_set_with")
    await db.execute(
        f"UPDATE users SET email_set_with = {NO_USER} WHERE email_set_by IN ({makers}) AND email_set_by <> id"
        f" AND NOT {let_in}",
        values,
    )
    let_in = may_let_in("links.made_by", "links.user_id", "links.made_with")
    await db.execute(
        f"DELETE FROM links WHERE made_by IN ({makers}) AND made_by <> user_id AND used_at IS NULL AND NOT {let_in}",
        values,
    )


@dataclass(frozen=True)
class Entered:
    """A user whose address another one entered. `ended`: links are not sent there."""

    id: int
    username: str
    name: str
    email: str
    email_set_by: int
    ended: bool


async def entered(db: Database, maker_id: int, size: int, after: int = 0) -> list[Entered]:
    """Whose address that user entered, not confirmed by its owner; at most `size`, by number after `after`."""
    let_in = may_let_in("u.email_set_by", "u.id", "u.email_set_with")
    rows = await db.fetch_all(
        f"SELECT u.id, u.username, u.name, u.email, u.email_set_by, NOT {let_in} AS ended FROM users u"
        " WHERE u.email_set_by = :maker AND u.id <> :maker AND u.email <> '' AND u.id > :after"
        " ORDER BY u.id LIMIT :size",
        {"maker": maker_id, "after": after, "size": size},
    )
    return [
        Entered(row["id"], row["username"], row["name"], row["email"], row["email_set_by"], bool(row["ended"]))
        for row in rows
    ]


# To whom links are sent.
NUMBER_ENTERED = (
    "SELECT count(*) AS number FROM users e WHERE e.email_set_by = :maker AND e.id <> :maker AND e.email <> ''"
    f" AND (e.email_set_with IS NULL OR e.email_set_with <> {NO_USER})"
)


async def number_entered(db: Database, maker_id: int) -> int:
    """How many that are, of those to whom links are sent."""
    row = await db.fetch_one(NUMBER_ENTERED, {"maker": maker_id})
    return int(row["number"]) if row else 0
