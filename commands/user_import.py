"""The command `import-users`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands import words
from commands.installation import run
from commands.output import stop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from accounts.context import Context
    from accounts.user_import.apply import Progress, Report
    from accounts.user_import.csv_file import Bad


@click.command(epilog="Example: python app.py import-users people.csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_users(file: Path) -> None:
    """Add or update users from a CSV file, all or nothing.

    Columns, in any order: username, name, email, company, unit, role, login_method. Only username is required. Separate
    several roles by semicolons. An empty cell empties the field; a missing column leaves it as it is.
    """
    report = run(lambda context: _import(context, file))
    if report.bad:
        stop(f"{report.bad:,} of {report.lines:,} lines cannot be imported; nothing was changed")
    click.echo(f"{report.new:,} new, {report.changed:,} changed, {report.unchanged:,} unchanged.")


async def _import(context: Context, file: Path) -> Report:
    """Checks the file without a lock first, so that a bad file makes nobody wait."""
    from accounts.user_import import apply, csv_file

    async def lines() -> AsyncIterator[list[bytes]]:
        with file.open("rb") as opened:
            for portion in csv_file.portions(opened):
                yield portion

    report = await apply.check(context, lines, None, told=_print_problem, progress=_progress("Checking"))
    if not report.bad:
        click.echo(err=True)
        written = await apply.run(context, lines, None, told=_print_problem, progress=_progress("Writing"))
        report = written or report
    click.echo(err=True)
    return report


def _print_problem(bad: Bad) -> None:
    click.echo(f"Error: {words.why_not_imported(bad)}", err=True)


def _progress(doing: str) -> Progress:
    return lambda number: click.echo(f"\r{doing} … {number:,}", nl=False, err=True)
