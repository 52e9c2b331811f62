"""CSV as spreadsheets read it and none runs it; streamed, so that neither memory nor a connection is held while a slow
reader reads.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from accounts.activity import log
from accounts.activity.kinds import Activity
from routes.web.request import context_of, current_of, moment, now_of

# rows found by key at a time
PORTION = 500
# A sign with which a formula begins, also full-width, at the start of a cell or of what becomes one if the file is read
# with a semicolon or a tab between its cells, whatever blanks and quotation marks are in between.
RUN_BY_SPREADSHEETS = re.compile('(^|[,;\t\r\n])(?=[\\s"]*[=+\\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])')


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
    """A cell that no spreadsheet runs (OWASP: CSV Injection), whichever separator it reads the file with."""
    return RUN_BY_SPREADSHEETS.sub(lambda found: f"{found[0]}'", text)


def at(epoch_seconds: int | None) -> str:
    """A time: UTC, ISO 8601; nothing for none."""
    return "" if epoch_seconds is None else moment(epoch_seconds).isoformat().replace("+00:00", "Z")
