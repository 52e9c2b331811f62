"""The commands `check-mail` and `check-sso`: what is wrong with the mail server or the identity provider."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from commands.running import read_settings, stop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.mail.messages import Written
    from accounts.sso.check import Usable
    from config import Config
    from settings.sso import Provider


@click.command("check-mail")
@click.argument("address")
def check_mail(address: str) -> None:
    """Send an e-mail to ADDRESS and say what is wrong.

    \b
    Example:
      python app.py check-mail alice@example.org
    """
    import asyncio

    from accounts import email_addresses
    from accounts.mail import check
    from accounts.mail.smtp import Accepted
    from commands import words

    settings = read_settings()
    server = settings.mail
    if server is None:
        stop("no mail server is configured: set TWO_KEYS_SMTP_URL and TWO_KEYS_MAIL_FROM")
    outcome = asyncio.run(check.check(server, _email(settings), address, settings.host, int(time.time())))
    if not isinstance(outcome, Accepted):
        stop(words.mail(outcome, server, address))
    used = email_addresses.in_ascii(address) or address
    click.echo(f"{server.host} accepted the e-mail to {used}. If it does not arrive, look at that server's log.")


def _email(settings: Config) -> Written:
    from accounts.mail.messages import Written

    text = (
        f"This e-mail was sent by the command check-mail of Two Keys at {settings.base_url}: its e-mails reach you.\n"
    )
    return Written(f"{settings.organisation}: the mail server works", text, "")


@click.command("check-sso")
def check_sso() -> None:
    """Ask the identity provider and say what is wrong.

    It also prints the URLs to register at the provider.

    \b
    Example:
      python app.py check-sso
    """
    import asyncio
    import os

    from accounts.sso import check
    from accounts.sso.http import ProviderError
    from accounts.sso.provider import IdentityProvider
    from commands import words

    settings = read_settings()
    if settings.sso is None:
        stop("no identity provider is configured: set TWO_KEYS_SSO_ISSUER, TWO_KEYS_SSO_CLIENT_ID and its secret")
    provider = IdentityProvider(settings.sso, settings.base_url)
    found = asyncio.run(check.check(provider, int(time.time())))
    if not isinstance(found, ProviderError):
        _say_usable(settings.sso, found)
    click.echo(f"The redirect URL to enter at the provider: {provider.redirect_uri}")
    if isinstance(found, ProviderError):
        stop(words.sso(found, settings.sso.issuer, _proxy_variable(os.environ)))
    click.echo(f"The URL to return to after signing out there: {provider.signed_out_uri}")


def _say_usable(provider: Provider, found: Usable) -> None:
    from commands import words

    algorithms = ", ".join(found.metadata.algorithms) or "not said"
    click.echo(f"{provider.name} at {provider.issuer} answers; it signs with {algorithms}, keys: {found.keys}.")
    if "client_untested" not in found.doubts:
        click.echo("Client id and secret are right.")
    for doubt in found.doubts:
        click.echo(words.SSO_DOUBTS[doubt])
    for sentence in words.user_information(found):
        click.echo(sentence)
    click.echo(words.SSO_NOT_FORESEEN.format(client_id=provider.client_id))


def _proxy_variable(environment: Mapping[str, str]) -> str:
    """The name of a set variable by which other programs find a proxy; "": none."""
    names = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")
    return next((name for name in names if environment.get(name)), "")
