"""My User, and the notification that leads there."""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from routes.my_user import two_factor
from routes.my_user.page import my_user_page
from routes.my_user.profile_card import profile_now
from routes.my_user.sessions_card import sessions_now
from routes.web.frame import Notification
from routes.web.part import answer, part_answer
from routes.web.request import current_of


async def show(request: Request) -> Response:
    """My User; `?act=` (set-up, new-codes, remove) opens that act's form; for htmx the part that `?part=` names."""
    asked = request.query_params
    if asked.get("part") == "sessions":
        sessions = await sessions_now(request)
        return await answer(request, sessions, lambda: my_user_page(request, sessions=sessions))
    if asked.get("part") == "profile" or "address" in asked:
        said: Literal["", "confirmed"] = "confirmed" if asked.get("address") == "confirmed" else ""
        profile = await profile_now(request, said=said)
        return await answer(request, profile, lambda: my_user_page(request, profile=profile))
    card = await two_factor.opened(request, asked.get("act", ""))
    return await two_factor.answer_with(request, card)


async def notification(request: Request) -> Response:
    """The notification, for an open page: 204 when what it shows is right."""
    shown = current_of(request).notified
    if request.query_params.get("shown") == ("on" if shown else "off"):
        return Response(status_code=204)
    return part_answer(request, Notification(shown))
