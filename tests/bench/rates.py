"""Pages against those of the older commit: CPU of the server for each request, and pages a second."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench import client
from tests.bench.client import Connection
from tests.bench.figure import Figure, at_least, percentile, ratio, spread
from tests.bench.load import run
from tests.bench.old_tree import COMMIT, Both, both
from tests.bench.server import Server

CLIENTS = 4
ROUNDS = 40
SECONDS = 0.12
# Of each client: on a busy machine 0.12 s are too short for a figure.
LEAST_REQUESTS = 6
USERS = 60


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    # whose cookies: a field of Both, or "" for nobody's
    visitor: str
    # how many times as fast as the older commit
    goal: float

    def request(self, made: Both) -> bytes:
        return client.get(self.path, getattr(made, self.visitor) if self.visitor else "")


PAGES = (
    Page("Home of a member", "/", "member", 1.8),
    Page("My User", "/my-user", "member", 3.5),
    Page("overview, 50 users", "/users", "administrator", 3),
    Page("activity log, 50 entries", "/activity-log", "administrator", 2.5),
    Page("login page", "/login", "", 1.7),
)


@dataclass(frozen=True)
class Rate:
    a_second: float
    # of the server, for one request
    cpu_microseconds: float
    size: int


@dataclass(frozen=True)
class Plan:
    """How long four clients ask for a page, how often each at least, and whether they keep their connections."""

    seconds: float = SECONDS
    least: int = LEAST_REQUESTS
    keep: bool = True


WARM_UP = Plan(0.3, 25)


def rate(server: Server, request: bytes, plan: Plan) -> Rate:
    began = server.cpu_seconds()
    answers, took, size = run(_ask(server, request, plan))
    return Rate(answers / took, (server.cpu_seconds() - began) / answers * 1e6, size)


async def _ask(server: Server, request: bytes, plan: Plan) -> tuple[int, float, int]:
    began, done, size = time.perf_counter(), 0, 0

    async def asking() -> None:
        nonlocal done, size
        connection, asked = Connection(server.port), 0
        while asked < plan.least or time.perf_counter() - began < plan.seconds:
            asked += 1
            answer = await connection.send(request)
            assert answer.status == 200, answer
            done, size = done + 1, len(answer.body)
            if not plan.keep:
                connection.close()
                connection = Connection(server.port)
        connection.close()

    await asyncio.gather(*(asking() for _ in range(CLIENTS)))
    return done, time.perf_counter() - began, size


def against_the_old_tree(folder: Path) -> list[Figure]:
    """CPU of the server for a page, of the older commit ÷ of this tree.

    Both serve copies of one database. In each of 40 rounds both answer each page for 0.12 s, in alternating order;
    the median of the rounds' ratios. Not pages a second, because those depend on what other programs take of the
    cores.
    """
    made = both(folder, USERS)
    rounds: dict[str, list[tuple[Rate, Rate]]] = {page.name: [] for page in PAGES}
    with made.old, made.new:
        for page in PAGES:
            rate(made.old, page.request(made), WARM_UP)
            rate(made.new, page.request(made), WARM_UP)
        for number in range(ROUNDS):
            for page in PAGES:
                rounds[page.name].append(_pair(made, page, new_first=bool(number % 2)))
    return [_compared(page, rounds[page.name]) for page in PAGES]


def _pair(made: Both, page: Page, *, new_first: bool) -> tuple[Rate, Rate]:
    """Old and new, measured one after the other."""
    request, plan = page.request(made), Plan()
    if new_first:
        new = rate(made.new, request, plan)
        return rate(made.old, request, plan), new
    return rate(made.old, request, plan), rate(made.new, request, plan)


def _compared(page: Page, pairs: list[tuple[Rate, Rate]]) -> Figure:
    cpu = [old.cpu_microseconds / new.cpu_microseconds for old, new in pairs]
    a_second = [new.a_second / old.a_second for old, new in pairs]
    least_old, least_new = (percentile([pair[place].cpu_microseconds for pair in pairs], 10) for place in (0, 1))
    notes = (
        f"CPU, {spread(cpu)}; the least disturbed tenth of the rounds {least_old / least_new:.2f}",
        f"pages/s {statistics.median(a_second):.2f} times",
        "; ".join(f"{name} {_shown([pair[place] for pair in pairs])}" for place, name in ((0, COMMIT), (1, "now"))),
    )
    return at_least(f"{page.name}: times as fast as {COMMIT}", page.goal, ratio(cpu, "cpu"), notes)


def _shown(rates: list[Rate]) -> str:
    a_second = statistics.median(each.a_second for each in rates)
    cpu = statistics.median(each.cpu_microseconds for each in rates)
    return f"{cpu:,.0f} µs of CPU, {a_second:,.0f}/s, {rates[0].size:,} bytes"
