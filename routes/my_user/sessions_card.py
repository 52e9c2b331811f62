"""The card *Where you are signed in*."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from accounts import sessions
from db.sessions import Session
from routes.web.part import Part
from routes.web.request import context_of, current_of, moment


@dataclass(frozen=True)
class SessionRow:
    id: int
    browser: str
    ip_address: str
    started_at: datetime
    last_used_at: datetime
    own: bool


@dataclass(frozen=True)
class SessionsCard(Part):
    """`ended`: how many an act has just ended."""

    template = "my_user/sessions.html"
    root = "sessions"
    rows: tuple[SessionRow, ...]
    ended: int | None


async def sessions_now(request: Request, ended: int | None = None) -> SessionsCard:
    """The user's open sessions, this one first."""
    context, current = context_of(request), current_of(request)
    rows = [_row(row, current.session.id) for row in await sessions.open_sessions(context, current.session.user_id)]
    return SessionsCard(tuple(sorted(rows, key=lambda row: not row.own)), ended)


def _row(session: Session, own_id: int) -> SessionRow:
    return SessionRow(
        session.id,
        session.browser,
        session.address,
        moment(session.started_at),
        moment(session.last_used_at),
        own=session.id == own_id,
    )
