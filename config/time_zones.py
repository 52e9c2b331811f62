"""The time zones that an installation or a user can choose."""

from functools import cache
from zoneinfo import available_timezones

_PLACES = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@cache
def time_zones() -> tuple[str, ...]:
    """UTC and the places of the IANA database, without its old aliases, in alphabetical order."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_PLACES)))


def known_time_zone(name: str) -> bool:
    return name in _known_time_zones()


@cache
def _known_time_zones() -> frozenset[str]:
    return frozenset(time_zones())
