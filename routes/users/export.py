"""The overview as CSV, with the filters that are set."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response

from accounts.activity import kinds
from db.reads import overview
from routes.users.filter import Asked, asked_of
from routes.web import csv_export
from routes.web.request import context_of

COLUMNS = ("username", "name", "unit", "login method", "set up at", "last used", "last reminded", "last login")


async def export(request: Request) -> Response:
    """The users as CSV, streamed."""
    asked = await asked_of(request)
    exported = kinds.UsersExported(asked.described)
    return await csv_export.download(request, "users", _lines(request, asked), exported)


async def _lines(request: Request, asked: Asked) -> AsyncIterator[str]:
    yield csv_export.written([COLUMNS])
    after = ""
    while portion := await overview.export(context_of(request).db, asked.filter, after, csv_export.PORTION):
        yield csv_export.written(_cells(user) for user in portion)
        after = portion[-1].username


def _cells(user: overview.Exported) -> tuple[str, ...]:
    texts = (user.username, user.name, user.unit, user.login_method)
    times = (user.two_factor_at, user.phone_used_at, user.last_reminded_at, user.last_login_at)
    return *(csv_export.harmless(text) for text in texts), *(csv_export.at(time) for time in times)
