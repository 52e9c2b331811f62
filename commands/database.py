"""The commands about the database as a whole: its schema, its activity log, sample data."""

from __future__ import annotations

from pathlib import Path

import click

from commands import installation
from commands.installation import read_settings, run
from commands.output import stop


@click.command(epilog="Example: python app.py migrate")
def migrate() -> None:
    """Bring the database to the current schema."""
    settings = read_settings()
    migrated = installation.migrate(settings)
    installation.check_keys(settings)
    click.echo("The database was brought to the current schema." if migrated else "The database is up to date.")


@click.command(epilog="Example: python app.py demo")
def demo() -> None:
    """Fill an empty database with a sample organisation."""
    from accounts.system import demo

    made = run(demo.fill)
    if made == "not empty":
        stop("the database holds users already; a demonstration needs one without users, or with the first admin only")
    administrator, manager, auditor, member = made.usernames
    click.echo(
        f"{demo.PEOPLE} people in {len(demo.UNITS)} units, and a year of theirs."
        " Every page says that this is a demonstration."
    )
    click.echo(f"Everybody's password: {made.password}")
    click.echo(
        f"Sign in as {administrator} (administrator), {manager} (user manager), {auditor} (auditor) or {member} (member)."
    )
    click.echo("These have no second factor yet; the phones of those who have one do not exist.")


@click.command(
    epilog="""\b
Examples: python app.py verify-activity-log
          python app.py verify-activity-log --head kept-elsewhere.txt"""
)
@click.option(
    "--head",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a head that was kept elsewhere: NUMBER and MAC.",
)
def verify_activity_log(head: Path | None) -> None:
    """Verify the chain of the activity log.

    If the chain is broken, prints the first bad entry and ends with status 1.
    """
    from accounts.activity import chain

    kept = _kept_head(head) if head else None
    match run(lambda context: chain.verify(context, kept)):
        case chain.Broken(number, why):
            stop(f"the activity log is broken at entry {number}: {why}")
        case chain.Verified(0, _):
            click.echo("The activity log is empty.")
        case chain.Verified(number, mac):
            click.echo(f"The activity log is whole: {number} entries.\nHead: {number} {mac.hex()}")


def _kept_head(path: Path) -> tuple[int, str]:
    """The last head in a file: lines that end in NUMBER MAC, such as the program prints."""
    try:
        words = path.read_text("utf-8").split()
        number, mac = int(words[-2]), bytes.fromhex(words[-1]).hex()
    except (ValueError, IndexError, OSError):
        stop(f"{path} does not end in a head: NUMBER and MAC, as this command prints them")
    return number, mac
