"""Brings the database to the current schema. Alembic (11 MB) is imported only when there is something to do."""

import fcntl
import sqlite3
from collections.abc import Callable
from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"


class NewerDatabase(Exception):
    """The database was written by a newer version of this program."""


def head() -> str:
    """The revision that this program needs."""
    return _revisions()[-1]


def _revisions() -> list[str]:
    return sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current(database: Path) -> str | None:
    """The revision that a SQLite database has; None for a new one. Raises NewerDatabase for one this program does not
    know.
    """
    if not database.exists():
        return None
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        row = None
    finally:
        connection.close()
    if row and row[0] not in _revisions():
        raise NewerDatabase(
            f"the database has the schema {row[0]}, which is newer than this program ({head()}); install the newer"
            f" version"
        )
    return row[0] if row else None


def migrate(database: Path, skeleton: Callable[[str], str]) -> bool:
    """Migrates a SQLite database, one process at a time; True if there was something to do. Raises NewerDatabase.

    `skeleton`: what a username looks like, a rule that a migration needs.
    """
    if current(database) == head():
        return False
    with Path(f"{database}.lock").open("a") as lock:
        Path(lock.name).chmod(0o600)
        # held until the file closes, also by kill -9
        fcntl.flock(lock, fcntl.LOCK_EX)
        if current(database) == head():
            return False
        database.touch(mode=0o600)
        _run(database, skeleton)
    return True


def _run(database: Path, skeleton: Callable[[str], str]) -> None:
    from alembic import command
    from alembic.config import Config as AlembicConfig
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

    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            settings.attributes |= {"connection": connection, "skeleton": skeleton}
            command.upgrade(settings, "head")
    except DBAPIError as error:
        raise sqlite3.DatabaseError(str(error.orig)) from error
    finally:
        engine.dispose()
