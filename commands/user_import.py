"""The command `import-users`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.running import on_installation, stop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from accounts.context import Context
    from accounts.user_import import csv_file
    from accounts.user_import.reader import Report


@click.command("import-users")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_users(file: Path) -> None:
    """Add or update users from a CSV file, all or nothing.

    The first row names the columns, in any order: username, name, email, company, unit, role, login_method. Only
    username is needed. Several roles are separated by semicolons. An empty cell empties the field; a missing column
    changes nothing.

    \b
    Example:
      python app.py import-users people.csv
    """
    report = on_installation(lambda context: _import(context, file))
    if report.bad:
        stop(f"{report.bad:,} of {report.rows:,} lines cannot be imported; nothing was changed")
    click.echo(f"{report.new:,} new, {report.changed:,} changed, {report.unchanged:,} unchanged.")


async def _import(context: Context, file: Path) -> Report:
    """Checks all rows without a lock, then writes them in one transaction."""
    from accounts.user_import import apply, csv_file
    from accounts.user_import.reader import Source

    async def portions() -> AsyncIterator[list[bytes]]:
        with file.open("rb") as opened:
            for portion in csv_file.portions(opened):
                yield portion

    report = await apply.check(context, Source(portions, on_bad=_tell, on_progress=_progress("Checking")), None)
    if not report.bad:
        click.echo(err=True)
        source = Source(portions, on_bad=_tell, on_progress=_progress("Writing"))
        report = await apply.run(context, source, None) or report
    click.echo(err=True)
    return report


def _tell(bad: csv_file.Bad) -> None:
    from commands import words

    click.echo(f"Error: {f'line {bad.line}: ' if bad.line else ''}{words.bad_row(bad)}", err=True)


def _progress(doing: str) -> Callable[[int], None]:
    return lambda number: click.echo(f"\r{doing} … {number:,}", nl=False, err=True)
