"""The overview as CSV, with the filters that are set."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response

from accounts import sessions, spreadsheets
from accounts.activity import kinds
from db import roles
from db.reads import exported as exported_users
from db.reads import overview
from db.reads.exported import Exported
from routes.users.filter import Asked, asked_of
from routes.web import csv_export
from routes.web.request import context_of

# Those of an import, by the same names, and what an import passes over.
COLUMNS = (
    *("username", "name", "email", "company", "unit", "role", "login method", "status", "joined"),
    *("set up at", "last used", "last reminded", "last login", "sessions"),
)


async def export(request: Request) -> Response:
    """The users as CSV, streamed."""
    asked = asked_of(request)
    role = await roles.by_id(context_of(request).db, asked.filter.role_id or 0)
    exported = kinds.UsersExported(asked.described(role.name if role else ""))
    return await csv_export.download(request, "users", _lines(request, asked), exported)


async def _lines(request: Request, asked: Asked) -> AsyncIterator[str]:
    yield csv_export.written([COLUMNS])
    context, after = context_of(request), ""
    while portion := await overview.export(context.db, asked.filter, after, csv_export.PORTION):
        numbers = [user.id for user in portion]
        held = await exported_users.roles_of(context.db, numbers)
        open_sessions = await sessions.numbers_open(context, numbers)
        yield csv_export.written(_cells(user, held[user.id], open_sessions[user.id]) for user in portion)
        after = portion[-1].username


def _cells(user: Exported, roles: list[str], sessions_open: int) -> tuple[str, ...]:
    texts = (user.username, user.name, user.email, user.company, user.unit, ";".join(roles), user.login_method)
    states = ("disabled" if user.disabled_at else "active", "yes" if user.has_joined else "no")
    times = (user.two_factor_at, user.phone_used_at, user.last_reminded_at, user.last_login_at)
    return (
        *(spreadsheets.harmless(text) for text in texts),
        *states,
        *(csv_export.at(time) for time in times),
        str(sessions_open),
    )
