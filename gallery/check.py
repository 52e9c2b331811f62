"""What is wrong with a designer's folder: every sample is rendered with its templates, and its files are looked at."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import gallery
from config import Config
from gallery import emails
from routes.mail import written
from routes.web.environment import templates
from routes.web.part import Page
from routes.web.static_files import Files
from routes.web.templates import Mistake, Templates

# What the Content-Security-Policy refuses, and what this server has not.
ELSEWHERE = re.compile(r"@import\b|url\(\s*['\"]?(?!['\"]?#)", re.IGNORECASE)


def mistakes_of(config: Config) -> list[Mistake]:
    """In the folder that the settings name, in the order in which they are found, each once."""
    return mistakes(config, templates(config, Files(False, config.theme_dir).address))


def mistakes(config: Config, made: Templates) -> list[Mistake]:
    found = [*_of_templates(config, made), *(_of_files(config.theme_dir) if config.theme_dir else ())]
    return list(dict.fromkeys(found))


def _of_templates(config: Config, made: Templates) -> Iterator[Mistake]:
    for act in (*_compiling(made), *_rendering(config, made)):
        try:
            act()
        # a template may raise anything
        except Exception as error:
            mistake = made.mistake_in(error)
            if mistake is None:
                raise
            yield mistake


def _compiling(made: Templates) -> Iterator[Callable[[], Any]]:
    for folder in made.folders:
        for path in sorted(folder.rglob("*.html")):
            name = path.relative_to(folder).as_posix()
            yield partial(made.themed.get_template, name)


def _rendering(config: Config, made: Templates) -> Iterator[Callable[[], Any]]:
    shared = {
        "organisation": config.organisation,
        "now": datetime.now(UTC),
        "sample_data": False,
        "sso_name": "Acme SSO",
        "zone": ZoneInfo(config.time_zone),
    }
    for me, page in gallery.SAMPLES.values():
        yield partial(_rendered, made, page, {**shared, "me": me})
    for email in emails.SAMPLES.values():
        yield partial(written, config, made.themed, email)


def _rendered(made: Templates, page: Page, shared: dict[str, Any]) -> str:
    return made.themed.get_template(page.template).render({**shared, **vars(page)})


def _of_files(theme: Path) -> Iterator[Mistake]:
    known = {"theme.css", "logo.svg", "favicon.svg", "templates"}
    for path in sorted(theme.iterdir()):
        if path.name not in known and not path.name.startswith("."):
            yield Mistake(path, 0, f"is not used: a theme has {', '.join(sorted(known))}")
    stylesheet = theme / "theme.css"
    if stylesheet.is_file():
        for number, line in enumerate(stylesheet.read_text("utf-8", "replace").splitlines(), start=1):
            if ELSEWHERE.search(line):
                yield Mistake(stylesheet, number, "fetches a file, which the Content-Security-Policy refuses")
    for path in (theme / "logo.svg", theme / "favicon.svg"):
        if path.is_file() and (wrong := _wrong_with_drawing(path)):
            yield Mistake(path, 0, wrong)


def _wrong_with_drawing(path: Path) -> str:
    try:
        root = ET.fromstring(path.read_bytes())  # noqa: S314  # because the operator's own file is read
    except ET.ParseError as error:
        return f"is not XML: {error}"
    if root.tag.rpartition("}")[2] != "svg":
        return "is not an SVG drawing: its root is not <svg>"
    return ""
