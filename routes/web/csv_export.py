"""CSV as spreadsheets read it and none runs it; streamed, so that neither memory nor a connection is held while a slow
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
RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n")


async def download(request: Request, name: str, lines: AsyncIterator[str], activity: Activity) -> Response:
    """The answer: a file called NAME-2026-11-24.csv. It is logged before it begins; a HEAD exports nothing."""
    disposition = f'attachment; filename="{name}-{now_of(request):%Y-%m-%d}.csv"'
    kind, headers = "text/csv; charset=utf-8", {"Content-Disposition": disposition}
    if request.method == "HEAD":
        return Response(media_type=kind, headers=headers)
    async with context_of(request).db.transaction():
        await log.record(context_of(request), activity, current_of(request).principal)
    return StreamingResponse(lines, media_type=kind, headers=headers)


def written(rows: Iterable[Iterable[str]]) -> str:
    """Rows as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs (OWASP: CSV Injection)."""
    return f"'{text}" if text.startswith(RUN_BY_SPREADSHEETS) else text


def at(epoch_seconds: int | None) -> str:
    """A time: UTC, ISO 8601; nothing for none."""
    return "" if epoch_seconds is None else moment(epoch_seconds).isoformat().replace("+00:00", "Z")
