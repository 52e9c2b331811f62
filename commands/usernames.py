"""The command `check-usernames`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.running import on_installation

if TYPE_CHECKING:
    from accounts.context import Context
    from accounts.users import names


@click.command("check-usernames")
def check_usernames() -> None:
    """List usernames that could not be given to a new user any more.

    They look like another username, or hold letters of several scripts or characters that are not seen. They go on
    working.

    \b
    Example:
      python app.py check-usernames
    """
    from accounts.users import names as rule

    async def listed(context: Context) -> list[names.Doubtful]:
        return [each async for each in rule.doubtful(context)]

    found = on_installation(listed)
    for each in found:
        why = f"looks like {each.other!r}" if each.other else "is not acceptable any more"
        # Escaped: what is listed is what cannot be seen.
        click.echo(f"{each.username!a} ({each.username}): {why}")
    if not found:
        click.echo("All usernames can be told apart.")
