"""The connections of a process that wait for their clients, in the order in which they were last heard of."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    import asyncio

# How many in a row may have sent what is not read yet, until one of them is closed all the same.
MOST_UNREAD = 16


class Connection(Protocol):
    # whether a request has arrived
    has_asked: bool
    transport: asyncio.Transport


C = TypeVar("C", bound="Connection")


class Waiting(Generic[C]):
    """Adding, moving, removing and choosing one cost the same for any number of connections."""

    def __init__(self) -> None:
        # those of which no request has arrived, and the others
        self._new: OrderedDict[C, None] = OrderedDict()
        self._known: OrderedDict[C, None] = OrderedDict()

    def put_last(self, connection: C) -> None:
        group = self._known if connection.has_asked else self._new
        if connection.has_asked:
            self._new.pop(connection, None)
        group[connection] = None
        group.move_to_end(connection)

    def remove(self, connection: C) -> None:
        self._new.pop(connection, None)
        self._known.pop(connection, None)

    def take_the_longest(self, new: int) -> C | None:
        """First of those of which no request has arrived, while there are more than `new`, then of the others."""
        group = self._new if len(self._new) > new or not self._known else self._known
        for _ in range(min(MOST_UNREAD, len(group) - 1)):
            first = next(iter(group))
            if not has_unread(first):
                break
            group.move_to_end(first)
        return group.popitem(last=False)[0] if group else None


def has_unread(connection: Connection) -> bool:
    """Whether bytes have arrived that the loop has not come to yet, as while it accepts many at once."""
    try:
        from fcntl import ioctl
        from termios import FIONREAD
    except ImportError:
        # Windows
        return False
    size = array("i", [0])
    try:
        ioctl(connection.transport.get_extra_info("socket").fileno(), FIONREAD, size)
    except OSError:
        # it is closed already
        return False
    return size[0] > 0
