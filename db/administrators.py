"""Who holds both permissions of an administrator, and who of them can sign in."""

from collections.abc import Sequence
from typing import Any

from db import Database, numbered

# SQLite reads the tables in the order of a CROSS JOIN: from the few roles to their holders, not over all users.
CAN_SIGN_IN = (
    "SELECT u.id FROM role_permissions p CROSS JOIN user_roles r CROSS JOIN users u WHERE p.permission = :permission0"
    " AND r.role_id = p.role_id AND u.id = r.user_id AND u.id <> :without AND u.disabled_at IS NULL AND EXISTS"
    " (SELECT 1 FROM user_roles r1 JOIN role_permissions p1 ON p1.role_id = r1.role_id"
    " WHERE r1.user_id = u.id AND p1.permission = :permission1) AND"
    " ((u.password_hash IS NOT NULL AND (u.one_time_until IS NULL"
    " OR (u.one_time_until > :now AND u.one_time_until <= :latest)))"
    " OR (u.sso_subject IS NOT NULL AND u.sso_issuer = :issuer))"
)


async def administrator_can_sign_in(
    db: Database, permissions: tuple[str, str], without: int, one_time: range, issuer: str
) -> bool:
    """Whether an active user other than `without` holds both permissions and has a password or an identity at `issuer`
    ("": none counts). `one_time`: when a one-time password that works may expire.
    """
    row = await db.fetch_one(
        f"{CAN_SIGN_IN} LIMIT 1", {"without": without, **_who_can_sign_in(permissions, one_time, issuer)}
    )
    return row is not None


def _who_can_sign_in(permissions: tuple[str, str], one_time: range, issuer: str) -> dict[str, Any]:
    return {
        "permission0": permissions[0],
        "permission1": permissions[1],
        "now": one_time.start - 1,
        "latest": one_time.stop - 1,
        "issuer": issuer,
    }


async def administrators_who_can_sign_in(
    db: Database, permissions: tuple[str, str], one_time: range, issuer: str, limit: int
) -> list[int]:
    """Their numbers, at most `limit`. As `administrator_can_sign_in`."""
    rows = await db.fetch_all(
        f"SELECT DISTINCT id FROM ({CAN_SIGN_IN}) AS found ORDER BY id LIMIT :limit",
        {"without": 0, "limit": limit, **_who_can_sign_in(permissions, one_time, issuer)},
    )
    return [row["id"] for row in rows]


async def some_administrate(
    db: Database, user_ids: Sequence[int], permissions: tuple[str, str], without_role: int = 0
) -> bool:
    """Whether one of these users is active and holds both permissions, by other roles than `without_role`."""
    names, values = numbered(user_ids)
    held = (
        "IN (SELECT r.user_id FROM user_roles r JOIN role_permissions p ON p.role_id = r.role_id"
        " WHERE r.role_id <> :without AND p.permission"
    )
    row = await db.fetch_one(
        f"SELECT 1 AS yes FROM users u WHERE u.id IN ({names}) AND u.disabled_at IS NULL"
        f" AND u.id {held} = :permission0) AND u.id {held} = :permission1) LIMIT 1",
        values | {"without": without_role} | {f"permission{number}": name for number, name in enumerate(permissions)},
    )
    return row is not None
