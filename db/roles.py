"""Roles and who holds them."""

from db import Database


async def id_by_name(db: Database, name: str) -> int | None:
    """The number of a role, compared without letter case."""
    row = await db.fetch_one("SELECT id FROM roles WHERE lower(name) = :name", {"name": name.lower()})
    return row["id"] if row else None


async def names(db: Database) -> tuple[str, ...]:
    """All roles."""
    return tuple(row["name"] for row in await db.fetch_all("SELECT name FROM roles ORDER BY id"))


async def give(db: Database, user_id: int, role_id: int) -> None:
    """Gives a user a role."""
    await db.execute(
        "INSERT INTO user_roles (user_id, role_id) VALUES (:user, :role) ON CONFLICT DO NOTHING",
        {"user": user_id, "role": role_id},
    )


async def another_administrator(db: Database, user_id: int, permissions: tuple[str, str]) -> bool:
    """Whether an active user other than this one holds both permissions. Take the lock `administrators` first."""
    row = await db.fetch_one(
        "SELECT u.id FROM users u WHERE u.id <> :id AND u.disabled_at IS NULL AND "
        + " AND ".join(
            "EXISTS (SELECT 1 FROM user_roles r JOIN role_permissions p ON p.role_id = r.role_id"
            f" WHERE r.user_id = u.id AND p.permission = :permission{number})"
            for number in (0, 1)
        )
        + " LIMIT 1",
        {"id": user_id, "permission0": permissions[0], "permission1": permissions[1]},
    )
    return row is not None


async def active_holders(db: Database, permission: str) -> list[int]:
    """Active users whose roles hold a permission."""
    rows = await db.fetch_all(
        "SELECT DISTINCT u.id FROM users u JOIN user_roles r ON r.user_id = u.id JOIN role_permissions p ON p.role_id = r.role_id"
        " WHERE p.permission = :permission AND u.disabled_at IS NULL ORDER BY u.id",
        {"permission": permission},
    )
    return [row["id"] for row in rows]
