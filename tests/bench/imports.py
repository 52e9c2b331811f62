"""100,000 users imported by the command: wall time and memory, new and then all changed."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.figure import Figure, at_most

NUMBER = 100_000


def imports(folder: Path) -> list[Figure]:
    """`import-users` with 100,000 lines: at most 60 s, with an entry of the log for each user, in one transaction."""
    figures = []
    for what, heading, line in (
        ("new", "username,name,email,unit,role", "user.{n:06},User {n},user.{n:06}@example.org,Unit {unit},Member"),
        ("changed", "username,name,unit", "user.{n:06},Other {n},Unit {unit}"),
    ):
        path = folder / f"{what}.csv"
        rows = (line.format(n=number, unit=number * 7919 % 1000) for number in range(NUMBER))
        path.write_text("\n".join((heading, *rows)) + "\n", encoding="utf-8")
        began = time.monotonic()
        importing = subprocess.Popen(
            [sys.executable, "app.py", "import-users", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"TWO_KEYS_DATA_DIR": str(folder / "data")},
        )
        _, status, used = os.wait4(importing.pid, 0)  # of this process alone
        importing.returncode = os.waitstatus_to_exitcode(status)
        assert importing.returncode == 0
        seconds, memory = time.monotonic() - began, used.ru_maxrss / 1024
        figures.append(at_most(f"{NUMBER:,} users imported, all {what}", 60, seconds, " s", 1, [f"{memory:.0f} MB"]))
    return figures
