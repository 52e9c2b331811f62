"""Authenticators, and set-ups that are not confirmed yet."""

from dataclasses import dataclass
from typing import Literal

from db import Database, clock, many, one

# Whether a new authenticator joins the others of its user, or replaces them (also without any).
Purpose = Literal["replace", "add"]


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
    purpose: Purpose
    # Of the phone, as it was typed at the start or with a wrong code; "" before.
    name: str


async def of_user(db: Database, user_id: int) -> list[Authenticator]:
    rows = await db.fetch_all(
        "SELECT id, name, confirmed_at, last_used_at FROM authenticators WHERE user_id = :user ORDER BY id",
        {"user": user_id},
    )
    return many(Authenticator, rows)


async def number(db: Database, user_id: int) -> int:
    row = await db.fetch_one("SELECT count(*) AS number FROM authenticators WHERE user_id = :user", {"user": user_id})
    assert row is not None
    return int(row["number"])


@dataclass(frozen=True)
class New:
    user_id: int
    name: str
    key_id: str
    encrypted_key: bytes
    # Of the confirming code, which is spent.
    step: int


async def add(db: Database, new: New, now: int) -> None:
    await db.execute(
        "INSERT INTO authenticators (user_id, name, key_id, encrypted_key, confirmed_at, last_used_at, last_step)"
        " VALUES (:user, :name, :key_id, :key, :now, :now, :step)",
        {
            "user": new.user_id,
            "name": new.name,
            "key_id": new.key_id,
            "key": new.encrypted_key,
            "now": now,
            "step": new.step,
        },
    )


async def rename(db: Database, authenticator_id: int, name: str) -> None:
    await db.execute("UPDATE authenticators SET name = :name WHERE id = :id", {"id": authenticator_id, "name": name})


async def claim_step(db: Database, authenticator_id: int, step: int, now: int, latest_step: int) -> bool:
    """Spends a time step. Of parallel attempts with one code one gets True (RFC 6238 5.2: a code is accepted once).

    A last step after `latest_step` was spent while the clock was wrong, and counts as none.
    """
    row = await db.fetch_one(
        "UPDATE authenticators SET last_step = :step, last_used_at = :now"
        " WHERE id = :id AND (last_step < :step OR last_step > :latest) RETURNING id",
        {"id": authenticator_id, "step": step, "now": now, "latest": latest_step},
    )
    return row is not None


async def delete(db: Database, authenticator_id: int) -> None:
    await db.execute("DELETE FROM authenticators WHERE id = :id", {"id": authenticator_id})


async def delete_all(db: Database, user_id: int) -> bool:
    """Deletes a user's authenticators; False if there were none."""
    return bool(await db.fetch_all("DELETE FROM authenticators WHERE user_id = :user RETURNING id", {"user": user_id}))


@dataclass(frozen=True)
class NewSetUp:
    session_id: int
    user_id: int
    key_id: str
    encrypted_key: bytes
    purpose: Purpose
    now: int
    # Of the phone, as it was typed at the start.
    name: str = ""


async def start_set_up(db: Database, new: NewSetUp) -> bool:
    """Starts a set-up in place of the session's pending one; False while the function is off."""
    row = await db.fetch_one(
        "INSERT INTO set_ups (session_id, user_id, key_id, encrypted_key, started_at, wrong_codes, purpose, name)"
        " SELECT :session, :user, :key_id, :key, :now, 0, :purpose, :name"
        " FROM settings WHERE name = 'two_factor' AND value = 'on'"
        " ON CONFLICT (session_id) DO UPDATE SET key_id = excluded.key_id, encrypted_key = excluded.encrypted_key,"
        " started_at = excluded.started_at, wrong_codes = 0, purpose = excluded.purpose, name = excluded.name"
        " RETURNING id",
        {
            "session": new.session_id,
            "user": new.user_id,
            "key_id": new.key_id,
            "key": new.encrypted_key,
            "purpose": new.purpose,
            "name": new.name,
            "now": new.now,
        },
    )
    return row is not None


async def set_up_of(db: Database, session_id: int, since: int, now: int) -> SetUp | None:
    """A session's set-up, if it was started after `since`."""
    columns = ", ".join(SetUp.__dataclass_fields__)
    row = await db.fetch_one(
        f"SELECT {columns} FROM set_ups WHERE session_id = :session AND started_at > :since AND started_at <= :latest",
        {"session": session_id, "since": since, "latest": clock.latest(now)},
    )
    return one(SetUp, row)


async def count_wrong_code(db: Database, set_up: SetUp) -> int | None:
    """Counts a wrong confirming code and returns their number; None if the set-up has ended."""
    row = await db.fetch_one(
        "UPDATE set_ups SET wrong_codes = wrong_codes + 1"
        " WHERE id = :id AND encrypted_key = :key RETURNING wrong_codes",
        {"id": set_up.id, "key": set_up.encrypted_key},
    )
    return row["wrong_codes"] if row else None


async def name_set_up(db: Database, set_up: SetUp, name: str) -> None:
    """Stores the name that was typed for the phone, unless the set-up has ended."""
    await db.execute(
        "UPDATE set_ups SET name = :name WHERE id = :id AND encrypted_key = :key",
        {"id": set_up.id, "key": set_up.encrypted_key, "name": name},
    )


async def end_set_up(db: Database, set_up: SetUp) -> bool:
    """Ends exactly this set-up; False if it has ended or was started again."""
    row = await db.fetch_one(
        "DELETE FROM set_ups WHERE id = :id AND encrypted_key = :key RETURNING id",
        {"id": set_up.id, "key": set_up.encrypted_key},
    )
    return row is not None


async def end_set_ups(db: Database, user_id: int) -> None:
    await db.execute("DELETE FROM set_ups WHERE user_id = :user", {"user": user_id})


async def end_all_set_ups(db: Database) -> None:
    """Ends the set-ups of all users, when the function is switched off."""
    await db.execute("DELETE FROM set_ups")


async def forget_set_ups(db: Database, before: int, now: int) -> None:
    """Deletes set-ups that expired."""
    await db.execute(
        "DELETE FROM set_ups WHERE started_at <= :before OR started_at > :latest",
        {"before": before, "latest": clock.latest(now)},
    )
