"""The command `check-theme`: what is wrong with a designer's folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from commands.running import read_settings, stop

if TYPE_CHECKING:
    from config import Config


@click.command("check-theme")
def check_theme() -> None:
    """Render every page and e-mail with the designer's templates and name the mistakes.

    The folder is that of TWO_KEYS_THEME_DIR, the templates also those of TWO_KEYS_TEMPLATES_DIR.

    \b
    Example:
      TWO_KEYS_THEME_DIR=/etc/two-keys/theme python app.py check-theme
    """
    settings = read_settings()
    if not has_theme(settings):
        stop("there is no theme: set TWO_KEYS_THEME_DIR or TWO_KEYS_TEMPLATES_DIR")
    found = warn_of_theme(settings)
    if found:
        sys.exit(1)
    click.echo("The theme is in order: every page and e-mail can be rendered with it.")


def has_theme(settings: Config) -> bool:
    """Whether the installation has a designer's folder."""
    return bool(settings.theme_dir or settings.templates_dir)


def warn_of_theme(settings: Config) -> int:
    """Writes a line per mistake to standard error; how many there are."""
    from gallery import check

    found = check.mistakes_of(settings)
    for mistake in found:
        click.echo(f"Error: {mistake}", err=True)
    return len(found)
