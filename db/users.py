"""Users: one row each, with what a login and the second factor count on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from db import Database, makers, numbered, one
from db.folding import folded, former
from db.makers import Makers

Method = Literal["password", "sso"]


@dataclass(frozen=True)
class User:
    id: int
    username: str
    name: str
    email: str
    company: str
    unit: str
    login_method: Method
    password_hash: str | None
    one_time_until: int | None
    time_zone: str
    created_at: int
    disabled_at: int | None
    last_login_at: int | None
    last_login_address: str | None
    two_factor_at: int | None
    codes_blocked_at: int | None
    codes_generation: int
    access_version: int
    # who they are at the provider; None until the row is bound
    sso_issuer: str | None
    sso_subject: str | None
    # what the provider said about the strength of the last sign-in
    sso_amr: str
    sso_acr: str
    # who entered the address; None: its owner confirmed it, the provider verified it, or the command line entered it
    email_set_by: int | None
    # who made the password or bound the identity; None: the user, or the command line
    sign_in_made_by: int | None
    # see db/makers.py
    email_set_with: int | None
    sign_in_made_with: int | None
    # the newest pending sign-in at the provider (`sso_logins`) when all ways in ended last: it fails, and those before
    sso_logins_over: int | None

    @property
    def email_makers(self) -> Makers:
        return Makers(self.email_set_by, self.email_set_with)

    @property
    def sign_in_makers(self) -> Makers:
        return Makers(self.sign_in_made_by, self.sign_in_made_with)


# The username that is stored: as it is typed, else as it was stored before.
STORED = "COALESCE((SELECT username FROM users WHERE username = :username), :former)"
COLUMNS = ", ".join(f"u.{name}" for name in User.__dataclass_fields__)
# The same for RETURNING, where SQLite knows no alias.
RETURNED = ", ".join(User.__dataclass_fields__)


@dataclass(frozen=True, kw_only=True)
class New:
    """A user's row before it has a number. `skeleton`: what the username looks like; None for a user who exists."""

    username: str
    skeleton: str | None
    name: str
    email: str = ""
    company: str = ""
    unit: str = ""
    login_method: Method = "password"
    password_hash: str | None = None
    password_set_at: int | None = None
    one_time_until: int | None = None
    time_zone: str = ""
    created_at: int
    sso_issuer: str | None = None
    sso_subject: str | None = None
    sso_amr: str = ""
    sso_acr: str = ""
    codes_generation: int = 0
    access_version: int = 0
    email_set_by: int | None = None
    email_set_with: int | None = None

    @property
    def row(self) -> dict[str, Any]:
        """Every column, those that the search needs included."""
        return vars(self) | search_columns(self.username, self.name, self.email, self.unit)


def search_columns(username: str, name: str, email: str, unit: str) -> dict[str, str]:
    """What the overview's search reads; written whenever one of the four is."""
    return {
        "name_beginning": folded(name),
        "email_beginning": email.casefold(),
        "search_text": "\n".join(folded(text) for text in (username, name, email, unit)),
    }


async def by_id(db: Database, user_id: int) -> User | None:
    """The user with that number."""
    return one(User, await db.fetch_one(f"SELECT {COLUMNS} FROM users u WHERE u.id = :id", {"id": user_id}))


async def lock(db: Database, user_id: int) -> User | None:
    """The user with that number, who stays as they are until this transaction ends: what depends on their phones takes
    turns.
    """
    row = await db.fetch_one(
        f"UPDATE users AS u SET access_version = access_version WHERE u.id = :id RETURNING {RETURNED}",
        {"id": user_id},
    )
    return one(User, row)


async def end_sign_ins_under_way(db: Database, user_ids: Sequence[int]) -> None:
    """Sign-ins that began before now fail, here and at the identity provider."""
    names, values = numbered(user_ids)
    await db.execute(
        "UPDATE users SET access_version = access_version + 1, sso_logins_over = (SELECT max(id) FROM sso_logins)"
        f" WHERE id IN ({names})",
        values,
    )


async def raise_access_versions(db: Database, user_ids: Sequence[int]) -> None:
    """Something changed that logins under way must notice."""
    names, values = numbered(user_ids)
    await db.execute(f"UPDATE users SET access_version = access_version + 1 WHERE id IN ({names})", values)


def asked(username: str) -> dict[str, str]:
    """The values of STORED, for a canonical username."""
    return {"username": username, "former": former(username)}


async def by_username(db: Database, username: str) -> User | None:
    """The user with that canonical username, also if it was stored in its former form."""
    row = await db.fetch_one(f"SELECT {COLUMNS} FROM users u WHERE u.username = {STORED}", asked(username))
    return one(User, row)


async def exists(db: Database) -> bool:
    """Whether there is any user at all."""
    return await db.fetch_one("SELECT 1 AS yes FROM users LIMIT 1") is not None


async def first_names(db: Database, number: int) -> list[str]:
    """The usernames of those who came first."""
    rows = await db.fetch_all("SELECT username FROM users ORDER BY id LIMIT :number", {"number": number})
    return [row["username"] for row in rows]


async def insert(db: Database, new: New) -> int | None:
    """The new user's number; None if the username is taken, or looks like one that is."""
    row = new.row
    found = await db.fetch_one(
        f"INSERT INTO users ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
        " ON CONFLICT DO NOTHING RETURNING id",
        row,
    )
    return found["id"] if found else None


async def resembling(db: Database, skeletons: Sequence[str]) -> dict[str, str]:
    """Skeleton → a username that looks so, for those that a user has."""
    names, values = numbered(skeletons)
    rows = await db.fetch_all(f"SELECT skeleton, username FROM users WHERE skeleton IN ({names})", values)
    return {row["skeleton"]: row["username"] for row in rows}


async def names(db: Database, after: int, size: int) -> list[tuple[int, str]]:
    """At most `size` users (number, username), in the order of numbers."""
    sql = "SELECT id, username FROM users WHERE id > :after ORDER BY id LIMIT :size"
    return [(row["id"], row["username"]) for row in await db.fetch_all(sql, {"after": after, "size": size})]


async def set_names(db: Database, user: User, name: str, email: str, made: Makers) -> None:
    """Stores name and e-mail address, with who entered it, and what the search needs of them and of `user.unit`."""
    values = {"name": name, "email": email, "email_set_by": made.by, "email_set_with": made.with_}
    await set_profile(db, user.id, values | search_columns(user.username, name, email, user.unit))


async def lock_unchanged(db: Database, user_id: int, access_version: int, function_on: bool) -> bool:
    """Whether what a login was decided on still holds: the user is not disabled, changed or reset, the switch is as it
    was.

    The row stays so until this transaction ends.
    """
    row = await db.fetch_one(
        "UPDATE users SET access_version = access_version WHERE id = :id AND access_version = :version AND"
        " disabled_at IS NULL"
        " AND (SELECT value FROM settings WHERE name = 'two_factor') = :function RETURNING id",
        {"id": user_id, "version": access_version, "function": "on" if function_on else "off"},
    )
    return row is not None


async def record_login(db: Database, user_id: int, now: int, address: str) -> None:
    """Marks a login."""
    await db.execute(
        "UPDATE users SET last_login_at = :now, last_login_address = :address WHERE id = :id",
        {"id": user_id, "now": now, "address": address},
    )


async def set_password(db: Database, user_id: int, password_hash: str, now: int, one_time_until: int | None) -> None:
    """Stores a new password, its user's own; logins that are under way with the old one fail."""
    await makers.keep(db, [user_id])
    await db.execute(
        "UPDATE users SET password_hash = :hash, password_set_at = :now, one_time_until = :until,"
        " sign_in_made_by = NULL, sign_in_made_with = NULL, access_version = access_version + 1 WHERE id = :id",
        {"id": user_id, "hash": password_hash, "now": now, "until": one_time_until},
    )


async def forget_sign_in(db: Database, user_ids: Sequence[int]) -> None:
    """Takes password and identity away from these users; their second factor stays."""
    await makers.keep(db, user_ids)
    names, values = numbered(user_ids)
    await db.execute(
        "UPDATE users SET password_hash = NULL, password_set_at = NULL, one_time_until = NULL, sso_issuer = NULL,"
        " sso_subject = NULL, sso_amr = '', sso_acr = '', sign_in_made_by = NULL, sign_in_made_with = NULL,"
        " access_version = access_version + 1"
        f" WHERE id IN ({names})",
        values,
    )


async def attribute(db: Database, user_ids: Sequence[int], maker_id: int) -> None:
    """Addresses and sign-ins that these made for others count as made by `maker_id`."""
    names, values = numbered(user_ids)
    for column in ("email_set_by", "sign_in_made_by"):
        await db.execute(
            f"UPDATE users SET {column} = :maker WHERE {column} IN ({names}) AND id <> {column}",
            {**values, "maker": maker_id},
        )


async def change_password(db: Database, user_id: int, old_hash: str, new_hash: str, now: int) -> bool:
    """Replaces exactly the old password by one that its user chose; False on a conflict."""
    row = await db.fetch_one(
        "UPDATE users SET password_hash = :new, password_set_at = :now, one_time_until = NULL, access_version ="
        " access_version + 1"
        " WHERE id = :id AND password_hash = :old RETURNING id",
        {"id": user_id, "old": old_hash, "new": new_hash, "now": now},
    )
    return row is not None


async def rehash(db: Database, user_id: int, old_hash: str, new_hash: str) -> None:
    """The same password, hashed with today's parameters."""
    await db.execute(
        "UPDATE users SET password_hash = :new WHERE id = :id AND password_hash = :old",
        {"id": user_id, "old": old_hash, "new": new_hash},
    )


async def set_profile(db: Database, user_id: int, values: dict[str, Any]) -> None:
    """Stores the named columns of a user."""
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    await db.execute(f"UPDATE users SET {assignments} WHERE id = :id", {**values, "id": user_id})


async def disable(db: Database, user_id: int, now: int) -> User | None:
    """Disables an active user; the user as it is now, None if there was nothing to do."""
    return one(
        User,
        await db.fetch_one(
            "UPDATE users AS u SET disabled_at = :now, access_version = access_version + 1 WHERE u.id = :id AND"
            " u.disabled_at IS NULL"
            f" RETURNING {RETURNED}",
            {"id": user_id, "now": now},
        ),
    )


async def enable(db: Database, user_id: int) -> User | None:
    """Enables a disabled user; the user as it is now, None if there was nothing to do."""
    return one(
        User,
        await db.fetch_one(
            "UPDATE users AS u SET disabled_at = NULL, access_version = access_version + 1 WHERE u.id = :id AND"
            " u.disabled_at IS NOT NULL"
            f" RETURNING {RETURNED}",
            {"id": user_id},
        ),
    )


async def delete(db: Database, user_id: int) -> None:
    """Deletes a user, and with them their roles, sessions, second factor, recovery codes, browsers and links."""
    await db.execute("DELETE FROM users WHERE id = :id", {"id": user_id})


async def set_two_factor(db: Database, user_id: int, since: int | None) -> None:
    """Marks the second factor as set up since then (or not at all), which also ends a block."""
    await db.execute(
        "UPDATE users SET two_factor_at = :since, codes_blocked_at = NULL, access_version = access_version + 1 WHERE"
        " id = :id",
        {"id": user_id, "since": since},
    )


async def next_generation(db: Database, user_id: int, expected: int) -> bool:
    """Starts the next set of recovery codes; False if another request has."""
    row = await db.fetch_one(
        "UPDATE users SET codes_generation = codes_generation + 1 WHERE id = :id AND codes_generation = :expected"
        " RETURNING id",
        {"id": user_id, "expected": expected},
    )
    return row is not None


async def block(db: Database, user_id: int, now: int) -> bool:
    """Blocks the authenticators; False if they were blocked already."""
    row = await db.fetch_one(
        "UPDATE users SET codes_blocked_at = :now WHERE id = :id AND codes_blocked_at IS NULL AND two_factor_at IS"
        " NOT NULL RETURNING id",
        {"id": user_id, "now": now},
    )
    return row is not None
