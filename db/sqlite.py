"""The SQLite connections behind `databases`: long-lived, one writer and a few readers per process.

The stock backend opens a connection per query (1.6 ms), loses PRAGMAs and begins transactions deferred.
"""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

import aiosqlite
from databases.core import DatabaseURL
from databases.interfaces import ConnectionBackend, DatabaseBackend, TransactionBackend

from db.sqlite_connection import BUSY_TIMEOUT_SECONDS, NOT_SQLITE, Connection, begin, primary_code
from db.statement import Statement, Unavailable

# a read takes some 50 µs in its thread: three saturate two cores
READERS = 3

# A hop to a connection's thread and back costs 100 to 150 µs, a row found by key 20 to 50. Reads therefore begin in the
# event loop's own thread, and move to a reader's thread if they do not end in time or the database is locked.
READ_HERE_SECONDS = 0.001
# SQLite asks for the time after so many steps of its virtual machine, about 20 µs.
STEPS_BETWEEN_LOOKS = 1000
_OTHERWISE_IN_A_THREAD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT)


class SQLitePool(DatabaseBackend):
    def __init__(self, _url: DatabaseURL | str, file: Path) -> None:
        self._file = file
        self._readers: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        self._near_reader: Connection | None = None
        self._writer: Connection | None = None
        self._all: list[aiosqlite.Connection] = []
        self._read_until = 0.0
        # First come, first served among this process's writers.
        self.turn = asyncio.Lock()

    async def connect(self) -> None:
        try:
            await self._open_all()
        except sqlite3.DatabaseError as error:
            raise Unavailable(str(error)) from error

    async def _open_all(self) -> None:
        self._writer = await self._open(read_only=False, timeout_seconds=0)
        self._near_reader = await self._open(read_only=True, timeout_seconds=0)
        for _ in range(READERS):
            self._readers.put_nowait(await self._open(read_only=True, timeout_seconds=BUSY_TIMEOUT_SECONDS))

    async def _open(self, *, read_only: bool, timeout_seconds: float) -> Connection:
        connection = Connection(self._file)
        self._all.append(connection.threaded)
        await connection.open(read_only=read_only, timeout_seconds=timeout_seconds)
        return connection

    async def disconnect(self) -> None:
        """Closes every connection: an open one keeps its thread, and the process, alive."""
        for connection in self._all:
            await connection.close()
        self._all.clear()
        self._readers = asyncio.LifoQueue()
        self._near_reader = self._writer = None

    @property
    def writer(self) -> Connection:
        if self._writer is None:
            raise RuntimeError("the database is not connected")
        return self._writer

    async def read(self, query: Statement) -> list[Any]:
        """The rows of a query: here if it ends soon, else in a reader's thread."""
        if query.raw:
            # Nearly always all text is UTF-8, and is decoded by the driver in a third of the time.
            try:
                return await self.read(Statement(query.text, query.values, long=query.long))
            except sqlite3.OperationalError as error:
                if primary_code(error) != NOT_SQLITE:
                    raise
        rows = None if query.long else self._read_here(query)
        return await self._read_in_a_thread(query) if rows is None else rows

    def _read_here(self, query: Statement) -> list[Any] | None:
        """None if it did not end in time, or if the database is locked."""
        if self._near_reader is None:
            raise RuntimeError("the database is not connected")
        # What this process wrote, the writer need not read again: it still has the pages.
        connection = self._near_reader if self.turn.locked() or not query.only_reads else self.writer
        self._read_until = time.perf_counter() + READ_HERE_SECONDS
        connection.here.set_progress_handler(self._out_of_time, STEPS_BETWEEN_LOOKS)
        try:
            return connection.fetch_all_here(query)
        except sqlite3.OperationalError as error:
            if primary_code(error) in _OTHERWISE_IN_A_THREAD:
                return None
            raise
        finally:
            connection.here.set_progress_handler(None, 0)

    def _out_of_time(self) -> bool:
        return time.perf_counter() > self._read_until

    async def _read_in_a_thread(self, query: Statement) -> list[Any]:
        reader = await self._readers.get()
        try:
            return await reader.fetch_all(query)
        finally:
            self._readers.put_nowait(reader)

    def connection(self) -> "SQLiteConnection":
        return SQLiteConnection(self)


class SQLiteConnection(ConnectionBackend):
    """What one task uses: the writer while it is in a transaction, else a reader for the length of a query."""

    def __init__(self, pool: SQLitePool) -> None:
        self._pool = pool
        self.writing = False
        self.keyed = False

    async def acquire(self) -> None:
        pass

    async def release(self) -> None:
        pass

    async def fetch_all(self, query: Statement) -> list[Any]:  # type: ignore[override]  # because Database hands over a Statement
        try:
            return await (self._write(query) if self.writing else self._pool.read(query))
        except sqlite3.DatabaseError as error:
            raise Unavailable(str(error)) from error

    async def _write(self, query: Statement) -> list[Any]:
        writer = self._pool.writer
        if not writer.here.in_transaction:
            await begin(writer)
        return writer.fetch_all_here(query) if self.keyed else await writer.fetch_all(query)

    async def fetch_one(self, query: Statement) -> Any:  # type: ignore[override]  # because Database hands over a Statement
        rows = await self.fetch_all(query)
        return rows[0] if rows else None

    def transaction(self) -> "SQLiteTransaction":
        return SQLiteTransaction(self, self._pool)

    @property
    def raw_connection(self) -> aiosqlite.Connection:
        return self._pool.writer.threaded


class SQLiteTransaction(TransactionBackend):
    """BEGIN IMMEDIATE, with the first statement, … COMMIT on the writer. No savepoints: a rule opens one transaction
    and ends it.
    """

    def __init__(self, connection: SQLiteConnection, pool: SQLitePool) -> None:
        self._connection = connection
        self._pool = pool

    async def start(self, is_root: bool, extra_options: dict[Any, Any]) -> None:
        if not is_root:
            raise RuntimeError("a transaction inside a transaction")
        try:
            async with asyncio.timeout(BUSY_TIMEOUT_SECONDS):
                await self._pool.turn.acquire()
        except TimeoutError as error:
            raise Unavailable("database is locked") from error
        self._connection.writing, self._connection.keyed = True, extra_options.get("keyed", False)

    async def commit(self) -> None:
        await self._end("COMMIT")

    async def rollback(self) -> None:
        await self._end("ROLLBACK")

    async def _end(self, statement: str) -> None:
        """Ends the transaction even if the task is cancelled: the next one must find the writer free."""
        await asyncio.shield(asyncio.ensure_future(self._finish(statement)))

    async def _finish(self, statement: str) -> None:
        writer = self._pool.writer.threaded
        # In the writer's thread: an fsync may take long, and a cancelled statement may still be under way there.
        try:
            if statement == "ROLLBACK":
                await writer.rollback()
            elif writer.in_transaction:
                await writer.commit()
        except sqlite3.Error as error:
            # A COMMIT that failed (disk full) leaves the transaction open.
            await writer.rollback()
            raise Unavailable(str(error)) from error
        finally:
            self._connection.writing = self._connection.keyed = False
            self._pool.turn.release()
