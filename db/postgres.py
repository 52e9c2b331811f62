"""The PostgreSQL connections behind `databases`: a pool per process, statements prepared once per connection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from databases.core import DatabaseURL
from databases.interfaces import ConnectionBackend, DatabaseBackend, TransactionBackend

from db.postgres_errors import LOCKED_OUT, TROUBLE, is_gone
from db.statement import Statement, Unavailable, numbered_parameters
from settings.database import PostgresURL

# How long to wait for a connection, and for a row or table that another transaction holds.
WAIT_SECONDS = 5.0
# A statement that takes longer is ended by the server.
STATEMENT_SECONDS = 30
# A transaction that does nothing for so long holds locks in vain: its process is stopped or cut off.
IDLE_IN_TRANSACTION_SECONDS = 60
# Statements and rows of a transaction that are kept to do it once more: enough for all but imports.
MOST_REPEATED = 5_000
LIMITS = {
    "lock_timeout": f"{WAIT_SECONDS * 1000:.0f}",
    "statement_timeout": f"{STATEMENT_SECONDS * 1000}",
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS * 1000}",
}


class Connection(asyncpg.Connection):  # type: ignore[misc]  # because asyncpg has no types
    """Nothing is set on a session that the next transaction must not find: no reset, no way to the server for it."""

    def get_reset_query(self) -> str:
        return ""


def _storable(value: Any) -> Any:
    """Text holds no NUL here. Nothing that is looked for has one either."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value


class PostgresPool(DatabaseBackend):
    def __init__(self, _url: DatabaseURL | str, postgres: PostgresURL) -> None:
        self.url = postgres
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def connect(self) -> None:
        self._pool = await create_pool(self.url)
        async with self.lent():
            # Whether there is a server, and whether it lets us in.
            pass

    async def disconnect(self) -> None:
        if self._pool is not None:
            await self._pool.close()
        self._pool = None

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._pool is None:
            raise RuntimeError("the database is not connected")
        return self._pool

    async def acquire(self) -> Any:
        try:
            return await self.pool.acquire(timeout=WAIT_SECONDS)
        except TROUBLE as error:
            raise await self.unavailable(error) from error

    async def unavailable(self, error: BaseException) -> Unavailable:
        """What the rules know of an error. If the server is gone, so is every connection that was made before."""
        if is_gone(error) and self._pool is not None:
            await self._pool.expire_connections()
        return Unavailable(f"{type(error).__name__}: {error}")

    @contextlib.asynccontextmanager
    async def lent(self) -> AsyncIterator[Any]:
        connection = await self.acquire()
        try:
            yield connection
        finally:
            await self.pool.release(connection)

    async def read(self, query: Statement) -> list[Any]:
        """Once more on another connection, if the first one turns out to be broken."""
        try:
            return await self._read(query)
        except Unavailable as error:
            if not is_gone(error.__cause__):
                raise
            return await self._read(query)

    async def _read(self, query: Statement) -> list[Any]:
        async with self.lent() as connection:
            return await self.fetch(connection, query)

    async def fetch(self, connection: Any, query: Statement) -> list[Any]:
        text, names = numbered_parameters(query.text)
        try:
            rows: list[Any] = await connection.fetch(text, *[_storable(query.values[name]) for name in names])
        except ValueError:
            # A value that the statement cannot take is a mistake of ours.
            raise
        except TROUBLE as error:
            raise await self.unavailable(error) from error
        return rows

    def connection(self) -> "PostgresConnection":
        return PostgresConnection(self)


async def create_pool(url: PostgresURL) -> "asyncpg.Pool[asyncpg.Record]":
    """Raises Unavailable."""
    try:
        return await asyncpg.create_pool(
            url.dsn,
            min_size=0,
            max_size=url.pool,
            connection_class=Connection,
            # PgBouncer lends another connection to each transaction, on which nothing was prepared or set.
            statement_cache_size=0 if url.pgbouncer else 500,
            server_settings=None if url.pgbouncer else LIMITS,
            timeout=WAIT_SECONDS,
            command_timeout=STATEMENT_SECONDS + WAIT_SECONDS,
        )
    except (*TROUBLE, ValueError) as error:
        raise Unavailable(f"{error}") from error


class PostgresConnection(ConnectionBackend):
    """What one task uses: one connection while it is in a transaction, else any for the length of a query."""

    def __init__(self, pool: PostgresPool) -> None:
        self.pool = pool
        self.transaction_now: PostgresTransaction | None = None

    async def acquire(self) -> None:
        pass

    async def release(self) -> None:
        pass

    async def fetch_all(self, query: Statement) -> list[Any]:  # type: ignore[override]  # because Database hands over a Statement
        if self.transaction_now is None:
            return await self.pool.read(query)
        return await self.transaction_now.fetch(query)

    async def fetch_one(self, query: Statement) -> Any:  # type: ignore[override]  # because Database hands over a Statement
        rows = await self.fetch_all(query)
        return rows[0] if rows else None

    def transaction(self) -> "PostgresTransaction":
        return PostgresTransaction(self)


class PostgresTransaction(TransactionBackend):
    """BEGIN, with the first statement, … COMMIT on one connection, which goes back to the pool afterwards. No
    savepoints: a rule opens one transaction and ends it.

    If a deadlock or a lost connection ends it before its COMMIT, it is done once more: the same statements, as long as
    they find the same rows.
    """

    def __init__(self, owner: PostgresConnection) -> None:
        self._owner = owner
        self._pool = owner.pool
        self._held: Any = None
        self._done: list[tuple[Statement, list[tuple[Any, ...]]]] = []
        self._rows = 0
        self._is_second = False

    async def start(self, is_root: bool, extra_options: dict[Any, Any]) -> None:
        if not is_root:
            raise RuntimeError("a transaction inside a transaction")
        self._owner.transaction_now = self

    async def fetch(self, query: Statement) -> list[Any]:
        try:
            rows = await self._next(query)
        except Unavailable as error:
            ended = is_gone(error.__cause__) or isinstance(error.__cause__, LOCKED_OUT)
            if not ended or self._is_second or self._rows > MOST_REPEATED:
                raise
            rows = await self._once_more(query)
        # A statement counts as a row, so that many of them are too many, too.
        self._rows += len(rows) + 1
        if self._rows <= MOST_REPEATED:
            self._done.append((query, [tuple(row) for row in rows]))
        return rows

    async def _next(self, query: Statement) -> list[Any]:
        if self._held is None:
            self._held = await self._pool.acquire()
            try:
                await self._held.execute(self._beginning)
            except TROUBLE as error:
                raise await self._pool.unavailable(error) from error
        return await self._pool.fetch(self._held, query)

    async def _once_more(self, query: Statement) -> list[Any]:
        self._is_second = True
        await self._let_go()
        for statement, found in self._done:
            if [tuple(row) for row in await self._next(statement)] != found:
                raise Unavailable("what a transaction had read was changed before it could be done once more")
        return await self._next(query)

    @property
    def _beginning(self) -> str:
        if not self._pool.url.pgbouncer:
            return "BEGIN"
        return "BEGIN" + "".join(f"; SET LOCAL {name} = {value}" for name, value in LIMITS.items())

    async def commit(self) -> None:
        await asyncio.shield(asyncio.ensure_future(self._end("COMMIT")))

    async def rollback(self) -> None:
        await asyncio.shield(asyncio.ensure_future(self._end("ROLLBACK")))

    async def _end(self, statement: str) -> None:
        """Ends the transaction even if the task is cancelled."""
        self._owner.transaction_now = None
        if self._held is None:
            return
        try:
            ended = await self._held.execute(statement)
        except TROUBLE as error:
            if statement == "COMMIT":
                raise await self._pool.unavailable(error) from error
        else:
            # After a statement that failed, the server takes COMMIT for ROLLBACK and reports no error.
            if ended != statement:
                raise Unavailable("the transaction had failed")
        finally:
            await self._let_go()

    async def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is None:
            return
        # The pool has taken a lost connection back already.
        with contextlib.suppress(asyncpg.InterfaceError):
            if held.is_in_transaction():
                held.terminate()
            await self._pool.pool.release(held)
