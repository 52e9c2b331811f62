"""The command line: `python app.py COMMAND`. Each command reads its arguments, calls a rule and says how it ended."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

import click

import config
import db
from accounts import usernames
from accounts.activity import chain
from accounts.context import COMMAND_LINE, Context
from accounts.links import links
from accounts.mail import check as mail_check
from accounts.mail.messages import Written
from accounts.sso import check
from accounts.sso.http import Trouble
from accounts.sso.provider import IdentityProvider
from accounts.system import demo, installation
from accounts.two_factor import switch
from accounts.user_import import apply, csv_file
from accounts.users import login_method, status, two_factor_reset, users
from accounts.users import password as user_password
from accounts.vault import WrongKey
from config import BadSettings, Config
from db import users as stored_users
from db.schema import NewerDatabase

Result = TypeVar("Result")

VERSION = "0.1.0"
GRACE_SECONDS = 30  # how long a stop waits for requests that were accepted

PASSWORD_PROBLEMS = {
    "missing": "it is empty",
    "too_short": "it needs at least 15 characters",
    "too_long": "it has more than 1,024 characters",
    "bad_characters": "it holds control characters",
    "common": "it is on the list of common passwords",
    "repeated": "it is one common word, repeated",
    "few_characters": "it has fewer than 5 different characters",
    "run": "it walks straight along the alphabet, the digits or the keyboard",
    "personal": "fewer than 8 characters remain without the username, the organisation and the product's name",
}
FIELD_PROBLEMS = {
    "not usable": "may hold letters, digits, punctuation and single blanks, at most 128 characters",
    "taken": "is taken",
    "unknown": "is not known",
    "too_long": "is too long",
    "bad_characters": "holds control characters",
    "bad_address": "is not an e-mail address",
}


IMPORT_PROBLEMS = {
    "empty": "the file is empty",
    "no_users": "no line holds a user",
    "line_too_long": "the line is longer than 16 KiB; nothing after it was read",
    "not_utf8": "the line is not UTF-8",
    "not_csv": "the line is not CSV: look at its quotation marks",
    "semicolons": "the columns are separated by semicolons; separate them by commas",
    "unknown_column": f"there is no column {{value!r}}; the columns are {', '.join(csv_file.COLUMNS)}",
    "column_twice": "the column {value!r} stands there twice",
    "no_username_column": "the heading has no column username",
    "number_of_cells": "the line and the heading have different numbers of cells: {value}",
    "not usable": "the username {value!r} may hold letters, digits, punctuation and single blanks, at most 128 characters",
    "twice": "the same username stands in line {value}",
    "too_long": "{column} is too long: {value!r}",
    "bad_characters": "{column} holds control characters: {value!r}",
    "bad_address": "{value!r} is not an e-mail address",
    "unknown_method": "the login method {value!r} is neither password nor sso",
    "method_differs": "the user exists with the login method {value}, which an import does not change",
    "unknown_role": "there is no role {value!r}",
    "last_administrator": "nobody would be left who can edit general settings and roles",
    "too_many_lines": "the file has more than {value} users; split it",
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="Two Keys")
def main() -> None:
    """Two Keys: login, accounts and two-factor authentication."""
    log_to_standard_output()
    if any("\udc80" <= letter <= "\udcff" for argument in sys.argv for letter in argument):
        _stop("an argument is not UTF-8")


def log_to_standard_output() -> None:
    """What the program and its workers print."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("databases").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each request to the identity provider


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that serve.")
@click.option("--reload", is_flag=True, help="Development: reload code and templates on change, and show /gallery.")
def serve(host: str, port: int, workers: int, reload: bool) -> None:
    """Migrate the database, then run the application."""
    import uvicorn

    settings = _settings(port)
    _migrate(settings)
    _run(settings, _first_administrator)
    os.environ.setdefault("TWO_KEYS_BASE_URL", settings.base_url)
    if reload:
        os.environ[config.DEVELOPMENT] = "on"
    if not settings.secure and not settings.loopback:
        click.echo(
            f"Warning: {settings.base_url} is not https. Passwords and cookies travel in the clear; put a proxy with TLS in front.",
            err=True,
        )
    click.echo(f"Two Keys is at {settings.base_url} (stop it with Ctrl+C)")
    sys.stdout.flush()
    uvicorn.run(
        "app:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        reload=reload,
        proxy_headers=False,  # uvicorn would believe any header that comes from 127.0.0.1
        server_header=False,
        access_log=False,  # ours holds no addresses that a token filled
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


@main.command()
def migrate() -> None:
    """Bring the database to the current schema."""
    settings = _settings()
    done = _migrate(settings)
    _run(settings, _nothing)
    click.echo("The database was brought to the current schema." if done else "The database is up to date.")


@main.command("create-user")
@click.argument("username")
@click.option("--name", default="", help="Full name.  [default: the username]")
@click.option("--email", default="", help="E-mail address.")
@click.option("--company", default="", help="Company.")
@click.option("--unit", default="", help="Organisational unit.")
@click.option("--role", "roles", multiple=True, help="A role; can be given several times.  [default: Member]")
@click.option("--sso", is_flag=True, help="Signs in by Single Sign-On, without a password here.")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of printing a one-time password.",
)
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
    """Add a user; prints a one-time password, or with --sso the link for the first sign-in."""
    if sso and password_stdin:
        _stop("a user of Single Sign-On has no password: leave out --sso or --password-stdin")
    new = users.New(
        username,
        name,
        email,
        company,
        unit,
        roles or ("Member",),
        "sso" if sso else "password",
        _password() if password_stdin else None,
        invited=sso,
    )
    created = _with_desk(lambda context: users.create(context, new, COMMAND_LINE))
    if isinstance(created, users.Refused):
        _stop(_why(created))
    click.echo(f"Added {created.username}.")
    if created.one_time_password:
        _show_one_time(created.username, created.one_time_password)
    if isinstance(created.invitation, links.NewLink):
        _show_binding(created.username, created.invitation)


@main.command("set-password")
@click.argument("username")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of printing a one-time password.",
)
def set_password(username: str, password_stdin: bool) -> None:
    """Set a user's password; ends their sessions."""
    password = _password() if password_stdin else None
    outcome = _with_desk(lambda context: user_password.set_password(context, _known(username), password, COMMAND_LINE))
    if isinstance(outcome, users.Refused):
        _stop(_why(outcome, username))
    click.echo(f"The password of {_known(username)} is set; their sessions have ended.")
    if outcome:
        _show_one_time(_known(username), outcome)


@main.command("reset-two-factor")
@click.argument("username")
def reset_two_factor(username: str) -> None:
    """Reset a user's second factor; ends their sessions."""

    async def reset(context: Context) -> str | None:
        user = await stored_users.by_username(context.db, _known(username))
        if user is None:
            return "unknown"
        return await two_factor_reset.reset(context, user.id, "on the command line", None)

    match _with_desk(reset):
        case "unknown":
            _stop(f"there is no user {username!r}")
        case "not_set_up":
            _stop(f"{username} has not set up two-factor authentication")
    click.echo(
        f"The second factor of {_known(username)} is reset: the password alone suffices until they set it up again. Their sessions have ended."
    )


@main.command("disable-user")
@click.argument("username")
def disable_user(username: str) -> None:
    """Disable a user; ends their sessions."""
    match _with_desk(lambda context: _status(context, username, status.disable)):
        case "gone":
            _stop(f"there is no user {username!r}")
        case "already":
            _stop(f"{username} is disabled already")
        case "last_administrator":
            _stop(
                f"{username} is the last active user who can edit general settings and roles: make another administrator first"
            )
    click.echo(f"{_known(username)} is disabled; their sessions have ended.")


async def _status(
    context: Context, username: str, act: Callable[[Context, int, None], Awaitable[Result]]
) -> Result | Literal["gone"]:
    user = await stored_users.by_username(context.db, _known(username))
    return await act(context, user.id, None) if user else "gone"


@main.command("enable-user")
@click.argument("username")
def enable_user(username: str) -> None:
    """Enable a disabled user."""
    match _with_desk(lambda context: _status(context, username, status.enable)):
        case "gone":
            _stop(f"there is no user {username!r}")
        case "already":
            _stop(f"{username} is not disabled")
    click.echo(f"{_known(username)} can sign in again.")


@main.command("unbind-users")
@click.argument("issuer")
def unbind_users(issuer: str) -> None:
    """Forget who everybody was at an identity provider that was replaced, by its issuer."""
    number = _with_desk(lambda context: login_method.unbind_all(context, issuer))
    if number == "last_administrator":
        _stop(
            "no administrator could sign in any more: first make one with a password,"
            " by create-user NAME --role Administrator; nothing has changed"
        )
    if not number:
        _stop(f"nobody is bound by the issuer {issuer}, compared letter by letter")
    click.echo(f"{number} {'user is' if number == 1 else 'users are'} bound no more; their sessions have ended.")
    click.echo("Each is bound anew by a link from their page, or by an address that the provider says is verified.")


@main.command("import-users")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_users(file: Path) -> None:
    """Add or update users from a CSV file, all or nothing."""

    async def lines() -> AsyncIterator[list[bytes]]:
        with file.open("rb") as opened:
            for portion in csv_file.portions(opened):
                yield portion

    def told(bad: csv_file.Bad) -> None:
        what = IMPORT_PROBLEMS.get(bad.problem, bad.problem).format(column=bad.column, value=bad.value)
        click.echo(f"Error: {f'line {bad.line}: ' if bad.line else ''}{what}", err=True)

    def progress(doing: str) -> apply.Progress:
        return lambda number: click.echo(f"\r{doing} … {number:,}", nl=False, err=True)

    async def act(context: Context) -> apply.Report:
        report = await apply.check(context, lines, None, told=told, progress=progress("Checking"))
        if not report.bad:
            click.echo(err=True)
            report = await apply.run(context, lines, None, told=told, progress=progress("Writing")) or report
        click.echo(err=True)
        return report

    report = _with_desk(act)
    if report.bad:
        _stop(f"{report.bad:,} of {report.lines:,} lines cannot be imported; nothing was changed")
    click.echo(f"{report.new:,} new, {report.changed:,} changed, {report.unchanged:,} unchanged.")


@main.command("demo")
def make_demo() -> None:
    """Fill an empty database with a sample organisation."""
    made = _with_desk(demo.fill)
    if made == "not empty":
        _stop("the database holds users already; a demonstration needs one that holds nobody, or only the first admin")
    administrator, manager, auditor, member = made.usernames
    click.echo(
        f"{demo.PEOPLE} people in {len(demo.UNITS)} units, and a year of theirs. Every page says that this is a demonstration."
    )
    click.echo(f"Everybody's password: {made.password}")
    click.echo(
        f"Sign in as {administrator} (administrator), {manager} (user manager), {auditor} (auditor) or {member} (member)."
    )
    click.echo("These have no second factor yet; the phones of those who have one do not exist.")


@main.command("two-factor")
@click.argument("state", type=click.Choice(["on", "off"]))
def switch_two_factor(state: str) -> None:
    """Switch Two-Factor Authentication on or off for everybody."""
    changed = _with_desk(lambda context: switch.switch(context, state == "on", COMMAND_LINE))
    click.echo(
        f"Two-Factor Authentication is {state}."
        if changed
        else f"Two-Factor Authentication is {state} already; nothing was changed."
    )


MAIL_PROBLEMS = {
    "address": "{to!r} cannot stand in a letter ({said})",
    "name": "the name of the mail server, {host}, was not found: check TWO_KEYS_SMTP_URL and this machine's name service ({said})",
    "refused": "nobody listens at {host}, port {port}: check host and port in TWO_KEYS_SMTP_URL, and firewalls ({said})",
    "unreachable": "{host}, port {port}, cannot be reached ({said})",
    "timeout": "{host}, port {port}, did not answer in time: a firewall, or smtp:// where smtps:// is meant or the other way round ({said})",
    "no_starttls": "{host} offers no STARTTLS on port {port}: use smtps:// (port 465), or smtp:// on a network that you trust",
    "tls": "no encrypted connection to {host}, port {port}: smtps:// is for port 465, smtp+starttls:// for 587 ({said})",
    "certificate": "the certificate of {host} cannot be trusted: {said}. Use the name that it is for; SSL_CERT_FILE names your own authority",
    "login": "{host} refused the login: check user and password in TWO_KEYS_SMTP_URL, percent-encoded ({said})",
    "sender": "{host} refused the sender {sender}: check TWO_KEYS_MAIL_FROM ({said})",
    "rejected": "{host} refused the letter to {to}: {said}",
    "later": "{host} did not take the letter to {to} now, but may later: {said}",
    "disconnected": "{host} closed the connection ({said})",
}


@main.command("check-mail")
@click.argument("address")
def check_mail(address: str) -> None:
    """Send one letter to ADDRESS, and say in plain words what is wrong."""
    settings = _settings()
    if settings.mail is None:
        _stop("no mail server is configured: set TWO_KEYS_SMTP_URL and TWO_KEYS_MAIL_FROM")
    text = (
        f"This letter was sent by the command check-mail of Two Keys at {settings.base_url}: its letters reach you.\n"
    )
    written = Written(f"{settings.organisation}: the mail server works", text, "")
    server = settings.mail
    problem = asyncio.run(mail_check.check(server, written, address, settings.host, int(time.time())))
    if problem:
        what, _, said = problem.partition(": ")
        why = MAIL_PROBLEMS[what].format(
            to=address, host=server.host, port=server.port, sender=server.sender, said=said
        )
        _stop(why.removesuffix(" ()"))
    click.echo(f"{server.host} took the letter to {address}. If it does not arrive, look at that server's log.")


SSO_PROBLEMS = {
    "name": "the name {host} was not found: check TWO_KEYS_SSO_ISSUER and this machine's name service ({said})",
    "refused": "nobody listens at {host}: check TWO_KEYS_SSO_ISSUER, and firewalls ({said})",
    "unreachable": "{host} cannot be reached ({said})",
    "timeout": "{host} did not answer in time: a firewall, or it is down ({said})",
    "certificate": "the certificate of {host} cannot be trusted: {said}. Use the name that it is for; SSL_CERT_FILE names your own authority",
    "tls": "no encrypted connection to {host} ({said})",
    "redirect": "{where} is answered with a redirect, which is not followed: name the final address in TWO_KEYS_SSO_ISSUER",
    "status": "{where} is answered with the status {said}. TWO_KEYS_SSO_ISSUER is the address without /.well-known/openid-configuration",
    "too_large": "the answer from {where} is larger than 256 KB",
    "encoding": "the answer from {where} is compressed, which was not asked for",
    "not_json": "the answer from {where} is not a JSON object: is TWO_KEYS_SSO_ISSUER an OpenID Connect issuer?",
    "said": "{where} says {said}",
    "missing": "{where} lacks what is needed: {said}",
    "insecure": "the {said} is no address that may be used: it must begin with https",
    "wrong_issuer": "the provider says that it is {said!r}. TWO_KEYS_SSO_ISSUER must be exactly that, slash for slash",
    "no_client_auth": "the provider wants clients to prove themselves in ways that this program does not know: {said}",
    "no_algorithm": "the provider signs with {said} alone, and none of these is accepted: choose RS256, PS256, ES256 or EdDSA there",
    "no_keys": "the provider publishes no key for signatures that are accepted",
    "client": "the provider does not know this client ({said}): check TWO_KEYS_SSO_CLIENT_ID and TWO_KEYS_SSO_CLIENT_SECRET",
}
SSO_PLACES = {"discovery": "the discovery document", "keys": "the list of keys", "token": "the token endpoint"}
SSO_DOUBTS = {
    "no_pkce": "It does not announce PKCE with S256; sign-ins ask for it all the same.",
    "no_auth_time": "It does not announce auth_time; if it does not say when somebody signed in, a proof asks with prompt=login.",
    "no_logout": "It has no end_session_endpoint: nobody is offered to sign out there, too.",
    "client_untested": "Whether client id and secret are right could not be tested: sign in once.",
}


@main.command("check-sso")
def check_sso() -> None:
    """Ask the identity provider, and say in plain words what is wrong."""
    settings = _settings()
    if settings.sso is None:
        _stop("no identity provider is configured: set TWO_KEYS_SSO_ISSUER, TWO_KEYS_SSO_CLIENT_ID and its secret")
    provider = IdentityProvider(settings.sso, settings.base_url)
    found = asyncio.run(check.check(provider, int(time.time())))
    enter = f"The redirect address to enter at the provider: {provider.redirect_uri}"
    if isinstance(found, Trouble):
        click.echo(enter)
        host = urlsplit(settings.sso.issuer).netloc
        where = SSO_PLACES.get(found.where, found.where)
        _stop(SSO_PROBLEMS[found.what].format(host=host, where=where, said=found.said).removesuffix(" ()"))
    algorithms = ", ".join(found.metadata.algorithms) or "not said"
    click.echo(f"{settings.sso.name} at {settings.sso.issuer} answers; it signs with {algorithms}, keys: {found.keys}.")
    if "client_untested" not in found.doubts:
        click.echo("Client id and secret are right.")
    for doubt in found.doubts:
        click.echo(SSO_DOUBTS[doubt])
    click.echo(enter)
    click.echo(f"The address to come back to after signing out there: {provider.signed_out_uri}")


@main.command("verify-activity-log")
@click.option(
    "--head",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a head kept elsewhere: NUMBER and MAC.",
)
def verify_activity_log(head: Path | None) -> None:
    """Check the activity log's chain; exit status 1 and the first bad entry if it is broken."""
    kept = _kept_head(head) if head else None
    match _with_desk(lambda context: chain.verify(context, kept)):
        case chain.Broken(number, why):
            _stop(f"the activity log is broken at entry {number}: {why}")
        case chain.Verified(0, _):
            click.echo("The activity log is empty.")
        case chain.Verified(number, mac):
            click.echo(f"The activity log is whole: {number} entries.\nHead: {number} {mac.hex()}")


def _kept_head(path: Path) -> tuple[int, str]:
    """The last head in a file: lines that end in NUMBER MAC, such as the program prints."""
    try:
        words = path.read_text("utf-8").split()
        number, mac = int(words[-2]), bytes.fromhex(words[-1]).hex()
    except (ValueError, IndexError, OSError):
        _stop(f"{path} does not end in a head: NUMBER and MAC, as this command prints them")
    return number, mac


# ---------------------------------------------------------------------------------------------------------- what they share


def _settings(port: int = 8000) -> Config:
    try:
        settings = config.read(port=port)
    except BadSettings as error:
        for mistake in error.mistakes:
            click.echo(f"Error: {mistake}", err=True)
        sys.exit(2)
    problem = installation.data_dir_problem(settings)
    if problem:
        _stop(problem)
    return settings


def _migrate(settings: Config) -> bool:
    if settings.data_dir.is_dir() and settings.data_dir.stat().st_mode & 0o077:
        click.echo(f"Warning: others can look into {settings.data_dir}; it holds the key: chmod 700", err=True)
    try:
        return installation.prepare_database(settings)
    except (NewerDatabase, OSError, db.Unavailable) as error:
        _stop(
            str(error) if isinstance(error, NewerDatabase) else f"cannot open the database {db.path(settings)}: {error}"
        )


def _with_desk(act: Callable[[Context], Awaitable[Result]]) -> Result:
    settings = _settings()
    _migrate(settings)

    async def acting(context: Context, _settings: Config) -> Result:
        return await act(context)

    return _run(settings, acting)


def _run(settings: Config, act: Callable[[Context, Config], Awaitable[Result]]) -> Result:
    """Opens the database for one act and closes it again."""

    async def running() -> Result:
        async with installation.opened(settings) as (database, hasher, vault):
            return await act(installation.context_of_system(database, vault, hasher, settings), settings)

    try:
        return asyncio.run(running())
    except (WrongKey, OSError, db.Unavailable) as error:
        _stop(str(error))


async def _nothing(context: Context, settings: Config) -> None:
    """Opening the database has checked the keys."""


async def _first_administrator(context: Context, settings: Config) -> None:
    created = await installation.first_administrator(context, settings.admin_password)
    if isinstance(created, users.Refused):
        _stop(f"TWO_KEYS_ADMIN_PASSWORD cannot be used: {PASSWORD_PROBLEMS.get(created.problem, created.problem)}")
    if created is not None:
        click.echo(f"The first administrator is {created.username}.")
        if created.one_time_password:
            _show_one_time(created.username, created.one_time_password)


def _show_one_time(username: str, password: str) -> None:
    click.echo(f"One-time password of {username}, good for 72 hours: {password}")


def _show_binding(username: str, link: links.NewLink) -> None:
    """Without a provider, too: rows can be made before it is configured."""
    settings = _settings()
    name = settings.sso.name if settings.sso else "Single Sign-On"
    click.echo(
        f"Whoever opens this link and then signs in at {name} is {username} from then on. It works once, for 7 days:"
    )
    click.echo(f"{settings.base_url}/invitation/{link.token}")
    if settings.sso is None:
        click.echo("Single Sign-On is not configured yet (TWO_KEYS_SSO_ISSUER): the link works once it is.")


def _password() -> str:
    return sys.stdin.read().rstrip("\r\n")


def _known(username: str) -> str:
    """A username in its canonical form."""
    name = usernames.canonical(username)
    if name is None:
        _stop(f"there is no user {username!r}")
    return name


def _why(refused: users.Refused, username: str = "") -> str:
    if refused.field == "password":
        return f"the password cannot be used: {PASSWORD_PROBLEMS.get(refused.problem, refused.problem)}"
    if refused.field == "role":
        return f"there is no role {refused.problem}"
    what = f"the username {username!r}" if username else f"the {refused.field}"
    return f"{what} {FIELD_PROBLEMS.get(refused.problem, refused.problem)}"


def _stop(why: str) -> NoReturn:
    click.echo(f"Error: {why}", err=True)
    sys.exit(1)
