"""The overview of users: searched, filtered, sorted, a page at a time, at any size."""

from dataclasses import dataclass
from typing import Any, TypeVar

from db import Database, many, one
from db.adoption import Figures
from db.invitations import LINK_WORKS_OF
from db.reads.exported import Exported
from db.reads.user_filter import Filter
from db.reads.user_order import Place
from db.reads.user_source import source
from db.users import Method


@dataclass(frozen=True)
class Listed:
    id: int
    username: str
    name: str
    email: str
    company: str
    unit: str
    login_method: Method
    password_set_at: int | None
    sso_subject: str | None
    two_factor_at: int | None
    last_login_at: int | None
    last_reminded_at: int | None
    disabled_at: int | None
    # 1: a link for the first sign-in was handed over, or waits in the outbox.
    invited: int


@dataclass(frozen=True)
class Found:
    """A page in its order, whichever way it was read. `number`: of all who match, counted no further than asked."""

    users: list[Listed]
    number: int


@dataclass(frozen=True)
class Choices:
    """What the page says of all users, and the roles (number, name) by which it filters."""

    figures: Figures
    roles: tuple[tuple[int, str], ...]


Kind = TypeVar("Kind", Listed, Exported)

DERIVED = {
    "phone_used_at": "(SELECT max(a.last_used_at) FROM authenticators a WHERE a.user_id = u.id) AS phone_used_at",
    "invited": f"{LINK_WORKS_OF.format(users='u')} AS invited",
}


async def page(db: Database, which: Filter, place: Place, now: int, most_counted: int = 0) -> Found:
    """A page of users. `most_counted`: how far those who match are counted; 0: not at all."""
    rows = await _rows(db, Listed, which, place, now, most_counted)
    users = many(Listed, rows)
    return Found(users[::-1] if place.backwards else users, rows[0]["number"] if rows else 0)


async def export(db: Database, which: Filter, after: str, size: int) -> list[Exported]:
    """At most `size` users after the username `after`, with what an export says of a user."""
    return many(Exported, await _rows(db, Exported, which, _after(after, size)))


async def ids(db: Database, which: Filter, after: str, size: int) -> list[tuple[int, str]]:
    """At most `size` users (number, username) after the username `after`."""
    place = _after(after, size)
    found = await source(db, which, place)
    sql = f"SELECT u.id, u.username FROM ({found.ids(place)}) AS hits CROSS JOIN users u WHERE u.id = hits.id"
    rows = await db.scan(f"{sql} ORDER BY {place.order}", found.values | place.values)
    return [(row["id"], row["username"]) for row in rows]


def _after(username: str, size: int) -> Place:
    return Place(size, key=(username,) if username else ())


async def _rows(
    db: Database, kind: type[Kind], which: Filter, place: Place, now: int = 0, most_counted: int = 0
) -> list[Any]:
    found = await source(db, which, place)
    columns = ", ".join(DERIVED.get(name, f"u.{name}") for name in kind.__dataclass_fields__)
    number = f"({found.counted(most_counted)})" if most_counted else "0"
    sql = (
        f"SELECT {columns}, {number} AS number FROM ({found.ids(place)}) AS hits CROSS JOIN users u"
        f" WHERE u.id = hits.id ORDER BY {place.order}"
    )
    fetch = db.scan if which != Filter() else db.fetch_all
    return await fetch(sql, found.values | place.values | {"now": now})


async def choices(db: Database) -> Choices:
    """In one query."""
    rows = await db.fetch_all(
        f"SELECT {', '.join(f'a.{name}' for name in Figures.__dataclass_fields__)}, r.id, r.name FROM adoption a"
        " LEFT JOIN roles r ON a.id = 1 WHERE a.id = 1 ORDER BY r.id"
    )
    figures = one(Figures, rows[0])
    assert figures is not None
    return Choices(figures, tuple((row["id"], row["name"]) for row in rows if row["id"] is not None))
