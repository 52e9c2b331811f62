"""Answers of a provider that cannot be used, by how they are broken or slow: at whatever endpoint a test puts them."""

import gzip
from collections.abc import Callable, Iterator

from tests.hostile_provider import PATIENCE_SECONDS, Answer, HostileProvider

GIGABYTE = 1_000_000_000
Says = Callable[[HostileProvider], Answer]


def loops(liar: HostileProvider) -> Answer:
    return Answer(302, headers={"Location": f"{liar.issuer}{liar.asked[-1]}"})


def leads_elsewhere(liar: HostileProvider) -> Answer:
    return Answer(302, headers={"Location": f"{liar.issuer}/elsewhere"})


BROKEN: dict[str, Says] = {
    "500": lambda _: Answer(500, b'{"error": "server_error"}'),
    "404": lambda _: Answer(404, b"Not found", "text/plain"),
    "503 with the right words": lambda _: Answer(503, b"{}", headers={"Retry-After": "3600"}),
    "truncated JSON": lambda _: Answer(body=b'{"issuer": "http://127.0.0.1'),
    "HTML": lambda _: Answer(body=b"<!doctype html><title>Wi-Fi</title><p>Please log in", content_type="text/html"),
    "nothing": lambda _: Answer(),
    "204": lambda _: Answer(204),
    "a list": lambda _: Answer(body=b"[]"),
    "a number": lambda _: Answer(body=b"42"),
    "null": lambda _: Answer(body=b"null"),
    "NaN": lambda _: Answer(body=b"NaN"),
    "deep JSON": lambda _: Answer(body=b"[" * 100_000),
    "a huge number": lambda _: Answer(body=b'{"keys": ' + b"9" * 100_000 + b"}"),
    "no UTF-8": lambda _: Answer(body=b'{"issuer": "\xff\xfe"}'),
    "gzip that is none": lambda _: Answer(body=b"{}", headers={"Content-Encoding": "gzip"}),
    "a redirect loop": loops,
    "a redirect elsewhere": leads_elsewhere,
}


def silent(liar: HostileProvider) -> Answer:
    """Says nothing for 30 seconds."""
    liar.released.wait(PATIENCE_SECONDS)
    return Answer()


def trickling(liar: HostileProvider) -> Answer:
    """A byte now and then: never quiet for long, never done."""

    def pieces() -> Iterator[bytes]:
        for _ in range(PATIENCE_SECONDS * 5):
            if liar.released.wait(0.2):
                return
            yield b" "

    return Answer(pieces=pieces)


def endless(liar: HostileProvider) -> Answer:
    """A gigabyte."""

    def pieces() -> Iterator[bytes]:
        while liar.sent < GIGABYTE and not liar.released.is_set():
            liar.sent += 100_000
            yield b" " * 100_000

    return Answer(pieces=pieces)


def bomb(_: HostileProvider) -> Answer:
    """A megabyte that unpacks to a gigabyte."""
    return Answer(body=PACKED, headers={"Content-Encoding": "gzip"})


# members one after the other are one file
PACKED = gzip.compress(b" " * 10_000_000) * 100
SLOW: dict[str, Says] = {"silent": silent, "trickling": trickling, "endless": endless, "bomb": bomb}
