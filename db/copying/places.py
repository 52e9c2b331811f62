"""Where a copy comes from and where it goes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from db.copying import sqlite
from db.copying.rows import How, Source, Target
from db.revisions import Skeleton
from settings.database import Location, SQLiteFile


@asynccontextmanager
async def reading(location: Location, mark: int = 0, *, draft: bool = False) -> AsyncIterator[Source]:
    """Raises Refused, UnusableSchema and Unavailable. `mark`: a number by which `writing` recognises this database.
    `draft`: one that is being filled.
    """
    if isinstance(location, SQLiteFile):
        with sqlite.reading(location.path) as file:
            yield file
        return
    from db.copying import postgres

    async with postgres.reading(location, mark, draft=draft) as server:
        yield server


@asynccontextmanager
async def writing(
    location: Location, skeleton: Skeleton, source: Location, mark: int, how: How = "new"
) -> AsyncIterator[Target]:
    """Into an empty database, which gets the current schema, or in place of a copy that was not finished. Raises
    Refused, UnusableSchema, OSError and Unavailable.
    """
    if isinstance(location, SQLiteFile):
        with sqlite.writing(location.path, skeleton, source, how) as file:
            yield file
        return
    from db.copying import postgres

    async with postgres.writing(location, skeleton, mark, replaced=how == "replace") as server:
        yield server
