"""A PostgreSQL database read as a whole, and one filled as a whole: in one transaction, marked until it is complete."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from db import postgres_schema
from db.copying.rows import Refused
from db.postgres import LIMITS
from db.postgres_errors import TROUBLE
from db.revisions import UNFINISHED, Skeleton, head, known
from db.statement import Unavailable
from db.tables import CHANGES, SEEDED, TABLES, Table, in_order
from settings.database import Location, PostgresURL

# A number of our own among the advisory locks of this database: held by the one copy that fills it.
LOCK = postgres_schema.LOCK + 1
MARK = f"{UNFINISHED}{head()}"
# What another database may hold and this one does not take.
UNSTORABLE = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.UntranslatableCharacterError,
    ValueError,
    TypeError,
    OverflowError,
)
# A transaction of any length, which waits no longer than others for what is locked.
_LIMITS = (
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;"
    f" SET LOCAL lock_timeout = {LIMITS['lock_timeout']}"
)
_TABLES = (
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace"
    " AND c.relkind IN ('r', 'p')"
    # Those of extensions are not the user's.
    " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY c.relname"
)
# Those that no constraint needs, and how each is made.
_INDEXES = (
    "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
    " JOIN pg_class t ON t.oid = i.indrelid"
    " WHERE t.relnamespace = current_schema()::regnamespace AND t.relname = ANY($1)"
    " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"
)


@asynccontextmanager
async def _connected(url: PostgresURL) -> AsyncIterator[Any]:
    try:
        connection = await asyncpg.connect(url.dsn, timeout=10, statement_cache_size=0)
        try:
            yield connection
        finally:
            await connection.close(timeout=5)
    except (*TROUBLE, ValueError) as error:
        raise Unavailable(" ".join(str(error).split()) or type(error).__name__) from error


@asynccontextmanager
async def reading(url: PostgresURL, mark: int, *, draft: bool) -> AsyncIterator["PostgresSource"]:
    async with (
        _connected(url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute(_LIMITS)
        # The first statement decides which moment is seen.
        if mark:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", mark)
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            raise Refused("older_source", "none")
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
        if revision != (MARK if draft else head()):
            raise Refused("older_source", known(revision) or "none")
        yield PostgresSource(connection)


class PostgresSource:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def counts(self) -> dict[str, int]:
        return {table.name: await self._connection.fetchval(f"SELECT count(*) FROM {table.name}") for table in TABLES}

    async def portions(self, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]:
        cursor = await self._connection.cursor(in_order(table))
        while rows := await cursor.fetch(table.portion):
            yield [tuple(row) for row in rows]

    async def last_numbers(self) -> dict[str, int]:
        return {
            table.name: await self._connection.fetchval(
                "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass), 0)", table.name
            )
            for table in TABLES
            if table.is_numbered
        }


@asynccontextmanager
async def writing(
    url: PostgresURL, skeleton: Skeleton, mark: int, *, replaced: bool
) -> AsyncIterator["PostgresTarget"]:
    async with _connected(url) as connection:
        # Only the source of this very copy holds this lock.
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", mark):
            raise Refused("same")
        if replaced:
            await _demand_alone(connection)
            if not await _is_unfinished(connection):
                await asyncio.to_thread(postgres_schema.migrate, url, skeleton)
        elif not await _is_unfinished(connection):
            await _demand_empty(connection)
            await asyncio.to_thread(postgres_schema.migrate, url, skeleton)
            await connection.execute("UPDATE alembic_version SET version_num = $1", MARK)
        target = PostgresTarget(connection, url)
        await target.begin(replaced=replaced)
        yield target


async def _is_unfinished(connection: Any) -> bool:
    """Whether it is a copy that can be begun anew."""
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return False
    revision: str = await connection.fetchval("SELECT version_num FROM alembic_version") or ""
    if revision.startswith(UNFINISHED) and revision != MARK:
        raise Refused("other_version", revision.removeprefix(UNFINISHED))
    return revision == MARK


async def _demand_empty(connection: Any) -> None:
    """No tables, or ours without a row but those that are there from the beginning."""
    there = [row[0] for row in await connection.fetch(_TABLES)]
    ours = {table.name for table in TABLES} | {CHANGES, "alembic_version"}
    found = [name for name in there if name not in ours]
    if found and "alembic_version" in there:
        # Also what an older or a newer version had.
        known(await connection.fetchval("SELECT version_num FROM alembic_version"))
    used = sorted(ours.intersection(there).difference(SEEDED, (CHANGES, "alembic_version")))
    found += [name for name in used if await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {name})")]
    if found:
        raise Refused("not_empty", ", ".join(found))


async def _demand_alone(connection: Any) -> None:
    """No server is connected: it would go on with what it has in memory."""
    others = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    if others:
        raise Refused("served", str(others))


class PostgresTarget:
    def __init__(self, connection: Any, url: PostgresURL) -> None:
        self._connection = connection
        self.draft: Location = url
        self._transaction = connection.transaction()
        self._indexes: list[Any] = []

    async def begin(self, *, replaced: bool) -> None:
        await self._transaction.start()
        await self._connection.execute(_LIMITS)
        try:
            await self._connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        except asyncpg.LockNotAvailableError:
            raise Refused("busy") from None
        if replaced:
            # In the same transaction as the rows: until they are there, the database is as it was.
            await self._connection.execute("UPDATE alembic_version SET version_num = $1", MARK)
        # Another copy may have been finished in between.
        elif not await _is_unfinished(self._connection):
            raise Refused("busy")
        names = [CHANGES, *(table.name for table in TABLES if table.name != "adoption_by_month")]
        await self._connection.execute(f"TRUNCATE {', '.join(names)}")
        # In half the time for all rows at once.
        self._indexes = await self._connection.fetch(_INDEXES, names)
        for name, _ in self._indexes:
            await self._connection.execute(f"DROP INDEX {name}")

    async def write(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        # The months are a view here.
        name = CHANGES if table.name == "adoption_by_month" else table.name
        try:
            await self._connection.copy_records_to_table(name, records=rows, columns=list(table.columns))
        except UNSTORABLE as error:
            raise Refused("unstorable", f"{table.name}: {_misfit(table, rows) or error}") from error

    async def end_writing(self, last_numbers: dict[str, int]) -> None:
        for name, number in last_numbers.items():
            await self._connection.execute(
                "SELECT setval(pg_get_serial_sequence($1, 'id')::regclass, greatest($2::bigint, 1), $2 > 0)",
                name,
                number,
            )
        for _, definition in self._indexes:
            await self._connection.execute(definition)
        # Without statistics the first pages would be slow.
        await self._connection.execute("ANALYZE")
        await self._transaction.commit()

    async def finish(self) -> None:
        done = await self._connection.fetchval(
            "UPDATE alembic_version SET version_num = $1 WHERE version_num = $2 RETURNING 1", head(), MARK
        )
        if not done:
            raise Refused("busy")


def _misfit(table: Table, rows: list[tuple[Any, ...]]) -> str:
    """The first value that SQLite holds and PostgreSQL cannot: of another type, or with a NUL."""
    types: dict[str, type] = {"int": int, "text": str, "bytes": bytes}
    for row in rows:
        for (column, kind), value in zip(table.columns.items(), row, strict=True):
            if value is not None and type(value) is not types[kind]:
                return f"the row {row[0]!r} holds a value of another type in the column {column}"
            if isinstance(value, str) and "\0" in value:
                return f"the row {row[0]!r} holds a NUL in the column {column}"
    return ""
