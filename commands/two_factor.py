"""The commands `two-factor` and `reset-two-factor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from commands.installation import run
from commands.output import stop
from commands.users import canonical

if TYPE_CHECKING:
    from accounts.context import Context
    from accounts.users.two_factor_reset import ResetRefusal


@click.command(epilog="Example: python app.py two-factor on")
@click.argument("state", type=click.Choice(["on", "off"]))
def two_factor(state: str) -> None:
    """Switch Two-Factor Authentication on or off.

    It is one switch for everybody, in force at once. What users have set up is kept.
    """
    from accounts.context import COMMAND_LINE
    from accounts.two_factor import switch

    if run(lambda context: switch.switch(context, state == "on", COMMAND_LINE)):
        click.echo(f"Two-Factor Authentication is {state}.")
    else:
        click.echo(f"Two-Factor Authentication is {state} already; nothing was changed.")


@click.command(epilog="Example: python app.py reset-two-factor alice")
@click.argument("username")
def reset_two_factor(username: str) -> None:
    """Reset a user's second factor.

    For a lost phone. The user's sessions end; they can set up two-factor authentication again.
    """
    name = canonical(username)
    match run(lambda context: _reset(context, name)):
        case "unknown":
            stop(f"there is no user {username!r}")
        case "not_set_up":
            stop(f"{username} has not set up two-factor authentication")
    click.echo(
        f"The second factor of {name} is reset: the password alone suffices until they set it up again."
        " Their sessions have ended."
    )


async def _reset(context: Context, username: str) -> ResetRefusal | Literal["unknown"] | None:
    from accounts.users import two_factor_reset
    from db import users

    user = await users.by_username(context.db, username)
    if user is None:
        return "unknown"
    return await two_factor_reset.reset(context, user.id, "on the command line", None)
