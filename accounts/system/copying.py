"""An installation's database copied into an empty one, and the copy verified before it can be used."""

import secrets
from dataclasses import dataclass, replace

from accounts import confusables
from accounts.activity import chain
from accounts.context import Context
from accounts.system import installation
from db import Database, settings
from db.copying import places, rows
from settings.database import Location


@dataclass(frozen=True)
class Target:
    """Where a copy goes, what becomes of a database that is there, and whether it may have a log that is broken."""

    location: Location
    how: rows.How = "new"
    takes_broken_log: bool = False


@dataclass(frozen=True)
class Copied:
    rows: int
    tables: int
    log: chain.Verified | chain.Broken
    # Of the keys under which the secrets in it are encrypted.
    fingerprints: str


@dataclass(frozen=True)
class Differs:
    """The copy stays unfinished."""

    tables: tuple[str, ...]


async def copy(
    context: Context, source: Location, target: Target, progress: rows.Progress
) -> Copied | Differs | chain.Broken:
    """Copies everything as it is in one moment, and compares counts, hashes and the chain of the log. A log that is
    broken ends it, unless the target takes it. Raises Refused, UnusableSchema, OSError and Unavailable.
    """
    # 63 bits, as PostgreSQL numbers its locks; 0 is none.
    mark = secrets.randbits(62) + 1
    async with (
        places.reading(source, mark) as reader,
        places.writing(target.location, confusables.skeleton, source, mark, target.how) as writer,
    ):
        read = await rows.fill(reader, writer, progress)
        async with places.reading(writer.draft, draft=True) as copied:
            written = await rows.sum_up(copied, progress)
        if tables := rows.differing(read, written):
            return Differs(tuple(tables))
        progress("verifying", "activity", 0, read["activity"].rows)
        log = await _verified(context, writer.draft)
        if isinstance(log, chain.Broken) and not target.takes_broken_log:
            return log
        await writer.finish()
    written_under = await settings.get(context.db, installation.FINGERPRINT)
    number = sum(each.rows for each in read.values())
    return Copied(number, len(read), log, written_under.value if written_under else "")


async def _verified(context: Context, draft: Location) -> chain.Verified | chain.Broken:
    database = Database(draft)
    await database.connect()
    try:
        return await chain.verify(replace(context, db=database))
    finally:
        await database.disconnect()
