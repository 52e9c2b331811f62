"""SQL and nothing else. `connect` is the only place that opens a database."""

import sqlite3
from pathlib import Path
from typing import Any, TypeVar

import databases
from databases.core import Connection

from config import Config

Row = TypeVar("Row")

Unavailable = (
    sqlite3.DatabaseError
)  # locked for too long, disk full, unreadable: nothing was changed, later it may work


class Statement:
    """SQL as it is written, with its named parameters: SQLite takes both as they are, so nothing is parsed or compiled."""

    __slots__ = ("text", "values")

    def __init__(self, text: str, values: dict[str, Any] | None) -> None:
        self.text = text
        self.values = values or {}


class _Connection(Connection):
    @staticmethod
    def _build_query(query: Any, values: dict[str, Any] | None = None) -> Any:
        return Statement(query, values)


class Database(databases.Database):
    """`databases` over the pool in db/pool.py. Statements skip SQLAlchemy, which would take longer than SQLite does."""

    SUPPORTED_BACKENDS = {"sqlite": "db.pool:SQLitePool"}  # noqa: RUF012  # because the class above declares it so

    def connection(self) -> Connection:
        """The connection of this task."""
        if not self._connection:
            self._connection = _Connection(self, self._backend)
        return self._connection


def connect(config: Config) -> Database:
    """The database of this installation, not connected yet (`await database.connect()`)."""
    return Database(config.database_url)


def path(config: Config) -> Path:
    """The file of the embedded database."""
    return Path(config.database_url.removeprefix("sqlite:///"))


def one(kind: type[Row], row: Any) -> Row | None:
    """A fetched row as the frozen dataclass `kind`, whose fields are named as the columns; None stays None."""
    return None if row is None else kind(*[row[name] for name in kind.__dataclass_fields__])  # type: ignore[attr-defined]  # because TypeVar has no bound for dataclasses


def many(kind: type[Row], rows: list[Any]) -> list[Row]:
    """Fetched rows as frozen dataclasses."""
    names = tuple(kind.__dataclass_fields__)  # type: ignore[attr-defined]  # because TypeVar has no bound for dataclasses
    return [kind(*[row[name] for name in names]) for row in rows]
