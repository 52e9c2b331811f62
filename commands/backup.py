"""The commands `backup` and `restore`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands import serving
from commands.activity_log import findings
from commands.copying import Progress, counted, demand_source, explained
from commands.running import read_settings, run, stop

if TYPE_CHECKING:
    from accounts.activity import chain
    from accounts.context import Context
    from accounts.system import backup as backups
    from accounts.system import copying
    from config import Config

FILE = click.Path(path_type=Path)
BROKEN_LOG = click.option(
    "--broken-log", is_flag=True, help="Go on, too, if verify-activity-log finds the activity log broken."
)


@click.command()
@click.argument("file", type=FILE)
@BROKEN_LOG
def backup(file: Path, broken_log: bool) -> None:
    """Write everything but the secret keys to one new FILE, while the service runs.

    The file shows the database as it was in one moment, whether that is SQLite or PostgreSQL. It gets its name when it
    has been compared with what was read: by counts, by a hash per table and by the chain of the activity log. Keep the
    secret keys elsewhere: without them the file cannot be used, and who has both can read every secret.

    \b
    Example:
      python app.py backup /var/backups/two-keys/$(date +%F).backup
    """
    from settings.database import SQLiteFile

    settings, target = read_settings(), SQLiteFile(file)
    demand_source(settings, target)
    made = run(settings, lambda context: _backed_up(context, settings, file, broken_log))
    click.echo(f"Backed up to {file}: {counted(made)}")
    click.echo(f"It holds no key: to restore it takes those with the fingerprint {made.fingerprints}.")


async def _backed_up(context: Context, settings: Config, file: Path, broken_log: bool) -> copying.Copied:
    from accounts.system import backup as backups
    from settings.database import SQLiteFile

    target, progress = SQLiteFile(file), Progress()
    with explained(target, target), progress:
        return _demand(await backups.back_up(context, settings, file, progress, broken_log))


def _demand(outcome: copying.Copied | copying.Differs | chain.Broken) -> copying.Copied:
    """Ends the program with a line if the copy is not what was read, or its log is broken."""
    from accounts.system import copying

    if isinstance(outcome, copying.Differs):
        tables = ", ".join(outcome.tables)
        stop(f"what was written differs from what was read in {tables}: nothing is kept, run it again")
    if not isinstance(outcome, copying.Copied):
        where = findings(outcome)
        stop(f"the activity log is broken at {where}. Nothing is kept; with --broken-log it goes on all the same")
    return outcome


@click.command()
@click.argument("file", type=FILE)
@click.option("--replace", "replaced", is_flag=True, help="In place of the database that is there.")
@click.option("--yes", is_flag=True, help="With --replace: do not ask.")
@click.option("--new-recovery-codes", is_flag=True, help="End all recovery codes; users make new ones on My User.")
@BROKEN_LOG
def restore(file: Path, replaced: bool, yes: bool, new_recovery_codes: bool, broken_log: bool) -> None:
    """Make an installation of a backup FILE, in an empty database, with the secret keys of the backup.

    Users, passwords, roles, second factors and the activity log are as they were. Sessions, links, pending set-ups,
    uploads and e-mails that had not left end, and no code of an authenticator that was seen is good once more. Stop
    the service before.

    \b
    Examples:
      python app.py restore /var/backups/two-keys/2026-11-28.backup
      python app.py restore --replace --new-recovery-codes /var/backups/two-keys/2026-11-28.backup
    """
    from accounts.system import backup as backups

    settings = read_settings()
    if serving.is_served(settings.data_dir):
        stop(f"a server runs on {settings.data_dir}: stop it before")
    if replaced and not yes:
        _ask(settings)
    restored = _restored(settings, file, backups.Chosen(replaced, new_recovery_codes, broken_log))
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(restored.made_at))
    click.echo(f"Restored from {file} of {moment} UTC: {counted(restored.copied)}")
    click.echo("Sessions, links, pending set-ups, uploads and e-mails that had not left have ended.")
    if new_recovery_codes:
        click.echo("All recovery codes have ended: users make new ones on My User.")
    else:
        click.echo(
            "Recovery codes that were used after the backup work once more; --new-recovery-codes ends all of them."
        )
    _say_where_the_former_one_is(settings, replaced)


def _ask(settings: Config) -> None:
    if not sys.stdin.isatty():
        stop(f"this takes the place of the database {settings.database}: add --yes if it is to be so")
    if not click.confirm(f"This takes the place of the database {settings.database}. Go on?"):
        stop("nothing was changed")


def _restored(settings: Config, file: Path, chosen: backups.Chosen) -> backups.Restored:
    import asyncio

    from accounts.system import backup as backups
    from accounts.vault import WrongKey
    from commands import copy_words
    from settings.database import SQLiteFile

    progress = Progress()
    try:
        with explained(SQLiteFile(file), settings.database, copy_words.RESTORE), progress:
            outcome = asyncio.run(backups.restore(settings, file, chosen, progress))
    except WrongKey as error:
        stop(f"{error}. Nothing was changed")
    if isinstance(outcome, backups.Restored):
        return outcome
    _demand(outcome)
    raise AssertionError


def _say_where_the_former_one_is(settings: Config, replaced: bool) -> None:
    from db.copying import sqlite
    from settings.database import SQLiteFile

    if replaced and isinstance(settings.database, SQLiteFile):
        former = sqlite.aside(settings.database.path)
        if former.exists():
            click.echo(f"The former database is {former}: delete it when you no longer need it.")
