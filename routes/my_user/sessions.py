"""My User: ending sessions of one's own."""

from starlette.requests import Request
from starlette.responses import Response

from accounts import sessions
from routes.my_user.page import my_user_page
from routes.my_user.sessions_card import sessions_now
from routes.web import cookies
from routes.web.part import answer, wants_part
from routes.web.redirect import redirect, signed_out
from routes.web.request import context_of, current_of


async def end_session(request: Request) -> Response:
    """Ends one of the user's sessions; this one as signing out does."""
    context, current = context_of(request), current_of(request)
    session_id = request.path_params["id"]
    if session_id == current.session.id:
        await sessions.sign_out(context, current)
        response = signed_out(request, current.session.end_session_endpoint)
        cookies.drop_session(request, response)
        return response
    return await _ended(request, int(await sessions.end_one(context, current, session_id)))


async def end_other_sessions(request: Request) -> Response:
    """Ends all of the user's other sessions."""
    return await _ended(request, await sessions.end_others(context_of(request), current_of(request)))


async def _ended(request: Request, ended: int) -> Response:
    if not wants_part(request):
        return redirect(request, "/my-user#sessions")
    card = await sessions_now(request, ended)
    return await answer(request, card, lambda: my_user_page(request, sessions=card))
