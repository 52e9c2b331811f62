"""Links that open something once: found by the hash of their token, used by one request.

A link that is to be mailed is a row before it has a token: that is made when the letter leaves. Until then 16 random bytes stand
in the hash's place, which no token has (its hash has 32).
"""

import os
from dataclasses import dataclass

from db import Database, one

NO_TOKEN_BYTES = 16


@dataclass(frozen=True)
class Link:
    id: int
    user_id: int
    expires_at: int
    used_at: int | None
    detail: str  # the address to which it is mailed (of a new address: which it confirms); "": handed over
    made_by: int | None  # the user who made it for another; None: the command line, or whom it is for


COLUMNS = ", ".join(Link.__dataclass_fields__)
WAYS_IN = "kind IN ('invitation', 'password_reset', 'binding')"  # not those that confirm an address


async def add(
    db: Database,
    kind: str,
    user_id: int,
    token_hash: bytes | None,
    now: int,
    expires_at: int,
    detail: str = "",
    made_by: int | None = None,
) -> int:
    """A new link; its number. `token_hash` None: it gets its token later."""
    row = await db.fetch_one(
        "INSERT INTO links (kind, user_id, token_hash, created_at, expires_at, detail, made_by)"
        " VALUES (:kind, :user, :hash, :now, :expires, :detail, :maker) RETURNING id",
        {
            "kind": kind,
            "user": user_id,
            "hash": token_hash or os.urandom(NO_TOKEN_BYTES),
            "now": now,
            "expires": expires_at,
            "detail": detail,
            "maker": made_by,
        },
    )
    assert row is not None
    return int(row["id"])


async def add_all(
    db: Database, wanted: list[tuple[str, int, str]], now: int, expires_at: int, made_by: int
) -> dict[int, int]:
    """Links that get their token later: (kind, user, address) of each; user → number."""
    rows = ", ".join(f"(:k{each}, :u{each}, :h{each}, :now, :expires, :a{each}, :maker)" for each in range(len(wanted)))
    values: dict[str, object] = {"now": now, "expires": expires_at, "maker": made_by}
    for each, (kind, user_id, address) in enumerate(wanted):
        values |= {f"k{each}": kind, f"u{each}": user_id, f"h{each}": os.urandom(NO_TOKEN_BYTES), f"a{each}": address}
    made = await db.fetch_all(
        "INSERT INTO links (kind, user_id, token_hash, created_at, expires_at, detail, made_by)"
        f" VALUES {rows} RETURNING id, user_id",
        values,
    )
    return {row["user_id"]: row["id"] for row in made}


async def give_token(db: Database, link_id: int, kind: str, user_id: int, token_hash: bytes, expires_at: int) -> bool:
    """Gives a link its token, or another one in place of it; False if the link was used or voided."""
    row = await db.fetch_one(
        "UPDATE links SET token_hash = :hash, expires_at = :expires"
        " WHERE id = :id AND kind = :kind AND user_id = :user AND used_at IS NULL RETURNING id",
        {"id": link_id, "kind": kind, "user": user_id, "hash": token_hash, "expires": expires_at},
    )
    return row is not None


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
    """The kind of a user's newest link that lets them in, and the link itself, used or not."""
    row = await db.fetch_one(
        f"SELECT kind, {COLUMNS} FROM links WHERE user_id = :user AND {WAYS_IN} ORDER BY id DESC LIMIT 1",
        {"user": user_id},
    )
    link = one(Link, row)
    return (row["kind"], link) if link else None


async def void(
    db: Database, user_id: int, kinds: tuple[str, ...], older_than: int = 2**62, mailed_to: str | None = None
) -> int:
    """Removes a user's links of these kinds that were not used and were made before a certain one; how many. `mailed_to`: there alone."""
    names = ", ".join(f":kind{number}" for number in range(len(kinds)))
    removed = await db.fetch_all(
        f"DELETE FROM links WHERE user_id = :user AND kind IN ({names}) AND used_at IS NULL AND id < :older"
        " AND (CAST(:address AS TEXT) IS NULL OR detail = :address) RETURNING id",
        {"user": user_id, "older": older_than, "address": mailed_to}
        | {f"kind{number}": kind for number, kind in enumerate(kinds)},
    )
    return len(removed)


async def void_all_of(db: Database, user_ids: list[int], kinds: tuple[str, ...]) -> None:
    """Removes the links of these users and kinds that were not used."""
    kind_names = ", ".join(f":kind{number}" for number in range(len(kinds)))
    names = ", ".join(f":u{number}" for number in range(len(user_ids)))
    await db.execute(
        f"DELETE FROM links WHERE user_id IN ({names}) AND kind IN ({kind_names}) AND used_at IS NULL",
        {f"u{number}": user_id for number, user_id in enumerate(user_ids)}
        | {f"kind{number}": kind for number, kind in enumerate(kinds)},
    )


async def void_mailed(db: Database, user_ids: list[int]) -> None:
    """Removes what was or is to be mailed to these users and was not used: their addresses changed."""
    if user_ids:
        names = ", ".join(f":u{number}" for number in range(len(user_ids)))
        await db.execute(
            f"DELETE FROM links WHERE user_id IN ({names}) AND used_at IS NULL AND detail <> ''",
            {f"u{number}": user_id for number, user_id in enumerate(user_ids)},
        )


async def forget(db: Database, before: int) -> None:
    """Removes links that ran out before then."""
    await db.execute("DELETE FROM links WHERE expires_at <= :before", {"before": before})
