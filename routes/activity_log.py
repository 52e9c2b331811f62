"""The activity log: who changed what, when."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from accounts import spreadsheets, usernames
from accounts.activity import kinds
from accounts.activity import log as activities
from db import activity as rows
from routes.web import csv_export
from routes.web.entry import Entry, Unreadable, entry_of
from routes.web.me import me_of
from routes.web.numbers import row_number
from routes.web.part import Page, Part, answer
from routes.web.request import config_of, context_of, current_of
from routes.web.time_zones import zone_of

PAGE_SIZE = 50
# In place of the action of an entry that is damaged in the database.
UNREADABLE = "unreadable"
COLUMNS = ("number", "time", "actor", "action", "subject", "before", "after", "address", "detail")


@dataclass(frozen=True)
class Day:
    """`date` None: of entries that cannot be read, above all that can."""

    date: date | None
    entries: tuple[Entry | Unreadable, ...]


@dataclass(frozen=True)
class ActivityLog(Part):
    template = "activity_log/log.html"
    root = "activity-log"
    days: tuple[Day, ...]
    filtered: bool
    first_url: str
    # older entries; "" = no more
    next_url: str
    csv_url: str


@dataclass(frozen=True)
class ActivityLogPage(Page):
    template = "activity_log/activity_log.html"
    activity_log: ActivityLog
    actor: str
    action: str
    from_date: str
    to_date: str
    actions: tuple[str, ...]
    # "from", "to", "action", "before": not understood
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """The filters as typed in the URL, what they mean, and which were not understood."""

    values: dict[str, str]
    filter: rows.Filter
    before: int | None
    problems: tuple[str, ...]

    def url(self, path: str, **more: str) -> str:
        """An address with the same filters."""
        query = {name: value for name, value in {**self.values, **more}.items() if value}
        return path + (f"?{urlencode(query)}" if query else "")


async def show(request: Request) -> Response:
    """Entries, newest first, a page at a time."""
    asked = _asked(request)
    found = [] if asked.problems else await rows.page(context_of(request).db, asked.filter, asked.before, PAGE_SIZE + 1)
    entries = [entry_of(entry) for entry in found[:PAGE_SIZE]]
    zone = zone_of(config_of(request), me_of(current_of(request)))
    log = ActivityLog(
        days=_days(entries, zone),
        filtered=any(asked.values.values()) or bool(asked.problems),
        first_url=asked.url("/activity-log") if asked.before is not None else "",
        next_url=asked.url("/activity-log", before=str(entries[-1].number)) if len(found) > PAGE_SIZE else "",
        csv_url=asked.url("/activity-log.csv"),
    )

    async def page() -> ActivityLogPage:
        actor, action, from_date, to_date = (asked.values[name] for name in ("actor", "action", "from", "to"))
        return ActivityLogPage(log, actor, action, from_date, to_date, kinds.NAMES, asked.problems)

    return await answer(request, log, page, status=422 if asked.problems else 200)


def _days(entries: list[Entry | Unreadable], zone: ZoneInfo) -> tuple[Day, ...]:
    """An entry that cannot be read has no time: it belongs to the day of the one above it."""
    days: list[tuple[date | None, list[Entry | Unreadable]]] = []
    for entry in entries:
        above = days[-1][0] if days else None
        day = entry.at.astimezone(zone).date() if isinstance(entry, Entry) else above
        if not days or day != above:
            days.append((day, []))
        days[-1][1].append(entry)
    return tuple(Day(day, tuple(of_day)) for day, of_day in days)


def _asked(request: Request) -> Asked:
    values = {name: request.query_params.get(name, "").strip() for name in ("actor", "action", "from", "to")}
    zone = zone_of(config_of(request), me_of(current_of(request)))
    since, until = _day(values["from"]), _day(values["to"])
    before = request.query_params.get("before", "")
    number = row_number(before)
    problems = [
        name
        for name, bad in (("from", since is None), ("to", until is None), ("before", bool(before) and number is None))
        if bad
    ]
    if values["action"] and values["action"] not in kinds.NAMES:
        problems.append("action")
    return Asked(
        values,
        rows.Filter(
            actor=(usernames.canonical(values["actor"]) or values["actor"].lower()) if values["actor"] else "",
            action=values["action"],
            since=_begins(since, zone) if values["from"] and since else None,
            until=_begins(until + timedelta(days=1), zone) if values["to"] and until else None,
        ),
        number,
        tuple(problems),
    )


def _day(text: str) -> date | None:
    """A day as it is written in an address, 2026-11-24; any for an empty one, None if it is not understood."""
    if not text:
        return date(2000, 1, 1)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None


def _begins(day: date, zone: object) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())  # type: ignore[arg-type]  # because ZoneInfo is a tzinfo


async def export(request: Request) -> Response:
    """The filtered log as CSV, streamed."""
    asked = _asked(request)
    if asked.problems:
        return await show(request)
    filters = "; ".join(f"{name}={value}" for name, value in asked.values.items() if value)
    exported = kinds.LogExported(filters or "everything")
    return await csv_export.download(request, "activity-log", _lines(request, asked), exported)


async def _lines(request: Request, asked: Asked) -> AsyncIterator[str]:
    """Oldest last, in portions found by key: no connection is held and no memory grows while a slow reader reads."""
    yield csv_export.written([COLUMNS])
    before: int | None = None
    while portion := await rows.page(context_of(request).db, asked.filter, before, csv_export.PORTION):
        yield csv_export.written(_cells(entry) for entry in portion)
        before = portion[-1].number


def _cells(entry: rows.Entry | rows.Damaged) -> tuple[str, ...]:
    if isinstance(entry, rows.Damaged) or activities.facts_of(entry) is None:
        return str(entry.number), "", "", UNREADABLE, *[""] * 5
    texts = (entry.actor, entry.action, entry.subject, entry.before, entry.after, entry.address, entry.detail)
    return str(entry.number), csv_export.at(entry.at), *(spreadsheets.harmless(text) for text in texts)
