"""The real program, `python app.py serve`, with a data folder of its own; and its command line beside it."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

import config
import db
from accounts.context import Context
from accounts.passwords import Hasher
from accounts.system import installation

Result = TypeVar("Result")

ROOT = Path(__file__).parent.parent.parent
# for a machine that does other things as well
PATIENCE_SECONDS = 60


class Server:
    """`serve` on a free port (or that of TWO_KEYS_BASE_URL), from its first line to its end. Use it in a `with`."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("TWO_KEYS_")}
        own = {"TWO_KEYS_DATA_DIR": str(data_dir), "TWO_KEYS_PASSWORD_COST": "test", **environment}
        self.data_dir = data_dir
        self.environment = bare | own
        self.address = ""
        self.printed: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        # somebody else may take the port between the look and the start
        for _ in range(3):
            if self._start(self._port_of_the_base_url() or free_port()):
                return self
        raise AssertionError("the program did not start:\n" + "".join(self.printed))

    def __exit__(self, *ended: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def _port_of_the_base_url(self) -> int | None:
        return urlsplit(self.environment.get("TWO_KEYS_BASE_URL", "")).port

    def _start(self, port: int) -> bool:
        self._process = self._spawn("serve", "--port", str(port))
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if (said := self._said(r"Two Keys is at (\S+)")) and _answers(port):
                self.address = said
                return True
            time.sleep(0.05)
        self._process.kill()
        self._process.wait()
        return False

    def _spawn(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "app.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.printed.append(line)

    def _said(self, pattern: str) -> str:
        found = re.search(pattern, "".join(self.printed))
        return found[1] if found else ""

    def one_time_password(self, username: str) -> str:
        """The one that `serve` printed for the first administrator."""
        return one_time_password("".join(self.printed), username)

    def command(self, *arguments: str) -> str:
        """What a command of the command line prints; it must succeed."""
        process = self._spawn(*arguments)
        printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, f"app.py {' '.join(arguments)}:\n{printed}"
        return printed

    def let(self, act: Callable[[Context], Awaitable[Result]]) -> Result:
        """Lets a rule of accounts/ do something, as a command would but without the time that starting one takes.

        In a thread of its own, because Playwright keeps an event loop in the tests'.
        """
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._let, act).result()

    def _let(self, act: Callable[[Context], Awaitable[Result]]) -> Result:
        settings = config.read(self.environment)

        async def acting() -> Result:
            database, hasher = db.connect(settings), Hasher(settings.password_cost)
            await database.connect()
            try:
                vault = await installation.open_vault(database, settings)
                return await act(installation.context_of_system(database, vault, hasher, settings))
            finally:
                await database.disconnect()
                hasher.close()

        return asyncio.run(acting())


def one_time_password(printed: str, username: str) -> str:
    """The one-time password among what the program printed."""
    found = re.search(rf"^One-time password of {re.escape(username)}, .*: (\S+)$", printed, re.MULTILINE)
    assert found, f"no one-time password of {username} in:\n{printed}"
    return found[1]


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
