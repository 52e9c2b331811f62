"""The overview of users: searched, filtered, a page at a time, at any size. No page counts rows or skips them."""

from dataclasses import dataclass
from typing import Any, TypeVar

from db import Database, many
from db.folding import folded
from db.invitations import LINK_WORKS_OF
from db.reads.exported import Exported
from db.reads.search import SHORTEST_FULL_TEXT, Search, full_text, words_of
from db.users import Method


@dataclass(frozen=True)
class Listed:
    id: int
    username: str
    name: str
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
class Filter:
    # case-folded
    q: str = ""
    # "password" | "sso"
    login_method: str = ""
    # "on" | "off": active users with username/password who have, who have not; "exempt": active ones of Single Sign-On
    two_factor: str = ""
    # "": those without a unit
    unit: str | None = None
    role_id: int | None = None
    # active, and no password chosen, or not bound to an identity
    not_joined: bool = False


Kind = TypeVar("Kind", Listed, Exported)

PHONE = "(SELECT max(a.last_used_at) FROM authenticators a WHERE a.user_id = u.id) AS phone_used_at"
INVITED = f"{LINK_WORKS_OF.format(users='u')} AS invited"
# Selectivity thresholds. Hits of the full-text lookup must be sorted, those of an index scan along the usernames need
# not: a selective term is looked up, a common one soon fills a page of the scan. Measured among a million users: 2,000
# hits are counted in 1 ms, 20,000 in 10 ms and sorted in 25 ms; 100,000 usernames are scanned in 17 ms.
SELECTIVE = 2_000
FIRST_ROWS_SCANNED = 100_000
SORTABLE = 20_000


async def page(db: Database, which: Filter, after: str, size: int, now: int) -> list[Listed]:
    """At most `size` users after the username `after`, in the order of usernames."""
    return await _page(db, Listed, which, after, size, now)


async def export(db: Database, which: Filter, after: str, size: int) -> list[Exported]:
    """The same with what an export says of a user."""
    return await _page(db, Exported, which, after, size)


async def role_name(db: Database, role_id: int) -> str | None:
    """What a role is called."""
    row = await db.fetch_one("SELECT name FROM roles WHERE id = :id", {"id": role_id})
    return row["name"] if row else None


async def holders(db: Database, role_id: int, after: str, size: int, now: int) -> list[Listed]:
    """At most `size` users who hold a role, after the username `after`, in the order of usernames."""
    return await _page(db, Listed, Filter(role_id=role_id), after, size, now)


async def _page(db: Database, kind: type[Kind], which: Filter, after: str, size: int, now: int = 0) -> list[Kind]:
    where, values = _filters(which)
    values |= {"after": after, "size": size, "now": now}
    if not which.q and which.role_id is None:
        sql = f"SELECT {_columns(kind)} FROM users u WHERE u.username > :after{where} ORDER BY u.username LIMIT :size"
        return many(kind, await db.fetch_all(sql, values))
    # The holders of a role are found like the hits of a search. With both, the search finds and the role filters.
    if not which.q:
        return await _found(db, kind, Search(HOLDERS, HOLDS, values | {"role": which.role_id}), where)
    words = words_of(which.q)
    if len(words) == 1 and len(words[0]) < SHORTEST_FULL_TEXT:
        return await _prefix_search(db, kind, which.q, where, values)
    # An index scan must take the index that holds the text, not a smaller one that fits the filter and knows no text.
    where = where.replace("u.login_method =", "COALESCE(u.login_method, '') =")
    search = full_text(words, values)
    return await _found(db, kind, search, where + search.also)


HOLDERS = "SELECT h.user_id AS id FROM user_roles h WHERE h.role_id = :role"
HOLDS = "EXISTS (SELECT 1 FROM user_roles h WHERE h.user_id = u.id AND h.role_id = :role)"


def _columns(kind: type[Kind]) -> str:
    derived = {"phone_used_at": PHONE, "invited": INVITED}
    return ", ".join(derived.get(name, f"u.{name}") for name in kind.__dataclass_fields__)


def _filters(which: Filter) -> tuple[str, dict[str, Any]]:
    where = ""
    values: dict[str, Any] = {}
    if which.login_method:
        where += " AND u.login_method = :method"
        values["method"] = which.login_method
    if which.unit is not None:
        where += " AND u.unit = :unit"
        values["unit"] = which.unit
    if which.q and which.role_id is not None:
        where += f" AND {HOLDS}"
        values["role"] = which.role_id
    if which.not_joined:
        where += " AND u.password_set_at IS NULL AND u.sso_subject IS NULL AND u.disabled_at IS NULL"
    if which.two_factor == "exempt":
        where += " AND u.disabled_at IS NULL AND u.login_method = 'sso'"
    elif which.two_factor:
        has = "IS NOT NULL" if which.two_factor == "on" else "IS NULL"
        where += f" AND u.login_method = 'password' AND u.disabled_at IS NULL AND u.two_factor_at {has}"
    return where, values


async def _prefix_search(db: Database, kind: type[Kind], q: str, where: str, values: dict[str, Any]) -> list[Kind]:
    """Usernames, names or addresses with a prefix of one or two letters, or units that are called so: index scans, one
    page each.
    """
    name, after = folded(q), values["after"]
    units: dict[str, Any] = {
        f"unit{number}": unit for number, unit in enumerate(dict.fromkeys((q.upper(), q.capitalize(), q)))
    }
    branches = (
        f"u.username {'>' if after >= q else '>='} :from AND u.username < :end",
        f"substr(u.name_beginning, 1, {len(name)}) = :name AND u.username > :after",
        f"substr(u.email_beginning, 1, {len(q)}) = :q AND u.username > :after",
        *(f"u.unit = :{unit} AND u.username > :after" for unit in units),
    )
    each = " UNION ".join(
        f"SELECT * FROM (SELECT {_columns(kind)} FROM users u WHERE {branch}{where} ORDER BY u.username LIMIT :size)"
        f" AS some"
        for branch in branches
    )
    asked = {**values, **units, "q": q, "name": name, "from": max(after, q), "end": q + "\U0010ffff"}
    return many(kind, await db.scan(f"SELECT * FROM ({each}) AS found ORDER BY username LIMIT :size", asked))


async def _found(db: Database, kind: type[Kind], search: Search, where: str) -> list[Kind]:
    """Full-text lookup for selective terms; a scan in username order for common ones."""
    if await _fewer(db, search, SELECTIVE):
        return await _look_up(db, kind, search, where)
    found = await _index_scan(db, kind, search, where, FIRST_ROWS_SCANNED)
    if len(found) == search.asked["size"]:
        return found
    if await _fewer(db, search, SORTABLE):
        return await _look_up(db, kind, search, where)
    return await _index_scan(db, kind, search, where)


async def _fewer(db: Database, search: Search, limit: int) -> bool:
    """Whether a search has fewer hits than that; it stops counting there."""
    sql = f"SELECT count(*) AS hits FROM ({search.lookup} LIMIT :limit) AS counted"
    rows = await db.scan(sql, {**search.asked, "limit": limit})
    return bool(rows[0]["hits"] < limit)


async def _look_up(db: Database, kind: type[Kind], search: Search, where: str) -> list[Kind]:
    hits = f"FROM ({search.lookup}) AS hits CROSS JOIN users u WHERE u.id = hits.id AND u.username > :after{where}"
    sql = f"SELECT {_columns(kind)} {hits} ORDER BY u.username LIMIT :size"
    return many(kind, await db.scan(sql, search.asked))


async def _index_scan(
    db: Database, kind: type[Kind], search: Search, where: str, first_rows: int | None = None
) -> list[Kind]:
    """In username order after `:after`, through all rows or the `first_rows`, until a page is full."""
    asked = search.asked
    if first_rows is not None:
        last = f"SELECT username FROM users WHERE username > :after ORDER BY username LIMIT 1 OFFSET {first_rows}"
        where += f" AND u.username <= COALESCE(({last}), :end)"
        asked = {**asked, "end": "\U0010ffff"}
    scanned = f"SELECT u.id FROM users u WHERE u.username > :after AND {search.fits}{where}"
    # Ids alone, which the index holds; the other columns only of what fits.
    hits = f"{scanned} ORDER BY u.username LIMIT :size"
    sql = f"SELECT {_columns(kind)} FROM ({hits}) AS hits CROSS JOIN users u WHERE u.id = hits.id ORDER BY u.username"
    return many(kind, await db.scan(sql, asked))
