"""100,000 users imported by the command: wall time and memory, new and then all changed."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

from tests.bench import client, crowd
from tests.bench.client import Connection
from tests.bench.figure import Figure, Reading, at_most
from tests.bench.load import run
from tests.bench.on_postgresql import SETTINGS, copy_database, tell
from tests.bench.server import ROOT, Server, environment
from tests.postgres_cluster import Cluster

NUMBER = 100_000
# A process's peak begins with its parent's size when it was forked: the bench's own is large, this one's some 10 MB.
_MEASURE = """
import json, resource, subprocess, sys, time
began = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps([time.monotonic() - began, peak]))
"""


def imports(folder: Path) -> list[Figure]:
    """`import-users` with 100,000 rows, an entry of the log for each user, in one transaction."""
    return _figures(folder, "")


def on_postgresql(folder: Path) -> list[Figure]:
    """The same on PostgreSQL, while others sign in: the longest that one of them waited."""
    with Cluster(*SETTINGS, quick=False) as cluster:
        tell(f"{cluster.url}/postgres", "CREATE DATABASE two_keys")
        url = f"{cluster.url}/two_keys"
        people = crowd.gather(folder / "crowd", 400)
        copy_database(people.folder, url)
        (folder / "data").mkdir(mode=0o700)
        shutil.copy2(people.folder / "secret_key", folder / "data")
        with Server(people.folder, TWO_KEYS_DATABASE_URL=url) as server, Visitors(server, people) as visitors:
            figures = _figures(folder, ", PostgreSQL", TWO_KEYS_DATABASE_URL=url)
        note = f"{len(visitors.seconds)} signed in meanwhile, {visitors.refused} could not"
        waited = Reading(max(visitors.seconds), " s", 1, "seconds")
        return [*figures, Figure("Longest sign-in during an import, PostgreSQL", "", str(waited), notes=(note,))]


class Visitors:
    """Somebody signs in every 200 ms, until the `with` ends."""

    def __init__(self, server: Server, people: crowd.Crowd) -> None:
        self._server, self._people, self._ending = server, people, threading.Event()
        self.seconds: list[float] = []
        self.refused = 0
        self._thread = threading.Thread(target=self._come)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _come(self) -> None:
        while not self._ending.wait(0.2):
            began = time.monotonic()
            status = run(self._signs_in())
            self.seconds.append(time.monotonic() - began)
            self.refused += status != 303

    async def _signs_in(self) -> int:
        connection = Connection(self._server.port)
        answer = await connection.send(client.post("/login", self._people.login()))
        connection.close()
        return answer.status


def _figures(folder: Path, where: str, **settings: str) -> list[Figure]:
    figures = []
    for what, heading, line in (
        ("new", "username,name,email,unit,role", "user.{n:06},User {n},user.{n:06}@example.org,Unit {unit},Member"),
        ("changed", "username,name,unit", "user.{n:06},Other {n},Unit {unit}"),
    ):
        path = folder / f"{what}.csv"
        rows = (line.format(n=number, unit=number * 7919 % 1000) for number in range(NUMBER))
        path.write_text("\n".join((heading, *rows)) + "\n", encoding="utf-8")
        seconds, peak = _import(path, folder / "data", settings)
        title = f"{NUMBER:,} users imported, all {what}{where}"
        figures.append(at_most(title, 60, Reading(seconds, " s", 1, "seconds")))
        figures.append(Figure(f"{title}: peak memory", "", f"{peak:.0f} MB"))
    return figures


def _import(path: Path, data: Path, settings: dict[str, str]) -> tuple[float, float]:
    """Seconds, and the peak of its memory in MB (2²⁰)."""
    command = [sys.executable, "-I", "-S", "-c", _MEASURE, sys.executable, "app.py", "import-users", str(path)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(data) | settings, check=True, capture_output=True, text=True
    )
    seconds, peak = json.loads(done.stdout)
    return seconds, peak
