"""Roles, each with how many hold it."""

from dataclasses import dataclass
from typing import Any

from db import Database
from db.roles import Role, in_rows


@dataclass(frozen=True)
class Counted:
    role: Role
    holders: int


# By the kept figures of adoption.
_COUNTED = (
    "SELECT o.id, o.name, p.permission, COALESCE(a.set_up + a.not_set_up + a.sso + a.not_joined + a.disabled, 0)"
    " AS holders FROM roles o LEFT JOIN adoption_by_role a ON a.role_id = o.id"
    " LEFT JOIN role_permissions p ON p.role_id = o.id"
)


async def find_all(db: Database) -> list[Counted]:
    """All roles, each with how many hold it."""
    return _counted(await db.fetch_all(f"{_COUNTED} ORDER BY o.id"))


def _counted(rows: list[Any]) -> list[Counted]:
    holders = {row["id"]: row["holders"] for row in rows}
    return [Counted(role, holders[role.id]) for role in in_rows(rows)]


async def find(db: Database, role_id: int) -> Counted | None:
    """The role with that number, and how many hold it."""
    found = _counted(await db.fetch_all(f"{_COUNTED} WHERE o.id = :id", {"id": role_id}))
    return found[0] if found else None
