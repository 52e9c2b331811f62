"""Authenticators, and set-ups that are not confirmed yet."""

from dataclasses import dataclass

from db import Database, many, one


@dataclass(frozen=True)
class Authenticator:
    id: int
    name: str
    confirmed_at: int
    last_used_at: int


@dataclass(frozen=True)
class SetUp:
    id: int
    session_id: int
    user_id: int
    key_id: str
    encrypted_key: bytes
    started_at: int
    wrong_codes: int


async def of_user(db: Database, user_id: int) -> list[Authenticator]:
    """A user's confirmed authenticators."""
    rows = await db.fetch_all(
        "SELECT id, name, confirmed_at, last_used_at FROM authenticators WHERE user_id = :user ORDER BY id",
        {"user": user_id},
    )
    return many(Authenticator, rows)


async def add(db: Database, user_id: int, key_id: str, encrypted_key: bytes, step: int, now: int) -> None:
    """A confirmed authenticator; the step of the confirming code is spent."""
    await db.execute(
        "INSERT INTO authenticators (user_id, name, key_id, encrypted_key, confirmed_at, last_used_at, last_step)"
        " VALUES (:user, '', :key_id, :key, :now, :now, :step)",
        {"user": user_id, "key_id": key_id, "key": encrypted_key, "now": now, "step": step},
    )


async def claim_step(db: Database, authenticator_id: int, step: int, now: int) -> bool:
    """Spends a time step. Of parallel attempts with one code one gets True (RFC 6238 5.2: a code is accepted once)."""
    row = await db.fetch_one(
        "UPDATE authenticators SET last_step = :step, last_used_at = :now WHERE id = :id AND last_step < :step RETURNING id",
        {"id": authenticator_id, "step": step, "now": now},
    )
    return row is not None


async def delete_all(db: Database, user_id: int) -> bool:
    """Removes a user's authenticators; False if there were none."""
    return bool(await db.fetch_all("DELETE FROM authenticators WHERE user_id = :user RETURNING id", {"user": user_id}))


async def start_set_up(
    db: Database, session_id: int, user_id: int, key_id: str, encrypted_key: bytes, now: int
) -> bool:
    """Starts a set-up in a session, in place of the one under way there; False while the function is off."""
    row = await db.fetch_one(
        "INSERT INTO set_ups (session_id, user_id, key_id, encrypted_key, started_at, wrong_codes)"
        " SELECT :session, :user, :key_id, :key, :now, 0 FROM settings WHERE name = 'two_factor' AND value = 'on'"
        " ON CONFLICT (session_id) DO UPDATE SET key_id = excluded.key_id, encrypted_key = excluded.encrypted_key,"
        " started_at = excluded.started_at, wrong_codes = 0 RETURNING id",
        {"session": session_id, "user": user_id, "key_id": key_id, "key": encrypted_key, "now": now},
    )
    return row is not None


async def set_up_of(db: Database, session_id: int, since: int) -> SetUp | None:
    """The set-up under way in a session, if it began after `since`."""
    columns = ", ".join(SetUp.__dataclass_fields__)
    row = await db.fetch_one(
        f"SELECT {columns} FROM set_ups WHERE session_id = :session AND started_at > :since",
        {"session": session_id, "since": since},
    )
    return one(SetUp, row)


async def count_wrong_code(db: Database, set_up: SetUp) -> int | None:
    """Counts a wrong confirming code; how many there were now, None if the set-up is over meanwhile."""
    row = await db.fetch_one(
        "UPDATE set_ups SET wrong_codes = wrong_codes + 1 WHERE id = :id AND encrypted_key = :key RETURNING wrong_codes",
        {"id": set_up.id, "key": set_up.encrypted_key},
    )
    return row["wrong_codes"] if row else None


async def end_set_up(db: Database, set_up: SetUp) -> bool:
    """Ends exactly this set-up; False if it is over or was started again meanwhile."""
    row = await db.fetch_one(
        "DELETE FROM set_ups WHERE id = :id AND encrypted_key = :key RETURNING id",
        {"id": set_up.id, "key": set_up.encrypted_key},
    )
    return row is not None


async def end_set_ups(db: Database, user_id: int) -> None:
    """Ends all set-ups of a user."""
    await db.execute("DELETE FROM set_ups WHERE user_id = :user", {"user": user_id})


async def end_all_set_ups(db: Database) -> None:
    """Ends the set-ups of everybody, when the function is switched off."""
    await db.execute("DELETE FROM set_ups")


async def forget_set_ups(db: Database, before: int) -> None:
    """Removes set-ups that ran out."""
    await db.execute("DELETE FROM set_ups WHERE started_at <= :before", {"before": before})
