"""The commands `migrate` and `demo`: the database as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.running import migrate_database, on_installation, read_settings, run, stop

if TYPE_CHECKING:
    from accounts.context import Context


@click.command()
def migrate() -> None:
    """Bring the database to the current schema.

    Every other command does so, too. Make a backup before you install a new version.

    \b
    Example:
      python app.py migrate
    """
    settings = read_settings()
    done = migrate_database(settings)
    run(settings, _nothing)
    click.echo("The database was brought to the current schema." if done else "The database is up to date.")


async def _nothing(_context: Context) -> None:
    """Opening the installation has checked the keys."""


@click.command()
def demo() -> None:
    """Fill an empty database with a sample organisation.

    The database must hold no users, or only the first administrator. Every page then says that this is a demonstration.

    \b
    Example:
      TWO_KEYS_DATA_DIR=/tmp/demo python app.py demo
    """
    from accounts.system import demo as sample

    made = on_installation(sample.fill)
    if made == "not empty":
        stop("the database already has users; a demonstration needs one that has none, or only the first administrator")
    administrator, manager, auditor, member = made.usernames
    click.echo(
        f"{sample.PEOPLE} people in {len(sample.UNITS)} units, and one year of their activities."
        " Every page says that this is a demonstration."
    )
    click.echo(f"Everybody's password: {made.password}")
    click.echo(
        f"Sign in as {administrator} (administrator), {manager} (user manager), {auditor} (auditor)"
        f" or {member} (member)."
    )
    click.echo("These four have no second factor yet. The phones of the others do not exist.")
