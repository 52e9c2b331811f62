"""Real server processes, started as an operator starts them, measured from outside and ended by their own pid."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
# The older commit kills workers that take over 5 s to start; on a busy machine it needs several tries.
PATIENCE_SECONDS = 60
SERVE = ("app.py", "serve", "--port", "{port}")
# Of any process: (~pid << 3) | 2, see clock_getcpuclockid(3).
CPU_CLOCK = 2


class Server:
    """A program that serves on a free port, `{port}` in its arguments; `python app.py serve` unless said otherwise."""

    def __init__(
        self,
        folder: Path,
        program: tuple[str, ...] = SERVE,
        *,
        run_by: str = sys.executable,
        tree: Path = ROOT,
        first_path: str = "/login",
        **settings: str,
    ) -> None:
        self._folder = folder
        self._tree = tree
        self._first_path = first_path
        self.port = free_port()
        self._program = [run_by, *(argument.format(port=self.port) for argument in program)]
        self._environment = environment(folder) | settings
        self.seconds_to_first_answer = 0.0

    def __enter__(self) -> Self:
        began = time.perf_counter()
        with (self._folder / "output").open("a") as output:
            self._process = subprocess.Popen(
                self._program, cwd=self._tree, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        self._wait()
        self.seconds_to_first_answer = time.perf_counter() - began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    break
            except OSError:
                time.sleep(0.002)
        else:
            raise RuntimeError(f"the server did not start:\n{(self._folder / 'output').read_text()}")
        with urlopen(f"http://127.0.0.1:{self.port}{self._first_path}", timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 200

    @property
    def pids(self) -> list[int]:
        """The process and those that it started."""
        found = [self._process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        return found

    def cpu_seconds(self) -> float:
        """CPU that all its processes have used, all threads, user and system, to the microsecond."""
        return sum(time.clock_gettime((~pid << 3) | CPU_CLOCK) for pid in self.pids)

    def memory(self) -> tuple[float, float]:
        """RSS and PSS of all its processes in MB (2²⁰)."""
        rss = pss = 0.0
        for pid in self.pids:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in rollup[1:]}
            rss, pss = rss + sizes["Rss"], pss + sizes["Pss"]
        return rss, pss

    def thread_seconds(self) -> dict[int, float]:
        """CPU of each thread of all its processes but the main ones, where the event loops run."""
        ticks = os.sysconf("SC_CLK_TCK")
        used = {}
        for pid in self.pids:
            for task in Path(f"/proc/{pid}/task").iterdir():
                if int(task.name) != pid:
                    user, system = (task / "stat").read_text().rpartition(")")[2].split()[11:13]
                    used[int(task.name)] = (int(user) + int(system)) / ticks
        return used


def environment(folder: Path) -> dict[str, str]:
    """The environment of a program whose data lie in a folder; of our own settings nothing but that."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TWO_KEYS_")}
    return kept | {"TWO_KEYS_DATA_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": ""}


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
