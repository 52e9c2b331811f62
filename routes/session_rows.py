"""A user's open sessions as rows, for My User and for a user's page."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from accounts import sessions
from db.open_sessions import Session
from routes.web.request import context_of, current_of, moment


@dataclass(frozen=True)
class SessionRow:
    """`own`: the session of the request."""

    id: int
    browser: str
    ip_address: str
    started_at: datetime
    last_used_at: datetime
    own: bool


async def session_rows(request: Request, user_id: int) -> tuple[SessionRow, ...]:
    return rows_of(request, await sessions.open_sessions(context_of(request), user_id))


def rows_of(request: Request, opened: list[Session]) -> tuple[SessionRow, ...]:
    """Newest first, but for the session of the request, which is the first."""
    own_id = current_of(request).session.id
    rows = [_row(session, own_id) for session in opened]
    return tuple(sorted(rows, key=lambda row: not row.own))


def _row(session: Session, own_id: int) -> SessionRow:
    return SessionRow(
        session.id,
        session.browser,
        session.address,
        moment(session.started_at),
        moment(session.last_used_at),
        own=session.id == own_id,
    )
