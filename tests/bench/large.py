"""Pages, searches and the login with 1,000,000 users and 10,000,000 entries, against 1,000 and 10,000."""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import config
import db
from accounts import confusables
from db import Database
from db.copying import places, rows
from db.reads import activity_log, activity_people
from db.reads import overview as users_overview
from db.reads.user_filter import Filter
from db.reads.user_order import Place, Sort
from settings.database import database_url
from tests.bench import client
from tests.bench.client import Connection
from tests.bench.crowd import MODEL, PASSWORD
from tests.bench.figure import Curves, Figure, Reading, at_most, percentile
from tests.bench.load import run
from tests.bench.multitude import BEGINNING, ENTRIES_A_USER, ENTRY_SECONDS, FIRST_NAMES, LAST_NAMES, build
from tests.bench.on_postgresql import SETTINGS, tell
from tests.bench.server import SERVE, Server
from tests.postgres_cluster import Cluster

SMALL = 1_000
# Of one question.
MOST_REPETITIONS, MOST_SECONDS = 60, 2.0

Query = dict[str, str]
# of a server, by its size
Settings = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """A question to one of the two pages, and how it is asked: the same for both sizes."""

    name: str
    query: Callable[[random.Random, int], Query]
    search: bool = False


def _q(**query: str) -> Callable[[random.Random, int], Query]:
    return lambda _random, _size: query


def _one_user(rng: random.Random, size: int) -> str:
    return f"{rng.randrange(size * 9 // 10):07}"


USERS = (
    Question("first page", _q()),
    Question("last page", _q(after="zz-crew")),
    Question("somewhere", lambda rng, _: {"after": rng.choice(FIRST_NAMES[:-2])}),
    Question("has set up", _q(two_factor="on")),
    Question("has not", _q(two_factor="off")),
    Question("has not, somewhere", lambda rng, _: {"two_factor": "off", "after": rng.choice(FIRST_NAMES[:-4])}),
    Question("SSO", _q(login_method="sso")),
    Question("SSO, somewhere", lambda rng, _: {"login_method": "sso", "after": rng.choice(FIRST_NAMES[:-4])}),
    Question("rare", lambda rng, size: {"q": _one_user(rng, size)}, search=True),
    Question("nobody", _q(q="xyzzy-plugh"), search=True),
    Question("common", lambda rng, _: {"q": rng.choice(LAST_NAMES)}, search=True),
    Question("common, has not", lambda rng, _: {"q": rng.choice(LAST_NAMES), "two_factor": "off"}, search=True),
    Question("common, SSO", lambda rng, _: {"q": rng.choice(LAST_NAMES), "login_method": "sso"}, search=True),
    Question("common, at the very end", _q(q="zz-crew"), search=True),
    Question("common, at the very end, has not", _q(q="zz-crew", two_factor="off"), search=True),
    Question("common, none fits the filter", _q(q="zz-crew", login_method="sso"), search=True),
    Question("in every address", _q(q="@example.org"), search=True),
    Question("two letters, common", lambda rng, _: {"q": rng.choice(FIRST_NAMES)[:2]}, search=True),
    Question("two letters, at the very end", _q(q="zz"), search=True),
    Question("two letters, nobody", _q(q="xq"), search=True),
    Question("two letters, SSO", lambda rng, _: {"q": rng.choice(FIRST_NAMES)[:2], "login_method": "sso"}, search=True),
    Question("two letters at the end, none fits", _q(q="zz", login_method="sso"), search=True),
    Question("one letter", lambda rng, _: {"q": rng.choice(FIRST_NAMES)[:1]}, search=True),
    Question(
        "two letters, has not", lambda rng, _: {"q": rng.choice(FIRST_NAMES)[:2], "two_factor": "off"}, search=True
    ),
    Question("by name", _q(sort="name")),
    Question("by unit", _q(sort="unit")),
    Question("by last login", _q(sort="last_login")),
    Question("has not, by last login", _q(sort="last_login", two_factor="off"), search=True),
    Question("active and joined, by name", _q(sort="name", status="active", joined="yes"), search=True),
    Question("disabled, not set up, by unit", _q(sort="unit", status="disabled", login_method="sso"), search=True),
)
SORTS: dict[str, Sort] = {"": "", "name": "name", "unit": "unit", "last_login": "last_login"}


def _day(size: int, share: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(BEGINNING + int(size * ENTRIES_A_USER * share) * ENTRY_SECONDS))


LOG = (
    Question("newest", _q()),
    Question("somewhere", lambda rng, size: {"before": str(rng.randrange(100, size * ENTRIES_A_USER))}),
    Question("busy actor", _q(actor="bob")),
    Question("rare actor", _q(actor="rarely")),
    Question("unknown actor", _q(actor="xyzzy")),
    Question("common action", _q(action="login.refused")),
    Question("rare action", _q(action="two_factor.switched")),
    Question("action that never was", _q(action="user.disabled")),
    Question("actor and action", _q(actor="bob", action="login.refused")),
    Question("actor and action that never met", _q(actor="bob", action="two_factor.switched")),
    Question("half-way to a later day", lambda _, size: {"from": _day(size, 0.5), "to": _day(size, 0.6)}),
    Question("until an early day", lambda _, size: {"to": _day(size, 0.1)}),
    Question("the last few entries", lambda _, size: {"from": _day(size, 1 - 5000 / (size * ENTRIES_A_USER))}),
    Question("a day to come", _q(**{"from": "2040-01-01"})),
    Question("rare actor, late days", lambda _, size: {"actor": "rarely", "from": _day(size, 0.3)}),
    Question("rare action, early days", lambda _, size: {"action": "two_factor.switched", "to": _day(size, 0.3)}),
    Question("rare subject", _q(subject="rarely")),
    Question("subject", lambda rng, _: {"subject": f"anna.{22 * rng.randrange(40)}"}),
    Question("subject and rare action", _q(subject="bob", action="two_factor.switched")),
    Question("common address", _q(address="192.0.2.7")),
    Question("rare address", _q(address="198.51.100.7")),
    Question("unknown address", _q(address="203.0.113.9")),
    Question("one person", _q(person="rarel")),
    Question("busy person", _q(person="bob")),
    Question("nobody", _q(person="xyzzy")),
    Question("few people", _q(person="anna.902")),
    Question("a crowd", _q(person="anna"), search=True),
    Question("a crowd by a word of their names", _q(person="schm"), search=True),
    Question("one letter", _q(person="v"), search=True),
    Question("common text", _q(q="anna"), search=True),
    Question("rare text", _q(q="ferry"), search=True),
    Question("text that is nowhere", _q(q="xyzzy-plugh"), search=True),
    Question("text about a crowd", _q(q="xyzzy-plugh", person="anna"), search=True),
    Question("text about a busy person", _q(q="xyzzy-plugh", person="bob"), search=True),
    Question("rare action at an address", _q(address="192.0.2.7", action="user.disabled"), search=True),
    Question(
        "all four filters",
        lambda _, size: {"actor": "bob", "action": "login.refused", "from": _day(size, 0.2), "to": _day(size, 0.8)},
    ),
)


# Pages without a filter, and a sign-in; `path` is asked for, with a user's number where it has a place for one.
OTHERS = (
    Question("a user's page", lambda rng, size: {"path": f"/users/{10 + rng.randrange(size * 9 // 10)}"}),
    Question("My User", _q(path="/my-user")),
    Question("Home", _q(path="/")),
    Question("sign-in", _q(path="/login", username=MODEL, password=PASSWORD)),
)


def large(folder: Path, number: int) -> list[Figure]:
    """Overview and log, their filters and the search, a user's page, My User, Home and the sign-in, with many users ÷
    with 1,000, on SQLite and then on PostgreSQL: the page's ratio; the search's p99.

    Three databases of the same proportions, three servers. Each question is put to all in turn, up to 60 times or for 2
    s, to the query in process and to the page over HTTP. The ratio is that of the medians; the worst question counts
    and is named.
    """
    began = time.monotonic()
    sizes = {"small": SMALL, "middle": max(SMALL, number // 10), "large": number}
    cookies = {name: build(folder / name, size) for name, size in sizes.items()}
    built = f"{number:,} users, {number * ENTRIES_A_USER:,} entries, built in {time.monotonic() - began:.0f} s"
    figures = _figures(folder, built, sizes, cookies, {name: {} for name in sizes})
    with Cluster(*SETTINGS, quick=False) as cluster:
        for name in sizes:
            tell(f"{cluster.url}/postgres", f"CREATE DATABASE {name}")
            asyncio.run(_copy(folder / name, f"{cluster.url}/{name}"))
        there = {name: {"TWO_KEYS_DATABASE_URL": f"{cluster.url}/{name}"} for name in sizes}
        on_postgresql = _figures(folder, built, sizes, cookies, there)
    return figures + [replace(each, what=f"{each.what}, PostgreSQL") for each in on_postgresql]


async def _copy(folder: Path, url: str) -> None:
    """Without looking at the log, whose entries have no MACs."""
    source, target = config.read({"TWO_KEYS_DATA_DIR": str(folder)}).database, database_url(url)
    async with (
        places.reading(source, 1) as reader,
        places.writing(target, confusables.skeleton, source, 1) as writer,
    ):
        await rows.fill(reader, writer, lambda *_: None)
        await writer.finish()


def _figures(
    folder: Path, built: str, sizes: dict[str, int], cookies: dict[str, str], settings: Settings
) -> list[Figure]:
    asked = {"users": (USERS, "/users"), "log": (LOG, "/activity-log")}
    queries = {
        what: asyncio.run(_ask_queries(folder, sizes, settings, what, questions))
        for what, (questions, _) in asked.items()
    }
    with ExitStack() as started:
        servers = {name: started.enter_context(Server(folder / name, SERVE, **settings[name])) for name in sizes}
        pages = {
            what: run(_ask_pages(servers, sizes, cookies, path, questions)) for what, (questions, path) in asked.items()
        }
        others = run(_ask_pages(servers, sizes, cookies, "", OTHERS))
    overview = [question for question in USERS if not question.search]
    searches = [question for question in USERS if question.search]
    entries = [question for question in LOG if not question.search]
    searches_of_log = [question for question in LOG if question.search]
    return [
        _ratio("Overview and filters", built, overview, pages["users"], queries["users"], sizes),
        _ninety_nine("Search among many", searches, pages["users"], queries["users"], sizes),
        _ratio("Activity log and filters", built, entries, pages["log"], queries["log"], sizes),
        _ninety_nine("Search of the activity log", searches_of_log, pages["log"], queries["log"], sizes),
        _ratio("Other pages and the sign-in", built, list(OTHERS), others, None, sizes),
    ]


@dataclass
class Times:
    """Seconds, by how many users there are."""

    small: list[float] = field(default_factory=list)
    middle: list[float] = field(default_factory=list)
    large: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(self.large) / statistics.median(self.small)

    @property
    def medians(self) -> tuple[float, ...]:
        """In milliseconds, from few users to many."""
        return tuple(statistics.median(times) * 1000 for times in (self.small, self.middle, self.large))

    def __str__(self) -> str:
        medians = " → ".join(f"{each:.2f}" for each in self.medians)
        return f"{medians} (p99 {percentile(self.large, 99) * 1000:.1f}) ms"


Measured = dict[str, Times]


def _ratio(
    what: str, built: str, questions: list[Question], pages: Measured, queries: Measured | None, sizes: dict[str, int]
) -> Figure:
    worst = max(questions, key=lambda question: pages[question.name].ratio)
    reading = Reading(pages[worst.name].ratio, depends_on="time")
    figure = at_most(f"{what}, large ÷ small ({worst.name})", 1.5, reading, [built, *_notes(questions, pages, queries)])
    return replace(figure, curves=_curves(questions, pages, sizes))


def _ninety_nine(
    what: str, questions: list[Question], pages: Measured, queries: Measured, sizes: dict[str, int]
) -> Figure:
    worst = max(questions, key=lambda question: percentile(pages[question.name].large, 99))
    slowest = Reading(percentile(pages[worst.name].large, 99) * 1000, " ms", 1, "seconds")
    figure = at_most(f"{what}, p99 ({worst.name})", 50, slowest, _notes(questions, pages, queries))
    return replace(figure, curves=_curves(questions, pages, sizes))


def _notes(questions: list[Question], pages: Measured, queries: Measured | None) -> list[str]:
    return [
        f"{each.name}: page {pages[each.name]}" + (f", query {queries[each.name]}" if queries else "")
        for each in questions
    ]


def _curves(questions: list[Question], pages: Measured, sizes: dict[str, int]) -> Curves:
    return {each.name: tuple(zip(sizes.values(), pages[each.name].medians, strict=True)) for each in questions}


async def _repeat(
    questions: tuple[Question, ...], sizes: dict[str, int], ask: Callable[[str, Query], Awaitable[float]]
) -> Measured:
    measured: Measured = {}
    # The same questions in each run.
    rng = random.Random(6238)
    for question in questions:
        times, until = Times(), time.monotonic() + MOST_SECONDS
        for repetition in range(MOST_REPETITIONS + 2):
            for name, size in sizes.items():
                took = await ask(name, question.query(rng, size))
                # The first two fill the caches.
                if repetition >= 2:
                    getattr(times, name).append(took)
            if time.monotonic() > until and repetition >= 4:
                break
        measured[question.name] = times
    return measured


async def _ask_queries(
    folder: Path,
    sizes: dict[str, int],
    settings: Settings,
    what: str,
    questions: tuple[Question, ...],
) -> Measured:
    opened: dict[str, Database] = {}
    for name in sizes:
        opened[name] = db.connect(config.read({"TWO_KEYS_DATA_DIR": str(folder / name), **settings[name]}))
        await opened[name].connect()

    async def ask(name: str, query: Query) -> float:
        began = time.perf_counter()
        if what == "users":
            which = Filter(query.get("q", ""), query.get("login_method", ""), query.get("two_factor", ""))
            which = replace(which, joined=query.get("joined", ""), status=query.get("status", ""))
            key = tuple(query[name] for name in ("after",) if name in query)
            place = Place(51, SORTS[query.get("sort", "")], key=key)
            most = 1001 if which != Filter() else 0
            await users_overview.page(opened[name], which, place, int(time.time()), most)
        else:
            days = [_seconds(query[day]) if day in query else None for day in ("from", "to")]
            before = int(query["before"]) if "before" in query else None
            await activity_log.page(opened[name], await _which(opened[name], query, days), before, 51)
        return time.perf_counter() - began

    try:
        return await _repeat(questions, sizes, ask)
    finally:
        for each in opened.values():
            await each.disconnect()


async def _which(database: Database, query: Query, days: list[int | None]) -> activity_log.Filter:
    which = activity_log.Filter(query.get("actor", ""), query.get("action", ""), since=days[0], until=days[1])
    which = replace(which, subject=query.get("subject", ""), address=query.get("address", ""))
    which = replace(which, texts=(query["q"],) if "q" in query else ())
    if "person" not in query:
        return which
    people = await activity_people.beginning(database, query["person"], True)
    if len(people) > activity_people.MOST:
        return replace(which, crowd=activity_log.Crowd((query["person"],), True))
    return replace(which, people=tuple(person.username for person in people))


def _seconds(day: str) -> int:
    return int(time.mktime(time.strptime(day, "%Y-%m-%d"))) - time.timezone


def _request(path: str, query: Query, cookies: str) -> bytes:
    path = query.pop("path", path)
    if "password" in query:
        return client.post(path, query)
    return client.get(f"{path}?{urlencode(query)}" if query else path, cookies)


async def _ask_pages(
    servers: dict[str, Server],
    sizes: dict[str, int],
    cookies: dict[str, str],
    path: str,
    questions: tuple[Question, ...],
) -> Measured:
    connections = {name: Connection(server.port) for name, server in servers.items()}

    async def ask(name: str, query: Query) -> float:
        request = _request(path, dict(query), cookies[name])
        began = time.perf_counter()
        answer = await connections[name].send(request)
        took = time.perf_counter() - began
        assert answer.status == (303 if "password" in query else 200), (query, answer)
        return took

    try:
        return await _repeat(questions, sizes, ask)
    finally:
        for each in connections.values():
            each.close()
