"""What one worker takes: memory, the time to its first answer, what it imports for that."""

import statistics
import subprocess
import sys
from pathlib import Path

from tests.bench import client, crowd
from tests.bench.client import Connection
from tests.bench.figure import Figure, at_most, spread
from tests.bench.logins import run, sign_in_at_once
from tests.bench.server import ROOT, SERVE, Server

LAZY = ("alembic", "authlib", "mako")


def memory(folder: Path) -> list[Figure]:
    """One worker's memory (RSS; PSS in the note): idle at most 65 MB, after login load at most 110 MB.

    Idle: every page was opened once, nobody has signed in; then 16 clients sign in for 3 s.
    """
    people = crowd.gather(folder, 500)
    cookies = people.cookies()
    with Server(folder) as server:
        run(_open_pages(server, cookies))
        idle, idle_pss = server.memory()
        run(sign_in_at_once(server, people, 3, cookies))
        loaded, loaded_pss = server.memory()
    return [
        at_most("Memory of one worker, idle", 65, idle, " MB", 0, (f"PSS {idle_pss:.0f} MB",)),
        at_most("Memory of one worker, after login load", 110, loaded, " MB", 0, (f"PSS {loaded_pss:.0f} MB",)),
    ]


async def _open_pages(server: Server, cookies: str) -> None:
    connection = Connection(server.port)
    for path in ("/", "/my-user", "/users", "/activity-log", "/general-settings/security"):
        assert (await connection.send(client.get(path, cookies))).status == 200
    connection.close()


def first_answer(folder: Path) -> list[Figure]:
    """From the start of the process to its first answer, on a database that is up to date: at most 0.8 s.

    7 starts of `python app.py serve`, until GET /login is answered; the median. Imports are read from `python -X importtime`.
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
        env={"TWO_KEYS_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    both = {"serve": serving, "migrate": _imports(command.stderr)}
    lazy = [f"{name} by {by}" for by, modules in both.items() for name in LAZY if name in modules]
    slowest = sorted(serving.items(), key=lambda each: -each[1])[:40]
    shown = ", ".join(f"{name} {milliseconds:.0f}" for name, milliseconds in slowest if "." not in name)
    return [
        at_most(
            "First answer, database up to date",
            0.8,
            statistics.median(took),
            " s",
            2,
            (spread(took), f"imports in ms, with what they import: {shown}"),
        ),
        at_most("Alembic and others imported though not needed", 0, len(lazy), digits=0, notes=lazy),
    ]


def _imports(output: str) -> dict[str, float]:
    """Module → milliseconds, with what it imports."""
    lines = [
        line.split("|")
        for line in output.splitlines()
        if line.startswith("import time:") and "imported package" not in line
    ]
    return {name.strip(): int(whole) / 1000 for _, whole, name in lines}
