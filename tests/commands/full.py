"""An installation that has rows in every table, and what a whole database holds, to compare it with another."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from db import Database
from db.copying import places, rows
from db.reads import adoption
from settings.database import Location
from tests.browser import Installation
from tests.people import Person, somebody, switch

# What no page of a test fills. Text in an order that collations see differently, and beyond 16 bits.
MORE = (
    "INSERT INTO uploads (session_id, uploaded_at, file_name, preview) SELECT min(id), 1, 'é', '{}' FROM sessions",
    "INSERT INTO upload_parts VALUES (1, 0, x'00ff'), (1, 1, x'')",
    (
        "INSERT INTO outbox (letter, user_id, address, facts, created_at, due_at, tries, error)"
        " VALUES ('x', 1, 'a@example.org', '{}', 1, 1, 0, '')"
    ),
    (
        "INSERT INTO sso_logins (state_hash, browser_hash, purpose, key_id, sealed, next, asked, created_at,"
        " expires_at) VALUES (x'01', x'02', 'login', 'k', x'03', '/', '', 1, 2)"
    ),
    "INSERT INTO links (kind, user_id, token_hash, created_at, expires_at, detail) VALUES ('x', 1, x'04', 1, 2, '')",
    "INSERT INTO leases VALUES ('test', 'me', 9007199254740993)",
    "INSERT INTO refusals (whose, since, number, subject) VALUES ('b', 1, 2, ''), ('Z', 1, 2, ''), ('É', 1, 2, '')",
    (
        "INSERT INTO attempts VALUES ('a', '', 1, 1, 1), ('B', '', 1, 1, 1), ('ä', '', 1, 1, 1),"
        " ('\ufffd', '', 1, 1, 1), ('\U0001d518', '', 1, 1, 1), ('a b', '\n\t\"\\', 1, 1, 1), ('-a', '', 1, 1, 1)"
    ),
)


def fill(folder: Path) -> Person:
    """Alice, who has set up a second factor, is among those in it."""
    with Installation(folder) as running:
        switch(running, True)
        bob = somebody(running, "bob", "Administrator")
        bob.signs_in()
        alice = somebody(running, "alice")
        alice.signs_in()
        alice.sets_up()
        # A set-up that has begun.
        bob.browser.post("/my-user/two-factor", {"password": bob.password}, part=True)
        assert running.browser().post("/login", {"username": "bob", "password": "wrong", "code": ""}).status == 422
        elsewhere = replace(alice, browser=running.browser())
        assert alice.phone is not None
        assert elsewhere.types(code=alice.phone.wrong_code()).status == 422
        zoe = somebody(running, "zoe")
        with closing(sqlite3.connect(running.file, timeout=10)) as connection, connection:
            for statement in MORE:
                connection.execute(statement)
            # Her number must not be given again.
            connection.execute("DELETE FROM user_roles WHERE user_id = ?", (zoe.user_id,))
            connection.execute("DELETE FROM users WHERE id = ?", (zoe.user_id,))
    return alice


@dataclass(frozen=True)
class Whole:
    """All tables summed up, the largest ids that were given, and the figures that triggers keep."""

    sums: rows.Sums
    last_numbers: dict[str, int]
    figures: adoption.Adoption


def whole(location: Location) -> Whole:
    async def reading() -> Whole:
        async with places.reading(location) as source:
            sums = await rows.sum_up(source, lambda *_: None)
            numbers = {name: number for name, number in (await source.last_numbers()).items() if number}
        database = Database(location)
        await database.connect()
        try:
            figures = await adoption.read(database, None, 100, "")
        finally:
            await database.disconnect()
        return Whole(sums, numbers, figures)

    return asyncio.run(reading())
