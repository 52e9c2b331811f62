"""The time zones that a form offers."""

from functools import cache

from markupsafe import Markup

from config.time_zones import time_zones


@cache
def time_zone_names() -> tuple[Markup, ...]:
    """Marked as safe once, so that a page does not escape four hundred names each time."""
    return tuple(Markup(name) for name in time_zones())  # noqa: S704  # because the names are the time zone database's
