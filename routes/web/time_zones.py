"""The reader's time zone; those that a form offers: the IANA database's places, without the aliases of former names."""

from functools import cache
from importlib.resources import files
from itertools import groupby
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from config import Config
from routes.web.me import Me
from routes.web.rendered import Rendered
from settings.time_zones import known_time_zone, time_zones


def zone_of(config: Config, me: Me | None) -> ZoneInfo:
    """The reader's time zone: chosen on My User, else the installation's."""
    chosen = me.time_zone if me else ""
    return ZoneInfo(chosen if known_time_zone(chosen) else config.time_zone)


def time_zone_options(chosen: str) -> Markup:
    """The `<option>`s in their groups, `chosen` selected ("": none). It is offered even if it is an alias."""
    options = _options()
    if not chosen:
        return Rendered(options)
    # Four hundred options are made once; which one is selected is put into them.
    option, selected = (f"<option{state}>{escape(chosen)}</option>" for state in ("", " selected"))
    if option in options:
        return Rendered(options.replace(option, selected))
    return Markup(selected + options)  # noqa: S704  # because what was chosen is escaped


@cache
def _options() -> str:
    groups = groupby(_offered(), key=lambda name: name.partition("/")[0])
    return "".join(_group(continent, tuple(names)) for continent, names in groups)


def _group(continent: str, names: tuple[str, ...]) -> str:
    options = "".join(f"<option>{name}</option>" for name in names)
    return options if continent == "UTC" else f'<optgroup label="{continent}">{options}</optgroup>'


def _offered() -> list[str]:
    """Those of zone.tab, which has each inhabited place once; an alias that a user has chosen stays valid."""
    lines = files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8").splitlines()
    places = {line.split("\t")[2] for line in lines if not line.startswith("#")}
    return [name for name in time_zones() if name == "UTC" or name in places]
