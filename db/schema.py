"""Brings a database to the current schema."""

from db.revisions import Skeleton, head
from settings.database import Location, SQLiteFile


def is_current(database: Location) -> bool:
    """Whether it has the schema that this program needs. Raises NewerDatabase and Unavailable."""
    if isinstance(database, SQLiteFile):
        from db import sqlite_schema

        return sqlite_schema.current(database.path) == head()
    from db import postgres_schema

    return postgres_schema.current(database) == head()


def migrate(database: Location, skeleton: Skeleton) -> bool:
    """Migrates a database, one process at a time; True if there was something to do. Raises NewerDatabase and
    Unavailable.
    """
    if isinstance(database, SQLiteFile):
        from db import sqlite_schema

        return sqlite_schema.migrate(database.path, skeleton)
    from db import postgres_schema

    return postgres_schema.migrate(database, skeleton)
