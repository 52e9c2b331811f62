"""CSV as spreadsheets read it; streamed, so that neither memory nor a connection is held while a slow
reader reads.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from accounts.activity import log
from accounts.activity.kinds import Activity
from routes.web.request import context_of, current_of, moment, now_of

# rows found by key at a time
PORTION = 500
KIND = "text/csv; charset=utf-8"
# By which Excel knows UTF-8.
BYTE_ORDER_MARK = "\ufeff"


async def download(request: Request, name: str, lines: AsyncIterator[str], activity: Activity) -> Response:
    """The answer: a file called NAME-2026-11-24.csv. It is logged before it begins; a HEAD exports nothing."""
    file_name = f"{name}-{now_of(request):%Y-%m-%d}.csv"
    if request.method == "HEAD":
        return file(file_name, "")
    async with context_of(request).db.transaction():
        await log.record(context_of(request), activity, current_of(request).principal)
    return StreamingResponse(_marked(lines), media_type=KIND, headers=_named(file_name))


def file(file_name: str, content: str) -> Response:
    """The answer with a whole file."""
    return Response(content, media_type=KIND, headers=_named(file_name))


def _named(file_name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{file_name}"'}


async def _marked(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK
    async for some in lines:
        yield some


def written(rows: Iterable[Iterable[str]]) -> str:
    """Rows as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def at(epoch_seconds: int | None) -> str:
    """A time: UTC, ISO 8601; nothing for none."""
    return "" if epoch_seconds is None else moment(epoch_seconds).isoformat().replace("+00:00", "Z")
