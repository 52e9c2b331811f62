"""The pool of SQLite connections: reads and short transactions in the event loop's own thread never hold it up."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from db import Database, Unavailable
from settings.database import SQLiteFile

LONG = (
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000000) SELECT count(*) AS number FROM c"
)
# Of a read that takes at least 0.1 s in all; other programs may have the cores for a while.
LONGEST_GAP_SECONDS = 0.08


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Database]:
    database = Database(SQLiteFile(file))
    await database.connect()
    try:
        await database._backend.writer.threaded.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
        yield database
    finally:
        await database.disconnect()


def run(file: Path, act: Callable[[Database], Coroutine[Any, Any, None]]) -> None:
    async def running() -> None:
        async with opened(file) as database:
            await asyncio.wait_for(act(database), 20)

    asyncio.run(running())


async def cpu_of_the_loop(act: Coroutine[Any, Any, Any]) -> tuple[Any, float]:
    """What came of it, and the CPU seconds that it took in the event loop's thread."""
    began = time.thread_time()
    return await act, time.thread_time() - began


@pytest.mark.parametrize("query", [LONG, f"SELECT number FROM ({LONG}) AS counted"])
def test_a_long_read_moves_to_a_thread(tmp_path: Path, query: str):
    async def act(database: Database) -> None:
        row, took = await cpu_of_the_loop(database.fetch_one(query))
        assert row["number"] == 2_000_000
        assert took < LONGEST_GAP_SECONDS
        # Nor does the limit of time hold for what is written then.
        async with database.transaction(keyed=True):
            await database.execute(f"INSERT INTO things (id) {query}")

    run(tmp_path / "database", act)


def test_a_read_does_not_wait_for_a_writer(tmp_path: Path):
    async def act(database: Database) -> None:
        other = sqlite3.connect(tmp_path / "database", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO things (name) VALUES ('not yet')")
        assert await database.fetch_all("SELECT name FROM things") == []
        other.execute("COMMIT")
        assert [row["name"] for row in await database.fetch_all("SELECT name FROM things")] == ["not yet"]
        other.close()

    run(tmp_path / "database", act)


@pytest.mark.parametrize("keyed", [True, False])
def test_a_read_does_not_see_what_another_task_has_not_committed(tmp_path: Path, keyed: bool):
    async def act(database: Database) -> None:
        written, read = asyncio.Event(), asyncio.Event()

        async def insert() -> None:
            async with database.transaction(keyed=keyed):
                await database.execute("INSERT INTO things (name) VALUES ('not yet')")
                written.set()
                await read.wait()

        inserting = asyncio.create_task(insert())
        await written.wait()
        assert await database.fetch_all("SELECT name FROM things") == []
        read.set()
        await inserting
        assert [row["name"] for row in await database.fetch_all("SELECT name FROM things")] == ["not yet"]

    run(tmp_path / "database", act)


@pytest.mark.parametrize("keyed", [True, False])
def test_a_transaction_waits_for_another_process_and_the_loop_goes_on(tmp_path: Path, keyed: bool):
    async def act(database: Database) -> None:
        other = sqlite3.connect(tmp_path / "database", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        async def insert() -> None:
            async with database.transaction(keyed=keyed):
                await database.execute("INSERT INTO things (name) VALUES ('later')")

        inserting = asyncio.create_task(insert())
        for _ in range(10):
            await asyncio.sleep(0.01)
        assert not inserting.done()
        other.execute("COMMIT")
        await inserting
        assert other.execute("SELECT name FROM things").fetchall() == [("later",)]
        other.close()

    run(tmp_path / "database", act)


@pytest.mark.parametrize("keyed", [True, False])
def test_a_transaction_that_fails_changes_nothing_and_leaves_the_writer_free(tmp_path: Path, keyed: bool):
    async def act(database: Database) -> None:
        async def fail() -> None:
            async with database.transaction(keyed=keyed):
                await database.execute("INSERT INTO things (name) VALUES ('never')")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with database.transaction(keyed=keyed):
            assert await database.fetch_all("SELECT name FROM things") == []

    run(tmp_path / "database", act)


def test_reads_cannot_write(tmp_path: Path):
    async def act(database: Database) -> None:
        with pytest.raises(Unavailable, match="readonly"):
            await database.execute("INSERT INTO things (name) VALUES ('outside')")

    run(tmp_path / "database", act)
