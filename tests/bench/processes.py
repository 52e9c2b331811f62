"""What the processes take: memory, the time to the first answer, what is imported for that, how many threads hash."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from tests.bench import client, crowd
from tests.bench.client import Connection
from tests.bench.figure import Figure, Reading, at_most, spread
from tests.bench.load import at_once, members, run
from tests.bench.old_tree import COMMIT, Both, both
from tests.bench.server import ROOT, SERVE, Server, environment

LAZY = ("alembic", "authlib", "mako", "sqlalchemy")
OPENED = ("/", "/my-user", "/users", "/activity-log", "/general-settings/security")
# Threads that use more than this share of all threads' CPU while 16 clients sign in are those that hash; one that
# writes to the database uses 0.05.
HASHING = 0.08


def memory(folder: Path) -> list[Figure]:
    """One worker's memory (RSS; PSS in the note), and the older commit's.

    Idle: every page was opened once, nobody has signed in; then 16 clients sign in for 3 s.
    """
    made = both(folder, 600)
    (before_idle, before_loaded), (idle, loaded) = _memory(made, made.old), _memory(made, made.new)
    return [
        at_most("Memory of one worker, idle", 65, Reading(idle[0], " MB", 0), _beside(idle, before_idle)),
        at_most(
            "Memory of one worker, after login load", 110, Reading(loaded[0], " MB", 0), _beside(loaded, before_loaded)
        ),
    ]


def _memory(made: Both, server: Server) -> tuple[tuple[float, float], tuple[float, float]]:
    with server:
        run(_open_pages(server, made.administrator))
        idle = server.memory()
        at_once(server, members(server, made.fresh()), 3)
        return idle, server.memory()


def _beside(now: tuple[float, float], before: tuple[float, float]) -> tuple[str, ...]:
    return (f"PSS {now[1]:.0f} MB; {COMMIT}: RSS {before[0]:.0f} MB, PSS {before[1]:.0f} MB",)


async def _open_pages(server: Server, cookies: str) -> None:
    connection = Connection(server.port)
    for path in OPENED:
        assert (await connection.send(client.get(path, cookies))).status == 200
    connection.close()


def workers(folder: Path) -> list[Figure]:
    """`serve --workers 2`: the time to the first answer, and the threads that hash while 16 clients sign in.

    7 starts of each tree in turn, the median.
    """
    made = both(folder, 600, "--workers", "2")
    took: dict[str, list[float]] = {"old": [], "new": []}
    hashing = 0
    for number in range(7):
        for name, server in (("old", made.old), ("new", made.new)):
            with server:
                took[name].append(server.seconds_to_first_answer)
                if (name, number) == ("new", 6):
                    hashing = _hashing_threads(made, server)
    notes = (spread(took["new"]), f"{COMMIT}: {spread(took['old'])}")
    cores = len(os.sched_getaffinity(0))
    return [
        at_most("First answer of two workers", 1.2, _seconds(took["new"]), notes),
        at_most("Threads that hash, two workers", max(cores, 2), Reading(hashing, digits=0), (f"{cores} cores",)),
    ]


def _hashing_threads(made: Both, server: Server) -> int:
    forms = made.fresh()
    at_once(server, members(server, forms, keep=False), 1)
    before = server.thread_seconds()
    at_once(server, members(server, forms, keep=False), 3)
    used = [after - before.get(thread, 0.0) for thread, after in server.thread_seconds().items()]
    return sum(each > HASHING * sum(used) for each in used)


def first_answer(folder: Path) -> list[Figure]:
    """From the start of the process to its first answer, on a database that is up to date.

    7 starts of `python app.py serve`, until GET /login is answered; the median. Imports are read from `python -X
    importtime`.
    """
    crowd.gather(folder, 10)
    took = []
    for _ in range(7):
        with Server(folder) as server:
            took.append(server.seconds_to_first_answer)
    with Server(folder, ("-X", "importtime", *SERVE)):
        pass
    serving = _imports((folder / "output").read_text())
    command = subprocess.run(
        [sys.executable, "-X", "importtime", "app.py", "migrate"],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {"serve": serving, "migrate": _imports(command.stderr)}
    lazy = [f"{name} by {by}" for by, modules in imported.items() for name in LAZY if name in modules]
    slowest = sorted(serving.items(), key=lambda each: -each[1])[:40]
    shown = ", ".join(f"{name} {milliseconds:.0f}" for name, milliseconds in slowest if "." not in name)
    notes = (spread(took), f"imports in ms, with what they import: {shown}")
    return [
        at_most("First answer, database up to date", 0.8, _seconds(took), notes),
        at_most("Alembic and others imported though not needed", 0, Reading(len(lazy), digits=0), lazy),
    ]


def _seconds(took: list[float]) -> Reading:
    return Reading(statistics.median(took), " s", depends_on="seconds")


def _imports(output: str) -> dict[str, float]:
    """Module → milliseconds, with what it imports."""
    lines = [
        line.split("|")
        for line in output.splitlines()
        if line.startswith("import time:") and "imported package" not in line
    ]
    return {name.strip(): int(whole) / 1000 for _, whole, name in lines}
