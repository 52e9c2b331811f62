"""The commands about one user, and `unbind-users`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar, Unpack

import click

from commands import words
from commands.installation import read_settings, run
from commands.output import stop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from accounts.context import Context
    from accounts.users import users

Result = TypeVar("Result")

password_stdin = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of printing a one-time password.",
)


class Details(TypedDict):
    name: str
    email: str
    company: str
    unit: str
    roles: tuple[str, ...]


@click.command(
    epilog="""\b
Examples: python app.py create-user alice --name "Alice Arden" --email alice@example.org
          python app.py create-user alice --sso --role Member --role Auditor"""
)
@click.argument("username")
@click.option("--name", default="", help="Full name.  [default: the username]")
@click.option("--email", default="", help="E-mail address.")
@click.option("--company", default="", help="Company.")
@click.option("--unit", default="", help="Organisational unit.")
@click.option(
    "--role", "roles", multiple=True, default=("Member",), help="Repeat it for more roles.  [default: Member]"
)
@click.option("--sso", is_flag=True, help="The user signs in by Single Sign-On and has no password here.")
@password_stdin
def create_user(username: str, sso: bool, password_stdin: bool, **details: Unpack[Details]) -> None:
    """Create a user.

    Prints a one-time password, or with --sso the link for the first sign-in.
    """
    from accounts.context import COMMAND_LINE
    from accounts.users import users

    if sso and password_stdin:
        stop("a user of Single Sign-On has no password: leave out --sso or --password-stdin")
    password = _read_password() if password_stdin else None
    new = users.New(username, **details, login_method="sso" if sso else "password", password=password, invited=sso)
    created = run(lambda context: users.create(context, new, COMMAND_LINE))
    if not isinstance(created, users.Created):
        stop(_why_not_created(created))
    _print_created(created)


def _why_not_created(refused: users.Refused | users.UnusablePassword) -> str:
    from accounts.users import users
    from db import roles

    match refused:
        case users.Refused("role", "unknown_role", name):
            known = run(lambda context: roles.names(context.db))
            return f"there is no role {name} (the roles are: {', '.join(known)})"
        case _:
            return words.why_refused(refused)


def _print_created(created: users.Created) -> None:
    from accounts.links.links import NewLink

    click.echo(f"Added {created.username}.")
    if created.one_time_password:
        click.echo(words.one_time_password(created.username, created.one_time_password))
    if isinstance(created.invitation, NewLink):
        _print_link(created.username, created.invitation.token)


def _print_link(username: str, token: str) -> None:
    """Without a provider, too: users can be created before it is configured."""
    settings = read_settings()
    name = settings.sso.name if settings.sso else "Single Sign-On"
    click.echo(
        f"Whoever opens this link and then signs in at {name} is {username} from then on. It works once, for 7 days:"
    )
    click.echo(f"{settings.base_url}/invitation/{token}")
    if settings.sso is None:
        click.echo("Single Sign-On is not configured yet (TWO_KEYS_SSO_ISSUER): the link works once it is.")


@click.command(epilog="Example: python app.py set-password alice")
@click.argument("username")
@password_stdin
def set_password(username: str, password_stdin: bool) -> None:
    """Set a user's password.

    Prints a one-time password, unless you give a password. The user's sessions end, and so do waits after wrong passwords.
    """
    from accounts.context import COMMAND_LINE
    from accounts.users import password

    typed = _read_password() if password_stdin else None
    known = canonical(username)
    outcome = run(lambda context: password.set_password(context, known, typed, COMMAND_LINE))
    if not isinstance(outcome, str):
        stop(words.why_refused(outcome, username))
    click.echo(f"The password of {known} is set; their sessions have ended.")
    if outcome:
        click.echo(words.one_time_password(known, outcome))


def _read_password() -> str:
    return sys.stdin.read().rstrip("\r\n")


@click.command(epilog="Example: python app.py disable-user alice")
@click.argument("username")
def disable_user(username: str) -> None:
    """Disable a user.

    Their sessions end. The last administrator who can sign in cannot be disabled.
    """
    from accounts.users import status

    match _act_on(username, status.disable):
        case "gone":
            stop(f"there is no user {username!r}")
        case "already":
            stop(f"{username} is disabled already")
        case "last_administrator":
            stop(
                f"{username} is the last active user who can edit general settings and roles:"
                " make another administrator first"
            )
    click.echo(f"{canonical(username)} is disabled; their sessions have ended.")


@click.command(epilog="Example: python app.py enable-user alice")
@click.argument("username")
def enable_user(username: str) -> None:
    """Enable a disabled user."""
    from accounts.users import status

    match _act_on(username, status.enable):
        case "gone":
            stop(f"there is no user {username!r}")
        case "already":
            stop(f"{username} is not disabled")
    click.echo(f"{canonical(username)} can sign in again.")


def _act_on(username: str, act: Callable[[Context, int, None], Awaitable[Result]]) -> Result | Literal["gone"]:
    from db import users

    name = canonical(username)

    async def act_on_user(context: Context) -> Result | Literal["gone"]:
        user = await users.by_username(context.db, name)
        return await act(context, user.id, None) if user else "gone"

    return run(act_on_user)


def canonical(username: str) -> str:
    """A username as it is stored."""
    from accounts import usernames

    name = usernames.canonical(username)
    if name is None:
        stop(f"there is no user {username!r}")
    return name


@click.command(epilog="Example: python app.py unbind-users https://login.example.org/realms/acme")
@click.argument("issuer")
def unbind_users(issuer: str) -> None:
    """Unbind all users of a former identity provider.

    ISSUER is the issuer of the provider that was replaced. The users' sessions end.
    """
    from accounts.users import login_method

    number = run(lambda context: login_method.unbind_all(context, issuer))
    if number == "last_administrator":
        stop(
            "no administrator could sign in any more: first make one with a password,"
            " by create-user NAME --role Administrator; nothing has changed"
        )
    if not number:
        stop(f"nobody is bound by the issuer {issuer}, compared letter by letter")
    click.echo(f"{number} {'user is' if number == 1 else 'users are'} bound no more; their sessions have ended.")
    click.echo("Each is bound anew by a link from their page, or by an address that the provider says is verified.")
