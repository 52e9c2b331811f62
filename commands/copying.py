"""The command `copy-database`: an installation moves to another database."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from commands.activity_log import findings
from commands.running import read_settings, run, stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from accounts.context import Context
    from accounts.system import copying
    from config import Config
    from db.copying.rows import Problem
    from settings.database import Location

REDRAWN_SECONDS = 0.1


@click.command("copy-database")
@click.argument("url", metavar="URL")
@click.option("--broken-log", is_flag=True, help="Copy an activity log, too, that verify-activity-log finds broken.")
def copy_database(url: str, broken_log: bool) -> None:
    """Copy the database of this installation into an empty one, to move there.

    URL is sqlite:///PATH of a file that does not exist yet, or postgresql://USER@HOST/DATABASE; the password is best
    kept in a file (passfile=…). The copy is compared with what was read, by counts, by a hash per table and by the
    chain of the activity log; before, it cannot be served. Stop the server for a move: what is written after the
    beginning is not copied. This database stays as it is.

    \b
    Examples:
      python app.py copy-database "postgresql://two_keys@db.example.org/two_keys?passfile=/etc/two-keys/pgpass"
      python app.py copy-database sqlite:////var/lib/two-keys/two_keys.sqlite3
    """
    settings = read_settings()
    target = _location(url)
    demand_source(settings, target)
    begun = time.time()
    copied = run(settings, lambda context: _copy(context, settings, target, broken_log))
    click.echo(copied)
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(begun))
    click.echo(
        f"What was written since {moment} UTC is not in the copy."
        " Next: set TWO_KEYS_DATABASE_URL to the new URL and start the server. The old database stays as it is."
    )


def _location(url: str) -> Location:
    from settings.database import database_url

    try:
        return database_url(url)
    except ValueError as error:
        stop(f"the URL {'; the URL '.join(str(mistake) for mistake in error.args)}")


def demand_source(settings: Config, target: Location) -> None:
    """This command makes no database where there is none, and leaves an old schema alone."""
    import asyncio

    from db.copying import places

    async def opening() -> None:
        async with places.reading(settings.database):
            pass

    with explained(settings.database, target):
        asyncio.run(opening())


@contextmanager
def explained(
    database: Location, target: Location, sentences: Mapping[Problem, str] = MappingProxyType({})
) -> Iterator[None]:
    """Ends the program with a line if `database` cannot be read or filled; `sentences`: other ones than usual."""
    import db
    from commands import copy_words
    from db.copying.rows import Refused
    from db.revisions import UnusableSchema

    try:
        yield
    except Refused as refused:
        sentence = sentences.get(refused.problem, copy_words.COPY[refused.problem])
        stop(sentence.format(found=refused.found, target=target, database=database))
    except UnusableSchema as error:
        stop(str(error))
    except (OSError, db.Unavailable) as error:
        stop(f"cannot open the database {database}: {error}")


async def _copy(context: Context, settings: Config, target: Location, broken_log: bool) -> str:
    """What to say of it."""
    from accounts.activity import chain
    from accounts.system import copying

    progress = Progress()
    with explained(target, target), progress:
        to = copying.Target(target, takes_broken_log=broken_log)
        outcome = await copying.copy(context, settings.database, to, progress)
    if isinstance(outcome, copying.Differs):
        stop(f"the copy differs from what was read in {', '.join(outcome.tables)}, and stays unfinished: run it again")
    if isinstance(outcome, chain.Broken):
        stop(
            f"the activity log is broken at {findings(outcome)}. It was copied as it is, and the copy stays unfinished;"
            " with --broken-log it is finished all the same"
        )
    return f"Copied to {target}: {counted(outcome)}\nIt needs the same keys (fingerprint {outcome.fingerprints})."


def counted(copied: copying.Copied) -> str:
    """What was compared, and how the log is."""
    from accounts.activity import chain

    if isinstance(copied.log, chain.Broken):
        log = f"The activity log is broken at {findings(copied.log)}."
    else:
        log = f"The activity log is whole: {copied.log.number:,} entries."
    return f"{copied.rows:,} rows in {copied.tables} tables, with the same counts and hashes. {log}"


class Progress:
    """One line on a terminal, which is written over; nothing elsewhere."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._next = 0.0

    def __call__(self, what: str, table: str, done: int, of: int) -> None:
        if self._shown and (time.monotonic() >= self._next or done in (0, of)):
            self._next = time.monotonic() + REDRAWN_SECONDS
            click.echo(f"\r\033[K{what} {table}: {done:,} of {of:,}", nl=False, err=True)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)
