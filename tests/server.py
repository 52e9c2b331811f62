"""The real program in processes of its own, as those who run it see it: commands, and a server that can be killed."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from tests import postgres

ROOT = Path(__file__).parent.parent
START_SECONDS = 30
DATABASE = "two_keys.sqlite3"
# of the users whom tests add on the command line
PASSWORD = "correct pony battery anchor"


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Only what the program needs, and a cheap hash."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TWO_KEYS_")}
    needed = {"TWO_KEYS_DATA_DIR": str(folder), "TWO_KEYS_PASSWORD_COST": "test", "PYTHONUNBUFFERED": "1"}
    if postgres.in_use():
        needed["TWO_KEYS_DATABASE_URL"] = postgres.url_of(folder)
    return kept | needed | more


@dataclass
class Ended:
    """How a command ended: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


def command(folder: Path, *arguments: str, typed: str = "", **more: str) -> Ended:
    """Runs `python app.py ARGUMENTS`, typing something at it."""
    done = subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env=environment(folder, **more),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def refused(folder: Path, *arguments: str, typed: str = "", status: int = 1, **more: str) -> str:
    """What a command says when it refuses: one line on standard error, nothing on standard output."""
    done = command(folder, *arguments, typed=typed, **more)
    assert (done.status, done.out) == (status, ""), done
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err
    return done.err


def rows(folder: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    """What a statement finds in the database of a data folder, or changes there, past the program."""
    if postgres.in_use():
        return postgres.ask(folder, sql, *values)
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None, timeout=10)) as connection:
        return connection.execute(sql, values).fetchall()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nobody can write to the database of a data folder."""
    if postgres.in_use():
        with postgres.held(folder):
            yield
        return
    # closing it ends the transaction
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def changes(folder: Path, *statements: str) -> None:
    """Changes the database of a data folder past the program."""
    for statement in statements:
        rows(folder, statement)


def columns(folder: Path, table: str) -> list[str]:
    """The columns of a table."""
    if postgres.in_use():
        found = rows(
            folder,
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ?",
            table,
        )
        return [str(name) for (name,) in found]
    return [str(row[1]) for row in rows(folder, f"PRAGMA table_info({table})")]


def copied(made: Path, folder: Path) -> Path:
    """A copy of a data folder, with its modes: quicker than making it anew."""
    folder.mkdir(mode=0o700)
    for path in made.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
        (folder / path.name).chmod(path.stat().st_mode & 0o777)
    if postgres.in_use():
        postgres.copy(made, folder)
    return folder


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Server:
    """`python app.py serve`, running."""

    program: tuple[str, ...] = ("app.py",)
    # where it listens
    address = "127.0.0.1"

    def __init__(self, folder: Path, *arguments: str, port: int | str = 0, **more: Any) -> None:
        self.port = int(port) or free_port()
        run = [sys.executable, *self.program, "serve", "--port", str(self.port), *arguments]
        # no pipe: a server whose output nobody reads would stop
        self.written = tempfile.TemporaryFile()  # noqa: SIM115  # because it lives as long as the server
        self.process = subprocess.Popen(
            run,
            cwd=ROOT,
            env=environment(folder, **more),
            stdout=self.written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait_until_it_answers()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.get("/health")[0] in (200, 503):
                    return
            except OSError:
                time.sleep(0.03)
        raise AssertionError(f"it did not start:\n{self.output()}")

    def get(self, path: str, cookie: str = "") -> tuple[int, str, dict[str, str]]:
        return self._ask("GET", path, "", {"Cookie": cookie} if cookie else {})

    def post(
        self, path: str, values: dict[str, str], cookie: str = "", *, htmx: bool = False
    ) -> tuple[int, str, dict[str, str]]:
        """Sends a form; status, body, headers, and what was set as cookies."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://localhost:{self.port}"}
        part = {"HX-Request": "true", "HX-Request-Type": "partial"} if htmx else {}
        return self._ask("POST", path, urlencode(values), headers | part | ({"Cookie": cookie} if cookie else {}))

    def sends(self, path: str, file: str, cookie: str) -> tuple[int, str, dict[str, str]]:
        """Uploads a file as the only field of a form."""
        part = f'--b\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n{file}\r\n--b--\r\n'
        kind = {"Content-Type": "multipart/form-data; boundary=b", "Origin": f"http://localhost:{self.port}"}
        return self._ask("POST", path, part, kind | {"Cookie": cookie})

    def _ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        connection = HTTPConnection(self.address, self.port, timeout=30)
        try:
            connection.request(method, path, body or None, {"Host": f"localhost:{self.port}", **headers})
            answer = connection.getresponse()
            cookies = "; ".join(value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or [])
            return answer.status, answer.read().decode(), dict(answer.headers) | {"cookies": cookies}
        finally:
            connection.close()

    def signs_in(self, username: str, password: str, code: str = "") -> str:
        """Signs in, which must succeed; the cookies."""
        status, body, headers = self.post("/login", {"username": username, "password": password, "code": code})
        assert status == 303, body
        return headers["cookies"]

    def kill(self) -> None:
        """As a power cut: kill -9, workers included."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.written.close()

    def stop(self) -> int:
        """As an operator: SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def output(self) -> str:
        """What it has said until now."""
        # its own position is the server's, too
        return os.pread(self.written.fileno(), 1 << 30, 0).decode()

    def answered(self, status: int) -> list[str]:
        """The requests that it answered so until now, as its access log has them."""
        return re.findall(rf"two_keys\.access (\S+ \S+) {status} \d+ ms$", self.output(), re.MULTILINE)


def printed_password(text: str) -> str:
    """The one-time password in what a command or a start printed."""
    found = re.findall(r"^One-time password of \S+, good for 72 hours: (\S+)$", text, re.MULTILINE)
    assert len(found) == 1, text
    return str(found[0])
