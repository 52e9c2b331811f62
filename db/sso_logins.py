"""Sign-ins under way at the identity provider: found by the hash of their state, used by one request."""

from dataclasses import dataclass

from db import Database, clock, one


@dataclass(frozen=True)
class Attempt:
    id: int
    state_hash: bytes
    browser_hash: bytes
    # "login" | "binding" | "proof"
    purpose: str
    session_id: int | None
    link_id: int | None
    key_id: str
    # nonce and PKCE verifier, encrypted
    sealed: bytes
    next: str
    # of a proof: "max_age" | "prompt"
    asked: str
    created_at: int
    expires_at: int
    used_at: int | None


@dataclass(frozen=True)
class New:
    state_hash: bytes
    browser_hash: bytes
    purpose: str
    session_id: int | None
    link_id: int | None
    key_id: str
    sealed: bytes
    next: str
    asked: str
    created_at: int
    expires_at: int


COLUMNS = ", ".join(Attempt.__dataclass_fields__)


async def add(db: Database, new: New) -> None:
    """A new attempt."""
    names = tuple(New.__dataclass_fields__)
    await db.execute(
        f"INSERT INTO sso_logins ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})", vars(new)
    )


async def use(db: Database, state_hash: bytes, browser_hash: bytes, now: int) -> Attempt | None:
    """Uses an attempt of this browser. Of several requests with one state one gets it, and none after it ran out."""
    row = await db.fetch_one(
        "UPDATE sso_logins SET used_at = :now WHERE state_hash = :state AND browser_hash = :browser AND used_at IS NULL"
        f" AND expires_at > :now AND created_at <= :latest RETURNING {COLUMNS}",
        {"state": state_hash, "browser": browser_hash, "now": now, "latest": clock.latest(now)},
    )
    return one(Attempt, row)


async def find(db: Database, state_hash: bytes) -> Attempt | None:
    """The attempt with that state, of any browser, used or not."""
    row = await db.fetch_one(f"SELECT {COLUMNS} FROM sso_logins WHERE state_hash = :state", {"state": state_hash})
    return one(Attempt, row)


async def under_way(db: Database, browser_hash: bytes, now: int) -> bool:
    """Whether this browser has an attempt that has not expired."""
    row = await db.fetch_one(
        "SELECT id FROM sso_logins WHERE browser_hash = :browser AND used_at IS NULL AND expires_at > :now"
        " AND created_at <= :latest LIMIT 1",
        {"browser": browser_hash, "now": now, "latest": clock.latest(now)},
    )
    return row is not None


async def forget(db: Database, now: int) -> None:
    """Removes attempts that ran out."""
    await db.execute(
        "DELETE FROM sso_logins WHERE expires_at <= :now OR created_at > :latest",
        {"now": now, "latest": clock.latest(now)},
    )
