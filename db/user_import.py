"""Users in bulk: many rows a statement, in the caller's transaction. Portions of one size share a prepared
statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from db import Database, folding, many, numbered
from db.users import Method, New


@dataclass(frozen=True)
class Existing:
    """What an import may change of a user."""

    id: int
    username: str
    name: str
    email: str
    company: str
    unit: str
    login_method: Method
    email_set_by: int | None
    email_set_with: int | None


@dataclass(frozen=True)
class Role:
    id: int
    name: str
    permissions: frozenset[str]


async def keep_pages(db: Database, mebibytes: int) -> None:
    """How much of the database the writing connection keeps in memory: with SQLite's 2 MiB, 100,000 rows in one
    transaction write each index page many times over, and take twice as long.
    """
    if db.dialect.is_sqlite:
        await db.execute(f"PRAGMA cache_size = -{mebibytes * 1024}")


async def roles(db: Database) -> list[Role]:
    """All roles with what they allow."""
    rows = await db.fetch_all(
        "SELECT r.id, r.name, p.permission FROM roles r LEFT JOIN role_permissions p ON p.role_id = r.id ORDER BY r.id"
    )
    names = {row["id"]: row["name"] for row in rows}
    return [
        Role(number, name, frozenset(row["permission"] for row in rows if row["id"] == number and row["permission"]))
        for number, name in names.items()
    ]


async def by_usernames(db: Database, usernames: Sequence[str], *, lock: bool = False) -> dict[str, Existing]:
    """Those of the users who exist, by username as it is asked for; also if it was stored in its former form.

    `lock`: locks them, in the order of their numbers; within a transaction.
    """
    columns = ", ".join(Existing.__dataclass_fields__)
    former = {name: folding.former(name) for name in usernames}
    names, values = numbered([*usernames, *(old for name, old in former.items() if old != name)])
    locking = db.dialect.locking if lock else ""
    rows = await db.fetch_all(f"SELECT {columns} FROM users WHERE username IN ({names}) ORDER BY id{locking}", values)
    stored = {user.username: user for user in many(Existing, rows)}
    return {name: user for name in usernames if (user := stored.get(name) or stored.get(former[name]))}


async def roles_held(db: Database, user_ids: Sequence[int]) -> dict[int, set[int]]:
    """User → roles."""
    held: dict[int, set[int]] = {user_id: set() for user_id in user_ids}
    if user_ids:
        names, values = numbered(user_ids)
        for row in await db.fetch_all(f"SELECT user_id, role_id FROM user_roles WHERE user_id IN ({names})", values):
            held[row["user_id"]].add(row["role_id"])
    return held


async def add(db: Database, users: Sequence[New]) -> dict[str, int]:
    """New users: username → number. Users who exist are left out."""
    return await _store(db, users, "DO NOTHING")


async def change(db: Database, users: Sequence[New], columns: Sequence[str]) -> dict[str, int]:
    """The named columns of users who exist: username → number. `users` have all columns, as for `add`."""
    return await _store(db, users, f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in columns)}")


async def _store(db: Database, users: Sequence[New], conflict: str) -> dict[str, int]:
    if not users:
        return {}
    stored = [user.row for user in users]
    names = tuple(stored[0])
    rows = ", ".join(f"({', '.join(f':{name}{number}' for name in names)})" for number in range(len(stored)))
    found = await db.fetch_all(
        f"INSERT INTO users ({', '.join(names)}) VALUES {rows} ON CONFLICT (username) {conflict} RETURNING id,"
        f" username",
        {f"{name}{number}": row[name] for number, row in enumerate(stored) for name in names},
    )
    return {row["username"]: row["id"] for row in found}


async def take_roles(db: Database, user_ids: Sequence[int]) -> None:
    """Takes every role of these users."""
    if user_ids:
        names, values = numbered(user_ids)
        await db.execute(f"DELETE FROM user_roles WHERE user_id IN ({names})", values)


async def give_roles(db: Database, pairs: Sequence[tuple[int, int]]) -> None:
    """Gives roles: (user, role)."""
    if pairs:
        rows = ", ".join(f"(:u{number}, :r{number})" for number in range(len(pairs)))
        values = {f"{letter}{number}": pair["ur".index(letter)] for number, pair in enumerate(pairs) for letter in "ur"}
        await db.execute(f"INSERT INTO user_roles (user_id, role_id) VALUES {rows} ON CONFLICT DO NOTHING", values)
