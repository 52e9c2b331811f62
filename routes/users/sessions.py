"""What those who edit users do to the sessions of a user: end one, or sign the user out everywhere."""

from starlette.requests import Request
from starlette.responses import Response

from accounts.users import administration
from accounts.users.administration import Barred
from routes.users.account_states import account_now
from routes.users.barred import refusal
from routes.users.sessions_card import user_sessions_now
from routes.users.subject import detail_of
from routes.users.user import answer_sessions
from routes.web.part import wants_part
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of


async def end_one(request: Request) -> Response:
    """Ends one session."""
    user_id, session_id = request.path_params["id"], request.path_params["session_id"]
    ended = await administration.end_session(context_of(request), user_id, session_id, current_of(request))
    return await _ended(request, ended)


async def end_all(request: Request) -> Response:
    """Signs a user out everywhere: links that are out end, too."""
    ended = await administration.end_sessions(context_of(request), request.path_params["id"], current_of(request))
    return await _ended(request, ended)


async def _ended(request: Request, ended: int | Barred) -> Response:
    if isinstance(ended, str):
        raise refusal(ended)
    if not wants_part(request):
        return redirect(request, f"/users/{request.path_params['id']}#user-sessions")
    detail = await detail_of(request)
    card = await user_sessions_now(request, detail, ended)
    # the role may have been taken since
    if card is None:
        raise refusal("holds_more")
    return await answer_sessions(request, detail, card, await account_now(request, detail))
