"""The pool of PostgreSQL connections: a broken one is never handed out twice, and a transaction is done or not done."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import asyncpg
import pytest

from accounts import confusables
from db import Database, Unavailable, postgres, schema
from db.statement import numbered_parameters
from settings.database import database_url
from tests.postgres_cluster import Cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@pytest.fixture
def url(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """An empty database."""
    name = f"d{abs(hash(request.node.name))}"
    ask(f"{cluster.url}/postgres", f"CREATE DATABASE {name}")
    return f"{cluster.url}/{name}"


def ask(url: str, *statements: str) -> Any:
    async def asking() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(asking())


def run(url: str, act: Callable[[Database], Coroutine[Any, Any, None]]) -> None:
    async def running() -> None:
        database = Database(database_url(url))
        await database.connect()
        try:
            await asyncio.wait_for(act(database), 30)
        finally:
            await database.disconnect()

    asyncio.run(running())


def things(url: str) -> None:
    ask(url, "CREATE TABLE things (id integer PRIMARY KEY, name text)", "INSERT INTO things VALUES (1, 'a'), (2, 'b')")


KILL_OTHERS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_names_become_numbers_and_casts_stay():
    text, names = numbered_parameters("SELECT :a, :b::bigint, :a FROM t WHERE x = 'y'::text")
    assert (text, names) == ("SELECT $1, $2::bigint, $1 FROM t WHERE x = 'y'::text", ("a", "b"))


def test_a_read_goes_on_after_all_connections_were_broken(url):
    things(url)

    async def act(database: Database) -> None:
        await asyncio.gather(*[database.fetch_one("SELECT pg_sleep(0.05)") for _ in range(4)])
        await asyncio.to_thread(ask, url, KILL_OTHERS)
        rows = await asyncio.gather(
            *[database.fetch_one("SELECT name FROM things WHERE id = :id", {"id": 1}) for _ in range(4)]
        )
        assert [row["name"] for row in rows] == ["a"] * 4

    run(url, act)


def test_a_transaction_begins_again_if_the_connection_was_broken_before_its_first_statement(url):
    things(url)

    async def act(database: Database) -> None:
        await database.fetch_one("SELECT 1 AS one")
        await asyncio.to_thread(ask, url, KILL_OTHERS)
        async with database.transaction():
            await database.execute("UPDATE things SET name = 'new' WHERE id = 1")
        row = await database.fetch_one("SELECT name FROM things WHERE id = 1")
        assert row["name"] == "new"

    run(url, act)


def test_a_transaction_that_lost_its_connection_is_done_as_a_whole_on_another(url):
    things(url)

    async def act(database: Database) -> None:
        async def change_both() -> None:
            async with database.transaction():
                await database.execute("UPDATE things SET name = 'new' WHERE id = 1")
                await asyncio.to_thread(ask, url, KILL_OTHERS)
                await database.execute("UPDATE things SET name = 'new' WHERE id = 2")

        await change_both()
        rows = await database.fetch_all("SELECT name FROM things ORDER BY id")
        assert [row["name"] for row in rows] == ["new", "new"]

    run(url, act)


def test_a_transaction_whose_commit_was_lost_says_so(url):
    things(url)

    async def act(database: Database) -> None:
        async def change() -> None:
            async with database.transaction():
                await database.execute("UPDATE things SET name = 'new' WHERE id = 1")
                await asyncio.to_thread(ask, url, KILL_OTHERS)

        with pytest.raises(Unavailable):
            await change()
        row = await database.fetch_one("SELECT name FROM things WHERE id = 1")
        assert row["name"] == "a"

    run(url, act)


def test_a_commit_after_a_statement_that_failed_is_no_commit(url):
    things(url)

    async def act(database: Database) -> None:
        async def overlook_a_failure() -> None:
            async with database.transaction():
                await database.execute("UPDATE things SET name = 'new' WHERE id = 1")
                with contextlib.suppress(Unavailable):
                    await database.execute("INSERT INTO things VALUES (1, 'twice')")

        with pytest.raises(Unavailable, match="had failed"):
            await overlook_a_failure()
        row = await database.fetch_one("SELECT name FROM things WHERE id = 1")
        assert row["name"] == "a"

    run(url, act)


def test_a_cancelled_transaction_leaves_nothing_locked(url):
    things(url)

    async def act(database: Database) -> None:
        async def long() -> None:
            async with database.transaction():
                await database.execute("UPDATE things SET name = 'never' WHERE id = 1")
                await database.execute("SELECT pg_sleep(20)")

        task = asyncio.create_task(long())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        began = time.monotonic()
        async with database.transaction():
            await database.execute("UPDATE things SET name = 'next' WHERE id = 1")
        assert time.monotonic() - began < 3
        row = await database.fetch_one("SELECT name FROM things WHERE id = 1")
        assert row["name"] == "next"

    run(url, act)


def test_who_waits_for_a_connection_is_told_in_time(url, monkeypatch):
    monkeypatch.setattr(postgres, "WAIT_SECONDS", 0.3)

    async def act(database: Database) -> None:
        async def hold() -> None:
            await database.fetch_one("SELECT pg_sleep(1)")

        held = [asyncio.create_task(hold()) for _ in range(2)]
        await asyncio.sleep(0.2)
        with pytest.raises(Unavailable):
            await database.fetch_one("SELECT 1 AS one")
        await asyncio.gather(*held)
        row = await database.fetch_one("SELECT 1 AS one")
        assert row["one"] == 1

    run(f"{url}?pool=2", act)


@pytest.mark.parametrize("pgbouncer", ["off", "on"])
def test_a_row_that_another_transaction_holds_is_waited_for_and_not_for_ever(url, monkeypatch, pgbouncer):
    things(url)
    monkeypatch.setitem(postgres.LIMITS, "lock_timeout", "300")

    async def act(database: Database) -> None:
        other = await asyncpg.connect(url)
        try:
            async with other.transaction():
                await other.execute("UPDATE things SET name = 'held' WHERE id = 1")
                with pytest.raises(Unavailable, match="lock timeout"):
                    async with database.transaction():
                        await database.execute("UPDATE things SET name = 'new' WHERE id = 1")
        finally:
            await other.close()

    run(f"{url}?pgbouncer={pgbouncer}", act)


async def lock_each_other_out(database: Database, read_first: str = "") -> list[BaseException | None]:
    """Two transactions that change both rows, each in its own order."""
    met = asyncio.Barrier(2)

    async def change(first: int, second: int) -> None:
        async with database.transaction():
            if read_first:
                await database.fetch_all(read_first)
            await database.execute(
                "UPDATE things SET name = name || :own WHERE id = :id", {"own": str(first), "id": first}
            )
            await met.wait()
            await database.execute(
                "UPDATE things SET name = name || :own WHERE id = :id", {"own": str(first), "id": second}
            )

    return list(await asyncio.gather(change(1, 2), change(2, 1), return_exceptions=True))


def test_two_that_lock_each_other_out_are_both_done(url):
    things(url)

    async def act(database: Database) -> None:
        assert await lock_each_other_out(database) == [None, None]
        names = {row["id"]: row["name"] for row in await database.fetch_all("SELECT id, name FROM things")}
        assert {number: "".join(sorted(name[1:])) for number, name in names.items()} == {1: "12", 2: "12"}

    run(url, act)


def test_one_that_had_read_what_was_changed_is_not_done_once_more(url):
    things(url)

    async def act(database: Database) -> None:
        outcomes = await lock_each_other_out(database, "SELECT name FROM things ORDER BY id")
        assert sum(isinstance(outcome, Unavailable) for outcome in outcomes) == 1
        names = "".join([row["name"] for row in await database.fetch_all("SELECT name FROM things ORDER BY id")])
        assert names in {"a1b1", "a2b2"}

    run(url, act)


def test_a_restart_of_the_server_takes_no_restart_of_ours(cluster, url):
    things(url)

    async def act(database: Database) -> None:
        await database.fetch_one("SELECT 1 AS one")
        await asyncio.to_thread(cluster.stop, "fast")
        with pytest.raises(Unavailable):
            await database.fetch_one("SELECT 1 AS one")
        await asyncio.to_thread(cluster.start)
        began = time.monotonic()
        row = await database.fetch_one("SELECT name FROM things WHERE id = 1")
        assert row["name"] == "a"
        assert time.monotonic() - began < 5

    run(url, act)


def test_several_processes_make_one_schema(url):
    async def together() -> list[bool]:
        migrations = [asyncio.to_thread(schema.migrate, database_url(url), confusables.skeleton) for _ in range(3)]
        return await asyncio.gather(*migrations)

    assert sorted(asyncio.run(together())) == [False, False, True]
    assert ask(url, "SELECT count(*) FROM roles") == 4
    assert schema.migrate(database_url(url), confusables.skeleton) is False


def test_a_database_from_a_newer_version_is_refused(url):
    ask(url, "CREATE TABLE alembic_version (version_num text)", "INSERT INTO alembic_version VALUES ('9999')")
    with pytest.raises(Exception, match="which is newer than this program"):
        schema.migrate(database_url(url), confusables.skeleton)


def test_text_is_in_the_order_of_its_code_points_whatever_the_server_thinks(url):
    schema.migrate(database_url(url), confusables.skeleton)
    other = ask(
        url,
        "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_collation k ON k.oid = a.attcollation WHERE n.nspname = 'public' AND c.relname <> 'alembic_version'"
        " AND c.relkind = 'r' AND k.collname <> 'C'",
    )
    assert other == 0


@pytest.mark.parametrize(
    ("statements", "change", "says"),
    [
        (("CREATE ROLE poor LOGIN",), "poor@", "the user poor may not create tables in"),
        ((), "nobody_here@", 'role "nobody_here" does not exist'),
    ],
)
def test_what_keeps_it_from_starting_is_one_clear_line(cluster, url, statements, change, says):
    ask(url, "CREATE EXTENSION pg_trgm", *statements, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with pytest.raises(Unavailable) as trouble:
        schema.migrate(database_url(url.replace("keys@", change)), confusables.skeleton)
    assert says in str(trouble.value)
    assert "\n" not in str(trouble.value)


def test_the_search_needs_an_extension_and_names_the_statement(cluster, url):
    ask(url, "CREATE ROLE modest LOGIN", "GRANT CREATE ON SCHEMA public TO modest")
    with pytest.raises(Unavailable, match="A database administrator runs in this database: CREATE EXTENSION pg_trgm"):
        schema.migrate(database_url(url.replace("keys@", "modest@")), confusables.skeleton)
    ask(url, "CREATE EXTENSION pg_trgm")
    assert schema.migrate(database_url(url.replace("keys@", "modest@")), confusables.skeleton)


def test_a_server_that_is_not_there_is_one_clear_line():
    with pytest.raises(Unavailable):
        schema.migrate(database_url("postgresql://keys@127.0.0.1:1/keys"), confusables.skeleton)
