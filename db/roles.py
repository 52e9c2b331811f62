"""Roles, what they allow, and who holds them."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from db import Database, numbered

# Of accounts/permissions.py: what acts on other users need.
USERS_EDIT = "users.edit"


@dataclass(frozen=True)
class Role:
    id: int
    name: str
    permissions: frozenset[str]


def same_name(name: str) -> str:
    """What two names have in common that people would take for one: in Python, since SQLite lowers ASCII alone."""
    return unicodedata.normalize("NFKC", name).casefold()


async def id_by_name(db: Database, name: str) -> int | None:
    """The number of a role, compared without letter case."""
    wanted = same_name(name)
    found = await db.fetch_all("SELECT id, name FROM roles ORDER BY id")
    return next((row["id"] for row in found if same_name(row["name"]) == wanted), None)


async def names(db: Database) -> tuple[str, ...]:
    """All roles."""
    return tuple(row["name"] for row in await db.fetch_all("SELECT name FROM roles ORDER BY id"))


async def everyone(db: Database) -> list[Role]:
    """All roles with what they allow, in the order in which they were made."""
    rows = await db.fetch_all(
        "SELECT o.id, o.name, p.permission FROM roles o LEFT JOIN role_permissions p ON p.role_id = o.id ORDER BY o.id"
    )
    return in_rows(rows)


def in_rows(rows: list[Any]) -> list[Role]:
    """The roles in rows of a role and a permission each, or none."""
    allowed: dict[tuple[int, str], set[str]] = {}
    for row in rows:
        allowed.setdefault((row["id"], row["name"]), set()).update({row["permission"]} - {None})
    return [Role(role_id, name, frozenset(some)) for (role_id, name), some in allowed.items()]


async def by_id(db: Database, role_id: int) -> Role | None:
    """The role with that number."""
    rows = await db.fetch_all(
        "SELECT o.id, o.name, p.permission FROM roles o LEFT JOIN role_permissions p ON p.role_id = o.id WHERE o.id ="
        " :id",
        {"id": role_id},
    )
    if not rows:
        return None
    return Role(role_id, rows[0]["name"], frozenset(row["permission"] for row in rows if row["permission"]))


async def add(db: Database, name: str) -> int:
    """A new role, which allows nothing yet; its number."""
    row = await db.fetch_one("INSERT INTO roles (name) VALUES (:name) RETURNING id", {"name": name})
    number: int = row["id"]
    return number


async def rename(db: Database, role_id: int, name: str) -> None:
    """Gives a role another name. The caller has checked that it is free, under the lock `administrators`."""
    await db.execute("UPDATE roles SET name = :name WHERE id = :id", {"id": role_id, "name": name})


async def permit(db: Database, role_id: int, permissions: Iterable[str]) -> None:
    """Lets a role allow these, too."""
    for permission in sorted(permissions):
        await db.execute(
            "INSERT INTO role_permissions (role_id, permission) VALUES (:role, :permission) ON CONFLICT DO NOTHING",
            {"role": role_id, "permission": permission},
        )


async def forbid(db: Database, role_id: int, permissions: Iterable[str]) -> None:
    """Lets a role no longer allow these."""
    for permission in sorted(permissions):
        await db.execute(
            "DELETE FROM role_permissions WHERE role_id = :role AND permission = :permission",
            {"role": role_id, "permission": permission},
        )


async def delete(db: Database, role_id: int) -> int:
    """Deletes a role; how many held it and lose it. (The act itself goes over all of them; no page does.)"""
    row = await db.fetch_one("SELECT count(*) AS number FROM user_roles WHERE role_id = :id", {"id": role_id})
    number: int = row["number"]
    await db.execute("DELETE FROM roles WHERE id = :id", {"id": role_id})
    return number


async def of_user(db: Database, user_id: int) -> frozenset[int]:
    """The numbers of the roles that a user holds."""
    rows = await db.fetch_all("SELECT role_id FROM user_roles WHERE user_id = :user", {"user": user_id})
    return frozenset(row["role_id"] for row in rows)


async def permissions_of(db: Database, user_id: int) -> frozenset[str]:
    """What a user's roles allow."""
    rows = await db.fetch_all(
        "SELECT DISTINCT p.permission FROM user_roles r JOIN role_permissions p ON p.role_id = r.role_id WHERE"
        " r.user_id = :id",
        {"id": user_id},
    )
    return frozenset(row["permission"] for row in rows)


HELD = "SELECT hp.permission FROM user_roles hr JOIN role_permissions hp ON hp.role_id = hr.role_id"


def _edits_users(actor: str) -> str:
    return (
        f"'{USERS_EDIT}' IN ({HELD} JOIN users hu ON hu.id = hr.user_id"
        f" WHERE hr.user_id = {actor} AND hu.disabled_at IS NULL)"
    )


def _holds_more(user: str, actor: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM user_roles tr JOIN role_permissions tp ON tp.role_id = tr.role_id"
        f" WHERE tr.user_id = {user} AND tp.permission NOT IN ({HELD} WHERE hr.user_id = {actor}))"
    )


def may_act_on(actor: str, user: str) -> str:
    """The condition that one user may act on another: active, holds USERS_EDIT, and everything that the other holds.
    The same as accounts/permissions.py has for permissions in memory.
    """
    return f"({_edits_users(actor)} AND NOT {_holds_more(user, actor)})"


def may_let_in(maker: str, user: str, with_: str) -> str:
    """The condition that ways in which `maker` made for a user count: they may act on the user, and so may those who
    made what the maker signs in with, or did then (`with_`, see db/makers.py), if they edit users. Of others it would
    keep out those whom they invited.
    """
    return (
        f"({may_act_on(maker, user)} AND NOT EXISTS (SELECT 1 FROM users mu WHERE mu.id = {maker}"
        f" AND {_edits_users('mu.sign_in_made_by')} AND {_holds_more(user, 'mu.sign_in_made_by')})"
        f" AND ({with_} IS NULL OR ({with_} <> 0 AND NOT ({_edits_users(with_)} AND {_holds_more(user, with_)}))))"
    )


async def user_may_act_on(db: Database, actor_id: int, user_id: int) -> bool:
    """Whether one user may act on another, as the rows are now."""
    row = await db.fetch_one(f"SELECT {may_act_on(':actor', ':user')} AS may", {"actor": actor_id, "user": user_id})
    return bool(row["may"])


async def user_may_let_in(db: Database, maker_id: int, user_id: int, with_: int | None) -> bool:
    """Whether ways in that one user made for another count, as the rows are now."""
    # PostgreSQL finds no type for it, since it may be NULL.
    sql = f"SELECT {may_let_in(':maker', ':user', 'CAST(:with AS BIGINT)')} AS may"
    row = await db.fetch_one(sql, {"maker": maker_id, "user": user_id, "with": with_})
    return bool(row["may"])


async def give(db: Database, user_id: int, role_id: int) -> None:
    """Gives a user a role."""
    await db.execute(
        "INSERT INTO user_roles (user_id, role_id) VALUES (:user, :role) ON CONFLICT DO NOTHING",
        {"user": user_id, "role": role_id},
    )


async def take(db: Database, user_id: int, role_id: int) -> None:
    """Takes a role from a user."""
    await db.execute(
        "DELETE FROM user_roles WHERE user_id = :user AND role_id = :role", {"user": user_id, "role": role_id}
    )


async def give_to_all(db: Database, user_ids: Sequence[int], role_id: int) -> None:
    """The same for many, who exist."""
    names, values = numbered(user_ids)
    await db.execute(
        f"INSERT INTO user_roles (user_id, role_id) SELECT id, :role FROM users WHERE id IN ({names})"
        " ON CONFLICT DO NOTHING",
        values | {"role": role_id},
    )


async def take_from_all(db: Database, user_ids: Sequence[int], role_id: int) -> None:
    """Takes a role from many."""
    names, values = numbered(user_ids)
    await db.execute(
        f"DELETE FROM user_roles WHERE role_id = :role AND user_id IN ({names})", values | {"role": role_id}
    )


async def promoted_by(db: Database, user_ids: Sequence[int], role_id: int) -> list[int]:
    """Those of the users to whom the role would allow more than they hold."""
    names, values = numbered(user_ids)
    rows = await db.fetch_all(
        f"SELECT u.id FROM users u WHERE u.id IN ({names}) AND EXISTS (SELECT 1 FROM role_permissions g"
        f" WHERE g.role_id = :role AND g.permission NOT IN ({HELD} WHERE hr.user_id = u.id))",
        values | {"role": role_id},
    )
    return [row["id"] for row in rows]


async def active_holders(db: Database, permission: str) -> list[int]:
    """Active users whose roles hold a permission."""
    rows = await db.fetch_all(
        "SELECT DISTINCT u.id FROM users u JOIN user_roles r ON r.user_id = u.id JOIN role_permissions p ON p.role_id"
        " = r.role_id"
        " WHERE p.permission = :permission AND u.disabled_at IS NULL ORDER BY u.id",
        {"permission": permission},
    )
    return [row["id"] for row in rows]
