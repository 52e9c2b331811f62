"""The SQLite connections behind `databases`: long-lived, one writer and a few readers per process.

The stock backend opens a connection and a thread for each query (1.6 ms), loses PRAGMAs and begins transactions deferred,
which fails with "database is locked" when two write at once. Here one connection writes, one transaction at a time and in
the order of asking, with BEGIN IMMEDIATE; the others only read. Every statement is one hop to its connection's thread.
"""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import aiosqlite

from db import Statement
from db.interface import ConnectionBackend, DatabaseBackend, DatabaseURL, TransactionBackend

READERS = 3  # a read takes some 50 µs in its thread: three saturate two cores
WRITES = ("INSERT", "UPDATE", "DELETE")
BUSY_TIMEOUT_SECONDS = 5.0  # QUALITIES 2: how long to wait for another process's write


class SQLitePool(DatabaseBackend):
    def __init__(self, _url: DatabaseURL | str, file: Path) -> None:
        self._file = file
        self._readers: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._writer: aiosqlite.Connection | None = None
        self._all: list[aiosqlite.Connection] = []
        self.turn = asyncio.Lock()  # first come, first served among this process's writers

    async def connect(self) -> None:
        self._writer = await self._open(read_only=False)
        for _ in range(READERS):
            self._readers.put_nowait(await self._open(read_only=True))

    async def _open(self, *, read_only: bool) -> aiosqlite.Connection:
        # With this isolation level the driver sends BEGIN IMMEDIATE itself, in the same hop as the first statement that writes.
        connection = await aiosqlite.connect(self._file, isolation_level="IMMEDIATE", timeout=BUSY_TIMEOUT_SECONDS)
        self._all.append(connection)
        connection.row_factory = sqlite3.Row
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"query_only = {int(read_only)}",
        ):
            await connection.execute_fetchall(f"PRAGMA {pragma}")
        return connection

    async def disconnect(self) -> None:
        """Closes every connection: an open one keeps its thread, and the process, alive."""
        for connection in self._all:
            await connection.close()
        self._all.clear()
        self._readers = asyncio.LifoQueue()
        self._writer = None

    @property
    def writer(self) -> aiosqlite.Connection:
        if self._writer is None:
            raise RuntimeError("the database is not connected")
        return self._writer

    async def borrow(self) -> aiosqlite.Connection:
        return await self._readers.get()

    def give_back(self, connection: aiosqlite.Connection) -> None:
        self._readers.put_nowait(connection)

    def connection(self) -> "SQLiteConnection":
        return SQLiteConnection(self)


class SQLiteConnection(ConnectionBackend):
    """What one task uses: the writer while it is in a transaction, else a reader for the length of a query."""

    def __init__(self, pool: SQLitePool) -> None:
        self._pool = pool
        self.writing = False

    async def acquire(self) -> None:
        pass

    async def release(self) -> None:
        pass

    async def fetch_all(self, query: Statement) -> list[Any]:  # type: ignore[override]  # because Database hands over a Statement
        if self.writing:
            writer = self._pool.writer
            if not writer.in_transaction and not query.text.startswith(WRITES):
                await writer.execute_fetchall("BEGIN IMMEDIATE")
            return list(await writer.execute_fetchall(query.text, query.values))
        reader = await self._pool.borrow()
        try:
            return list(await reader.execute_fetchall(query.text, query.values))
        finally:
            self._pool.give_back(reader)

    async def fetch_one(self, query: Statement) -> Any:  # type: ignore[override]  # because Database hands over a Statement
        rows = await self.fetch_all(query)
        return rows[0] if rows else None

    def transaction(self) -> "SQLiteTransaction":
        return SQLiteTransaction(self, self._pool)

    @property
    def raw_connection(self) -> aiosqlite.Connection:
        return self._pool.writer


class SQLiteTransaction(TransactionBackend):
    """BEGIN IMMEDIATE, with the first statement, … COMMIT on the writer. No savepoints: a rule opens one transaction and ends it."""

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
            raise sqlite3.OperationalError("database is locked") from error
        self._connection.writing = True

    async def commit(self) -> None:
        await self._end("COMMIT")

    async def rollback(self) -> None:
        await self._end("ROLLBACK")

    async def _end(self, statement: str) -> None:
        """Ends the transaction for certain, also when the task is cancelled meanwhile: the next one must find the writer free."""
        await asyncio.shield(asyncio.ensure_future(self._finish(statement)))

    async def _finish(self, statement: str) -> None:
        writer = self._pool.writer
        try:
            if statement == "ROLLBACK":
                # A cancelled statement may still be under way: wait until the thread is through with it.
                await writer.execute_fetchall("SELECT 1")
            if writer.in_transaction:
                await writer.execute_fetchall(statement)
        except sqlite3.Error:
            if writer.in_transaction:  # a COMMIT that failed (disk full) leaves the transaction open
                await writer.execute_fetchall("ROLLBACK")
            raise
        finally:
            self._connection.writing = False
            self._pool.turn.release()
