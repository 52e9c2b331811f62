"""Clients that sign in all at once, while one who is signed in opens a page again and again."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import uvloop

from tests.bench import client
from tests.bench.client import Connection
from tests.bench.server import Server

CLIENTS = 16
PATIENCE_SECONDS = 300


def run(act: Coroutine[Any, Any, Any]) -> Any:
    """Runs in an event loop that costs little; never for longer than any figure may take."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(act, PATIENCE_SECONDS))


@dataclass(frozen=True)
class Load:
    """What came of the clients' logins."""

    logins: int
    seconds: float
    client_cpu_seconds: float
    server_cpu_seconds: float
    page_seconds: list[float]

    @property
    def a_second(self) -> float:
        return self.logins / self.seconds

    @property
    def server_cpu(self) -> float:
        """CPU seconds of the server for each login."""
        return self.server_cpu_seconds / self.logins

    @property
    def client_cpu(self) -> float:
        """CPU seconds of the load for each login."""
        return self.client_cpu_seconds / self.logins


@dataclass(frozen=True)
class Reader:
    """One who is signed in, and how long to wait between two pages."""

    request: bytes
    pause_seconds: float = 0.002
    keep: bool = True


class Person(Protocol):
    """One of the clients."""

    async def sign_in(self) -> None:
        """A full login with a code, of a user who has not signed in yet."""

    def close(self) -> None: ...


@dataclass
class Member:
    """Signs in at a server of ours; without `keep`, on a new connection each time, so that all its workers get some."""

    port: int
    forms: Iterator[dict[str, str]]
    keep: bool
    _connection: Connection | None = None

    async def sign_in(self) -> None:
        self._connection = self._connection or Connection(self.port)
        answer = await self._connection.send(client.post("/login", next(self.forms)))
        assert answer.status == 303, answer
        if not self.keep:
            self.close()

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None


def members(server: Server, forms: Iterator[dict[str, str]], *, keep: bool = True) -> Callable[[], Person]:
    """What makes such clients; `forms` are those of users who have not signed in yet."""
    return lambda: Member(server.port, forms, keep)


def at_once(
    server: Server,
    person: Callable[[], Person],
    seconds: float,
    reader: Reader | None = None,
    clients: int = CLIENTS,
) -> Load:
    """Clients sign in for some seconds, each at least once, one login after the other."""
    load: Load = run(_at_once(server, person, seconds, reader, clients))
    return load


async def _at_once(
    server: Server, person: Callable[[], Person], seconds: float, reader: Reader | None, clients: int
) -> Load:
    began, cpu, server_cpu, done = time.perf_counter(), time.process_time(), server.cpu_seconds(), 0

    async def signing_in() -> None:
        nonlocal done
        one = person()
        while time.perf_counter() - began < seconds:
            await one.sign_in()
            done += 1
        one.close()

    page_seconds: list[float] = []
    reading = [_read(server, reader, began + seconds, page_seconds)] if reader else []
    await asyncio.gather(*(signing_in() for _ in range(clients)), *reading)
    return Load(
        done,
        time.perf_counter() - began,
        time.process_time() - cpu,
        server.cpu_seconds() - server_cpu,
        page_seconds,
    )


async def _read(server: Server, reader: Reader, until: float, page_seconds: list[float]) -> None:
    connection = Connection(server.port)
    while time.perf_counter() < until:
        asked = time.perf_counter()
        answer = await connection.send(reader.request)
        assert answer.status == 200, answer
        page_seconds.append(time.perf_counter() - asked)
        if not reader.keep:
            connection.close()
            connection = Connection(server.port)
        await asyncio.sleep(reader.pause_seconds)
    connection.close()
