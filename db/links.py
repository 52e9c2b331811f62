"""Links that work once, found by the hash of their token. Before it is sent, a link has random bytes in its place."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from db import Database, clock, many, numbered, one
from db.makers import OWN, Makers

# No token's hash has this length: it has 32 bytes.
NO_TOKEN_BYTES = 16

# A way in: its user chooses a password with it, or is bound to an identity.
WayIn = Literal["invitation", "password_reset", "binding"]
WAYS_IN: tuple[WayIn, ...] = get_args(WayIn)
LinkKind = Literal[WayIn, "new_address"]
LINK_KINDS: tuple[LinkKind, ...] = (*WAYS_IN, "new_address")


@dataclass(frozen=True)
class Link:
    id: int
    user_id: int
    expires_at: int
    used_at: int | None
    # The e-mail address to which it is sent, or which it confirms; "": handed over.
    detail: str
    # The user who created it for another; None: the command line, or the user who asked for it.
    made_by: int | None
    # see db/makers.py
    made_with: int | None

    @property
    def makers(self) -> Makers:
        return Makers(self.made_by, self.made_with)


COLUMNS = ", ".join(Link.__dataclass_fields__)
IS_WAY_IN = "kind IN ('" + "', '".join(WAYS_IN) + "')"


@dataclass(frozen=True)
class New:
    kind: LinkKind
    user_id: int
    # None: it gets its token when its e-mail leaves.
    token_hash: bytes | None
    now: int
    expires_at: int
    detail: str = ""
    made: Makers = OWN


async def add(db: Database, new: New) -> int:
    """Adds a link and returns its id."""
    row = await db.fetch_one(
        "INSERT INTO links (kind, user_id, token_hash, created_at, expires_at, detail, made_by, made_with)"
        " VALUES (:kind, :user, :hash, :now, :expires, :detail, :maker, :with) RETURNING id",
        {
            "kind": new.kind,
            "user": new.user_id,
            "hash": new.token_hash or os.urandom(NO_TOKEN_BYTES),
            "now": new.now,
            "expires": new.expires_at,
            "detail": new.detail,
            "maker": new.made.by,
            "with": new.made.with_,
        },
    )
    assert row is not None
    return int(row["id"])


async def add_all(
    db: Database, links: list[tuple[str, int, str]], now: int, expires_at: int, made_by: int
) -> dict[int, int]:
    """Adds links without a token: (kind, user's id, e-mail address) of each. Returns the user's id → the link's id."""
    rows = ", ".join(f"(:k{each}, :u{each}, :h{each}, :now, :expires, :a{each}, :maker)" for each in range(len(links)))
    values: dict[str, object] = {"now": now, "expires": expires_at, "maker": made_by}
    for each, (kind, user_id, email) in enumerate(links):
        values |= {f"k{each}": kind, f"u{each}": user_id, f"h{each}": os.urandom(NO_TOKEN_BYTES), f"a{each}": email}
    added = await db.fetch_all(
        "INSERT INTO links (kind, user_id, token_hash, created_at, expires_at, detail, made_by)"
        f" VALUES {rows} RETURNING id, user_id",
        values,
    )
    return {row["user_id"]: row["id"] for row in added}


async def set_token(db: Database, link_id: int, kind: LinkKind, token_hash: bytes, expires_at: int) -> bool:
    """Stores a link's token, in place of an earlier one; False if the link was redeemed or revoked."""
    row = await db.fetch_one(
        "UPDATE links SET token_hash = :hash, expires_at = :expires"
        " WHERE id = :id AND kind = :kind AND used_at IS NULL RETURNING id",
        {"id": link_id, "kind": kind, "hash": token_hash, "expires": expires_at},
    )
    return row is not None


async def find(db: Database, kind: LinkKind, token_hash: bytes, now: int, seconds: int) -> Link | None:
    """The link of that kind with that token, neither redeemed nor expired. `seconds`: how long the kind lives."""
    row = await db.fetch_one(
        f"SELECT {COLUMNS} FROM links"
        " WHERE token_hash = :hash AND kind = :kind AND used_at IS NULL"
        " AND expires_at > :now AND expires_at <= :latest",
        {"hash": token_hash, "kind": kind, "now": now, "latest": clock.latest(now) + seconds},
    )
    return one(Link, row)


async def by_id(db: Database, link_id: int) -> tuple[str, Link] | None:
    """Kind and link, redeemed or not."""
    row = await db.fetch_one(f"SELECT kind, {COLUMNS} FROM links WHERE id = :id", {"id": link_id})
    link = one(Link, row)
    return (row["kind"], link) if link else None


async def redeem(db: Database, link_id: int, now: int, seconds: int) -> bool:
    """Marks a link as used. Of several requests one gets True, and none once it has expired or was revoked."""
    row = await db.fetch_one(
        "UPDATE links SET used_at = :now"
        " WHERE id = :id AND used_at IS NULL AND expires_at > :now AND expires_at <= :latest RETURNING id",
        {"id": link_id, "now": now, "latest": clock.latest(now) + seconds},
    )
    return row is not None


async def newest(db: Database, user_id: int) -> tuple[str, Link] | None:
    """Kind and link of a user's newest way in, redeemed or not."""
    row = await db.fetch_one(
        f"SELECT kind, {COLUMNS} FROM links WHERE user_id = :user AND {IS_WAY_IN} ORDER BY id DESC LIMIT 1",
        {"user": user_id},
    )
    link = one(Link, row)
    return (row["kind"], link) if link else None


async def mailed(db: Database, user_id: int, kind: LinkKind, email: str, now: int) -> list[Link]:
    """The user's links of that kind that went or will go to that address, neither redeemed nor expired."""
    rows = await db.fetch_all(
        f"SELECT {COLUMNS} FROM links WHERE user_id = :user AND kind = :kind AND detail = :email"
        " AND used_at IS NULL AND expires_at > :now AND created_at <= :latest",
        {"user": user_id, "kind": kind, "email": email, "now": now, "latest": clock.latest(now)},
    )
    return many(Link, rows)


async def revoke(
    db: Database,
    user_id: int,
    kinds: tuple[LinkKind, ...],
    *,
    older_than: int = 2**62,
    mailed_to: str | None = None,
) -> int:
    """Deletes a user's unused links and returns their number. `older_than`: a link's id; `mailed_to`: those alone."""
    names = ", ".join(f":kind{number}" for number in range(len(kinds)))
    removed = await db.fetch_all(
        f"DELETE FROM links WHERE user_id = :user AND kind IN ({names}) AND used_at IS NULL AND id < :older"
        " AND (CAST(:email AS TEXT) IS NULL OR detail = :email) RETURNING id",
        {"user": user_id, "older": older_than, "email": mailed_to}
        | {f"kind{number}": kind for number, kind in enumerate(kinds)},
    )
    return len(removed)


async def revoke_all_of(db: Database, user_ids: Sequence[int], kinds: tuple[LinkKind, ...]) -> int:
    """Deletes the unused links of these users and kinds. Returns their number."""
    kind_names = ", ".join(f":kind{number}" for number in range(len(kinds)))
    names, values = numbered(user_ids)
    rows = await db.fetch_all(
        f"DELETE FROM links WHERE user_id IN ({names}) AND kind IN ({kind_names}) AND used_at IS NULL RETURNING id",
        values | {f"kind{number}": kind for number, kind in enumerate(kinds)},
    )
    return len(rows)


async def revoke_mailed(db: Database, user_ids: list[int]) -> None:
    """Deletes the unused links that were sent, or wait to be: for users whose e-mail address changed."""
    if user_ids:
        names, values = numbered(user_ids)
        await db.execute(f"DELETE FROM links WHERE user_id IN ({names}) AND used_at IS NULL AND detail <> ''", values)


async def attribute(db: Database, makers: Sequence[int], maker_id: int) -> None:
    """The unused links that these made for others count as made by `maker_id`."""
    names, values = numbered(makers)
    await db.execute(
        f"UPDATE links SET made_by = :maker WHERE made_by IN ({names}) AND user_id <> made_by AND used_at IS NULL",
        {**values, "maker": maker_id},
    )


async def forget(db: Database, seconds: int, now: int) -> None:
    """Deletes links that expired so many seconds ago, and those that would last for longer than that."""
    await db.execute(
        "DELETE FROM links WHERE expires_at <= :before OR expires_at > :latest",
        {"before": now - seconds, "latest": clock.latest(now) + seconds},
    )
