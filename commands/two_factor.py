"""The commands `two-factor` and `reset-two-factor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.running import on_installation, stop
from commands.users import known_username

if TYPE_CHECKING:
    from accounts.context import Context
    from accounts.users.two_factor_reset import ResetRefusal


@click.command("two-factor")
@click.argument("state", type=click.Choice(["on", "off"]))
def two_factor(state: str) -> None:
    """Switch Two-Factor Authentication on or off for all.

    \b
    Example:
      python app.py two-factor off
    """
    from accounts.context import COMMAND_LINE
    from accounts.two_factor import switch

    changed = on_installation(lambda context: switch.switch(context, state == "on", COMMAND_LINE))
    already = "" if changed else " already; nothing was changed"
    click.echo(f"Two-Factor Authentication is {state}{already}.")


@click.command("reset-two-factor")
@click.argument("username")
def reset_two_factor(username: str) -> None:
    """Reset the second factor of a user who lost it.

    The password alone suffices until the user sets it up again. The user's sessions end.

    \b
    Example:
      python app.py reset-two-factor alice
    """
    match on_installation(lambda context: _reset(context, username)):
        case "unknown":
            stop(f"there is no user {username!r}")
        case "not_set_up":
            stop(f"{username} has not set up two-factor authentication")
        case None:
            click.echo(
                f"The second factor of {known_username(username)} is reset: the password alone suffices until they set"
                " it up again. Their sessions have ended."
            )
        case other:
            # the command names a reason and has no session of its own
            raise AssertionError(other)


async def _reset(context: Context, username: str) -> ResetRefusal | str | None:
    from accounts.users import two_factor_reset
    from db import users

    user = await users.by_username(context.db, known_username(username))
    if user is None:
        return "unknown"
    return await two_factor_reset.reset(context, user.id, "on the command line", None)
