"""PostgreSQL on the same machine: logins, a page meanwhile, and what each costs the database."""

import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from tests.bench import client, crowd
from tests.bench.client import Connection
from tests.bench.figure import Figure, at_least, at_most, percentile, ratio, spread
from tests.bench.load import Reader, at_once, members, run
from tests.bench.logins import seconds_of_a_verify, verifies_in_threads
from tests.bench.server import ROOT, SERVE, Server, environment
from tests.postgres_cluster import Cluster

USERS = 6000
WORKERS = 2
ROUNDS = 8
PAGES = ("/", "/my-user", "/users", "/activity-log")
PAGE_TIMES = 50
# What a database is usually given; the commits reach the disk.
SETTINGS = ("shared_buffers=256MB", "shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all")


@dataclass(frozen=True)
class Cost:
    """Of the database, per login or page."""

    statements: float
    rows: float
    milliseconds: float
    log_bytes: float

    def per(self, number: int) -> "Cost":
        return Cost(*[value / number for value in vars(self).values()])

    def __str__(self) -> str:
        return (
            f"{self.statements:.1f} statements, {self.rows:.1f} rows, {self.milliseconds:.2f} ms of the database's CPU,"
            f" {self.log_bytes:,.0f} bytes of its log"
        )


@dataclass(frozen=True)
class Watched:
    """A cluster, and a database in it of which it counts the statements."""

    cluster: Cluster
    url: str

    @contextmanager
    def costs(self) -> Iterator[list[Cost]]:
        """What the database did meanwhile: one element, afterwards. BEGIN and COMMIT are statements, too."""
        tell(self.url, "SELECT pg_stat_statements_reset()")
        position, cpu = self._position(), self._cpu_milliseconds()
        spent: list[Cost] = []
        yield spent
        position, cpu = self._position() - position, self._cpu_milliseconds() - cpu
        statements, rows = _ask_row(
            self.url,
            "SELECT sum(calls), sum(rows) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
            " WHERE d.datname = current_database() AND toplevel",
        )
        spent.append(Cost(float(statements), float(rows), cpu, position))

    def _position(self) -> float:
        return float(_ask_row(self.url, "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")[0])

    def _cpu_milliseconds(self) -> float:
        """Of all its processes, those that have ended included."""
        first = int((self.cluster.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return sum(map(_ticks, [str(first), *children])) * 1000 / os.sysconf("SC_CLK_TCK")


def _ticks(pid: str) -> int:
    """Its own, and those of its children that have ended; none of one that is just ending."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return sum(map(int, fields[11:15]))


def on_postgresql(folder: Path) -> list[Figure]:
    """Logins/s with 2 workers ÷ verifies/s of 2 threads, p99 of Home meanwhile, and the cost of each in the database.

    The database runs on the same cores: on a machine of its own it leaves them to the workers.
    """
    people = crowd.gather(folder / "data", USERS)
    cookies = people.cookies()
    with Cluster(*SETTINGS, quick=False) as cluster:
        url = f"{cluster.url}/two_keys"
        tell(f"{cluster.url}/postgres", "CREATE DATABASE two_keys")
        copy_database(folder / "data", url)
        tell(url, "CREATE EXTENSION pg_stat_statements")
        command = (*SERVE, "--workers", str(WORKERS))
        with Server(folder / "data", command, TWO_KEYS_DATABASE_URL=url) as server:
            return _measured(server, people, cookies, Watched(cluster, url))


def _measured(server: Server, people: crowd.Crowd, cookies: str, watched: Watched) -> list[Figure]:
    forms, reader = iter(people.login, None), Reader(client.get("/", cookies))
    at_once(server, members(server, forms, keep=False), 1)
    rates: list[float] = []
    costs: list[Cost] = []
    before = verifies_in_threads(WORKERS, 0.6)
    for _ in range(ROUNDS):
        with watched.costs() as spent:
            load = at_once(server, members(server, forms, keep=False), 1.5)
        costs.append(spent[0].per(load.logins))
        after = verifies_in_threads(WORKERS, 0.6)
        rates.append(load.a_second / before.mean(after).a_second)
        before = after
    ninety_nine = []
    for _ in range(3):
        one = statistics.median(seconds_of_a_verify() for _ in range(20))
        load = at_once(server, members(server, forms, keep=False), 3, reader)
        ninety_nine.append(percentile(load.page_seconds, 99) / one)
    return [
        at_least(
            f"Logins/s on PostgreSQL, {WORKERS} workers ÷ verifies/s, {WORKERS} threads",
            0.75,
            ratio(rates, "time", 3),
            (spread(rates, 3), "a login: " + str(middle(costs)), *_pages(server, cookies, watched)),
        ),
        at_most(
            "p99 of a page while 16 clients sign in, PostgreSQL ÷ one verify",
            1.5,
            ratio(ninety_nine, "time"),
            (spread(ninety_nine),),
        ),
    ]


def middle(costs: list[Cost]) -> Cost:
    return Cost(*[statistics.median(values) for values in zip(*[vars(each).values() for each in costs], strict=True)])


def _pages(server: Server, cookies: str, watched: Watched) -> list[str]:
    """What a page costs the database, of the pages that are opened most."""
    said = []
    for path in PAGES:
        request = client.get(path, cookies)
        run(_open(server.port, request, 10))
        with watched.costs() as spent:
            run(_open(server.port, request, PAGE_TIMES))
        said.append(f"{path}: {spent[0].per(PAGE_TIMES)}")
    return said


async def _open(port: int, request: bytes, times: int) -> None:
    connection = Connection(port)
    for _ in range(times):
        answer = await connection.send(request)
        assert answer.status == 200, answer.status
    connection.close()


def copy_database(folder: Path, url: str) -> None:
    copy = (sys.executable, "app.py", "copy-database", url)
    subprocess.run(copy, cwd=ROOT, env=environment(folder), check=True, capture_output=True)


def tell(url: str, sql: str) -> None:
    _ask_row(url, sql)


def _ask_row(url: str, sql: str) -> Any:
    async def asking() -> Any:
        connection: Any = await asyncpg.connect(url)
        try:
            return await connection.fetchrow(sql)
        finally:
            await connection.close()

    return asyncio.run(asking())
