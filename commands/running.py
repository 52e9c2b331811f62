"""What all commands do: read the settings, open the installation for one act, or end with one line that says why."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from commands import serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from accounts.context import Context
    from config import Config

Result = TypeVar("Result")


def stop(why: str) -> NoReturn:
    """Ends the program with one line on standard error and status 1."""
    click.echo(f"Error: {why}", err=True)
    sys.exit(1)


def log_to_standard_output() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    # Its own name would call every start an error.
    logging.getLogger("uvicorn.error").name = "uvicorn"
    # httpx2 writes a line for each request to the identity provider
    for name in ("databases", "alembic", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)


def read_settings(port: int | None = None) -> Config:
    """Ends the program with status 2 and a line for each mistake.

    `port` completes the default base URL; None: the port that was served last.
    """
    settings = _settings(port or 8000)
    last = serving.last_port(settings.data_dir) if port is None else None
    return _settings(last) if last else settings


def _settings(port: int) -> Config:
    import config
    from settings.table import BadSettings

    try:
        settings = config.read(port=port)
    except BadSettings as error:
        for mistake in error.mistakes:
            click.echo(f"Error: {mistake}", err=True)
        sys.exit(2)
    if settings.data_dir.exists() and not settings.data_dir.is_dir():
        stop(f"TWO_KEYS_DATA_DIR: {settings.data_dir} is not a folder")
    return settings


def migrate_database(settings: Config, *, look_only: bool = False) -> bool:
    """Brings the database to the current schema; whether there was something to do.

    `look_only`: ends the program with status 1 instead of doing something.
    """
    import db
    from accounts.system import installation
    from db import schema
    from db.revisions import UnusableSchema

    if settings.data_dir.is_dir() and settings.data_dir.stat().st_mode & 0o077:
        click.echo(f"Warning: other users can read {settings.data_dir}, which holds the key: chmod 700", err=True)
    try:
        if not look_only:
            return installation.prepare_database(settings)
        if not schema.is_current(settings.database):
            stop(f"the database {settings.database} does not have the current schema: run migrate first")
        return False
    except UnusableSchema as error:
        stop(str(error))
    except (OSError, db.Unavailable) as error:
        stop(f"cannot open the database {settings.database}: {error}")


def run(settings: Config, act: Callable[[Context], Awaitable[Result]]) -> Result:
    """Opens the installation for one act and closes it again."""
    import asyncio

    import db
    from accounts.system import installation
    from accounts.vault import WrongKey

    async def running() -> Result:
        async with installation.opened(settings) as (database, hasher, vault):
            return await act(installation.context_of_system(database, vault, hasher, settings))

    try:
        return asyncio.run(running())
    except (WrongKey, OSError, db.Unavailable) as error:
        stop(str(error))


def on_installation(act: Callable[[Context], Awaitable[Result]]) -> Result:
    """One act on the installation that the settings describe, its database migrated."""
    settings = read_settings()
    migrate_database(settings)
    return run(settings, act)
