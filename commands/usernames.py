"""The command `check-usernames`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from commands.running import on_installation

if TYPE_CHECKING:
    from accounts.context import Context
    from accounts.users import names


@click.command("check-usernames")
def check_usernames() -> None:
    """List usernames that could not be given to a new user any more.

    They look like another username or a reserved one, are the e-mail address of another user, mix scripts, or hold
    characters that are not seen; each with its reason. They go on working. Ends with status 1 if there are any.

    \b
    Example:
      python app.py check-usernames
    """
    from accounts.users import names as rule
    from commands.words import FIELD

    async def listed(context: Context) -> list[names.Doubtful]:
        return [each async for each in rule.doubtful(context)]

    found = on_installation(listed)
    for each in found:
        why = FIELD[each.problem] if each.problem else f"looks like {each.other!r}"
        if each.problem == "address_of_another":
            why = f"is the e-mail address of {each.other!r}, who has to sign in by username"
        # Escaped: what is listed is what cannot be seen.
        click.echo(f"{each.username!a} ({each.username}): {why}")
    if found:
        sys.exit(1)
    click.echo("All usernames can be told apart.")
