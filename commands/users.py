"""The commands that add and change users."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, NoReturn, TypeVar, assert_never

import click

from commands.running import on_installation, read_settings, stop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from accounts.context import Context
    from accounts.links import links
    from accounts.users import users

Result = TypeVar("Result")

password_stdin = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of printing a one-time password.",
)


@click.command("create-user")
@click.argument("username")
@click.option("--name", default="", help="Full name.  [default: the username]")
@click.option("--email", default="", help="E-mail address.")
@click.option("--company", default="", help="Company.")
@click.option("--unit", default="", help="Organisational unit.")
@click.option("--role", "roles", multiple=True, help="A role; can be given several times.  [default: Member]")
@click.option("--sso", is_flag=True, help="Signs in by Single Sign-On, without a password here.")
@password_stdin
def create_user(
    username: str,
    name: str,
    email: str,
    company: str,
    unit: str,
    roles: tuple[str, ...],
    sso: bool,
    password_stdin: bool,
) -> None:
    """Add a user and print a one-time password.

    With --sso it prints the link for the user's first sign-in instead.

    \b
    Examples:
      python app.py create-user alice --name "Alice Liddell" --role Auditor
      python app.py create-user bob --email bob@example.org --sso
    """
    from accounts.context import COMMAND_LINE
    from accounts.users import users

    if sso and password_stdin:
        stop("a user of Single Sign-On has no password: leave out --sso or --password-stdin")
    method: Literal["sso", "password"] = "sso" if sso else "password"
    password = _typed_password() if password_stdin else None
    new = users.New(username, name, email, company, unit, roles or ("Member",), method, password, invited=sso)
    created = on_installation(lambda context: users.create(context, new, COMMAND_LINE))
    if not isinstance(created, users.Created):
        _stop_refused(created)
    _say_created(created)


def _say_created(created: users.Created) -> None:
    from accounts.links import links

    click.echo(f"Added {created.username}.")
    show_one_time_password(created.username, created.one_time_password)
    if isinstance(created.invitation, links.NewLink):
        _show_binding(created.username, created.invitation)


@click.command("set-password")
@click.argument("username")
@password_stdin
def set_password(username: str, password_stdin: bool) -> None:
    """Set a user's password, or print a one-time password.

    The user's sessions end.

    \b
    Examples:
      python app.py set-password alice
      python app.py set-password alice --password-stdin < new-password
    """
    from accounts.context import COMMAND_LINE
    from accounts.users.password import set_password as set_

    password = _typed_password() if password_stdin else None
    outcome = on_installation(lambda context: set_(context, known_username(username), password, COMMAND_LINE))
    if not isinstance(outcome, str):
        _stop_refused(outcome, username)
    click.echo(f"The password of {known_username(username)} is set; their sessions have ended.")
    show_one_time_password(known_username(username), outcome)


@click.command("disable-user")
@click.argument("username")
def disable_user(username: str) -> None:
    """Disable a user; their sessions end.

    The last administrator who can sign in cannot be disabled.

    \b
    Example:
      python app.py disable-user alice
    """
    from accounts.users import status

    match on_user(username, lambda context, user_id: status.disable(context, user_id, None)):
        case "already":
            stop(f"{username} is already disabled")
        case "last_administrator":
            stop(
                f"{username} is the last active user who can edit general settings and roles:"
                " make another administrator first"
            )
        case "disabled":
            click.echo(f"{known_username(username)} is disabled; their sessions have ended.")
        case "gone" | "own" | "holds_more":
            # the command line may act on all users: this one was deleted a moment ago
            _stop_unknown(username)
        case never:
            assert_never(never)


@click.command("enable-user")
@click.argument("username")
def enable_user(username: str) -> None:
    """Enable a disabled user.

    \b
    Example:
      python app.py enable-user alice
    """
    from accounts.users import status

    match on_user(username, lambda context, user_id: status.enable(context, user_id, None)):
        case "already":
            stop(f"{username} is not disabled")
        case "enabled":
            click.echo(f"{known_username(username)} can sign in again.")
        case "gone" | "own" | "holds_more":
            # the command line may act on all users: this one was deleted a moment ago
            _stop_unknown(username)
        case never:
            assert_never(never)


@click.command("unbind-users")
@click.argument("issuer")
def unbind_users(issuer: str) -> None:
    """Unbind all users of a former identity provider.

    ISSUER is the former provider's. The users' sessions end. Refused if no administrator could sign in afterwards.

    \b
    Example:
      python app.py unbind-users https://login.example.org/realms/acme
    """
    from accounts.users import login_method

    number = on_installation(lambda context: login_method.unbind_all(context, issuer))
    if number == "last_administrator":
        stop(
            "no administrator could sign in any more: first make one with a password,"
            " by create-user NAME --role Administrator; nothing has changed"
        )
    if not number:
        stop(f"no user is bound by the issuer {issuer}, compared letter by letter")
    click.echo(f"{number} {'user is' if number == 1 else 'users are'} no longer bound; their sessions have ended.")
    click.echo("Each is bound again by a link from their page, or by an e-mail address that the provider has verified.")


def on_user(username: str, act: Callable[[Context, int], Awaitable[Result]]) -> Result:
    """One act on a user, by number; ends the program if there is no such user."""
    from db import users as rows

    async def acting(context: Context) -> Result:
        user = await rows.by_username(context.db, known_username(username))
        return await act(context, user.id) if user else _stop_unknown(username)

    return on_installation(acting)


def known_username(username: str) -> str:
    """A username in its canonical form; ends the program if it cannot be one."""
    from accounts import usernames

    return usernames.canonical(username) or _stop_unknown(username)


def show_one_time_password(username: str, password: str | None) -> None:
    if password:
        click.echo(f"One-time password of {username}, good for 72 hours: {password}")


def _stop_unknown(username: str) -> NoReturn:
    stop(f"there is no user {username!r}")


def _typed_password() -> str:
    return sys.stdin.read().rstrip("\r\n")


def _stop_refused(refused: users.Refused | users.UnusablePassword, username: str = "") -> NoReturn:
    from accounts.users import users
    from commands import words
    from db import roles

    match refused:
        case users.Refused("role", "unknown_role", name):
            names = on_installation(lambda context: roles.names(context.db))
            stop(f"there is no role {name} (the roles are: {', '.join(names)})")
        case _:
            stop(words.refusal(refused, username))


def _show_binding(username: str, link: links.NewLink) -> None:
    """Without a provider, too: users can be added before it is configured."""
    settings = read_settings()
    name = settings.sso.name if settings.sso else "Single Sign-On"
    click.echo(
        f"The person who opens this link and then signs in at {name} is {username} from then on."
        " It works once, for 7 days:"
    )
    click.echo(f"{settings.base_url}/invitation/{link.token}")
    if settings.sso is None:
        click.echo("Single Sign-On is not configured yet (TWO_KEYS_SSO_ISSUER): the link works once it is.")
