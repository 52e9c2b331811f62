"""Whom to ask to set two-factor authentication up: active users with username/password and an address who have not."""

from dataclasses import dataclass
from typing import Any

from db import Database, clock, many

HAVE_NOT = "login_method = 'password' AND disabled_at IS NULL AND two_factor_at IS NULL"
NOT_LATELY = "(last_reminded_at IS NULL OR last_reminded_at <= :before OR last_reminded_at > :latest)"
CAN_BE_ASKED = f"{HAVE_NOT} AND email <> '' AND {NOT_LATELY}"


@dataclass(frozen=True)
class Candidate:
    id: int
    username: str
    name: str
    email: str
    login_method: str
    disabled_at: int | None
    two_factor_at: int | None
    last_reminded_at: int | None


@dataclass(frozen=True)
class Marked:
    id: int
    username: str


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


async def mark_chosen(db: Database, user_ids: tuple[int, ...], now: int, before: int) -> list[Marked]:
    """Marks those of these users as reminded who can be asked and were not reminded after `before`; who they are."""
    if not user_ids:
        return []
    names, values = _list(user_ids)
    return await _mark(db, f"id IN ({names})", values, now, before)


async def mark_portion(db: Database, after: int, size: int, now: int, before: int) -> list[Marked]:
    """The same for the next `size` of all users by number."""
    portion = f"id IN (SELECT id FROM users WHERE id > :after AND {CAN_BE_ASKED} ORDER BY id LIMIT :size)"
    return await _mark(db, portion, {"after": after, "size": size}, now, before)


async def _mark(db: Database, who: str, values: dict[str, Any], now: int, before: int) -> list[Marked]:
    rows = await db.fetch_all(
        f"UPDATE users SET last_reminded_at = :now WHERE {who} AND {CAN_BE_ASKED} RETURNING id, username",
        {**values, "now": now, "before": before, "latest": clock.latest(now)},
    )
    return sorted(many(Marked, rows), key=lambda user: user.id)


def _list(user_ids: tuple[int, ...]) -> tuple[str, dict[str, Any]]:
    return ", ".join(f":u{number}" for number in range(len(user_ids))), {
        f"u{number}": user_id for number, user_id in enumerate(user_ids)
    }
