"""The activity log as CSV."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response

from accounts import spreadsheets
from accounts.activity import kinds
from accounts.activity import log as activities
from db import activity
from db.activity import Damaged, Entry
from db.reads import activity_log as reads
from routes.activity_log.filter import Asked, asked_of
from routes.activity_log.log import show
from routes.web import csv_export
from routes.web.request import context_of

# In place of the action of an entry that is damaged in the database.
UNREADABLE = "unreadable"
COLUMNS = ("number", "time", "actor", "action", "subject", "before", "after", "address", "detail")


async def export(request: Request) -> Response:
    """The filtered log as CSV, streamed."""
    asked = await asked_of(request)
    if asked.problems:
        return await show(request)
    filters = "; ".join(f"{name}={value}" for name, value in asked.values.items() if value)
    exported = kinds.LogExported(filters or "everything")
    return await csv_export.download(request, "activity-log", _lines(request, asked), exported)


async def _lines(request: Request, asked: Asked) -> AsyncIterator[str]:
    """Oldest last, in portions found by key: no connection is held and no memory grows while a slow reader reads."""
    yield csv_export.written([COLUMNS])
    if not any(asked.values.values()):
        without = await activity.without_number(context_of(request).db, csv_export.PORTION)
        yield csv_export.written([_unreadable("")] * without)
    before: int | None = None
    while before != 0:
        found = await reads.page(context_of(request).db, asked.filter, before, csv_export.PORTION)
        yield csv_export.written(_cells(listed.entry) for listed in found.entries)
        before = _next(found)


def _next(found: reads.Found) -> int:
    """Below which number the next portion begins; 0: there is none."""
    if found.unseen is not None:
        return found.unseen + 1
    return found.entries[-1].entry.number if found.entries else 0


def _unreadable(number: str) -> tuple[str, ...]:
    return number, "", "", UNREADABLE, *[""] * 5


def _cells(entry: Entry | Damaged) -> tuple[str, ...]:
    if isinstance(entry, Damaged) or activities.facts_of(entry) is None:
        return _unreadable(str(entry.number))
    texts = (entry.actor, entry.action, entry.subject, entry.before, entry.after, entry.address, entry.detail)
    return str(entry.number), csv_export.at(entry.at), *(spreadsheets.harmless(text) for text in texts)
