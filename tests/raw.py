"""Requests as no browser sends them: byte for byte into the application."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from tests.browser import Installation


@dataclass
class Answer:
    """What came back, byte for byte."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    # of the body, as they came
    pieces: list[bytes] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for header, value in self.headers if header == name.lower()]


def ask(
    installation: Installation,
    method: str = "GET",
    path: str = "/",
    *,
    query: bytes = b"",
    headers: list[tuple[bytes, bytes]] | None = None,
    body: list[bytes] | None = None,
    client: tuple[str, int] | None = ("203.0.113.7", 40000),
) -> Answer:
    """Sends a request; `body` in pieces, as they arrive, none: the client goes away before its end.

    Exceptions that no error page caught come up here.
    """
    pieces = [b""] if body is None else list(body)
    answer = Answer()

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            answer.pieces.append(message.get("body", b""))

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query,
        "headers": [(b"host", b"localhost:8000")] if headers is None else headers,
        "client": client,
        "server": ("localhost", 8000),
        "scheme": "http",
        "root_path": "",
        "http_version": "1.1",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }
    installation.run(lambda _desk: installation.app(scope, receive, send))
    return answer
