"""100,000 users imported by the command: wall time and memory, new and then all changed."""

import json
import subprocess
import sys
from pathlib import Path

from tests.bench.figure import Figure, Reading, at_most
from tests.bench.server import ROOT, environment

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
    figures = []
    for what, heading, line in (
        ("new", "username,name,email,unit,role", "user.{n:06},User {n},user.{n:06}@example.org,Unit {unit},Member"),
        ("changed", "username,name,unit", "user.{n:06},Other {n},Unit {unit}"),
    ):
        path = folder / f"{what}.csv"
        rows = (line.format(n=number, unit=number * 7919 % 1000) for number in range(NUMBER))
        path.write_text("\n".join((heading, *rows)) + "\n", encoding="utf-8")
        seconds, peak = _import(path, folder / "data")
        title = f"{NUMBER:,} users imported, all {what}"
        figures.append(at_most(title, 60, Reading(seconds, " s", 1, "seconds")))
        figures.append(Figure(f"{title}: peak memory", "", f"{peak:.0f} MB"))
    return figures


def _import(path: Path, data: Path) -> tuple[float, float]:
    """Seconds, and the peak of its memory in MB (2²⁰)."""
    command = [sys.executable, "-I", "-S", "-c", _MEASURE, sys.executable, "app.py", "import-users", str(path)]
    done = subprocess.run(command, cwd=ROOT, env=environment(data), check=True, capture_output=True, text=True)
    seconds, peak = json.loads(done.stdout)
    return seconds, peak
