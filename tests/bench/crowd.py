"""An installation for the bench: an administrator, and many users with one password and one TOTP key."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pyotp

import config
import db
from accounts import sessions
from accounts.context import COMMAND_LINE, Context
from accounts.passwords import Hasher
from accounts.system import installation
from accounts.two_factor import attempts, switch
from accounts.two_factor import totp as totp_codes
from accounts.users import users
from accounts.vault import Vault
from db import users as stored_users

Result = TypeVar("Result")

PASSWORD = "correct pony battery anchor"
ADMINISTRATOR = "bob"
# A member created by the rules; the rows of the others are copies of this one's.
MODEL = "model"
COST = "owasp"


@dataclass
class Crowd:
    """A database in a folder, and its users. A code is valid once per user, so each login takes another user."""

    folder: Path
    vault: Vault
    totp: pyotp.TOTP
    # the usernames of those who have not signed in yet
    fresh: Iterator[str] = field(repr=False)

    def login(self) -> dict[str, str]:
        """The login form of a user who has not signed in yet."""
        return {"username": next(self.fresh), "password": PASSWORD, "code": self.totp.now()}

    def cookies(self, username: str = ADMINISTRATOR) -> str:
        """The cookies of a signed-in user, without a login: no hash thread has worked yet."""

        async def start(context: Context) -> str:
            user = await stored_users.by_username(context.db, username)
            assert user is not None
            async with context.db.transaction():
                return (await sessions.start(context, user, True))[0]

        return f"two_keys_session={self.vault.sign(f'session:{act(self.folder, start)}')}"

    def connect(self) -> sqlite3.Connection:
        """The database, without the rules."""
        return sqlite3.connect(self.folder / "two_keys.sqlite3")


def gather(folder: Path, number: int) -> Crowd:
    """Creates an installation with the switch on, the administrator and `number` users who have a second factor."""
    vault = act(folder, _begin)
    key = totp_codes.new_key()
    crowd = Crowd(folder, vault, pyotp.TOTP(key), iter([f"user-{each:07}" for each in range(number)]))
    with crowd.connect() as connection:
        _insert_members(connection, vault, key, number)
    connection.close()
    return crowd


def act(folder: Path, rule: Callable[[Context], Awaitable[Result]]) -> Result:
    """Runs a rule on the installation in a folder, as a command does."""
    settings = config.read({"TWO_KEYS_DATA_DIR": str(folder)})
    installation.prepare_database(settings)

    async def running() -> Result:
        database, hasher = db.connect(settings), Hasher(COST)
        await database.connect()
        try:
            vault = await installation.open_vault(database, settings)
            return await rule(installation.context_of_system(database, vault, hasher, settings))
        finally:
            await database.disconnect()
            hasher.close()

    return asyncio.run(running())


async def _begin(context: Context) -> Vault:
    new = users.New(
        ADMINISTRATOR, "Bob Builder", "bob@example.org", unit="IT", roles=("Administrator",), password=PASSWORD
    )
    member = users.New(MODEL, unit="Sales", password=PASSWORD)
    for each in (new, member):
        created = await users.create(context, each, COMMAND_LINE)
        assert isinstance(created, users.Created), created
    await switch.switch(context, True, COMMAND_LINE)
    return context.vault


def _insert_members(connection: sqlite3.Connection, vault: Vault, key: str, number: int) -> None:
    """Users `user-0000000` and on, with one password and an authenticator each."""
    now = int(time.time())
    first = copies(connection, ({"username": f"user-{each:07}", "two_factor_at": now} for each in range(number)))
    sealed = (
        (each, vault.encrypt(key.encode(), attempts.associated_data(each))) for each in range(first, first + number)
    )
    connection.executemany(
        "INSERT INTO authenticators (user_id, name, key_id, encrypted_key, confirmed_at, last_used_at, last_step)"
        " VALUES (?, '', ?, ?, 0, 0, 0)",
        ((user_id, key_id, encrypted) for user_id, (key_id, encrypted) in sealed),
    )
    connection.execute("INSERT INTO user_roles (user_id, role_id) SELECT id, 4 FROM users WHERE id >= ?", (first,))


def copies(connection: sqlite3.Connection, people: Iterable[dict[str, object]]) -> int:
    """Inserts copies of the model with other values (at least the username) each; the id of the first."""
    connection.row_factory = sqlite3.Row
    model = dict(connection.execute("SELECT * FROM users WHERE username = ?", (MODEL,)).fetchone())
    (last,) = connection.execute("SELECT max(id) FROM users").fetchone()
    connection.row_factory = None

    def values(number: int, person: dict[str, object]) -> tuple[object, ...]:
        username, name = str(person["username"]), str(person.get("name", person["username"]))
        texts = stored_users.search_columns(username, name, str(person.get("email", "")), str(person.get("unit", "")))
        return tuple({**model, "skeleton": None, **texts, **person, "id": last + 1 + number}.values())

    connection.executemany(
        f"INSERT INTO users ({', '.join(model)}) VALUES ({', '.join('?' * len(model))})",
        (values(number, person) for number, person in enumerate(people)),
    )
    return int(last) + 1
