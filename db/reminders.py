"""Whom to ask to set two-factor authentication up: active users with username/password and an address who have joined
and have not.
"""

from dataclasses import dataclass
from typing import Any

from db import Database, many

HAVE_NOT = "login_method = 'password' AND disabled_at IS NULL AND two_factor_at IS NULL AND password_set_at IS NOT NULL"


@dataclass(frozen=True)
class Candidate:
    id: int
    username: str
    name: str
    email: str
    login_method: str
    disabled_at: int | None
    two_factor_at: int | None
    password_set_at: int | None
    last_reminded_at: int | None


COLUMNS = ", ".join(Candidate.__dataclass_fields__)


async def chosen(db: Database, user_ids: tuple[int, ...]) -> list[Candidate]:
    """These users, whether they can be asked or not, by username."""
    if not user_ids:
        return []
    names, values = _list(user_ids)
    return many(
        Candidate,
        await db.fetch_all(f"SELECT {COLUMNS} FROM users WHERE id IN ({names}) ORDER BY username", values),
    )


async def all_who_have_not(db: Database, after: str, size: int) -> list[Candidate]:
    """Users with an e-mail address who have not set it up, after a username."""
    return many(
        Candidate,
        await db.fetch_all(
            f"SELECT {COLUMNS} FROM users WHERE username > :after AND {HAVE_NOT} AND email <> '' ORDER BY username"
            f" LIMIT :size",
            {"after": after, "size": size},
        ),
    )


def _list(user_ids: tuple[int, ...]) -> tuple[str, dict[str, Any]]:
    return ", ".join(f":u{number}" for number in range(len(user_ids))), {
        f"u{number}": user_id for number, user_id in enumerate(user_ids)
    }
