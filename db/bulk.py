"""Acts on many users: whom an act reaches and why it leaves others out, as SQL, a portion at a time; and many rows a
statement for what it writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db import Database, many, numbered
from db.invitations import LINK_WORKS_OF, address_of
from db.links import IS_WAY_IN
from db.makers import NO_USER
from db.reads.user_filter import Filter
from db.reads.user_order import Place
from db.reads.user_source import source
from db.roles import HELD
from db.users import Method, search_columns

# Why an act leaves a user out → when it does. The values are those of `Values`.
REASONS: Mapping[str, str] = {
    "own": "u.id = :actor",
    "beyond": (
        "EXISTS (SELECT 1 FROM user_roles r JOIN role_permissions p ON p.role_id = r.role_id"
        f" WHERE r.user_id = u.id AND p.permission NOT IN ({HELD} WHERE hr.user_id = :actor))"
    ),
    "disabled": "u.disabled_at IS NOT NULL",
    "active": "u.disabled_at IS NULL",
    "sso": "u.login_method <> 'password'",
    "has_set_up": "u.two_factor_at IS NOT NULL",
    "not_joined": "u.password_set_at IS NULL AND u.sso_subject IS NULL",
    "joined": "u.password_set_at IS NOT NULL OR u.sso_subject IS NOT NULL",
    "reminded": "u.last_reminded_at > :reminded_after AND u.last_reminded_at <= :latest",
    "no_provider": "u.login_method = 'sso' AND :issuer = ''",
    "invited": LINK_WORKS_OF.format(users="u"),
    "no_address": "u.email = ''",
    "address_of_others": f"NOT {address_of('u')}",
    "has_role": "EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = u.id AND r.role_id = :to_role)",
    "without_role": "NOT EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = u.id AND r.role_id = :to_role)",
    "in_unit": "u.unit = :to_unit",
    "nothing_to_end": (
        "NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id)"
        " AND NOT EXISTS (SELECT 1 FROM browser_users b WHERE b.user_id = u.id)"
        " AND NOT EXISTS (SELECT 1 FROM links l WHERE l.user_id = u.id AND l.used_at IS NULL)"
    ),
}


def _lesser(maker: str) -> str:
    """That another user made it, who does not hold all that the role allows."""
    return (
        f"{maker} <> u.id AND EXISTS (SELECT 1 FROM role_permissions g WHERE g.role_id = :to_role"
        f" AND g.permission NOT IN ({HELD} WHERE hr.user_id = {maker}))"
    )


# Whose ways in end with the role, since who made them holds less.
PLANTED = (
    f"({_lesser('u.sign_in_made_by')}) OR ({_lesser('u.email_set_by')}) OR EXISTS (SELECT 1 FROM links l"
    f" WHERE l.user_id = u.id AND l.{IS_WAY_IN} AND l.used_at IS NULL AND {_lesser('l.made_by')})"
)


# Those who entered addresses for others: a look into an index for each user, up to the first such address, so that
# an act on one user does not read the addresses that others entered.
ENTERED = (
    "EXISTS (SELECT 1 FROM users o WHERE o.email_set_by = u.id AND o.id <> u.id AND o.email <> ''"
    f" AND (o.email_set_with IS NULL OR o.email_set_with <> {NO_USER}))"
)


@dataclass(frozen=True)
class Values:
    """What the reasons compare with."""

    actor: int
    now: int
    latest: int
    reminded_after: int
    issuer: str
    # Not the names of the filters' values.
    to_role: int
    to_unit: str


@dataclass(frozen=True)
class Whom:
    """Those of a filter, or these."""

    which: Filter | None
    user_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Question:
    """How some users stand: with the first of the reasons that is true of them, or "" without any. `asks_planted`:
    whether those are marked whose ways in end with the role; `asks_entered`: whether those are counted who entered
    addresses for others.
    """

    whom: Whom
    reasons: Sequence[str]
    values: Values
    asks_planted: bool = False
    asks_entered: bool = False


@dataclass(frozen=True)
class Person:
    id: int
    username: str
    name: str
    email: str
    unit: str
    login_method: Method
    # Why the act leaves them out; "": it reaches them.
    standing: str
    # 1: ways into the account end with the role.
    planted: int


async def people(db: Database, question: Question, place: Place) -> list[Person]:
    """A portion in the order of usernames, after the key of the place."""
    found, asked = await portion(db, question.whom, place)
    columns = "u.id, u.username, u.name, u.email, u.unit, u.login_method"
    sql = (
        f"SELECT {columns}, {standing(question.reasons)} AS standing, {planted(question)} AS planted"
        f" FROM ({found}) AS hits CROSS JOIN users u WHERE u.id = hits.id ORDER BY u.username"
    )
    return many(Person, await db.scan(sql, asked | vars(question.values)))


async def portion(db: Database, whom: Whom, place: Place) -> tuple[str, dict[str, Any]]:
    """Their numbers, as SQL with its values."""
    if whom.which is not None:
        found = await source(db, whom.which, place)
        return found.ids(place), found.values | place.values
    names, chosen = numbered(whom.user_ids)
    after = "AND u.username > :key0" if place.key else ""
    return f"SELECT u.id FROM users u WHERE u.id IN ({names}) {after} ORDER BY u.username LIMIT :size", (
        chosen | place.values
    )


def planted(question: Question) -> str:
    return f"CASE WHEN {PLANTED} THEN 1 ELSE 0 END" if question.asks_planted else "0"


def standing(reasons: Sequence[str]) -> str:
    cases = " ".join(f"WHEN {REASONS[reason]} THEN '{reason}'" for reason in reasons)
    return f"CASE {cases} ELSE '' END"


async def lock(db: Database, user_ids: Sequence[int]) -> None:
    """They stay as they are until this transaction ends; the smaller number first. Take the lock `administrators`
    first, which on SQLite locks everything.
    """
    names, values = numbered(user_ids)
    await db.execute(f"SELECT id FROM users WHERE id IN ({names}) ORDER BY id{db.dialect.locking}", values)


async def disable(db: Database, user_ids: Sequence[int], now: int) -> None:
    names, values = numbered(user_ids)
    await db.execute(
        f"UPDATE users SET disabled_at = :now, access_version = access_version + 1 WHERE id IN ({names})",
        values | {"now": now},
    )


async def enable(db: Database, user_ids: Sequence[int]) -> None:
    names, values = numbered(user_ids)
    await db.execute(
        f"UPDATE users SET disabled_at = NULL, access_version = access_version + 1 WHERE id IN ({names})", values
    )


async def set_unit(db: Database, users: Sequence[Person], unit: str) -> None:
    """With what the search reads of it."""
    for user in users:
        found = search_columns(user.username, user.name, user.email, unit)["search_text"]
        await db.execute(
            "UPDATE users SET unit = :unit, search_text = :text WHERE id = :id",
            {"unit": unit, "text": found, "id": user.id},
        )


async def mark_reminded(db: Database, user_ids: Sequence[int], now: int) -> None:
    names, values = numbered(user_ids)
    await db.execute(f"UPDATE users SET last_reminded_at = :now WHERE id IN ({names})", values | {"now": now})


async def sessions_of(db: Database, user_ids: Sequence[int]) -> dict[int, int]:
    """User → how many sessions they have."""
    names, values = numbered(user_ids)
    rows = await db.fetch_all(
        f"SELECT user_id, count(*) AS number FROM sessions WHERE user_id IN ({names}) GROUP BY user_id", values
    )
    return dict.fromkeys(user_ids, 0) | {row["user_id"]: row["number"] for row in rows}
