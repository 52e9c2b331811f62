"""The commands `two-factor` and `reset-two-factor`."""

import click

from commands.running import on_installation, stop
from commands.users import known_username, on_user


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

    The password alone is enough until the user sets it up again. The user's sessions end.

    \b
    Example:
      python app.py reset-two-factor alice
    """
    from accounts.users import two_factor_reset

    match on_user(username, lambda context, id_: two_factor_reset.reset(context, id_, "on the command line", None)):
        case "not_set_up":
            stop(f"{username} has not set up two-factor authentication")
        case None:
            click.echo(
                f"The second factor of {known_username(username)} is reset: the password alone is enough until they set"
                " it up again. Their sessions have ended."
            )
        case refusal:
            # the command gives a reason and may act on all users
            raise AssertionError(refusal)
