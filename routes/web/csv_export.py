"""CSV as spreadsheets read it and none runs it; streamed, so that neither memory nor a connection is held while a slow
reader reads.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable

from starlette.requests import Request
from starlette.responses import StreamingResponse

from routes.web.request import moment, now_of

# rows found by key at a time
PORTION = 500
RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n")


def download(request: Request, name: str, lines: AsyncIterator[str]) -> StreamingResponse:
    """The answer: a file called NAME-2026-11-24.csv."""
    disposition = f'attachment; filename="{name}-{now_of(request):%Y-%m-%d}.csv"'
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


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
