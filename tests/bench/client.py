"""The smallest HTTP client that does: it shares the cores with the server, so it must cost little."""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^;]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    @property
    def cookies(self) -> dict[str, str]:
        """Name and value of each cookie that is set."""
        return dict(found.decode().split("=", 1) for found in _COOKIE.findall(self.head))


class Connection(asyncio.Protocol):
    """One connection that is kept open; one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._received = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's class does not inherit from it.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._waiting is None or self._waiting.done():
            return
        head = bytes(self._received[: end + 2])
        body = _body(head, self._received, end + 4)
        if body is not None:
            self._received.clear()
            self._waiting.set_result(Answer(int(head[9:12]), head, body))

    async def send(self, request: bytes) -> Answer:
        """Sends a request and waits for the answer."""
        loop = asyncio.get_running_loop()
        if self._transport is None:
            await loop.create_connection(lambda: self, "127.0.0.1", self._port)
            assert self._transport is not None
        self._waiting = loop.create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        if self._transport:
            self._transport.close()


def _body(head: bytes, received: bytearray, start: int) -> bytes | None:
    """The body of an answer; None if it is not complete yet. Chunks keep their lengths: no figure reads their text."""
    if _CHUNKED.search(head):
        return bytes(received[start:]) if received.endswith(b"0\r\n\r\n") else None
    found = _LENGTH.search(head)
    length = int(found.group(1)) if found else 0
    return bytes(received[start : start + length]) if len(received) >= start + length else None


def get(path: str, cookies: str = "", **headers: str) -> bytes:
    """A request for a page."""
    return _request("GET", path, {**({"Cookie": cookies} if cookies else {}), **headers}, b"")


def post(path: str, values: dict[str, str], cookies: str = "", **headers: str) -> bytes:
    """A form, as a browser sends it."""
    body = urlencode(values).encode()
    sent = {
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
    }
    return _request("POST", path, {**sent, **({"Cookie": cookies} if cookies else {}), **headers}, body)


def post_json(path: str, values: dict[str, str], cookies: str = "") -> bytes:
    """JSON, as a page's own script sends it."""
    body = json.dumps(values).encode()
    sent = {"Origin": "http://localhost", "Content-Type": "application/json", "Content-Length": str(len(body))}
    return _request("POST", path, {**sent, **({"Cookie": cookies} if cookies else {})}, body)


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    shown = {"Host": "localhost", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in shown.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
