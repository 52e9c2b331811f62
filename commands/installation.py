"""The installation that a command works on: its settings, its database, and one act on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

import click

from commands.output import stop, warn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from accounts.context import Context
    from config import Config

Result = TypeVar("Result")


def read_settings(port: int = 8000) -> Config:
    """Prints every mistake and ends with status 2 if there are any."""
    import config

    try:
        settings = config.read(port=port)
    except config.BadSettings as error:
        for mistake in error.mistakes:
            click.echo(f"Error: {mistake}", err=True)
        sys.exit(2)
    if settings.data_dir.exists() and not settings.data_dir.is_dir():
        stop(f"TWO_KEYS_DATA_DIR: {settings.data_dir} is not a folder")
    return settings


def migrate(settings: Config) -> bool:
    """Brings the database to the current schema. Returns whether it was not there yet."""
    import db
    from accounts.system import installation
    from db.schema import NewerDatabase

    if settings.data_dir.is_dir() and settings.data_dir.stat().st_mode & 0o077:
        warn(f"others can look into {settings.data_dir}; it holds the key: chmod 700")
    try:
        return installation.prepare_database(settings)
    except NewerDatabase as error:
        stop(str(error))
    except (OSError, db.Unavailable) as error:
        stop(f"cannot open the database {db.path(settings)}: {error}")


def run(act: Callable[[Context], Awaitable[Result]]) -> Result:
    """Reads the settings, migrates the database and does one act."""
    settings = read_settings()
    migrate(settings)
    return run_with(settings, act)


def check_keys(settings: Config) -> None:
    """Ends the program if the database was written under other keys."""

    async def nothing(context: Context) -> None:
        pass

    run_with(settings, nothing)


def run_with(settings: Config, act: Callable[[Context], Awaitable[Result]]) -> Result:
    """Opens a migrated database for one act, which checks the keys."""
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
