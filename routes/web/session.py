"""Who asks: the session that the cookie names, as it is before and after a change in this request."""

from starlette.requests import Request

from accounts import sessions
from accounts.sessions import Current
from routes.web.cookies import cookie
from routes.web.request import context_of, current_of

SAFE_METHODS = ("GET", "HEAD")


async def resume(request: Request) -> Current | None:
    """The session of this request; None without one."""
    session_token = cookie(request, "session")
    if session_token is None:
        return None
    reading = request.method in SAFE_METHODS
    current = await sessions.resume(context_of(request), session_token, reading, context_of(request).issuer)
    if current is not None:
        request.app.state.sample_data = current.session.sample_data == "on"
    return current


async def refresh(request: Request) -> Current:
    """Reads the session again after a change, so that `current_of` and the page's frame show what holds now."""
    session_token = request.scope.get("new_session_token") or cookie(request, "session") or ""
    current = await sessions.resume(context_of(request), session_token, True, context_of(request).issuer)
    request.scope["current"] = current or current_of(request)
    return current_of(request)
