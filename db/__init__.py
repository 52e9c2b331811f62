"""SQL alone. `connect` is the only place that opens a database."""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

import db.without_sqlalchemy  # isort: skip  # noqa: F401  # because it imports the next one without SQLAlchemy
import databases

from config import Config
from db.dialect import POSTGRESQL, SQLITE
from db.statement import Statement as Statement
from db.statement import Unavailable as Unavailable
from db.statement import Undecodable as Undecodable
from settings.database import Location, SQLiteFile

Row = TypeVar("Row")


class Database(databases.Database):
    """`databases` over the pool in db/sqlite.py or in db/postgres.py.

    Statements go straight to the connection that holds this task's transaction, or to a reader: SQLAlchemy would take
    longer to parse them than SQLite to run them, and the locks of `databases` longer still.
    """

    SUPPORTED_BACKENDS = {  # noqa: RUF012  # because the class above declares it so
        "sqlite": "db.sqlite:SQLitePool",
        "postgresql": "db.postgres:PostgresPool",
    }

    def __init__(self, location: Location) -> None:
        self.dialect = SQLITE if isinstance(location, SQLiteFile) else POSTGRESQL
        # Not in the URL, where # and % and ? mean something, and which `databases` would log.
        if isinstance(location, SQLiteFile):
            super().__init__("sqlite:///", file=location.path)
        else:
            super().__init__("postgresql:///", postgres=location)
        self._reading = self._backend.connection()

    def _held(self) -> Any:
        """This task's connection: in the middle of a transaction, or one that only reads."""
        task = asyncio.current_task()
        held = self._connection_map.get(task) if task else None
        return held._connection if held is not None else self._reading  # noqa: SLF001  # because the class around it has no door

    def transaction(self, **options: Any) -> "Transaction":
        """Of the task that begins it now."""
        connection = self.connection()
        return Transaction(lambda: connection, force_rollback=False, **options)

    async def fetch_all(self, query: Any, values: dict[str, Any] | None = None) -> list[Any]:
        """The rows of a statement."""
        rows: list[Any] = await self._held().fetch_all(Statement(query, values))
        return rows

    async def scan(self, query: Any, values: dict[str, Any] | None = None, *, raw: bool = False) -> list[Any]:
        """The rows of a statement that may look at many more: on SQLite it runs in a thread from the start."""
        rows: list[Any] = await self._held().fetch_all(Statement(query, values, long=True, raw=raw))
        return rows

    async def fetch_raw(self, query: Any, values: dict[str, Any] | None = None) -> list[Any]:
        """The rows of a statement over a table that may be damaged: text that is not UTF-8 becomes Undecodable."""
        rows: list[Any] = await self._held().fetch_all(Statement(query, values, raw=True))
        return rows

    async def fetch_one(self, query: Any, values: dict[str, Any] | None = None) -> Any:
        """The first row of a statement, or None."""
        return await self._held().fetch_one(Statement(query, values))

    async def execute(self, query: Any, values: dict[str, Any] | None = None) -> None:
        """Runs a statement for its effect. What it changed is asked for with RETURNING, never read from here."""
        await self._held().fetch_all(Statement(query, values))


class Transaction(databases.core.Transaction):
    """Of one task. That of `databases` looks its connection up for each step, and keeps its state for every task."""

    _transaction: Any = None


def connect(config: Config) -> Database:
    """The database of this installation, not connected yet (`await database.connect()`)."""
    return Database(config.database)


def numbered(values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Named parameters for a list in SQL: their names, and each with its value. NULL for none: PostgreSQL has no empty
    list.
    """
    return ", ".join(f":v{number}" for number in range(len(values))) or "NULL", {
        f"v{number}": value for number, value in enumerate(values)
    }


def one(kind: type[Row], row: Any) -> Row | None:
    """A fetched row as the frozen dataclass `kind`, whose fields are named as the columns; None stays None."""
    return None if row is None else many(kind, [row])[0]


def many(kind: type[Row], rows: list[Any]) -> list[Row]:
    """Fetched rows as frozen dataclasses."""
    if not rows:
        return []
    # A row looks a name up among all its columns each time: find the places once for all rows.
    columns = {name: place for place, name in enumerate(rows[0].keys())}
    places = [columns[name] for name in kind.__dataclass_fields__]  # type: ignore[attr-defined]  # because TypeVar has no bound for dataclasses
    return [kind(*[row[place] for place in places]) for row in rows]
