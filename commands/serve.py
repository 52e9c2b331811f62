"""The command `serve`: migrates the database, makes the first administrator and runs the web server."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from commands import processes, serving
from commands.running import migrate_database, read_settings, run, stop
from commands.theme import has_theme, warn_of_theme
from commands.users import show_one_time_password

if TYPE_CHECKING:
    from accounts.context import Context
    from config import Config

UVICORN: dict[str, Any] = {
    "factory": True,
    # uvicorn would believe any header that comes from 127.0.0.1
    "proxy_headers": False,
    "http": "commands.protocol:LimitedProtocol",
    "ws": "none",
    # Above the 60 s of nginx, the 90 s of Traefik and the 120 s of Caddy: a proxy that keeps connections open must be
    # the one that closes them, or a request meets a connection that is just being closed (502).
    "timeout_keep_alive": 125,
    "server_header": False,
    # the program's own access log holds no URLs with tokens
    "access_log": False,
    "log_config": None,
    # how long a stop waits for requests that were accepted
    "timeout_graceful_shutdown": 30,
    # A process that does not answer for so long is replaced. On a busy machine the start alone may take the 5 s of the
    # default.
    "timeout_worker_healthcheck": 30,
}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="IP address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Number of processes.")
@click.option("--no-migrate", is_flag=True, help="Do not change the schema; end if it is not the current one.")
@click.option("--reload", is_flag=True, help="Development: reload code and templates on change, and show /gallery.")
def serve(host: str, port: int, workers: int, no_migrate: bool, reload: bool) -> None:
    """Migrate the database and run the web server.

    If there are no users, the first administrator, admin, is made first and a one-time password is printed.

    \b
    Example:
      python app.py serve --host 0.0.0.0 --port 8001 --workers 2
    """
    import uvicorn

    settings = read_settings(port)
    migrate_database(settings, look_only=no_migrate)
    # Before the one-time password is shown, which is shown once.
    listening = processes.bound(host, port)
    run(settings, lambda context: _first_administrator(context, settings.admin_password))
    _pass_on(settings, reload, workers)
    _warn_of_plain_http(settings)
    if has_theme(settings) and warn_of_theme(settings):
        click.echo("Warning: in place of templates with mistakes the shipped ones are served.", err=True)
    with _warn_of_company(settings, port):
        click.echo(f"Two Keys is at {settings.base_url} (stop it with Ctrl+C)")
        sys.stdout.flush()
        config = uvicorn.Config("app:create", host=host, port=port, workers=workers, reload=reload, **UVICORN)
        processes.serve(config, listening)


async def _first_administrator(context: Context, password: str | None) -> None:
    from accounts.system import installation
    from accounts.users import users
    from commands import words

    created = await installation.first_administrator(context, password)
    match created:
        case users.UnusablePassword(problem):
            stop(f"TWO_KEYS_ADMIN_PASSWORD cannot be used: {words.PASSWORD[problem]}")
        case users.Refused():
            stop(words.refusal(created))
        case users.Created(username=username, one_time_password=one_time):
            click.echo(f"The first administrator is {username}.")
            show_one_time_password(username, one_time)


def _pass_on(settings: Config, reload: bool, workers: int) -> None:
    """What the server's processes, which read the settings anew, cannot know by themselves."""
    import config

    os.environ.setdefault("TWO_KEYS_BASE_URL", settings.base_url)
    if reload:
        os.environ[config.DEVELOPMENT.name] = "on"
    os.environ[config.WORKERS.name] = str(workers)


def _warn_of_company(settings: Config, port: int) -> TextIO:
    """Marks the data folder as served, and says if another server runs on it. What is returned holds the mark."""
    file, shared = serving.begin(settings.data_dir, port)
    if shared:
        click.echo(f"Warning: another server runs on {settings.data_dir}; they share the database.", err=True)
    return file


def _warn_of_plain_http(settings: Config) -> None:
    if not settings.secure and not settings.loopback:
        click.echo(
            f"Warning: {settings.base_url} is not https. Passwords and cookies are sent unencrypted;"
            " put a proxy with TLS in front.",
            err=True,
        )
