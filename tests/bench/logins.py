"""What a login costs, how many there are in a second, and what becomes of pages meanwhile."""

import asyncio
import statistics
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from accounts.passwords import Hasher
from tests.bench import client, crowd
from tests.bench.client import Connection
from tests.bench.crowd import COST, PASSWORD, Crowd
from tests.bench.figure import Figure, at_least, at_most, percentile, spread
from tests.bench.server import Server

CLIENTS = 16
HASH_THREADS = 2
PATIENCE_SECONDS = 300
_argon2 = Hasher(COST)._argon2
_hash = _argon2.hash(PASSWORD)


def verify() -> None:
    """One verification of a password, as the server does it."""
    _argon2.verify(_hash, PASSWORD)


def run(act: Coroutine[Any, Any, Any]) -> Any:
    """Runs in an event loop that costs little; never for longer than any figure may take."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(act, PATIENCE_SECONDS))


def cpu_of_a_login(folder: Path) -> list[Figure]:
    """CPU of a full login with a code ÷ CPU of one verify: at most 1.25.

    The server's process CPU around 10 logins one after the other, each of another user from a browser that is not known, against
    10 verifies in a thread here; 16 such rounds, the median of their ratios.
    """
    people = crowd.gather(folder, 200)
    ratios, logins, verifies = [], [], []
    with Server(folder) as server, ThreadPoolExecutor(1) as thread:
        run(sign_in_one_after_the_other(server, people, 20))
        for _ in range(16):
            began = server.cpu_seconds()
            run(sign_in_one_after_the_other(server, people, 10))
            logins.append((server.cpu_seconds() - began) / 10 * 1000)
            verifies.append(thread.submit(_cpu_of_verifies, 10).result() * 1000)
            ratios.append(logins[-1] / verifies[-1])
    cost = f"a login {statistics.median(logins):.1f} ms, a verify {statistics.median(verifies):.1f} ms of CPU"
    return [
        at_most(
            "CPU of a login with code ÷ of one verify", 1.25, statistics.median(ratios), notes=(spread(ratios), cost)
        )
    ]


def _cpu_of_verifies(number: int) -> float:
    began = time.thread_time()
    for _ in range(number):
        verify()
    return (time.thread_time() - began) / number


async def sign_in_one_after_the_other(server: Server, people: Crowd, number: int) -> None:
    """Full logins with a code, on one connection."""
    connection = Connection(server.port)
    for _ in range(number):
        answer = await connection.send(client.post("/login", people.login()))
        assert answer.status == 303, answer
    connection.close()


@dataclass
class Load:
    """What came of a number of clients that sign in, each one login after the other."""

    logins: int
    seconds: float
    client_cpu_seconds: float
    page_seconds: list[float]


async def sign_in_at_once(
    server: Server, people: Crowd, seconds: float, cookies: str = "", pause: float = 0.002
) -> Load:
    """16 clients sign in for some seconds; with `cookies`, somebody who is signed in opens Home all the while, with pauses."""
    began, cpu, done = time.perf_counter(), time.process_time(), 0
    page_seconds: list[float] = []

    async def signing_in() -> None:
        nonlocal done
        connection = Connection(server.port)
        while time.perf_counter() - began < seconds:
            answer = await connection.send(client.post("/login", people.login()))
            assert answer.status == 303, answer
            done += 1
        connection.close()

    async def reading() -> None:
        connection, request = Connection(server.port), client.get("/", cookies)
        while time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            assert (await connection.send(request)).status == 200
            page_seconds.append(time.perf_counter() - asked)
            await asyncio.sleep(pause)
        connection.close()

    await asyncio.gather(*(signing_in() for _ in range(CLIENTS)), *([reading()] if cookies else []))
    return Load(done, time.perf_counter() - began, time.process_time() - cpu, page_seconds)


def logins_a_second(folder: Path) -> list[Figure]:
    """Logins/s of 16 clients at one worker ÷ verifies/s with 2 threads, the load on the same cores: at least 0.80.

    12 rounds of 1.2 s of logins, each of another user, between 0.6 s of verifies in 2 threads before and after, with the server at rest; each
    round's logins against the mean of the two; the median of the ratios.
    The note says what the load itself cost: without it on the same cores there would be about that much more.
    """
    people = crowd.gather(folder, 3000)
    ratios, rates, verify_rates, client_share, server_share = [], [], [], [], []
    with Server(folder) as server:
        run(sign_in_at_once(server, people, 0.5))
        before = verifies_a_second(0.6)
        for _ in range(12):
            began = server.cpu_seconds()
            load: Load = run(sign_in_at_once(server, people, 1.2))
            server_share.append((server.cpu_seconds() - began) / load.logins * 1000)
            client_share.append(load.client_cpu_seconds / load.logins * 1000)
            after = verifies_a_second(0.6)
            rates.append(load.logins / load.seconds)
            verify_rates.append((before + after) / 2)
            ratios.append(rates[-1] / verify_rates[-1])
            before = after
    cost = (
        f"{statistics.median(rates):.1f} logins/s, {statistics.median(verify_rates):.1f} verifies/s;"
        f" CPU per login: server {statistics.median(server_share):.1f} ms, load {statistics.median(client_share):.2f} ms"
    )
    return [
        at_least(
            "Logins/s, 16 clients ÷ verifies/s, 2 threads",
            0.80,
            statistics.median(ratios),
            digits=3,
            notes=(spread(ratios), cost),
        )
    ]


def verifies_a_second(seconds: float) -> float:
    """How many verifies two threads do in a second."""
    began, done = time.perf_counter(), [0] * HASH_THREADS

    def verifying(number: int) -> None:
        while time.perf_counter() - began < seconds:
            verify()
            done[number] += 1

    with ThreadPoolExecutor(HASH_THREADS) as threads:
        list(threads.map(verifying, range(HASH_THREADS)))
    return sum(done) / (time.perf_counter() - began)


def pages_under_load(folder: Path) -> list[Figure]:
    """p99 of Home while 16 clients sign in ÷ one verify: at most 1.5.

    3 rounds of 4 s: 16 clients sign in, a seventeenth who is signed in opens Home again and again; its 99th percentile ÷ the median of 20
    verifies with the server at rest. The client shares the cores with all of them: what it waits for is counted, too.
    """
    people = crowd.gather(folder, 1800)
    cookies = people.cookies()
    ratios, ninety_nine, middle = [], [], []
    with Server(folder) as server:
        run(sign_in_at_once(server, people, 0.5, cookies))
        for _ in range(3):
            one_verify = statistics.median(_seconds(verify) for _ in range(20))
            load: Load = run(sign_in_at_once(server, people, 4, cookies))
            ninety_nine.append(percentile(load.page_seconds, 99) * 1000)
            middle.append(statistics.median(load.page_seconds) * 1000)
            ratios.append(ninety_nine[-1] / 1000 / one_verify)
    note = f"p50 {statistics.median(middle):.1f} ms, p99 {statistics.median(ninety_nine):.1f} ms"
    return [
        at_most(
            "p99 of a page while 16 clients sign in ÷ one verify",
            1.5,
            statistics.median(ratios),
            notes=(spread(ratios), note),
        )
    ]


def _seconds(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
