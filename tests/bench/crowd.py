"""An installation for the bench: an administrator made by the rules, and many users with one password and one TOTP key, made by plain inserts."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pyotp

import config
import db
from accounts import codes, installation, totp, two_factor, users
from accounts.desk import COMMAND_LINE, Desk
from accounts.passwords import Hasher
from accounts.vault import Vault

Result = TypeVar("Result")

PASSWORD = "correct horse battery staple"
ADMINISTRATOR = "bob"
COST = "owasp"


@dataclass
class Crowd:
    """A database in a folder, and users who have not signed in yet. A code is good once per user, so each login takes another."""

    folder: Path
    vault: Vault
    totp: pyotp.TOTP
    fresh: Iterator[str] = field(repr=False)  # usernames

    def login(self) -> dict[str, str]:
        """The form of somebody who has not signed in yet."""
        return {"username": next(self.fresh), "password": PASSWORD, "code": self.totp.now()}

    def connect(self) -> sqlite3.Connection:
        """The database, past the rules."""
        return sqlite3.connect(self.folder / "two_keys.sqlite3")


def gather(folder: Path, number: int) -> Crowd:
    """Makes an installation with the function on, the administrator and `number` users who have a second factor."""
    password_hash, vault = act(folder, _begin)
    key = totp.new_key()
    crowd = Crowd(folder, vault, pyotp.TOTP(key), iter([f"user-{each:07}" for each in range(number)]))
    with crowd.connect() as connection:
        insert_users(connection, vault, key, password_hash, number)
    connection.close()
    return crowd


def act(folder: Path, rule: Callable[[Desk], Awaitable[Result]]) -> Result:
    """Lets a rule run on the installation in a folder, as the command line would."""
    settings = config.read({"TWO_KEYS_DATA_DIR": str(folder)})
    installation.prepare_database(settings)

    async def running() -> Result:
        database, hasher = db.connect(settings), Hasher(COST)
        await database.connect()
        try:
            vault = await installation.open_vault(database, settings)
            return await rule(installation.desk_of_system(database, vault, hasher, settings))
        finally:
            await database.disconnect()
            hasher.close()

    return asyncio.run(running())


async def _begin(desk: Desk) -> tuple[str, Vault]:
    new = users.New(
        ADMINISTRATOR, "Bob Builder", "bob@example.org", unit="IT", roles=("Administrator",), password=PASSWORD
    )
    created = await users.create(desk, new, COMMAND_LINE)
    assert isinstance(created, users.Created), created
    await two_factor.switch(desk, True, COMMAND_LINE)
    return await desk.hasher.hash(PASSWORD), desk.vault


USER_COLUMNS = (
    "id, username, name, email, name_beginning, search_text, company, unit, login_method, password_hash, password_set_at, time_zone,"
    " created_at, two_factor_at, codes_generation, access_version"
)


def insert_users(connection: sqlite3.Connection, vault: Vault, key: str, password_hash: str, number: int) -> None:
    """Users `user-0000000` and on, with one password and an authenticator each; the figures of adoption with them."""
    now = int(time.time())
    (last,) = connection.execute("SELECT max(id) FROM users").fetchone()
    sealed = {each: vault.encrypt(key.encode(), codes.bound_to(last + 1 + each)) for each in range(number)}
    connection.executemany(
        f"INSERT INTO users ({USER_COLUMNS}) VALUES"
        " (?, ?, ?, '', ?, ?, 'Umbrella', 'Sales', 'password', ?, ?, '', ?, ?, 1, 0)",
        (
            (
                last + 1 + each,
                f"user-{each:07}",
                f"User {each}",
                f"user {each}",
                f"user-{each:07}\nuser {each}\n",
                password_hash,
                now,
                now,
                now,
            )
            for each in range(number)
        ),
    )
    connection.executemany(
        "INSERT INTO authenticators (user_id, name, key_id, encrypted_key, confirmed_at, last_used_at, last_step)"
        " VALUES (?, '', ?, ?, ?, ?, 0)",
        ((last + 1 + each, key_id, encrypted, now, now) for each, (key_id, encrypted) in sealed.items()),
    )
    connection.execute("INSERT INTO user_roles (user_id, role_id) SELECT id, 4 FROM users WHERE id > ?", (last,))
    connection.execute("UPDATE adoption SET set_up = set_up + ? WHERE id = 1", (number,))
