"""A backup: a file of SQLite, whatever database it was made from, marked so that nothing runs on it."""

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db import sqlite_schema
from db.copying.rows import Refused
from db.revisions import BACKUP, Skeleton, head, known


@dataclass(frozen=True)
class Unpacked:
    """When the backup was made, and the schema that it had."""

    made_at: int
    revision: str


def seal(file: Path) -> None:
    """Makes a backup of a complete database that is closed."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE backup (made_at INTEGER NOT NULL)")
        connection.execute("INSERT INTO backup (made_at) VALUES (?)", (int(time.time()),))
        connection.execute("UPDATE alembic_version SET version_num = ?", (f"{BACKUP}{head()}",))


def unpack(backup: Path, file: Path, skeleton: Skeleton) -> Unpacked:
    """Makes a database of a backup, with the current schema. Raises Refused, NewerDatabase, Unavailable and OSError."""
    if not backup.is_file():
        raise Refused("no_backup", str(backup))
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    shutil.copyfile(backup, file)
    try:
        with closing(sqlite3.connect(file)) as connection, connection:
            unpacked = _unseal(connection)
    except sqlite3.DatabaseError as error:
        is_none = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB
        raise Refused("not_a_backup" if is_none else "damaged", str(error)) from error
    if unpacked.revision != head():
        sqlite_schema.run(file, skeleton)
    return unpacked


def _unseal(connection: sqlite3.Connection) -> Unpacked:
    revision = sqlite_schema.revision_of(connection) or ""
    if not revision.startswith(BACKUP):
        raise Refused("not_a_backup", "it has no mark of one")
    revision = revision.removeprefix(BACKUP)
    known(revision)
    if (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise Refused("damaged", " ".join(found.split()))
    (made_at,) = connection.execute("SELECT made_at FROM backup").fetchone()
    connection.execute("DROP TABLE backup")
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    return Unpacked(made_at, revision)
