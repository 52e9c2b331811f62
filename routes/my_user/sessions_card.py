"""The card *Where you are signed in*."""

from dataclasses import dataclass

from starlette.requests import Request

from routes.session_rows import SessionRow, session_rows
from routes.web.part import Part
from routes.web.request import current_of


@dataclass(frozen=True)
class SessionsCard(Part):
    """`ended`: how many an act has just ended."""

    template = "my_user/sessions.html"
    root = "sessions"
    rows: tuple[SessionRow, ...]
    ended: int | None


async def sessions_now(request: Request, ended: int | None = None) -> SessionsCard:
    """The user's open sessions, this one first."""
    return SessionsCard(await session_rows(request, current_of(request).session.user_id), ended)
