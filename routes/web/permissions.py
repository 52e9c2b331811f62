"""Permissions as the pages about roles list them."""

from dataclasses import dataclass

from starlette.requests import Request

from accounts import permissions
from routes.web.request import current_of


@dataclass(frozen=True)
class Choice:
    """A permission with its checkbox. `held`: by the one who looks, who gives only what they hold."""

    name: str
    ticked: bool
    held: bool


def in_order(some: frozenset[str]) -> tuple[str, ...]:
    """In the order of the navigation bar."""
    known = tuple(name for name in permissions.ALL if name in some)
    return known + tuple(sorted(some - set(known)))


def choices(request: Request, ticked: frozenset[str]) -> tuple[Choice, ...]:
    """All permissions."""
    held = current_of(request).permissions
    return tuple(Choice(name, name in ticked, name in held) for name in permissions.ALL)
