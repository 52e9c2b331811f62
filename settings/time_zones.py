"""The time zones that an installation or a user can choose."""

from functools import cache
from zoneinfo import available_timezones

# the places of the IANA database, without its old aliases
_PLACES = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/"),
    *("Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"),
)


@cache
def time_zones() -> tuple[str, ...]:
    """UTC first, then the others by name."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_PLACES)))


def known_time_zone(name: str) -> bool:
    return name in _known_time_zones()


@cache
def _known_time_zones() -> frozenset[str]:
    return frozenset(time_zones())


def time_zone(text: str) -> str:
    if not known_time_zone(text):
        raise ValueError(f"{text!r} is not a time zone; they look like Europe/Berlin")
    return text
