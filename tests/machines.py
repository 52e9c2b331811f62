"""Several installations over one PostgreSQL, behind nginx: each with a data folder and an address of its own."""

import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self

from tests.programs import needs
from tests.server import Server, command, free_port

KEY = "k" * 48
PASSWORD = "correct pony battery anchor"
PEOPLE = ("alice", "dora", "erna", "frieda")

_NGINX = """
daemon off; master_process on; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_timeout 0;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream two_keys {{ include {folder}/machines; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://two_keys;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 2s;
    }}
  }}
}}
"""


class Machine(Server):
    """One of them, with two workers."""

    def __init__(self, folder: Path, database: str, address: str, base_url: str, **more: Any) -> None:
        self.folder, self.database, self.address = folder, database, address
        self._more = {"TWO_KEYS_BASE_URL": base_url, **settings(database), **more}
        super().__init__(folder, "--host", address, "--workers", "2", **self._more)

    def begin_again(self, **more: str) -> None:
        """After it has ended, on the same port."""
        # what is left of the one before
        self.kill()
        super().__init__(self.folder, "--host", self.address, "--workers", "2", port=self.port, **(self._more | more))

    def begin_with_clock(self, seconds: int) -> None:
        """The same, with a clock that is so far ahead."""
        needs("faketime")
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
        ahead = {"LD_PRELOAD": str(library), "FAKETIME": f"+{seconds}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.begin_again(**ahead)


def settings(database: str) -> dict[str, str]:
    """What all of them share."""
    return {
        "TWO_KEYS_DATABASE_URL": database,
        "TWO_KEYS_TRUSTED_PROXIES": "127.0.0.1",
    }


class Nginx(Server):
    """The proxy in front of them: to a client it is the server. It asks the machines in turn."""

    def __init__(self, folder: Path) -> None:
        self.program_path = needs("nginx")
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        (folder / "conf").write_text(_NGINX.format(folder=folder, port=self.port))
        self.written = tempfile.TemporaryFile()  # noqa: SIM115  # because it lives as long as nginx

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.port}"

    def _list(self, machines: Iterable[Machine]) -> None:
        lines = [f"server {machine.address}:{machine.port} max_fails=1 fail_timeout=1s;" for machine in machines]
        (self.folder / "machines").write_text("\n".join(lines))

    def begin(self, *machines: Machine) -> None:
        """Starts it before these machines."""
        self._list(machines)
        self.process = subprocess.Popen(
            [self.program_path, "-e", f"{self.folder}/error.log", "-c", f"{self.folder}/conf"],
            stdout=self.written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait_until_it_answers()

    def only(self, *machines: Machine) -> None:
        """From now on it asks these alone; what it has begun it ends."""
        before = self._workers()
        self._list(machines)
        subprocess.run(
            [self.program_path, "-e", f"{self.folder}/error.log", "-c", f"{self.folder}/conf", "-s", "reload"],
            check=True,
            capture_output=True,
        )
        deadline = time.monotonic() + 10
        while before & self._workers() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _workers(self) -> set[str]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return set(children.split())


class Site(ExitStack):
    """Two machines behind nginx, with people who can sign in."""

    def __init__(self, folder: Path, database: str, **more: Any) -> None:
        super().__init__()
        self.database, self.first_folder = database, folder / "one"
        for name in ("one", "two"):
            # the same key on both, as an operator copies it
            (folder / name).mkdir(mode=0o700)
            (folder / name / "secret_key").touch(mode=0o600)
            (folder / name / "secret_key").write_text(KEY)
        for username, role in (("bob", "Administrator"), *((name, "Member") for name in PEOPLE)):
            typed = ("create-user", username, "--role", role, "--email", f"{username}@example.org", "--password-stdin")
            done = command(self.first_folder, *typed, typed=PASSWORD, **settings(database))
            assert done.status == 0, done.err
        self.door = Nginx(folder / "nginx")
        self.machines = [
            Machine(folder / name, database, address, self.door.base_url, **more)
            for name, address in (("one", "127.0.0.2"), ("two", "127.0.0.3"))
        ]
        for machine in self.machines:
            self.callback(machine.kill)
        self.door.begin(*self.machines)
        self.callback(self.door.kill)

    def __enter__(self) -> Self:
        return self

    def command(self, *arguments: str) -> str:
        """What a command on the first machine says; it must succeed."""
        done = command(self.first_folder, *arguments, **settings(self.database))
        assert done.status == 0, done.err
        return done.out


@dataclass(frozen=True)
class Failure:
    """A request that was not answered as it should be: a status, or how its connection ended."""

    what: str
    at: float


class Load:
    """People who sign in, look and sign out again, all the time, until the `with` ends."""

    def __init__(self, door: Server, clients: int = 6) -> None:
        self._door, self._ending = door, threading.Event()
        # by username, sign-ins that were answered
        self.signed_in: Counter[str] = Counter()
        self.failed: list[Failure] = []
        self._threads = [
            threading.Thread(target=self._person, args=(PEOPLE[number % len(PEOPLE)],)) for number in range(clients)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in self._threads)

    def _person(self, username: str) -> None:
        while not self._ending.is_set():
            try:
                self._comes_and_goes(username)
            except (OSError, HTTPException, AssertionError) as error:
                self.failed.append(Failure(f"{type(error).__name__}: {error}"[:200], time.monotonic()))
                self._ending.wait(0.02)

    def _comes_and_goes(self, username: str) -> None:
        cookie = self._expects(303, *self._door.post("/login", {"username": username, "password": PASSWORD}))
        self.signed_in[username] += 1
        self._expects(200, *self._door.get("/my-user", cookie))
        self._expects(303, *self._door.post("/logout", {}, cookie))

    @staticmethod
    def _expects(wanted: int, status: int, body: str, headers: dict[str, str]) -> str:
        assert status == wanted, (status, body[:80])
        return headers["cookies"]

    def wait_for(self, more: int, seconds: float = 30) -> float:
        """Until so many more have signed in; how long it took."""
        began, before = time.monotonic(), self.signed_in.total()
        while self.signed_in.total() < before + more:
            assert time.monotonic() - began < seconds, self.failed[-3:]
            time.sleep(0.01)
        return time.monotonic() - began
