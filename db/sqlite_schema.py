"""The schema of an embedded database."""

import fcntl
import sqlite3
from contextlib import closing
from pathlib import Path

from db.revisions import Skeleton, UnfinishedCopy, head, known, upgrade
from db.statement import Unavailable


def draft_of(database: Path) -> Path:
    """The file that a copy is written to until it is complete."""
    return Path(f"{database}.copying")


def current(database: Path) -> str | None:
    """The revision that it has; None for a new one. Raises NewerDatabase and Unavailable."""
    if not database.exists():
        return None
    try:
        return known(_stored(database))
    except sqlite3.DatabaseError as error:
        raise Unavailable(str(error)) from error


def _stored(database: Path) -> str | None:
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return revision_of(connection)


def revision_of(connection: sqlite3.Connection) -> str | None:
    """The revision of an open database; None of one without tables."""
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return None
    return row[0] if row else None


def migrate(database: Path, skeleton: Skeleton) -> bool:
    """One process at a time; True if there was something to do. Raises NewerDatabase, UnfinishedCopy, Unavailable, and
    FileNotFoundError for a folder.
    """
    if not database.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {database.parent}")
    if current(database) == head():
        return False
    with Path(f"{database}.lock").open("a") as lock:
        Path(lock.name).chmod(0o600)
        # held until the file closes, also by kill -9
        fcntl.flock(lock, fcntl.LOCK_EX)
        if current(database) == head():
            return False
        if not database.exists() and draft_of(database).exists():
            raise UnfinishedCopy(draft_of(database))
        database.touch(mode=0o600)
        run(database, skeleton)
    return True


def run(database: Path, skeleton: Skeleton, revision: str = "head") -> None:
    """Runs the migrations that are missing, up to a revision."""
    from sqlalchemy import URL, create_engine, event
    from sqlalchemy.exc import DBAPIError

    engine = create_engine(URL.create("sqlite", database=str(database)))

    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = (
            # sqlite3 would otherwise commit before each CREATE, and a kill leave half a schema
            None
        )

    @event.listens_for(engine, "begin")
    def _begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]  # because SQLAlchemy passes its Connection

    try:
        with engine.begin() as connection:
            upgrade(connection, skeleton, revision)
    except DBAPIError as error:
        raise Unavailable(str(error.orig)) from error
    finally:
        engine.dispose()
