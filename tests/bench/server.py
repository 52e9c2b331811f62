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
PATIENCE_SECONDS = 20
SERVE = ("app.py", "serve", "--port", "{port}")
CPU_CLOCK = 2  # of any process: (~pid << 3) | 2, see clock_getcpuclockid(3)


class Server:
    """`python app.py serve` on a free port, or another program of some Python; `{port}` in it is filled in."""

    def __init__(
        self, folder: Path, program: tuple[str, ...] = SERVE, python: str = sys.executable, **settings: str
    ) -> None:
        self._folder = folder
        self.port = free_port()
        self._program = [python, *(argument.format(port=self.port) for argument in program)]
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("TWO_KEYS_")}
        self._environment |= {"TWO_KEYS_DATA_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": "", **settings}
        self.seconds_to_first_answer = 0.0

    def __enter__(self) -> Self:
        began = time.perf_counter()
        with (self._folder / "output").open("a") as output:
            self._process = subprocess.Popen(
                self._program,
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
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

    @property
    def pid(self) -> int:
        return self._process.pid

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
        with urlopen(f"http://127.0.0.1:{self.port}/login", timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 200

    def cpu_seconds(self) -> float:
        """CPU that the process has used, all threads, user and system, to the microsecond."""
        return time.clock_gettime((~self.pid << 3) | CPU_CLOCK)

    def memory(self) -> tuple[float, float]:
        """RSS and PSS in MB (2²⁰)."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in rollup[1:]}
        return sizes["Rss"], sizes["Pss"]


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
