"""A statement on its way to a database, and what all databases raise."""

import re
from functools import lru_cache
from typing import Any


class Unavailable(Exception):
    """Locked for too long, disk full, unreadable, not reachable: nothing was changed, later it may work."""


class Undecodable(bytes):
    """Text in the database that is not UTF-8."""


class Statement:
    """SQL as it is written, with its named parameters: nothing is parsed or compiled."""

    __slots__ = ("long", "raw", "text", "values")

    def __init__(self, text: str, values: dict[str, Any] | None, *, long: bool = False, raw: bool = False) -> None:
        self.text = text
        self.values = values or {}
        self.long = long
        # Text that is not UTF-8 is returned as Undecodable, instead of an error.
        self.raw = raw

    @property
    def only_reads(self) -> bool:
        """Surely; others may, too."""
        return self.text.startswith("SELECT")


# `::` is a cast, not a parameter.
_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")


@lru_cache(maxsize=2000)
def numbered_parameters(text: str) -> tuple[str, tuple[str, ...]]:
    """`:name` becomes `$1`: the text, and the names in the order of their numbers."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${names.setdefault(found[1], len(names) + 1)}"

    return _PARAMETER.sub(number, text), tuple(names)
