"""A database with very many users and entries, made in minutes: plain inserts, the indexes afterwards."""

import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accounts.activity.kinds import NAMES
from tests.bench import crowd

ENTRIES_A_USER = 10
FIRST_NAMES = (
    "anna", "ben", "clara", "david", "emma", "felix", "greta", "hans",
    "ida", "jonas", "karl", "lena", "max", "nina", "otto", "paula",
    "quirin", "rosa", "sven", "tina", "uwe", "vera",
)  # fmt: skip
LAST_NAMES = (
    "schmidt", "meyer", "keller", "wagner", "becker", "hoffmann", "koch", "richter",
    "klein", "wolf", "neumann", "schwarz", "braun", "krueger", "hartmann", "lange",
)  # fmt: skip
# Users whose usernames are the last ones: a common term, far from where an index scan begins.
CREW = 5_000
BEGINNING = 1_600_000_000
REASON = '{"reason": "Phone lost on the ferry"}'
# Between two entries: 10,000,000 are 4.8 years.
ENTRY_SECONDS = 15


def build(folder: Path, number: int) -> str:
    """Makes a database with so many users and ten times as many entries; the administrator's cookies."""
    folder.mkdir(exist_ok=True)
    people = crowd.gather(folder, 1)
    with people.connect() as connection:
        for pragma in ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        _note(f" users {number:,}")
        with _without_indexes(connection, "users"):
            crowd.copies(connection, _many_users(number))
        connection.execute("INSERT INTO users_search (users_search) VALUES ('rebuild')")
        _note(f" entries {number * ENTRIES_A_USER:,}")
        with _without_indexes(connection, "activity"):
            _insert_entries(connection, number * ENTRIES_A_USER)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return people.cookies()


def _note(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _many_users(number: int) -> Iterator[dict[str, object]]:
    # The same users in each run.
    rng = random.Random(number)
    crew = CREW * number // 1_000_000
    for each in range(number):
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        in_crew = each >= number - crew
        username = f"zz-crew-{each:07}" if in_crew else f"{first}.{last}.{each:07}"
        sso = not in_crew and rng.random() < 0.2
        yield {
            "username": username,
            "name": f"{'Zz' if in_crew else first.capitalize()} {last.capitalize()}",
            "email": f"{username}@example.org",
            "company": "Umbrella",
            "unit": rng.choice(("Sales", "IT", "Works", "Office")),
            **({"login_method": "sso", "password_hash": None, "password_set_at": None} if sso else {}),
            "two_factor_at": BEGINNING if not sso and rng.random() < 0.35 else None,
            "disabled_at": BEGINNING if rng.random() < 0.02 else None,
            "last_login_at": BEGINNING + each,
        }


def _insert_entries(connection: sqlite3.Connection, number: int) -> None:
    """Entries after those of the rules; their MACs are not verified here."""
    (last, key_id) = connection.execute("SELECT number, key_id FROM activity ORDER BY number DESC LIMIT 1").fetchone()
    # The same entries in each run.
    rng = random.Random(number)
    rare = max(1, number // 10)
    refused, succeeded, switched = (
        name for name in NAMES if name in ("login.refused", "login.succeeded", "two_factor.switched")
    )

    def entries() -> Iterator[tuple[object, ...]]:
        for each in range(number):
            chance = rng.random()
            actor = (
                "rarely" if each in (5, 6, 7) else "bob" if chance < 0.01 else f"{FIRST_NAMES[each % 22]}.{each % 9973}"
            )
            action = succeeded if chance > 0.1 or chance < 0.005 else refused
            subject, detail = actor, "{}"
            if each % rare == 3:
                actor, action = "alice", switched
            elif each % 20 == 0:
                subject, detail = f"{FIRST_NAMES[each % 22]}.{each % 997}", REASON if each % rare == 0 else "{}"
            at = BEGINNING + each * ENTRY_SECONDS
            yield (
                last + 1 + each,
                at,
                7,
                actor,
                action,
                each % 5000,
                subject,
                "",
                "",
                f"192.0.2.{each % 100}" if each != 5 else "198.51.100.7",
                detail,
                key_id,
                bytes(32),
            )

    connection.executemany(
        "INSERT INTO activity (number, at, actor_id, actor, action, subject_id, subject, before, after,"
        " address, detail, key_id, mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        entries(),
    )
    connection.execute("UPDATE activity_head SET number = ?", (last + number,))


@contextmanager
def _without_indexes(connection: sqlite3.Connection, table: str) -> Iterator[None]:
    """Drops a table's indexes and triggers and creates them again afterwards, which is many times as fast."""
    sql = (
        "SELECT type, name, sql FROM sqlite_master"
        " WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    )
    made = connection.execute(sql, (table,)).fetchall()
    for kind, name, _ in made:
        connection.execute(f"DROP {kind} {name}")
    yield
    for _, _, statement in made:
        connection.execute(statement)
