"""The command `verify-activity-log`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.running import on_installation, stop

if TYPE_CHECKING:
    from accounts.activity import chain


@click.command("verify-activity-log")
@click.option(
    "--head",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that ends in a head kept elsewhere: NUMBER and MAC, as this command prints them.",
)
def verify_activity_log(head: Path | None) -> None:
    """Check that the activity log was not tampered with.

    Exit status 1, and the bad entries, if it was. A rollback of the whole log is found only with --head.

    \b
    Examples:
      python app.py verify-activity-log
      python app.py verify-activity-log --head /mnt/elsewhere/head
    """
    from accounts.activity import chain

    kept = _kept_head(head) if head else None
    match on_installation(lambda context: chain.verify(context, kept)):
        case chain.Broken() as broken:
            stop(f"the activity log is broken at {findings(broken)}")
        case chain.Verified(0, _):
            click.echo("The activity log is empty.")
        case chain.Verified(number, mac):
            click.echo(f"The activity log is whole: {number} entries.\nHead: {number} {mac.hex()}")


def findings(broken: chain.Broken) -> str:
    """Where a log is broken, and why."""
    return "; ".join(
        f"entry {each.number}: {each.why}" if each.number else f"head: {each.why}" for each in broken.findings
    )


def _kept_head(path: Path) -> tuple[int, str]:
    """The last head in a file: lines that end in NUMBER MAC, such as the program prints."""
    try:
        words = path.read_text("utf-8").split()
        number, mac = int(words[-2]), bytes.fromhex(words[-1]).hex()
    except (ValueError, IndexError, OSError):
        stop(f"{path} does not end in a head: NUMBER and MAC, as this command prints them")
    return number, mac
