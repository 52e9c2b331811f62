"""A SQLite database read as a whole, and one filled as a whole: in a file of another name until it is complete."""

import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from db import sqlite_schema
from db.copying import backups
from db.copying.rows import How, Refused
from db.revisions import Skeleton, head, known
from db.sqlite_schema import draft_of
from db.statement import Unavailable
from db.tables import DERIVED, TABLES, Table, columns_of, in_order
from settings.database import Location, SQLiteFile


@contextmanager
def reading(path: Path) -> Iterator["SQLiteSource"]:
    if not path.exists():
        raise Refused("no_source", str(path))
    with _trouble(), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 5000")
        # A transaction that reads sees the moment of its first statement, and holds nothing up.
        connection.execute("BEGIN")
        found = sqlite_schema.revision_of(connection)
        if known(found) != head():
            raise Refused("older_source", found or "none")
        yield SQLiteSource(connection)


@contextmanager
def _trouble() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable(str(error)) from error


class SQLiteSource:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def counts(self) -> dict[str, int]:
        return {table.name: self._number(f"SELECT count(*) FROM {table.name}") for table in TABLES}

    def _number(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchone()[0])

    async def portions(self, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]:
        cursor = self._connection.execute(in_order(table))
        try:
            while rows := cursor.fetchmany(table.portion):
                yield rows
        except sqlite3.OperationalError as error:
            # Text that is not UTF-8: the driver's own message repeats it.
            if getattr(error, "sqlite_errorcode", None) is not None:
                raise
            raise Refused("unstorable", f"{table.name}: text that is not UTF-8") from error

    async def last_numbers(self) -> dict[str, int]:
        numbered = {table.name for table in TABLES if table.is_numbered}
        return {
            name: seq for name, seq in self._connection.execute("SELECT * FROM sqlite_sequence") if name in numbered
        }


@contextmanager
def writing(path: Path, skeleton: Skeleton, source: Location, how: How) -> Iterator["SQLiteTarget"]:
    if isinstance(source, SQLiteFile) and path.resolve() == source.path.resolve():
        raise Refused("same")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}")
    with _alone(path, how), _trouble():
        if how != "replace":
            _demand_none(path, how)
        draft = draft_of(path)
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(f"{draft}{ending}").unlink(missing_ok=True)
        draft.touch(mode=0o600)
        try:
            sqlite_schema.run(draft, skeleton)
            with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
                yield SQLiteTarget(path, connection, how)
        finally:
            if how != "new":
                draft.unlink(missing_ok=True)


def _demand_none(path: Path, how: How) -> None:
    """A backup is not written over an empty file either."""
    for each in (path, Path(f"{path}-wal")):
        if each.exists() and (each.stat().st_size or how == "backup"):
            raise Refused("exists", str(each))


@contextmanager
def _alone(path: Path, how: How) -> Iterator[None]:
    """With the lock that a start takes, too, before it makes a database."""
    name = Path(f"{path}.lock")
    if how == "backup" and name.exists() and name.stat().st_size:
        # removed below, so it must be no file of theirs
        raise Refused("exists", str(name))
    with name.open("a") as lock:
        name.chmod(0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("busy") from None
        try:
            yield
        finally:
            if how == "backup":
                # nothing is ever started on it
                name.unlink()


def _made_later(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Indexes, and the triggers that keep the index of the search: in half the time for all rows at once."""
    return connection.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
        " OR type = 'trigger' AND name LIKE 'users\\_search\\_%' ESCAPE '\\'"
    ).fetchall()


class SQLiteTarget:
    def __init__(self, path: Path, connection: sqlite3.Connection, how: How) -> None:
        self._path, self._how = path, how
        self._file = draft_of(path)
        self._connection = connection
        self.draft: Location = SQLiteFile(self._file)
        # Nothing has to be undone in a file that is thrown away if it was not finished.
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA cache_size = -64000",
            "BEGIN",
        ):
            connection.execute(statement)
        self._made_later = _made_later(connection)
        for kind, name, _ in self._made_later:
            connection.execute(f"DROP {kind} {name}")
        for name in (*DERIVED[1:], *(table.name for table in reversed(TABLES))):
            connection.execute(f"DELETE FROM {name}")

    async def write(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * len(table.columns))
        self._connection.executemany(f"INSERT INTO {table.name} ({columns_of(table)}) VALUES ({places})", rows)

    async def end_writing(self, last_numbers: dict[str, int]) -> None:
        for name, number in last_numbers.items():
            self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, number))
        self._connection.execute("INSERT INTO users_search (users_search) VALUES ('rebuild')")
        for _, _, sql in self._made_later:
            self._connection.execute(sql)
        lost = self._connection.execute("PRAGMA foreign_key_check").fetchone()
        if lost:
            raise Refused("unstorable", f"{lost[0]}: a row refers to one of {lost[2]} that is not there")
        self._connection.execute("COMMIT")
        self._connection.close()

    async def finish(self) -> None:
        """Complete and on the disk before it gets its name."""
        if self._how == "backup":
            backups.seal(self._file)
            if self._path.exists():
                raise Refused("exists", str(self._path))
        for path in (self._file, self._file.parent):
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        if self._how == "replace":
            _put_aside(self._path)
        self._file.rename(self._path)


def aside(path: Path) -> Path:
    """Where a database is after another one has taken its place."""
    return Path(f"{path}.replaced")


def _put_aside(path: Path) -> None:
    """With what was written to it lately."""
    for ending in ("-wal", "-shm", ""):
        here, there = Path(f"{path}{ending}"), Path(f"{aside(path)}{ending}")
        there.unlink(missing_ok=True)
        if here.exists():
            here.rename(there)
