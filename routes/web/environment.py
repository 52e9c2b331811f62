"""The Jinja environment: what templates find besides their variables."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any
from unicodedata import bidirectional
from zoneinfo import ZoneInfo

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup, escape

from config import ROOT, Config
from routes.web.jinja_environment import Environment, attributes_of, sentence
from routes.web.kept import KeptRows
from routes.web.part import show
from routes.web.rendered import Rendered
from routes.web.static_files import Address
from routes.web.templates import Templates
from routes.web.time_zones import time_zone_options, zone_of

SHIPPED = ROOT / "templates"


def templates(config: Config, static: Address) -> Templates:
    """The shipped templates, and over them a theme's, which win over those of TWO_KEYS_TEMPLATES_DIR."""
    in_theme = [config.theme_dir / "templates"] if config.theme_dir else []
    folders = [folder.resolve() for folder in (*in_theme, config.templates_dir) if folder and folder.is_dir()]
    shipped = _environment(config, static, ())
    themed = _environment(config, static, folders) if folders else shipped
    return Templates(shipped, themed, folders, strict=config.development)


def _environment(config: Config, static: Address, folders: Sequence[Path]) -> jinja2.Environment:
    """The Jinja environment: the shipped templates, over which those in `folders` win, the first of them first.

    A template of a folder can extend or include the shipped one as `shipped/PATH`.
    """
    shipped = jinja2.FileSystemLoader(SHIPPED)
    made = Environment(
        loader=jinja2.ChoiceLoader([_Folders([*folders, SHIPPED]), jinja2.PrefixLoader({"shipped": shipped})]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=config.development,
        # All of them: a bounded cache looks for its oldest at each look-up.
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"_": _gettext, "gettext": _gettext, "ngettext": _ngettext}
    made.globals |= {"static": static, "template_name": _template_name, "show": show}
    made.globals |= {"time_zone_options": time_zone_options, "kept": KeptRows().row}
    # Of those who have chosen none, and of readers of whom nothing is known.
    made.globals["zone"] = zone_of(config, None)
    made.filters |= {
        "when": _in_zone(WHEN),
        "exact": _in_zone("%Y-%m-%d %H:%M:%S %Z"),
        "day": _in_zone(DAY),
        "moment": _moment,
        "time_of_day": _time_of_day,
    }
    made.filters |= {"number": lambda value: f"{value:,}", "grouped": _grouped, "bdi": _bdi, "fsi": _fsi}
    made.filters["xmlattr"] = attributes_of
    return made


class _Folders(jinja2.FileSystemLoader):
    """Notices that a template was added to a folder that wins over the one where it was found."""

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, unchanged = super().get_source(environment, template)
        above = list(takewhile(lambda folder: not Path(path).is_relative_to(folder), self.searchpath))
        return source, path, lambda: unchanged() and not any(Path(folder, template).exists() for folder in above)


def _gettext(message: str, /, **values: Any) -> Markup:
    """A sentence in the reader's language; what is put into it is escaped. A catalogue is to be asked here."""
    if not values:
        return sentence(message)
    escaped = {name: value if isinstance(value, int | Markup) else escape(value) for name, value in values.items()}
    return Markup(message % escaped)  # noqa: S704  # because sentences are ours, and values are escaped


def _ngettext(singular: str, plural: str, number: int, /, **values: Any) -> Markup:
    """The same for a sentence with a number, which it calls `num`."""
    return _gettext(singular if number == 1 else plural, **{"num": number, **values})


# Letters and digits of the scripts that are written from right to left.
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
WHEN, DAY = "%-d %b %Y, %H:%M", "%-d %b %Y"


@jinja2.pass_context
def _template_name(context: Context) -> str:
    return context.name or ""


def _in_zone(pattern: str) -> Any:
    @jinja2.pass_context
    def written(context: Context, at: datetime | date) -> str:
        local = at.astimezone(context["zone"]) if isinstance(at, datetime) else at
        return local.strftime(pattern)

    return written


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@jinja2.pass_context
def _moment(context: Context, at: datetime, zone: ZoneInfo | None = None) -> Rendered:
    """A `<time>`, short to read, exact on hover and for machines. `zone`: else the reader's, of the context."""
    local = at.astimezone(zone or context["zone"])
    exact = local.isoformat(" ", "seconds")[:19]
    short = f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {exact[11:16]}"
    return Rendered(f'<time datetime="{exact}" title="{exact} {local.tzname()}">{short}</time>')


def _time_of_day(at: datetime, zone: ZoneInfo) -> Rendered:
    """A `<time>` under the heading of its day: hours and minutes, seconds muted."""
    local = at.astimezone(zone)
    exact = local.isoformat(" ", "seconds")[:19]
    title = f"{exact} {local.tzname()}"
    return Rendered(
        f'<time datetime="{exact}" title="{title}">{exact[11:16]}<span class="muted">{exact[16:]}</span></time>'
    )


def _grouped(text: str, size: int) -> str:
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


def _bdi(text: str) -> Markup:
    """What a person has typed, as an element that keeps its direction to itself."""
    html = escape(text)
    return Markup(f"<bdi>{html}</bdi>") if html else html  # noqa: S704  # because the text is escaped


def _fsi(text: str) -> str:
    """The same where no element can stand: in invisible characters, and only around what has letters to isolate.

    FIRST STRONG ISOLATE, POP DIRECTIONAL ISOLATE.
    """
    if text.isascii() or not any(bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return text
    return f"\u2068{text}\u2069"
