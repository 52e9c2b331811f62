"""What strangers' connections do to everybody else: clients that never end their headers, and some that say nothing."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import client, crowd
from tests.bench.client import Connection
from tests.bench.figure import Figure, Reading, at_most, percentile
from tests.bench.load import run
from tests.bench.server import ROOT, Server, environment

ENDLESS, SILENT = 6, 300
# The silent ones are left after 10 s, and come again.
SECONDS = 25


def connections(folder: Path) -> list[Figure]:
    """`/health` on a new connection each time, and the memory (RSS) of one worker: calm, then with these clients."""
    crowd.gather(folder, 10)
    with Server(folder) as server:
        run(_health(server.port, 2))
        calm, (before, _) = run(_health(server.port, 5)), server.memory()
        with _flooded(folder, server.port):
            flooded, (after, _) = run(_health(server.port, SECONDS)), server.memory()
    title = f"{ENDLESS} endless headers and {SILENT} silent connections"
    notes = tuple(f"{name}: {_spread(took)}" for name, took in (("calm", calm), ("flooded", flooded)))
    memory = (f"{before:.0f} MB before, {after:.0f} MB after {SECONDS} s",)
    return [
        at_most(f"/health, 99 of 100, {title}", 50, Reading(percentile(flooded, 99), " ms", 1, "seconds"), notes),
        at_most(f"Memory gained, {title}", 30, Reading(max(0.0, after - before), " MB", 1), memory),
    ]


def _spread(took: list[float]) -> str:
    middle, late = percentile(took, 50), percentile(took, 99)
    return f"{len(took)} times, median {middle:.1f} ms, p99 {late:.1f} ms, longest {max(took):.1f} ms"


async def _health(port: int, seconds: float) -> list[float]:
    """Milliseconds of each request."""
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        began, connection = time.perf_counter(), Connection(port)
        assert (await connection.send(client.get("/health"))).status == 200
        took.append((time.perf_counter() - began) * 1000)
        connection.close()
        await asyncio.sleep(0.01)
    return took


@contextmanager
def _flooded(folder: Path, port: int) -> Iterator[None]:
    program = (sys.executable, "-m", "tests.bench.flood", str(port), str(ENDLESS), str(SILENT))
    flood = subprocess.Popen(program, cwd=ROOT, env=environment(folder))
    try:
        # until all are connected
        time.sleep(2)
        yield
    finally:
        flood.kill()
        flood.wait()
