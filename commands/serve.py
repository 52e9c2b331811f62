"""The command `serve`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from commands import words
from commands.installation import migrate, read_settings, run_with
from commands.output import stop, warn

if TYPE_CHECKING:
    from config import Config

# How long a stop waits for requests that were accepted.
GRACE_SECONDS = 30


@click.command(epilog="Example: python app.py serve --port 8080 --workers 2")
@click.option("--host", default="127.0.0.1", show_default=True, help="IP address or host name to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Number of processes.")
@click.option("--reload", is_flag=True, help="Development: reload code and templates on change, and show /gallery.")
def serve(host: str, port: int, workers: int, reload: bool) -> None:
    """Migrate the database, then serve.

    On a database without users, the first administrator is created and a one-time password printed.
    """
    settings = read_settings(port)
    migrate(settings)
    _create_first_administrator(settings)
    _prepare_environment(settings, reload=reload)
    if not settings.secure and not settings.loopback:
        warn(
            f"{settings.base_url} is not https. Passwords and cookies are not encrypted on their way;"
            " put a proxy with TLS in front."
        )
    click.echo(f"Two Keys is at {settings.base_url} (stop it with Ctrl+C)")
    sys.stdout.flush()
    _run(host, port, workers, reload)


def _create_first_administrator(settings: Config) -> None:
    from accounts.system import installation
    from accounts.users.users import Refused, UnusablePassword

    created = run_with(settings, lambda context: installation.first_administrator(context, settings.admin_password))
    if isinstance(created, UnusablePassword):
        stop(f"TWO_KEYS_ADMIN_PASSWORD cannot be used: {words.PASSWORD[created.problem]}")
    # Only the password comes from outside.
    assert not isinstance(created, Refused), created
    if created is not None:
        click.echo(f"The first administrator is {created.username}.")
        if created.one_time_password:
            click.echo(words.one_time_password(created.username, created.one_time_password))


def _prepare_environment(settings: Config, *, reload: bool) -> None:
    """Each process reads the settings anew: it must come to the same base URL."""
    from config import DEVELOPMENT

    os.environ.setdefault("TWO_KEYS_BASE_URL", settings.base_url)
    if reload:
        os.environ[DEVELOPMENT] = "on"


def _run(host: str, port: int, workers: int, reload: bool) -> None:
    import uvicorn

    uvicorn.run(
        "app:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        reload=reload,
        # uvicorn would believe any header that comes from 127.0.0.1.
        proxy_headers=False,
        server_header=False,
        # The application writes its own, without the query and without paths that hold a token.
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
