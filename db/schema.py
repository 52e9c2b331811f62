"""Brings a database to the current schema."""

from db.revisions import Skeleton
from settings.database import Location, SQLiteFile


def migrate(database: Location, skeleton: Skeleton) -> bool:
    """Migrates a database, one process at a time; True if there was something to do. Raises NewerDatabase and
    Unavailable.
    """
    if isinstance(database, SQLiteFile):
        from db import sqlite_schema

        return sqlite_schema.migrate(database.path, skeleton)
    from db import postgres_schema

    return postgres_schema.migrate(database, skeleton)
