"""The command `copy-database`: an installation moves to another database, whole, or it does not."""

import asyncio
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner

import commands
from accounts import confusables
from accounts.system.installation import tidy_up
from db import schema, tables
from db.copying import places, rows
from settings.database import Location, SQLiteFile, database_url
from tests.browser import Installation
from tests.commands.full import fill, whole
from tests.people import Person, somebody
from tests.postgres_cluster import Cluster
from tests.programs import needs
from tests.server import DATABASE, ROOT, Ended, copied, environment

_numbers = count()


@dataclass
class Sample:
    folder: Path
    # Who has a second factor.
    alice: Person

    @property
    def database(self) -> Location:
        return SQLiteFile(self.folder / DATABASE)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Not to be changed."""
    folder = tmp_path_factory.mktemp("full") / "data"
    return Sample(folder, fill(folder))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    needs("initdb")
    with Cluster() as running:
        ask(f"{running.url}/postgres", "CREATE DATABASE migrated")
        schema.migrate(database_url(f"{running.url}/migrated"), confusables.skeleton)
        yield running


def database_of(cluster: Cluster, template: str) -> str:
    name = f"copy_{next(_numbers)}"
    ask(f"{cluster.url}/postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{cluster.url}/{name}"


@pytest.fixture
def blank(cluster: Cluster) -> str:
    """The URL of a database without tables."""
    return database_of(cluster, "template1")


@pytest.fixture
def server(cluster: Cluster) -> str:
    """The URL of a database with the current schema, which is quicker."""
    return database_of(cluster, "migrated")


def ask(url: str, *statements: str) -> Any:
    async def asking() -> Any:
        connection: Any = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(asking())


def run(folder: Path, *arguments: str, **more: str) -> Ended:
    """A command in this process."""
    done = CliRunner().invoke(commands.main, [*arguments], env=environment(folder, **more))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


def copies(folder: Path, url: str, *options: str, **more: str) -> str:
    done = run(folder, "copy-database", url, *options, **more)
    assert (done.status, done.err) == (0, ""), done
    return done.out


def refuses(folder: Path, url: str, *options: str, **more: str) -> str:
    """The one line."""
    done = run(folder, "copy-database", url, *options, **more)
    assert (done.status, done.out) == (1, ""), done
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1, done.err
    return done.err.removeprefix("Error: ").strip()


def beside(sample: Sample, tmp_path: Path) -> Path:
    """A data folder with the same key and no database."""
    folder = tmp_path / "moved"
    folder.mkdir(mode=0o700)
    (folder / "secret_key").touch(mode=0o600)
    (folder / "secret_key").write_bytes((sample.folder / "secret_key").read_bytes())
    return folder


# ------------------------------------------------------------------------------------------------ the list of tables

KINDS = {"INTEGER": "int", "BIGINT": "int", "TEXT": "text", "BLOB": "bytes"}
KINDS |= {"integer": "int", "bigint": "int", "text": "text", "bytea": "bytes"}
LISTED = {table.name: table.columns for table in tables.TABLES}


def test_the_list_has_every_table_and_column_of_sqlite(sample):
    derived = {*tables.DERIVED, "alembic_version", "sqlite_sequence"}
    with closing(sqlite3.connect(sample.folder / DATABASE)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        names = {name for name in names if not name.startswith("users_search")} - derived
        found = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
    assert {name: {row[1]: KINDS[row[2]] for row in there} for name, there in found.items()} == LISTED
    keys = {name: [row[1] for row in sorted(there, key=lambda row: row[5]) if row[5]] for name, there in found.items()}
    assert {table.name: list(table.key) for table in tables.TABLES} == keys


def test_the_list_has_every_table_and_column_of_postgresql(server):
    found = ask(
        server,
        "SELECT json_object_agg(table_name, columns) FROM (SELECT table_name, json_object_agg(column_name, data_type)"
        " AS columns FROM information_schema.columns WHERE table_schema = current_schema() GROUP BY table_name) t",
    )
    there = json.loads(found)
    for name in (*tables.DERIVED, tables.CHANGES, "alembic_version"):
        del there[name]
    assert {name: {each: KINDS[kind] for each, kind in row.items()} for name, row in there.items()} == LISTED


def test_the_sample_has_rows_in_every_table(sample):
    empty = [name for name, each in whole(sample.database).sums.items() if not each.rows]
    assert not empty, "fill them in tests/commands/full.py, so that the tests below mean something"


# ------------------------------------------------------------------------------------------------------ there and back


INDEXES = "SELECT string_agg(indexdef, ';' ORDER BY indexdef) FROM pg_indexes WHERE schemaname = current_schema()"


def schema_of(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()


def test_everything_moves_to_postgresql_and_back(sample, cluster, blank, tmp_path):
    before = whole(sample.database)
    said = copies(sample.folder, blank)
    number = sum(each.rows for each in before.sums.values())
    assert f"{number:,} rows in {len(tables.TABLES)} tables, with the same counts and hashes" in said
    assert f"The activity log is whole: {before.sums['activity'].rows:,} entries." in said
    assert whole(database_url(blank)) == before
    # Indexes are made after the rows.
    assert ask(blank, INDEXES) == ask(f"{cluster.url}/migrated", INDEXES)
    moved = beside(sample, tmp_path)
    back = f"sqlite:///{moved / DATABASE}"
    copies(moved, back, TWO_KEYS_DATABASE_URL=blank)
    assert whole(SQLiteFile(moved / DATABASE)) == before
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in moved.iterdir()}
    assert modes == dict.fromkeys((DATABASE, f"{DATABASE}.lock", "secret_key"), "0o600")
    assert schema_of(moved) == schema_of(sample.folder)
    with closing(sqlite3.connect(moved / DATABASE)) as connection:
        connection.execute("INSERT INTO users_search (users_search) VALUES ('integrity-check')")


def test_people_sign_in_at_the_copy_and_no_number_is_given_twice(sample, server, tmp_path):
    copies(sample.folder, server)
    moved = beside(sample, tmp_path)
    now = sample.alice.installation.clock()
    with Installation(moved, now, TWO_KEYS_DATABASE_URL=server) as running:
        alice = replace(sample.alice, installation=running, browser=running.browser())
        # Her session of before, too.
        kept = running.browser()
        kept.client.cookies = sample.alice.browser.client.cookies
        assert kept.get("/my-user").status == 200
        assert "two-factor" in alice.signs_in().get("/my-user").html
        assert alice.browser.get("/users").status == 403
        assert somebody(running, "dora").user_id == whole(sample.database).last_numbers["users"] + 1
    assert "is whole" in run(moved, "verify-activity-log", TWO_KEYS_DATABASE_URL=server).out


def test_a_file_is_copied_to_a_file_while_it_is_served(sample, tmp_path):
    folder = copied(sample.folder, tmp_path / "data")
    with Installation(folder) as running:
        running.run(tidy_up)
        said = copies(folder, f"sqlite:///{tmp_path / 'copy.sqlite3'}")
        assert whole(SQLiteFile(tmp_path / "copy.sqlite3")) == whole(SQLiteFile(folder / DATABASE))
        assert running.browser().get("/login").status == 200
    assert "What was written since " in said
    key = sqlite3.connect(folder / DATABASE).execute("SELECT value FROM settings WHERE name = 'key_fingerprint'")
    assert f"the same keys (fingerprint {key.fetchone()[0]})" in said
    key.connection.close()


def _write(location: Location) -> None:
    statement = "INSERT INTO leases VALUES ('late', 'me', 1)"
    if isinstance(location, SQLiteFile):
        with closing(sqlite3.connect(location.path, timeout=1)) as connection, connection:
            connection.execute(statement)
    else:
        ask(location.dsn, statement)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_written_after_the_beginning_is_not_seen_and_waits_for_nothing(sample, tmp_path, kind, request):
    if kind == "sqlite":
        location: Location = SQLiteFile(copied(sample.folder, tmp_path / "data") / DATABASE)
    else:
        url = request.getfixturevalue("server")
        copies(sample.folder, url)
        location = database_url(url)

    async def reading() -> tuple[rows.Sums, rows.Sums]:
        async with places.reading(location) as source:
            first = await rows.sum_up(source, lambda *_: None)
            await asyncio.wait_for(asyncio.to_thread(_write, location), 5)
            return first, await rows.sum_up(source, lambda *_: None)

    first, second = asyncio.run(reading())
    assert first == second
    assert whole(location).sums["leases"].rows == first["leases"].rows + 1


# ------------------------------------------------------------------------------------------------------------- refused


def test_a_target_that_is_not_empty_is_refused_and_stays(sample, server, tmp_path):
    copies(sample.folder, server)
    before = whole(database_url(server))
    assert "is not empty, it has rows or tables of its own: activity, " in refuses(sample.folder, server)
    assert whole(database_url(server)) == before
    file = tmp_path / "copy.sqlite3"
    file.write_text("mine")
    assert f"{file} exists already" in refuses(sample.folder, f"sqlite:///{file}")
    assert file.read_text() == "mine"


def test_tables_of_others_are_refused_and_an_empty_installation_is_not(sample, blank):
    ask(blank, "CREATE TABLE invoices (id int)")
    assert "tables of its own: invoices. Name" in refuses(sample.folder, blank)
    ask(blank, "DROP TABLE invoices")
    assert run(sample.folder, "migrate", TWO_KEYS_DATABASE_URL=blank).status == 0
    copies(sample.folder, blank)


def test_the_same_database_is_refused(sample, server, tmp_path):
    same = f"sqlite:///{sample.folder}/../{sample.folder.name}/{DATABASE}"
    assert "is the database of this installation" in refuses(sample.folder, same)
    copies(sample.folder, server)
    other_name = server.replace("127.0.0.1", "localhost")
    said = refuses(beside(sample, tmp_path), other_name, TWO_KEYS_DATABASE_URL=server)
    assert said.endswith("is the database of this installation")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://me:hush@host/name", "the URL must look like sqlite:///PATH or postgresql://"),
        ("postgresql://me:hush@host:x/name", "must have a number from 1 to 65535 as a port"),
        ("postgresql://me:hush@127.0.0.1:1/name", "cannot open the database postgresql://127.0.0.1:1/name: "),
        ("sqlite:////nowhere/at/all", "there is no folder /nowhere/at"),
    ],
)
def test_a_url_that_leads_nowhere_is_one_line_without_its_password(sample, url, why):
    said = refuses(sample.folder, url)
    assert why in said
    assert "hush" not in said


def test_a_refused_login_and_a_missing_right_are_one_line(sample, blank):
    ask(blank, "CREATE ROLE guest LOGIN PASSWORD 'hush'")
    try:
        said = refuses(sample.folder, blank.replace("keys@", "stranger:hush@"))
        assert 'role "stranger" does not exist' in said
        assert "hush" not in said
        said = refuses(sample.folder, blank.replace("keys@", "guest:hush@"))
        assert "GRANT CREATE ON SCHEMA public TO guest" in said
        assert "hush" not in said
    finally:
        ask(blank, "DROP ROLE guest")


def test_an_old_schema_or_no_database_is_refused_and_left_alone(sample, tmp_path):
    folder = copied(sample.folder, tmp_path / "data")
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0021'")
    assert "has an old schema (0021): run migrate" in refuses(folder, f"sqlite:///{tmp_path / 'copy'}")
    empty = beside(sample, tmp_path)
    assert "there is no database" in refuses(empty, f"sqlite:///{tmp_path / 'copy'}")
    assert not (empty / DATABASE).exists()
    assert not (tmp_path / "copy").exists()


def test_what_postgresql_cannot_store_is_named(sample, server, tmp_path):
    folder = copied(sample.folder, tmp_path / "data")
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute("UPDATE activity SET at = 'noon' WHERE number = 2")
    said = refuses(folder, server)
    assert said.endswith("activity: the row 2 holds a value of another type in the column at")
    assert "verify-activity-log" not in said
    # It can be begun anew.
    copies(sample.folder, server)


# ------------------------------------------------------------------------------------------------------- not finished


def test_a_broken_log_ends_the_copy_unless_it_is_asked_for(sample, server, tmp_path):
    folder = copied(sample.folder, tmp_path / "data")
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute("UPDATE activity SET actor = 'nobody' WHERE number = 3")
    for target in (server, f"sqlite:///{tmp_path / 'copy'}"):
        assert "the activity log is broken at entry 3: it is not what was written" in refuses(folder, target)
        said = run(folder, "migrate", TWO_KEYS_DATABASE_URL=target)
        assert (said.status, "is a copy that was not finished: run copy-database again" in said.err) == (1, True)
        assert "The activity log is broken at entry 3" in copies(folder, target, "--broken-log")
    assert whole(database_url(server)).sums == whole(SQLiteFile(tmp_path / "copy")).sums


SPOIL = (
    "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.error := 'x'; RETURN NEW; END $$",
    "CREATE TRIGGER spoil BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION spoil()",
)


def test_a_copy_that_differs_stays_unfinished(sample, server):
    ask(server, *SPOIL)
    assert refuses(sample.folder, server).startswith("the copy differs from what was read in outbox, and stays")
    assert run(sample.folder, "migrate", TWO_KEYS_DATABASE_URL=server).status == 1
    ask(server, "DROP TRIGGER spoil ON outbox")
    copies(sample.folder, server)


SLEEP = (
    "CREATE FUNCTION rest() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$",
    "CREATE TRIGGER rest BEFORE INSERT ON sso_logins FOR EACH ROW EXECUTE FUNCTION rest()",
)
COPIERS = "pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%sso_logins%' AND state = 'active'"


def test_a_copy_that_was_killed_half_way_is_refused_by_serve_and_can_be_begun_anew(sample, server):
    ask(server, *SLEEP)
    said = _killed(sample.folder, server, lambda: ask(server, f"SELECT count(*) FROM {COPIERS}") == 1)
    assert "copying users: " in said
    # A server may still work for the one that was killed.
    ask(server, f"SELECT pg_terminate_backend(pid) FROM {COPIERS}")
    deadline = time.monotonic() + 30
    while ask(server, f"SELECT count(*) FROM {COPIERS}"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for command in (("serve", "--no-migrate"), ("serve",), ("copy-database", f"sqlite:///{sample.folder}/x")):
        refused = run(sample.folder, *command, TWO_KEYS_DATABASE_URL=server)
        assert (refused.status, refused.out) == (1, "")
        assert refused.err.startswith("Error: the database is a copy that was not finished: run copy-database again")
    ask(server, "DROP TRIGGER rest ON sso_logins")
    copies(sample.folder, server)
    assert whole(database_url(server)) == whole(sample.database)


def _killed(folder: Path, url: str, is_half_way: Callable[[], bool]) -> str:
    """Kills the program itself then; what it had shown on its terminal."""
    terminal, shown = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "app.py", "copy-database", url], cwd=ROOT, env=environment(folder), stderr=shown
        ) as process:
            deadline = time.monotonic() + 30
            while not is_half_way():
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        return os.read(terminal, 65536).decode()
    finally:
        os.close(terminal)
        os.close(shown)


def test_a_file_that_was_half_made_is_refused_by_serve_and_made_anew(sample, tmp_path):
    folder = beside(sample, tmp_path)
    # As a kill leaves it: the file gets its name in the end.
    (folder / f"{DATABASE}.copying").write_bytes((sample.folder / DATABASE).read_bytes()[:100_000])
    (folder / f"{DATABASE}.copying-journal").write_bytes(b"x" * 1000)
    for command in (("serve",), ("migrate",)):
        assert f"{DATABASE}.copying is a copy that was not finished" in run(folder, *command).err
    assert run(folder, "serve", "--no-migrate").status == 1
    copies(sample.folder, f"sqlite:///{folder / DATABASE}")
    assert {path.name for path in folder.iterdir()} == {DATABASE, f"{DATABASE}.lock", "secret_key"}
    assert run(folder, "migrate").status == 0
