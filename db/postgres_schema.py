"""The schema on PostgreSQL: made by one process at a time, also from several machines."""

import asyncio
from typing import Any

import asyncpg

from db.postgres_errors import TROUBLE
from db.revisions import Skeleton, head, known, upgrade
from db.statement import Unavailable
from settings.database import PostgresURL

OLDEST_VERSION = 14
# A number of our own among the advisory locks of this database: "2keys" in ASCII.
LOCK = 0x326B657973
TRIGRAMS = "CREATE EXTENSION pg_trgm"


def migrate(database: PostgresURL, skeleton: Skeleton) -> bool:
    """True if there was something to do. Raises NewerDatabase and Unavailable."""
    try:
        return asyncio.run(_migrate(database, skeleton))
    except (*TROUBLE, ValueError) as error:
        raise Unavailable(" ".join(str(error).split()) or type(error).__name__) from error


def current(database: PostgresURL) -> str | None:
    """The revision that it has; None for a new one. Raises NewerDatabase and Unavailable."""
    try:
        return asyncio.run(_current(database))
    except (*TROUBLE, ValueError) as error:
        raise Unavailable(" ".join(str(error).split()) or type(error).__name__) from error


async def _current(database: PostgresURL) -> str | None:
    connection = await asyncpg.connect(database.dsn, timeout=10, statement_cache_size=0)
    try:
        major = connection.get_server_version().major
        if major < OLDEST_VERSION:
            raise Unavailable(f"PostgreSQL {major} is too old: it must be {OLDEST_VERSION} or newer")
        return known(await _stored(connection))
    finally:
        await connection.close()


async def _migrate(database: PostgresURL, skeleton: Skeleton) -> bool:
    return await _current(database) != head() and await _run(database, skeleton)


async def _stored(connection: Any) -> str | None:
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return revision


async def _run(database: PostgresURL, skeleton: Skeleton) -> bool:
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(database.dsn, timeout=10, statement_cache_size=0),
        poolclass=NullPool,
        connect_args={"prepared_statement_cache_size": 0},
    )
    try:
        async with engine.begin() as connection:
            # Held until the transaction ends, also by kill -9.
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            return await connection.run_sync(_upgrade_if_needed, skeleton)
    except DBAPIError as error:
        raise Unavailable(" ".join(str(error.orig).split())) from error
    finally:
        await engine.dispose()


def _upgrade_if_needed(connection: Any, skeleton: Skeleton) -> bool:
    found = connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar()
    if found and known(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()) == head():
        return False
    _demand_rights(connection)
    upgrade(connection, skeleton)
    return True


def _demand_rights(connection: Any) -> None:
    """What making a schema needs, asked for before anything is made. Raises Unavailable."""
    encoding, schema, user, name, may_create, has_trigrams = connection.exec_driver_sql(
        "SELECT current_setting('server_encoding'), current_schema(), current_user, current_database(),"
        " has_schema_privilege(current_schema(), 'CREATE'),"
        " EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm')"
    ).one()
    if encoding != "UTF8":
        raise Unavailable(f"the database {name} has the encoding {encoding}; it must be UTF8")
    if not may_create:
        raise Unavailable(
            f"the user {user} may not create tables in {name}. A database administrator runs there:"
            f" GRANT CREATE ON SCHEMA {schema or 'public'} TO {user}"
        )
    if not has_trigrams:
        _create_trigrams(connection)


def _create_trigrams(connection: Any) -> None:
    from sqlalchemy.exc import DBAPIError

    try:
        connection.exec_driver_sql(TRIGRAMS)
    except DBAPIError as error:
        raise Unavailable(
            f"the search needs the extension pg_trgm, which this user may not create. A database administrator runs in"
            f" this database: {TRIGRAMS}"
        ) from error
