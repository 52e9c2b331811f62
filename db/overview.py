"""The overview of users: searched, filtered, a page at a time, at any size. No page counts rows or skips them."""

from dataclasses import dataclass
from typing import Any, TypeVar

from db import Database, many


@dataclass(frozen=True)
class Listed:
    id: int
    username: str
    name: str
    company: str
    unit: str
    login_method: str
    two_factor_at: int | None
    last_login_at: int | None
    disabled_at: int | None


@dataclass(frozen=True)
class Exported:
    """A user as a line of the export."""

    username: str
    name: str
    unit: str
    login_method: str
    two_factor_at: int | None
    phone_used_at: int | None
    last_reminded_at: int | None
    last_login_at: int | None


@dataclass(frozen=True)
class Filter:
    q: str = ""  # case-folded
    login_method: str = ""  # "password" | "sso"
    two_factor: str = (
        ""  # "on" | "off": active users with username/password who have, who have not; "exempt": active, SSO
    )
    unit: str | None = None  # "": those without a unit
    role_id: int | None = None


Kind = TypeVar("Kind", Listed, Exported)

PHONE = "(SELECT max(a.last_used_at) FROM authenticators a WHERE a.user_id = u.id) AS phone_used_at"
SHORTEST_GROUP = 3  # the search index holds groups of three letters; fewer are searched as beginnings

# What is found by the search index has to be sorted, what is found on a walk along the usernames has not. Rare words are looked
# up, common ones met soon on a walk. A million users, measured: 2,000 hits sort in 5 ms, 5,000 usernames are walked in 8 ms.
RARE = 2_000
STRETCH = 5_000
MANY = 20_000


async def page(db: Database, which: Filter, after: str, size: int) -> list[Listed]:
    """At most `size` users after the username `after`, in the order of usernames."""
    return await _page(db, Listed, which, after, size)


async def export(db: Database, which: Filter, after: str, size: int) -> list[Exported]:
    """The same with what an export says of a user."""
    return await _page(db, Exported, which, after, size)


async def role_name(db: Database, role_id: int) -> str | None:
    """What a role is called."""
    row = await db.fetch_one("SELECT name FROM roles WHERE id = :id", {"id": role_id})
    return row["name"] if row else None


async def _page(db: Database, kind: type[Kind], which: Filter, after: str, size: int) -> list[Kind]:
    where, values = _filters(which, after, size)
    if not which.q and which.role_id is None:
        return await _walk(db, kind, where, values)
    # The holders of a role are found as the hits of a search are; with both, the search finds and the role filters.
    ids, fits, asked = _search(which.q) if which.q else (HOLDERS, HOLDS, {"role": which.role_id})
    values |= asked
    if await _fewer(db, ids, asked, RARE):
        return await _look_up(db, kind, ids, where, values)
    soon = await _walk(db, kind, where, values, fits, STRETCH)
    if len(soon) == size:
        return soon
    if await _fewer(db, ids, asked, MANY):
        return await _look_up(db, kind, ids, where, values)
    return await _walk(db, kind, where, values, fits)


HOLDERS = ["SELECT user_id AS id FROM user_roles WHERE role_id = :role"]
HOLDS = "EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = u.id AND r.role_id = :role)"


def _columns(kind: type[Kind]) -> str:
    return ", ".join(PHONE if name == "phone_used_at" else f"u.{name}" for name in kind.__dataclass_fields__)


def _filters(which: Filter, after: str, size: int) -> tuple[str, dict[str, Any]]:
    where, values = ["u.username > :after"], {"after": after, "size": size}
    if which.login_method:
        where.append("u.login_method = :method")
        values["method"] = which.login_method
    if which.unit is not None:
        where.append("u.unit = :unit")
        values["unit"] = which.unit
    if which.q and which.role_id is not None:
        where.append(HOLDS)
        values["role"] = which.role_id
    if which.two_factor == "exempt":
        where.append("u.disabled_at IS NULL AND u.login_method = 'sso'")
    elif which.two_factor:
        where.append("u.login_method = 'password' AND u.disabled_at IS NULL")
        where.append("u.two_factor_at IS NOT NULL" if which.two_factor == "on" else "u.two_factor_at IS NULL")
    return " AND ".join(where), values


def _search(q: str) -> tuple[list[str], str, dict[str, Any]]:
    """How to look `q` up in username, name and address (queries for ids), the same as a condition, and their parameters."""
    if len(q) >= SHORTEST_GROUP:
        phrase = '"' + q.replace('"', '""') + '"'
        looked_up = "SELECT rowid AS id FROM users_search WHERE users_search MATCH :phrase"
        return [looked_up], "instr(u.search_text, :q) > 0", {"phrase": phrase, "q": q}
    names = ("username", "name_beginning", "email_beginning")
    beginnings = [f"(u.{name} >= :q AND u.{name} < :q_end)" for name in names]
    queries = [f"SELECT u.id FROM users u WHERE {beginning}" for beginning in beginnings]
    return queries, f"({' OR '.join(beginnings)})", {"q": q, "q_end": q + "\U0010ffff"}


async def _fewer(db: Database, ids: list[str], asked: dict[str, Any], limit: int) -> bool:
    """Whether a search has fewer hits than that; it stops counting there."""
    bounded = " UNION ALL ".join(f"SELECT id FROM ({query} LIMIT :limit) AS some" for query in ids)
    row = await db.fetch_one(
        f"SELECT count(*) AS hits FROM ({bounded} LIMIT :limit) AS hits", {**asked, "limit": limit}
    )
    return row is not None and row["hits"] < limit


async def _look_up(db: Database, kind: type[Kind], ids: list[str], where: str, values: dict[str, Any]) -> list[Kind]:
    sql = f"SELECT {_columns(kind)} FROM ({' UNION '.join(ids)}) AS hits CROSS JOIN users u WHERE u.id = hits.id AND {where}"
    return many(kind, await db.fetch_all(f"{sql} ORDER BY u.username LIMIT :size", values))


async def _walk(
    db: Database, kind: type[Kind], where: str, values: dict[str, Any], fits: str = "", stretch: int | None = None
) -> list[Kind]:
    """Along the usernames, from :after on: to the end, or over a stretch."""
    if stretch is None:
        condition = f"{where} AND {fits}" if fits else where
        sql = f"SELECT {_columns(kind)} FROM users u WHERE {condition} ORDER BY u.username LIMIT :size"
    else:
        near = f"SELECT * FROM users u WHERE {where} ORDER BY u.username LIMIT {stretch}"
        sql = f"SELECT {_columns(kind)} FROM ({near}) AS u WHERE {fits} ORDER BY u.username LIMIT :size"
    return many(kind, await db.fetch_all(sql, values))
