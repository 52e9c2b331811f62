"""Sessions, found by the hash of their token."""

from collections.abc import Sequence
from dataclasses import dataclass

from db import Database, clock, many, numbered, one
from db.open_sessions import Session
from db.users import Method


@dataclass(frozen=True)
class Found:
    """A session with its user and the switch: all that a request needs to know of its user."""

    id: int
    user_id: int
    started_at: int
    last_used_at: int
    password_proved_at: int | None
    code_proved_at: int | None
    one_time_until: int | None
    previous_until: int | None
    browser_id: int | None
    set_up_confirmed_at: int | None
    # "" | "code" | "recovery code" | "sso"
    factor: str
    # Of the provider through which it was started; "": none.
    end_session_endpoint: str
    previous_login_at: int | None
    previous_login_address: str | None
    # The provider to which the user is bound.
    sso_issuer: str | None
    username: str
    name: str
    company: str
    unit: str
    login_method: Method
    time_zone: str
    disabled_at: int | None
    two_factor_at: int | None
    codes_blocked_at: int | None
    codes_left: int
    # 1: found by its present token, 0: by the previous one.
    current: int
    # The switch: "on" | "off"
    two_factor: str
    # "on" in a demonstration.
    sample_data: str | None


async def find(db: Database, token_hash: bytes) -> tuple[Found, frozenset[str]] | None:
    """The session with that token, or with that previous token, and its user's permissions. One query."""
    rows = await db.fetch_all(
        "SELECT s.id, s.user_id, s.started_at, s.last_used_at, s.password_proved_at, s.code_proved_at,"
        " s.one_time_until, s.previous_until, s.browser_id, s.set_up_confirmed_at, s.factor, s.end_session_endpoint,"
        " s.previous_login_at, s.previous_login_address,"
        " u.sso_issuer, u.username, u.name, u.company, u.unit, u.login_method, u.time_zone,"
        " u.disabled_at, u.two_factor_at, u.codes_blocked_at, CASE WHEN u.two_factor_at IS NULL THEN 0 ELSE"
        " (SELECT count(*) FROM recovery_codes c WHERE c.user_id = u.id AND c.used_at IS NULL) END AS codes_left,"
        " CASE WHEN s.token_hash = :hash THEN 1 ELSE 0 END AS current,"
        " t.value AS two_factor, d.value AS sample_data, p.permission"
        " FROM sessions s JOIN users u ON u.id = s.user_id JOIN settings t ON t.name = 'two_factor'"
        " LEFT JOIN settings d ON d.name = 'sample_data'"
        " LEFT JOIN user_roles r ON r.user_id = u.id LEFT JOIN role_permissions p ON p.role_id = r.role_id"
        " WHERE s.token_hash = :hash OR s.previous_token_hash = :hash",
        {"hash": token_hash},
    )
    if not rows:
        return None
    return many(Found, rows[:1])[0], frozenset(row["permission"] for row in rows if row["permission"])


@dataclass(frozen=True)
class New:
    user_id: int
    token_hash: bytes
    now: int
    # "" | "code" | "recovery code" | "sso"
    factor: str
    # When the user signed in; None: at the provider, too long ago for a reauthentication.
    proved_at: int | None
    end_session_endpoint: str
    one_time_until: int | None
    address: str
    browser: str
    browser_id: int
    previous_login_at: int | None
    previous_login_address: str | None


async def start(db: Database, new: New) -> int:
    """Starts a session and returns its id."""
    row = await db.fetch_one(
        "INSERT INTO sessions (user_id, token_hash, started_at, last_used_at, password_proved_at, code_proved_at,"
        " one_time_until, factor, end_session_endpoint, address, browser, browser_id,"
        " previous_login_at, previous_login_address)"
        " VALUES (:user, :hash, :now, :now, :proved, :code, :until, :factor, :end_session, :address, :browser,"
        " :browser_id, :previous_at, :previous_address) RETURNING id",
        {
            "user": new.user_id,
            "hash": new.token_hash,
            "now": new.now,
            "proved": new.proved_at,
            "code": new.now if new.factor in ("code", "recovery code") else None,
            "end_session": new.end_session_endpoint,
            "until": new.one_time_until,
            "factor": new.factor,
            "address": new.address,
            "browser": new.browser,
            "browser_id": new.browser_id,
            "previous_at": new.previous_login_at,
            "previous_address": new.previous_login_address,
        },
    )
    assert row is not None
    return int(row["id"])


async def keep_newest(db: Database, user_id: int, number: int, now: int) -> None:
    """Ends a user's oldest sessions, so that `number` remain, and those that were started in the future."""
    await db.execute(
        "DELETE FROM sessions WHERE user_id = :user AND id NOT IN (SELECT id FROM sessions"
        " WHERE user_id = :user AND started_at <= :latest ORDER BY started_at DESC, id DESC LIMIT :number)",
        {"user": user_id, "number": number, "latest": clock.latest(now)},
    )


async def lock(db: Database, session_id: int) -> bool:
    """Locks a session; False if it has ended. Expects a transaction."""
    row = await db.fetch_one(
        "UPDATE sessions SET last_used_at = last_used_at WHERE id = :id RETURNING id", {"id": session_id}
    )
    return row is not None


async def touch(db: Database, session_id: int, now: int) -> None:
    await db.execute(
        "UPDATE sessions SET last_used_at = :now WHERE id = :id AND last_used_at < :now", {"id": session_id, "now": now}
    )


async def mark_proved(db: Database, session_id: int, password: bool, code: bool, now: int) -> None:
    """Stores when password and code were last proved."""
    await db.execute(
        "UPDATE sessions SET password_proved_at = CASE WHEN :password = 1 THEN :now ELSE password_proved_at END,"
        " code_proved_at = CASE WHEN :code = 1 THEN :now ELSE code_proved_at END WHERE id = :id",
        {"id": session_id, "password": int(password), "code": int(code), "now": now},
    )


async def clear_recovery(db: Database, session_id: int) -> None:
    """The user of a session started with a recovery code has a phone again, or has removed the lost one."""
    await db.execute(
        "UPDATE sessions SET factor = 'code' WHERE id = :id AND factor = 'recovery code'", {"id": session_id}
    )


async def mark_set_up_confirmed(db: Database, session_id: int, at: int | None, purpose: str = "") -> None:
    """Stores when a set-up was confirmed, and its purpose; `at` None: another one was started."""
    await db.execute(
        "UPDATE sessions SET set_up_confirmed_at = :at, set_up_purpose = :purpose WHERE id = :id",
        {"id": session_id, "at": at, "purpose": purpose},
    )


async def confirmed_purpose(db: Database, session_id: int) -> str:
    """The purpose of the session's last confirmed set-up; "" without one."""
    row = await db.fetch_one("SELECT set_up_purpose FROM sessions WHERE id = :id", {"id": session_id})
    return str(row["set_up_purpose"]) if row else ""


async def rotate(db: Database, session_id: int, token_hash: bytes, previous_until: int) -> None:
    """Gives the session a new token; the previous one is valid until `previous_until`."""
    await db.execute(
        "UPDATE sessions SET previous_token_hash = token_hash, previous_until = :until, token_hash = :hash"
        " WHERE id = :id",
        {"id": session_id, "hash": token_hash, "until": previous_until},
    )


async def make_ordinary(db: Database, session_id: int) -> None:
    """Lifts the confinement of a session started with a one-time password."""
    await db.execute("UPDATE sessions SET one_time_until = NULL WHERE id = :id", {"id": session_id})


async def end(db: Database, session_id: int, user_id: int) -> Session | None:
    """Ends a session, if it is this user's, and returns it."""
    return one(
        Session,
        await db.fetch_one(
            "DELETE FROM sessions WHERE id = :id AND user_id = :user"
            " RETURNING id, browser, address, started_at, last_used_at",
            {"id": session_id, "user": user_id},
        ),
    )


async def end_others(db: Database, user_id: int, but: int) -> int:
    """Ends a user's sessions except one. Returns their number."""
    rows = await db.fetch_all(
        "DELETE FROM sessions WHERE user_id = :user AND id <> :but RETURNING id", {"user": user_id, "but": but}
    )
    return len(rows)


async def end_all(db: Database, user_ids: Sequence[int], but: int) -> int:
    """Ends the sessions of these users except one. Returns their number."""
    names, values = numbered(user_ids)
    rows = await db.fetch_all(
        f"DELETE FROM sessions WHERE user_id IN ({names}) AND id <> :but RETURNING id", {**values, "but": but}
    )
    return len(rows)


async def end_without_code(db: Database, but: int) -> int:
    """Ends sessions without a code of users with a second factor, when it is switched on. Returns their number."""
    rows = await db.fetch_all(
        "DELETE FROM sessions WHERE code_proved_at IS NULL AND id <> :but"
        " AND user_id IN (SELECT id FROM users WHERE two_factor_at IS NOT NULL) RETURNING id",
        {"but": but},
    )
    return len(rows)


async def forget(db: Database, used_before: int, started_before: int, now: int) -> None:
    """Deletes expired sessions."""
    await db.execute(
        "DELETE FROM sessions WHERE last_used_at <= :used OR last_used_at > :latest"
        " OR started_at <= :started OR started_at > :latest",
        {"used": used_before, "started": started_before, "latest": clock.latest(now)},
    )
