"""The commands that ask another server: `check-mail` and `check-sso`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click

from commands import words
from commands.installation import read_settings
from commands.output import stop

if TYPE_CHECKING:
    from accounts.sso.check import Usable
    from config import Provider


@click.command(epilog="Example: python app.py check-mail alice@example.org")
@click.argument("address")
def check_mail(address: str) -> None:
    """Send one e-mail to ADDRESS; say what is wrong."""
    from accounts.mail import check
    from accounts.mail.messages import Written
    from accounts.mail.smtp import Accepted

    settings = read_settings()
    server = settings.mail
    if server is None:
        stop("no mail server is configured: set TWO_KEYS_SMTP_URL and TWO_KEYS_MAIL_FROM")
    text = (
        f"This letter was sent by the command check-mail of Two Keys at {settings.base_url}: its letters reach you.\n"
    )
    written = Written(f"{settings.organisation}: the mail server works", text, "")
    outcome = asyncio.run(check.check(server, written, address, settings.host, int(time.time())))
    if not isinstance(outcome, Accepted):
        stop(words.mail_problem(outcome, server, address))
    click.echo(f"{server.host} took the letter to {address}. If it does not arrive, look at that server's log.")


@click.command(epilog="Example: python app.py check-sso")
def check_sso() -> None:
    """Ask the identity provider; say what is wrong.

    Asks as a sign-in does: discovery document, keys, client ID and secret. Prints the URLs to enter at the provider.
    """
    from accounts.sso import check
    from accounts.sso.http import Trouble
    from accounts.sso.provider import IdentityProvider

    settings = read_settings()
    if settings.sso is None:
        stop("no identity provider is configured: set TWO_KEYS_SSO_ISSUER, TWO_KEYS_SSO_CLIENT_ID and its secret")
    provider = IdentityProvider(settings.sso, settings.base_url)
    found = asyncio.run(check.check(provider, int(time.time())))
    if isinstance(found, Trouble):
        click.echo(f"The redirect address to enter at the provider: {provider.redirect_uri}")
        stop(words.sso_problem(found, settings.sso.issuer))
    _print_usable(settings.sso, found)
    click.echo(f"The redirect address to enter at the provider: {provider.redirect_uri}")
    click.echo(f"The address to come back to after signing out there: {provider.signed_out_uri}")


def _print_usable(provider: Provider, found: Usable) -> None:
    algorithms = ", ".join(found.metadata.algorithms) or "not said"
    click.echo(f"{provider.name} at {provider.issuer} answers; it signs with {algorithms}, keys: {found.keys}.")
    if "client_untested" not in found.doubts:
        click.echo("Client id and secret are right.")
    for doubt in found.doubts:
        click.echo(words.SSO_DOUBTS[doubt])
