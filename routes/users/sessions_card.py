"""The card of a user's page that says where they are signed in, for those who may end their sessions."""

from dataclasses import dataclass

from starlette.requests import Request

from db.reads.user_detail import Detail
from routes.session_rows import SessionRow, rows_of
from routes.users.subject import is_own, may_edit, shown_with
from routes.web.part import Part


@dataclass(frozen=True)
class UserSessions(Part):
    """`own`: one's own are ended on My User. `may_end_all`: what else a stranger could hold ends with them.

    `ended`: how many an act has just ended.
    """

    template = "users/sessions.html"
    root = "user-sessions"
    id: int
    name: str
    rows: tuple[SessionRow, ...]
    own: bool
    may_end_all: bool
    ended: int | None = None


async def user_sessions_now(request: Request, detail: Detail, ended: int | None = None) -> UserSessions | None:
    """None for those who may not act on the user."""
    if not may_edit(request, detail):
        return None
    user, own = detail.user, is_own(request, detail)
    joined = user.password_hash is not None or user.sso_subject is not None
    return UserSessions(
        user.id,
        user.name or user.username,
        rows_of(request, (await shown_with(request, detail)).sessions),
        own,
        joined and user.disabled_at is None and not own,
        ended,
    )


async def sessions_if_shown(request: Request, detail: Detail) -> tuple[UserSessions, ...]:
    """The card, for the answer to another act that ended sessions."""
    card = await user_sessions_now(request, detail)
    return (card,) if card else ()
