"""What a command prints besides its result."""

import logging
import sys
from typing import NoReturn

import click


def log_to_standard_output() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    # Alembic logs each migration, httpx2 each request to the identity provider.
    for library in ("alembic", "databases", "httpx2"):
        logging.getLogger(library).setLevel(logging.WARNING)


def warn(text: str) -> None:
    click.echo(f"Warning: {text}", err=True)


def stop(why: str) -> NoReturn:
    click.echo(f"Error: {why}", err=True)
    sys.exit(1)
