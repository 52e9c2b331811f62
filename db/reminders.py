"""Whom to ask to set two-factor authentication up: active users with username/password and an address who have joined
and have not.
"""

from dataclasses import dataclass

from db import Database, many
from db.bulk import REASONS

# Why a user is not asked, however long ago the last reminder is.
NEVER = ("disabled", "sso", "has_set_up", "not_joined", "no_address")
CAN = " AND ".join(f"NOT ({REASONS[reason]})" for reason in NEVER)


@dataclass(frozen=True)
class Candidate:
    username: str
    name: str
    email: str
    last_reminded_at: int | None


async def all_who_have_not(db: Database, after: str, size: int) -> list[Candidate]:
    """Users with an e-mail address who have not set it up, after a username."""
    return many(
        Candidate,
        await db.fetch_all(
            f"SELECT u.username, u.name, u.email, u.last_reminded_at FROM users u WHERE u.username > :after AND {CAN}"
            " ORDER BY u.username LIMIT :size",
            {"after": after, "size": size},
        ),
    )
