"""The Jinja environment: what templates find besides their variables."""

import re
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup

from config import ROOT, Config
from config.time_zones import known_time_zone
from routes.web.me import Me
from routes.web.part import show
from routes.web.static_files import Address


def environment(config: Config, static: Address) -> jinja2.Environment:
    """The Jinja environment: the shipped templates, over which those in TWO_KEYS_TEMPLATES_DIR win."""
    folders = [*([str(config.templates_dir)] if config.templates_dir else []), str(ROOT / "templates")]
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=config.development,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"_": _gettext, "gettext": _gettext, "ngettext": _ngettext}
    made.globals |= {"static": static, "template_name": _template_name, "show": show}
    made.filters |= {
        "when": _in_zone(config, WHEN),
        "exact": _in_zone(config, "%Y-%m-%d %H:%M:%S %Z"),
        "day": _in_zone(config, DAY),
    }
    made.filters |= {"number": lambda value: f"{value:,}", "grouped": _grouped}
    return made


def _gettext(message: str, /, **values: Any) -> Markup:
    """A sentence in the reader's language; what is put into it is escaped. A catalogue is to be asked here."""
    return Markup(message) % values if values else _sentence(message)  # noqa: S704  # because sentences are ours


@cache
def _sentence(message: str) -> Markup:
    return Markup(message) % {}  # noqa: S704  # because sentences are ours


def _ngettext(singular: str, plural: str, number: int, /, **values: Any) -> Markup:
    """The same for a sentence with a number, which it calls `num`."""
    return _gettext(singular if number == 1 else plural, **{"num": number, **values})


_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def _visible(value: Any) -> Any:
    """What was typed, without the characters that HTML forbids."""
    if isinstance(value, str) and _INVISIBLE.search(value):
        return type(value)(_INVISIBLE.sub("", value))
    return value


WHEN, DAY = "%-d %b %Y, %H:%M", "%-d %b %Y"


@jinja2.pass_context
def _template_name(context: jinja2.runtime.Context) -> str:
    return context.name or ""


def zone_of(config: Config, me: Me | None) -> ZoneInfo:
    """The reader's time zone: chosen on My User, else the installation's."""
    chosen = me.time_zone if me else ""
    return ZoneInfo(chosen if known_time_zone(chosen) else config.time_zone)


def _in_zone(config: Config, pattern: str) -> Any:
    @jinja2.pass_context
    def written(context: jinja2.runtime.Context, at: datetime | date) -> str:
        zone = context.get("zone") or zone_of(config, context.get("me"))  # a letter says its reader's itself
        local = at.astimezone(zone) if isinstance(at, datetime) else at
        return local.strftime(pattern)

    return written


def _grouped(text: str, size: int) -> str:
    return " ".join(text[start : start + size] for start in range(0, len(text), size))
