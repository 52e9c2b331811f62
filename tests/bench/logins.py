"""What a login costs, logins a second, and the time of a page while others sign in."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from accounts.passwords import Hasher
from tests.bench import client
from tests.bench.crowd import COST, PASSWORD
from tests.bench.figure import Figure, at_least, at_most, percentile, ratio, spread
from tests.bench.load import Load, Reader, at_once, members
from tests.bench.old_tree import COMMIT, both
from tests.bench.server import Server

HASH_THREADS = 2
ROUNDS = 12
USERS = 4000
_argon2 = Hasher(COST)._argon2
_hash = _argon2.hash(PASSWORD)
Forms = Iterator[dict[str, str]]


@dataclass(frozen=True)
class Verifies:
    """How many verifies there were in a second, and the CPU seconds of one."""

    a_second: float
    cpu_seconds: float

    def mean(self, other: "Verifies") -> "Verifies":
        return Verifies((self.a_second + other.a_second) / 2, (self.cpu_seconds + other.cpu_seconds) / 2)


def verify() -> None:
    """One verification of a password, as the server does it."""
    _argon2.verify(_hash, PASSWORD)


def one_client(folder: Path) -> list[Figure]:
    """CPU of a full login with a code ÷ CPU of one verify, one client.

    In each of 12 rounds the older commit and this tree take about 10 logins one after the other, each of another user
    from an unknown browser; 10 verifies in a thread before, between and after. The median of the rounds' ratios.
    """
    made = both(folder, USERS)
    seen: dict[str, list[tuple[Load, Verifies]]] = {"old": [], "new": []}
    with made.old, made.new:
        servers = {"old": (made.old, made.fresh()), "new": (made.new, made.fresh())}
        for server, forms in servers.values():
            _one_after_the_other(server, forms)
        before = verifies_in_threads(1, 0.25)
        for _ in range(ROUNDS):
            for name, (server, forms) in servers.items():
                load, after = _one_after_the_other(server, forms), verifies_in_threads(1, 0.25)
                seen[name].append((load, before.mean(after)))
                before = after
    ratios = {name: [_of(*each)[0] for each in rounds] for name, rounds in seen.items()}
    login = statistics.median(load.server_cpu for load, _ in seen["new"]) * 1000
    one_verify = statistics.median(each.cpu_seconds for _, each in seen["new"]) * 1000
    cost = f"a login {login:.1f} ms, a verify {one_verify:.1f} ms of CPU"
    notes = (spread(ratios["new"]), f"{COMMIT}: {spread(ratios['old'])}", cost)
    return [at_most("CPU of a login ÷ of one verify, 1 client", 1.20, ratio(ratios["new"], "cpu"), notes)]


def _one_after_the_other(server: Server, forms: Forms) -> Load:
    return at_once(server, members(server, forms), 0.25, clients=1)


def many_clients(folder: Path) -> list[Figure]:
    """16 clients, one worker: CPU of a login ÷ of one verify, and the share of the hash rate.

    In each of 12 rounds 16 clients sign in for 1.2 s, and 2 threads verify for 0.6 s before and after, with the
    server at rest; the same with the older commit. The share is logins/s ÷ verifies/s; in CPU it is one verify ÷ (one
    login and its load), which is what the first would be if no other program used the cores.
    """
    made = both(folder, USERS)
    seen: dict[str, list[tuple[Load, Verifies]]] = {"old": [], "new": []}
    with made.old, made.new:
        servers = {"old": (made.old, made.fresh()), "new": (made.new, made.fresh())}
        for server, forms in servers.values():
            at_once(server, members(server, forms), 0.5)
        before = verifies_in_threads(HASH_THREADS, 0.6)
        for _ in range(ROUNDS):
            for name, (server, forms) in servers.items():
                load = at_once(server, members(server, forms), 1.2)
                after = verifies_in_threads(HASH_THREADS, 0.6)
                seen[name].append((load, before.mean(after)))
                before = after
    return _judged(seen["new"], seen["old"])


def _judged(new: list[tuple[Load, Verifies]], old: list[tuple[Load, Verifies]]) -> list[Figure]:
    now = [[_of(load, verifies)[place] for load, verifies in new] for place in range(3)]
    earlier = [statistics.median(_of(load, verifies)[place] for load, verifies in old) for place in range(3)]
    rates = (
        f"{statistics.median(load.a_second for load, _ in new):.1f} logins/s,"
        f" {statistics.median(each.a_second for _, each in new):.1f} verifies/s;"
        f" CPU per login: server {statistics.median(load.server_cpu for load, _ in new) * 1000:.1f} ms,"
        f" load {statistics.median(load.client_cpu for load, _ in new) * 1000:.2f} ms"
    )
    notes = [(spread(shown, 3), f"{COMMIT}: {old_one:.3f}") for shown, old_one in zip(now, earlier, strict=True)]
    return [
        at_most("CPU of a login ÷ of one verify, 16 clients", 1.25, ratio(now[0], "cpu"), (*notes[0], rates)),
        at_least("Logins/s, 16 clients ÷ verifies/s, 2 threads", 0.80, ratio(now[1], "time", 3), notes[1]),
        at_least("The same in CPU: verify ÷ login and load", 0.80, ratio(now[2], "cpu", 3), notes[2]),
    ]


def _of(load: Load, verifies: Verifies) -> tuple[float, float, float]:
    """CPU of a login ÷ of one verify; logins/s ÷ verifies/s; CPU of one verify ÷ of a login with its load."""
    return (
        load.server_cpu / verifies.cpu_seconds,
        load.a_second / verifies.a_second,
        verifies.cpu_seconds / (load.server_cpu + load.client_cpu),
    )


def verifies_in_threads(threads: int, seconds: float) -> Verifies:
    """Verifies for some seconds, in so many threads at once."""
    began, done, cpu = time.perf_counter(), [0] * threads, [0.0] * threads

    def verifying(number: int) -> None:
        start = time.thread_time()
        while time.perf_counter() - began < seconds:
            verify()
            done[number] += 1
        cpu[number] = time.thread_time() - start

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(verifying, range(threads)))
    return Verifies(sum(done) / (time.perf_counter() - began), sum(cpu) / sum(done))


def pages_under_load(folder: Path) -> list[Figure]:
    """p99 of Home while 16 clients sign in ÷ one verify.

    3 rounds of 4 s: 16 clients sign in, and a signed-in user opens Home again and again; its 99th percentile ÷ the
    median of 20 verifies with the server at rest. The client runs on the same cores, so its own waits count, too.
    """
    made = both(folder, USERS)
    reader, forms = Reader(client.get("/", made.administrator)), made.fresh()
    ratios, ninety_nine, middle = [], [], []
    with made.new as server:
        at_once(server, members(server, forms), 0.5, reader)
        for _ in range(3):
            one_verify = statistics.median(seconds_of_a_verify() for _ in range(20))
            load = at_once(server, members(server, forms), 4, reader)
            ninety_nine.append(percentile(load.page_seconds, 99) * 1000)
            middle.append(statistics.median(load.page_seconds) * 1000)
            ratios.append(ninety_nine[-1] / 1000 / one_verify)
    note = f"p50 {statistics.median(middle):.1f} ms, p99 {statistics.median(ninety_nine):.1f} ms"
    what = "p99 of a page while 16 clients sign in ÷ one verify"
    return [at_most(what, 1.5, ratio(ratios, "time"), (spread(ratios), note))]


def seconds_of_a_verify() -> float:
    began = time.perf_counter()
    verify()
    return time.perf_counter() - began
