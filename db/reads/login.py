"""What a login needs to know of a user."""

from dataclasses import dataclass

from db import Database, clock, one
from db.users import COLUMNS, User


@dataclass(frozen=True)
class Key:
    """An authenticator as the decision needs it: its encrypted TOTP key and the last time step that was used."""

    id: int
    key_id: str
    encrypted_key: bytes
    last_step: int


@dataclass(frozen=True)
class LoginFacts:
    user: User | None
    keys: tuple[Key, ...]
    function_on: bool


async def facts(db: Database, username: str) -> LoginFacts:
    """User, authenticators and switch in one query, which answers with a row for an unknown user, too."""
    rows = await db.fetch_all(
        f"SELECT {COLUMNS}, s.value AS two_factor, a.id AS key_row, a.key_id, a.encrypted_key, a.last_step"
        " FROM settings s"
        " LEFT JOIN users u ON u.username = :username LEFT JOIN authenticators a ON a.user_id = u.id"
        " WHERE s.name = 'two_factor' ORDER BY a.id",
        {"username": username},
    )
    user = one(User, rows[0]) if rows[0]["id"] is not None else None
    keys = tuple(
        Key(row["key_row"], row["key_id"], row["encrypted_key"], row["last_step"])
        for row in rows
        if row["key_row"] is not None
    )
    return LoginFacts(user, keys, rows[0]["two_factor"] == "on")


async def waiting_and_known(
    db: Database, buckets: list[str], waits: range, browser_hash: bytes, username: str
) -> tuple[set[str], bool]:
    """Which of the buckets wait, and whether that user signed in from the browser before.

    `waits`: until when a wait lasts now.
    """
    now = waits.start - 1
    names = ", ".join(f":b{number}" for number in range(len(buckets)))
    rows = await db.fetch_all(
        f"SELECT bucket, 0 AS known FROM attempts WHERE bucket IN ({names}) AND waiting_until > :now"
        " AND waiting_until <= :latest_wait"
        " UNION ALL SELECT '', 1 FROM browsers b JOIN browser_users k ON k.browser_id = b.id"
        " JOIN users u ON u.id = k.user_id"
        " WHERE b.token_hash = :hash AND u.username = :username AND b.seen_at <= :latest",
        {f"b{number}": bucket for number, bucket in enumerate(buckets)}
        | {"now": now, "hash": browser_hash, "username": username}
        | {"latest": clock.latest(now), "latest_wait": waits.stop - 1},
    )
    return {row["bucket"] for row in rows if not row["known"]}, any(row["known"] for row in rows)
