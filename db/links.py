"""Links that open something once: found by the hash of their token, used by one request."""

from dataclasses import dataclass

from db import Database, one


@dataclass(frozen=True)
class Link:
    id: int
    user_id: int
    expires_at: int
    used_at: int | None


COLUMNS = ", ".join(Link.__dataclass_fields__)


async def add(db: Database, kind: str, user_id: int, token_hash: bytes, now: int, expires_at: int) -> None:
    """A new link."""
    await db.execute(
        "INSERT INTO links (kind, user_id, token_hash, created_at, expires_at, detail)"
        " VALUES (:kind, :user, :hash, :now, :expires, '')",
        {"kind": kind, "user": user_id, "hash": token_hash, "now": now, "expires": expires_at},
    )


async def find(db: Database, kind: str, token_hash: bytes, now: int) -> Link | None:
    """The link with that token, if it is of that kind and can still be used."""
    row = await db.fetch_one(
        f"SELECT {COLUMNS} FROM links WHERE token_hash = :hash AND kind = :kind AND used_at IS NULL AND expires_at > :now",
        {"hash": token_hash, "kind": kind, "now": now},
    )
    return one(Link, row)


async def by_id(db: Database, link_id: int) -> tuple[str, Link] | None:
    """The link with that number, used or not, and its kind."""
    row = await db.fetch_one(f"SELECT kind, {COLUMNS} FROM links WHERE id = :id", {"id": link_id})
    link = one(Link, row)
    return (row["kind"], link) if link else None


async def use(db: Database, link_id: int, now: int) -> bool:
    """Uses a link. Of several requests with one link one gets True, and none after it ran out or was voided."""
    row = await db.fetch_one(
        "UPDATE links SET used_at = :now WHERE id = :id AND used_at IS NULL AND expires_at > :now RETURNING id",
        {"id": link_id, "now": now},
    )
    return row is not None


async def newest(db: Database, user_id: int) -> tuple[str, Link] | None:
    """The kind of a user's newest link, and the link itself, used or not."""
    row = await db.fetch_one(
        f"SELECT kind, {COLUMNS} FROM links WHERE user_id = :user ORDER BY id DESC LIMIT 1", {"user": user_id}
    )
    link = one(Link, row)
    return (row["kind"], link) if link else None


async def void(db: Database, user_id: int, kinds: tuple[str, ...]) -> None:
    """Removes a user's links of these kinds that were not used."""
    names = {f"kind{number}": kind for number, kind in enumerate(kinds)}
    await db.execute(
        f"DELETE FROM links WHERE user_id = :user AND kind IN ({', '.join(f':{name}' for name in names)}) AND used_at IS NULL",
        {"user": user_id, **names},
    )


async def forget(db: Database, before: int) -> None:
    """Removes links that ran out."""
    await db.execute("DELETE FROM links WHERE expires_at <= :before", {"before": before})
