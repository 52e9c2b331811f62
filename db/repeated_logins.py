"""Sessions opened by a login form that was sent twice: each like the one that the first of them opened."""

from dataclasses import dataclass

from db import Database


@dataclass(frozen=True)
class Repeated:
    """A code that opened a session and came again, and the browser that sent it. `since`: when it was opened at the
    earliest.
    """

    user_id: int
    authenticator_id: int
    step: int
    recovery_code_hashes: tuple[bytes, ...]
    browser_hash: bytes
    address: str
    browser: str
    since: int
    now: int


async def repeat(db: Database, repeated: Repeated, token_hash: bytes) -> bool:
    """Opens another session like the one that exactly this code opened in exactly this browser; False without one.

    At most two of them remain: the browser holds the token of one, and dropped the answer with the other.
    """
    hashes = {f"code{number}": code_hash for number, code_hash in enumerate(repeated.recovery_code_hashes)}
    copied = (
        "user_id, started_at, last_used_at, password_proved_at, code_proved_at, one_time_until, factor,"
        " end_session_endpoint, address, browser, browser_id, previous_login_at, previous_login_address"
    )
    row = await db.fetch_one(
        f"INSERT INTO sessions (token_hash, {copied}) SELECT :hash, {copied} FROM sessions s"
        " WHERE s.user_id = :user AND s.browser_id = (SELECT b.id FROM browsers b WHERE b.token_hash = :browser_hash)"
        " AND s.address = :address AND s.browser = :browser AND s.started_at > :since AND s.started_at <= :now AND ("
        "(s.factor = 'code' AND EXISTS (SELECT 1 FROM authenticators a WHERE a.id = :authenticator"
        " AND a.user_id = s.user_id AND a.last_step = :step AND a.last_used_at = s.started_at))"
        " OR (s.factor = 'recovery code' AND EXISTS (SELECT 1 FROM recovery_codes c WHERE c.user_id = s.user_id"
        f" AND c.code_hash IN ({', '.join(f':{name}' for name in hashes)}) AND c.used_at = s.started_at)))"
        " ORDER BY s.id DESC LIMIT 1 RETURNING id, browser_id, started_at",
        {
            "hash": token_hash,
            "user": repeated.user_id,
            "browser_hash": repeated.browser_hash,
            "address": repeated.address,
            "browser": repeated.browser,
            "since": repeated.since,
            "now": repeated.now,
            "authenticator": repeated.authenticator_id,
            "step": repeated.step,
        }
        | hashes,
    )
    same = {"user": repeated.user_id, "browser": row["browser_id"] if row else 0, "at": row["started_at"] if row else 0}
    await db.execute(
        "DELETE FROM sessions WHERE user_id = :user AND browser_id = :browser AND started_at = :at AND id NOT IN"
        " (SELECT id FROM sessions WHERE user_id = :user AND browser_id = :browser AND started_at = :at"
        " ORDER BY id DESC LIMIT 2)",
        same,
    )
    return row is not None
