"""The overview of users: searched, filtered, a page at a time, at any size. No page counts rows or skips them."""

from dataclasses import dataclass
from typing import Any

from db import Database, many


@dataclass(frozen=True)
class Listed:
    id: int
    username: str
    name: str
    company: str
    unit: str
    login_method: str
    password_set_at: int | None
    two_factor_at: int | None
    last_login_at: int | None
    last_reminded_at: int | None
    disabled_at: int | None


@dataclass(frozen=True)
class Filter:
    q: str = ""  # case-folded
    login_method: str = ""  # "password" | "sso"
    two_factor: str = ""  # "on" | "off": active users with username/password who have, who have not


COLUMNS = ", ".join(f"u.{name}" for name in Listed.__dataclass_fields__)
SHORTEST_GROUP = 3  # the search index holds groups of three letters; fewer are searched as beginnings

# What the search index finds has to be sorted, what is met on a walk along the usernames has not: rare words are looked up,
# common ones met soon. Among a million users, measured: 2,000 hits are counted in 1 ms, 20,000 in 10 ms and sorted in 25 ms,
# 100,000 usernames walked in 17 ms.
RARE = 2_000
STRETCH = 100_000
MANY = 20_000


async def page(db: Database, which: Filter, after: str, size: int) -> list[Listed]:
    """At most `size` users after the username `after`, in the order of usernames."""
    where, values = _filters(which)
    values |= {"after": after, "size": size}
    if not which.q:
        sql = f"SELECT {COLUMNS} FROM users u WHERE u.username > :after{where} ORDER BY u.username LIMIT :size"
        return many(Listed, await db.fetch_all(sql, values))
    if len(which.q) < SHORTEST_GROUP:
        return await _beginnings(db, which.q, where, values)
    # A walk must take the index that holds the text, not a smaller one that fits the filter and knows no text.
    return await _words(db, which.q, where.replace("u.login_method =", "COALESCE(u.login_method, '') ="), values)


def _filters(which: Filter) -> tuple[str, dict[str, Any]]:
    where, values = "", {}
    if which.login_method:
        where += " AND u.login_method = :method"
        values["method"] = which.login_method
    if which.two_factor:
        has = "IS NOT NULL" if which.two_factor == "on" else "IS NULL"
        where += f" AND u.login_method = 'password' AND u.disabled_at IS NULL AND u.two_factor_at {has}"
    return where, values


async def _beginnings(db: Database, q: str, where: str, values: dict[str, Any]) -> list[Listed]:
    """Usernames, names or addresses that begin with one or two letters: three walks, each in order and of one page."""
    letters = f", 1, {len(q)}) = :q AND u.username > :after"
    after = values["after"]
    branches = (
        f"u.username {'>' if after >= q else '>='} :from AND u.username < :end",
        f"substr(u.name_beginning{letters}",
        f"substr(u.email_beginning{letters}",
    )
    each = " UNION ".join(
        f"SELECT * FROM (SELECT {COLUMNS} FROM users u WHERE {branch}{where} ORDER BY u.username LIMIT :size) AS some"
        for branch in branches
    )
    asked = {**values, "q": q, "from": max(after, q), "end": q + "\U0010ffff"}
    return many(Listed, await db.fetch_all(f"SELECT * FROM ({each}) AS found ORDER BY username LIMIT :size", asked))


async def _words(db: Database, q: str, where: str, values: dict[str, Any]) -> list[Listed]:
    phrase = '"' + q.replace('"', '""') + '"'
    looked_up = "SELECT rowid AS id FROM users_search WHERE users_search MATCH :phrase"
    search = _Search(looked_up, "instr(u.search_text, :q) > 0", {**values, "phrase": phrase, "q": q})
    return await _found(db, search, where)


async def holders(db: Database, role_id: int, after: str, size: int) -> list[Listed]:
    """At most `size` users who hold a role, after the username `after`, in the order of usernames."""
    looked_up = "SELECT h.user_id AS id FROM user_roles h WHERE h.role_id = :role"
    fits = "EXISTS (SELECT 1 FROM user_roles h WHERE h.user_id = u.id AND h.role_id = :role)"
    return await _found(db, _Search(looked_up, fits, {"role": role_id, "after": after, "size": size}), "")


@dataclass(frozen=True)
class _Search:
    """How to look something up (a query for ids), the same as a condition on a user, and the parameters of both."""

    looked_up: str
    fits: str
    asked: dict[str, Any]


async def _found(db: Database, search: _Search, where: str) -> list[Listed]:
    """What is rare is looked up, what is common is met on a walk."""
    if await _fewer(db, search, RARE):
        return await _look_up(db, search, where)
    soon = await _walk(db, search, where, STRETCH)
    if len(soon) == search.asked["size"]:
        return soon
    if await _fewer(db, search, MANY):
        return await _look_up(db, search, where)
    return await _walk(db, search, where)


async def _fewer(db: Database, search: _Search, limit: int) -> bool:
    """Whether a search has fewer hits than that; it stops counting there."""
    sql = f"SELECT count(*) AS hits FROM ({search.looked_up} LIMIT :limit) AS counted"
    row = await db.fetch_one(sql, {**search.asked, "limit": limit})
    return row is not None and row["hits"] < limit


async def _look_up(db: Database, search: _Search, where: str) -> list[Listed]:
    hits = f"FROM ({search.looked_up}) AS hits CROSS JOIN users u WHERE u.id = hits.id AND u.username > :after{where}"
    return many(Listed, await db.fetch_all(f"SELECT {COLUMNS} {hits} ORDER BY u.username LIMIT :size", search.asked))


async def _walk(db: Database, search: _Search, where: str, stretch: int | None = None) -> list[Listed]:
    """Along the usernames, from :after on: to the end, or over a stretch, until a page is full."""
    asked = search.asked
    if stretch is not None:
        last = f"SELECT username FROM users WHERE username > :after ORDER BY username LIMIT 1 OFFSET {stretch}"
        where += f" AND u.username <= COALESCE(({last}), :end)"
        asked = {**asked, "end": "\U0010ffff"}
    walked = f"SELECT u.id FROM users u WHERE u.username > :after AND {search.fits}{where}"
    hits = f"{walked} ORDER BY u.username LIMIT :size"  # ids alone, which the index holds; the rest only of what fits
    sql = f"SELECT {COLUMNS} FROM ({hits}) AS hits CROSS JOIN users u WHERE u.id = hits.id ORDER BY u.username"
    return many(Listed, await db.fetch_all(sql, asked))
