"""What a login needs to know of a user."""

from collections.abc import Sequence
from dataclasses import dataclass

from db import Database, clock, numbered, one
from db.users import COLUMNS, STORED, User, asked


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


@dataclass(frozen=True)
class Candidate:
    """A user whom what was typed may name."""

    id: int
    username: str
    email: str
    by_address: bool
    # Whether the user signed in from the browser before.
    known: bool = False


@dataclass(frozen=True)
class Sought:
    """A canonical username, also in its former form, and lower-case forms under which an address may be stored."""

    username: str
    spellings: tuple[str, str, str]

    @property
    def values(self) -> dict[str, str]:
        """Of the named parameters."""
        return asked(self.username) | {f"spelling{number}": each for number, each in enumerate(self.spellings)}


MOST_CANDIDATES = 20
_CANDIDATES = (
    f"SELECT id, username, email, 0 AS by_address FROM users WHERE username = {STORED}"
    " UNION ALL SELECT * FROM (SELECT id, username, email, 1 AS by_address FROM users WHERE login_method = 'password'"
    " AND disabled_at IS NULL AND email_beginning IN (:spelling0, :spelling1, :spelling2)"
    f" ORDER BY id LIMIT {MOST_CANDIDATES}) AS with_address"
)


async def candidates(db: Database, sought: Sought) -> list[Candidate]:
    """The user with that username, and active users with a password and that address."""
    rows = await db.fetch_all(_CANDIDATES, sought.values)
    return [Candidate(row["id"], row["username"], row["email"], bool(row["by_address"])) for row in rows]


async def waiting_and_candidates(
    db: Database, buckets: list[str], waits: range, browser_hash: bytes, sought: Sought
) -> tuple[set[str], list[Candidate]]:
    """Which of the buckets wait, and the candidates with whether they signed in from the browser before.

    `waits`: until when a wait lasts now.
    """
    now = waits.start - 1
    names = ", ".join(f":b{number}" for number in range(len(buckets)))
    rows = await db.fetch_all(
        "SELECT bucket, 0 AS id, '' AS username, '' AS email, 0 AS by_address, 0 AS known FROM attempts"
        f" WHERE bucket IN ({names}) AND waiting_until > :now AND waiting_until <= :latest_wait"
        " UNION ALL SELECT '', c.id, c.username, c.email, c.by_address, CASE WHEN EXISTS"
        " (SELECT 1 FROM browsers b JOIN browser_users k ON k.browser_id = b.id"
        " WHERE b.token_hash = :hash AND k.user_id = c.id AND b.seen_at <= :latest) THEN 1 ELSE 0 END"
        f" FROM ({_CANDIDATES}) AS c",
        {f"b{number}": bucket for number, bucket in enumerate(buckets)}
        | {"now": now, "hash": browser_hash, "latest": clock.latest(now), "latest_wait": waits.stop - 1}
        | sought.values,
    )
    found = [
        Candidate(row["id"], row["username"], row["email"], bool(row["by_address"]), bool(row["known"]))
        for row in rows
        if not row["bucket"]
    ]
    return {row["bucket"] for row in rows if row["bucket"]}, found


async def with_addresses(db: Database, beginnings: Sequence[str]) -> list[tuple[str, str]]:
    """Users with these addresses, case-folded: username and address as it is stored, in the order of numbers."""
    names, values = numbered(beginnings)
    rows = await db.fetch_all(
        f"SELECT username, email FROM users WHERE email_beginning IN ({names}) ORDER BY id", values
    )
    return [(row["username"], row["email"]) for row in rows]
