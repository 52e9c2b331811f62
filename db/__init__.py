"""SQL and nothing else. `connect` is the only place that opens a database."""

import sqlite3
from pathlib import Path
from typing import Any, TypeVar

from databases import Database as Database

from config import Config

Database.SUPPORTED_BACKENDS["sqlite"] = "db.pool:SQLitePool"

Row = TypeVar("Row")

Unavailable = (
    sqlite3.DatabaseError
)  # locked for too long, disk full, unreadable: nothing was changed, later it may work


def connect(config: Config) -> Database:
    """The database of this installation, not connected yet (`await database.connect()`)."""
    return Database(config.database_url)


def path(config: Config) -> Path:
    """The file of the embedded database."""
    return Path(config.database_url.removeprefix("sqlite:///"))


def one(kind: type[Row], row: Any) -> Row | None:
    """A fetched row as the frozen dataclass `kind`, whose fields are named as the columns; None stays None."""
    return None if row is None else kind(**{name: row[name] for name in kind.__dataclass_fields__})  # type: ignore[attr-defined]  # because TypeVar has no bound for dataclasses


def many(kind: type[Row], rows: list[Any]) -> list[Row]:
    """Fetched rows as frozen dataclasses."""
    return [kind(**{name: row[name] for name in kind.__dataclass_fields__}) for row in rows]  # type: ignore[attr-defined]  # because TypeVar has no bound for dataclasses
