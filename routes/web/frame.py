"""The parts of the page's frame that an act may change: the notification, and the user's own header."""

from dataclasses import dataclass

from starlette.requests import Request

from routes.web.me import me_of
from routes.web.part import Part
from routes.web.session import refresh


@dataclass(frozen=True)
class Notification(Part):
    """An empty element when it is not shown."""

    template = "layouts/notification.html"
    root = "notification"
    shown: bool


@dataclass(frozen=True)
class OwnHeader(Part):
    template = "layouts/own_header.html"
    root = "user-header"
    name: str
    unit: str
    set_up: bool


async def frame_parts(request: Request) -> tuple[Notification, OwnHeader]:
    """Both as a change in this request has left them."""
    me = me_of(await refresh(request))
    assert me is not None
    return Notification(me.notification), OwnHeader(me.name, me.unit, me.set_up)
