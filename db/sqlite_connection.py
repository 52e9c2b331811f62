"""One SQLite connection, and the beginning of a transaction on it."""

import asyncio
import itertools
import sqlite3
import time
from pathlib import Path
from typing import Any

import aiosqlite

from db.statement import Statement, Undecodable

# how long to wait for another process's write
BUSY_TIMEOUT_SECONDS = 5.0
# Between two tries to begin: as SQLite's own busy handler does, which would block its thread.
PAUSES_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.025, 0.025, 0.025, 0.05, 0.05)
# The driver's own errors, such as that of text that is not UTF-8, have no code of SQLite.
NOT_SQLITE = -1


class Connection:
    """One SQLite connection: `here`, for the calling thread, never waits; `threaded` runs in a thread of its own."""

    def __init__(self, file: Path) -> None:
        self.here = sqlite3.connect(file, isolation_level=None, timeout=0, check_same_thread=False)
        self.here.row_factory = sqlite3.Row
        self.threaded = aiosqlite.Connection(lambda: self.here, iter_chunk_size=64)

    async def open(self, *, read_only: bool, timeout_seconds: float) -> None:
        await self.threaded
        # The timeout first: the others may meet another process that opens the database, too.
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000:.0f}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"query_only = {int(read_only)}",
            f"busy_timeout = {timeout_seconds * 1000:.0f}",
        ):
            await self.threaded.execute_fetchall(f"PRAGMA {pragma}")

    async def fetch_all(self, query: Statement) -> list[Any]:
        self.here.text_factory = _text if query.raw else str
        return list(await self.threaded.execute_fetchall(query.text, query.values))

    def fetch_all_here(self, query: Statement) -> list[Any]:
        self.here.text_factory = _text if query.raw else str
        return self.here.execute(query.text, query.values).fetchall()


def _text(stored: bytes) -> str | Undecodable:
    """Text, also if it is not UTF-8, for which sqlite3 would raise OperationalError."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return Undecodable(stored)


async def begin(writer: Connection) -> None:
    """Takes the write lock; while another process has it, tries again and again, without holding up anything else."""
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    for pause in itertools.chain(PAUSES_SECONDS, itertools.repeat(0.1)):
        try:
            writer.here.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        else:
            return
        await asyncio.sleep(pause)


def primary_code(error: sqlite3.Error) -> int:
    """SQLITE_BUSY for SQLITE_BUSY_RECOVERY, too."""
    code: int = getattr(error, "sqlite_errorcode", NOT_SQLITE)
    return code & 0xFF if code >= 0 else NOT_SQLITE
