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


CHUNK_BYTES = 64 * 1024


@click.command("import-users")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_users(file: Path) -> None:
    """Add or update users from a CSV file, all or nothing.

    The first row names the columns, in any order: username, name, email, company, unit, role, login_method, or as
    directories and spreadsheets call them; other columns are passed over. Only username is needed. Several roles are
    separated by semicolons. An empty cell empties the field; a missing column changes nothing.

    UTF-8 or UTF-16, separated by commas, semicolons or tabs.

    \b
    Example:
      python app.py import-users people.csv
    """
    report = on_installation(lambda context: _import(context, file))
    if report.is_unusable:
        stop("the file cannot be imported; nothing was changed")
    if report.bad:
        stop(f"{report.bad:,} of {report.rows:,} lines cannot be imported; nothing was changed")
    click.echo(f"{report.new:,} new, {report.changed:,} changed, {report.unchanged:,} unchanged.")


async def _import(context: Context, file: Path) -> Report:
    """Checks all rows without a lock, then writes them in one transaction."""
    from accounts.user_import import apply
    from accounts.user_import.reader import Source

    async def chunks() -> AsyncIterator[bytes]:
        with file.open("rb") as opened:
            while chunk := opened.read(CHUNK_BYTES):
                yield chunk

    report = await apply.check(context, Source(chunks, on_bad=_tell, on_progress=_progress("Checking")), None)
    _say_how_it_was_read(report)
    if not report.bad:
        source = Source(chunks, on_bad=_tell, on_progress=_progress("Writing"))
        report = await apply.run(context, source, None) or report
    click.echo(err=True)
    return report


def _say_how_it_was_read(report: Report) -> None:
    from commands import words

    click.echo(err=True)
    for sentence in words.how_it_was_read(report):
        click.echo(sentence, err=True)


def _tell(bad: csv_file.Bad) -> None:
    from commands import words

    click.echo(f"Error: {f'line {bad.line}: ' if bad.line else ''}{words.bad_row(bad)}", err=True)


def _progress(doing: str) -> Callable[[int], None]:
    return lambda number: click.echo(f"\r{doing} … {number:,}", nl=False, err=True)
