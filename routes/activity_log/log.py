"""The page of the activity log: who did what to whom, when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from accounts.activity import kinds
from db.reads import activity_log as reads
from db.reads.activity_people import Person
from routes.activity_log.filter import Asked, Problem, asked_of, people_of
from routes.web.entry import Entry, Unreadable, entry_of
from routes.web.me import me_of
from routes.web.part import Page, Part, answer, part_answer, wants_part
from routes.web.request import config_of, context_of, current_of
from routes.web.time_zones import zone_of

PAGE_SIZE = 50
SUGGESTIONS = 20


@dataclass(frozen=True)
class Day:
    """`date` None: of entries that cannot be read, above all that can."""

    date: date | None
    entries: tuple[Entry | Unreadable, ...]


@dataclass(frozen=True)
class Chip:
    """A filter that has no field; its link takes it away."""

    name: Literal["actor", "subject", "numbers"]
    text: str
    url: str


@dataclass(frozen=True)
class ActivityLog(Part):
    template = "activity_log/log.html"
    root = "activity-log"
    days: tuple[Day, ...]
    filtered: bool
    chips: tuple[Chip, ...]
    first_url: str
    # older entries; "" = no more
    next_url: str
    csv_url: str
    # Entries with this number and below were not searched yet.
    unseen: int | None = None


@dataclass(frozen=True)
class Count(Part):
    """How many entries there are, said aloud whenever it changes."""

    template = "activity_log/count.html"
    root = "activity-log-count"
    number: int
    more: bool
    unseen: int | None = None
    # Their numbers, the latest first.
    latest: int = 0
    oldest: int = 0


@dataclass(frozen=True)
class People(Part):
    """Suggestions for the field that names a person."""

    template = "activity_log/people.html"
    root = "log-people"
    people: tuple[Person, ...]


@dataclass(frozen=True)
class ActivityLogPage(Page):
    template = "activity_log/activity_log.html"
    activity_log: ActivityLog
    count: Count
    people: People
    # The filters as typed.
    typed: dict[str, str]
    actions: tuple[str, ...]
    # Those that were not understood.
    problems: tuple[Problem, ...]


async def show(request: Request) -> Response:
    """Entries, newest first, a page at a time."""
    asked = await asked_of(request)
    found = reads.Found([])
    if not asked.problems:
        found = await reads.page(context_of(request).db, asked.filter, asked.before, PAGE_SIZE + 1)
    entries = _entries(request, found.entries[:PAGE_SIZE])
    more = len(found.entries) > PAGE_SIZE
    log = _log(request, asked, entries, more, found.unseen)
    latest, oldest = (entries[0].number, entries[-1].number) if entries else (0, 0)
    count = Count(len(entries), more, found.unseen, latest, oldest)

    async def page() -> ActivityLogPage:
        people = People(asked.people or _shown(entries))
        return ActivityLogPage(log, count, people, asked.values, kinds.NAMES, asked.problems)

    return await answer(request, log, page, status=422 if asked.problems else 200, also=(count,))


def _entries(request: Request, found: Sequence[reads.Listed]) -> list[Entry | Unreadable]:
    """With links to users, for those who may see users."""
    linked = permissions.USERS_VIEW in current_of(request).permissions
    if linked:
        return [entry_of(each.entry, each.actor_user, each.subject_user) for each in found]
    return [entry_of(each.entry) for each in found]


def _log(
    request: Request, asked: Asked, entries: list[Entry | Unreadable], more: bool, unseen: int | None
) -> ActivityLog:
    below = str(entries[-1].number) if more else str(unseen + 1) if unseen else ""
    without_field: tuple[Literal["actor", "subject", "numbers"], ...] = ("actor", "subject", "numbers")
    return ActivityLog(
        days=_days(entries, zone_of(config_of(request), me_of(current_of(request)))),
        filtered=any(asked.values.values()) or bool(asked.problems),
        chips=tuple(
            Chip(name, asked.values[name], asked.url(**{name: ""})) for name in without_field if asked.values[name]
        ),
        first_url=asked.url() if asked.before is not None else "",
        next_url=asked.url(before=below) if below else "",
        csv_url=asked.url("/activity-log.csv"),
        unseen=unseen,
    )


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


def _shown(entries: list[Entry | Unreadable]) -> tuple[Person, ...]:
    """Those whom the entries name, the latest first."""
    names = (name for entry in entries if isinstance(entry, Entry) for name in (entry.actor, entry.subject) if name)
    return tuple(Person(name, "") for name in list(dict.fromkeys(names))[:SUGGESTIONS])


async def suggest(request: Request) -> Response:
    """Those whose username or name begins with what was typed so far; outside the field the log itself."""
    if not wants_part(request):
        return await show(request)
    people = await people_of(request, request.query_params.get("person", ""))
    return part_answer(request, People(people[:SUGGESTIONS]))
