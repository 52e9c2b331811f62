"""What pages cost besides CPU: SQL statements, bytes, requests, the longest stretch on the event loop."""

import asyncio
import gzip
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import html5lib

from accounts.context import Context
from tests.bench.figure import Figure, Reading, at_most
from tests.bench.server import Server
from tests.browser import Browser, Installation
from tests.people import somebody, switch

PAGES = ("/", "/my-user", "/users", "/activity-log", "/general-settings/security")


def statements(folder: Path) -> list[Figure]:
    """SQL statements per page: one for session, user, permissions and switch, at most two for the content.

    In process, by SQLite's own trace of every connection, for an administrator on an installation with people in it.
    A read that takes too long for the event loop's thread starts again in another thread: both count as one statement.
    """
    with _installation(folder) as (installation, browser, _):
        seen: list[str] = []
        for connection in installation.app.state.db._backend._all:
            installation.run(partial(_trace, connection, seen))
        # Stores the last use, which happens once a minute.
        browser.client.get("/")
        figures = []
        for path, limit in (("/login", 1), *((path, 3) for path in PAGES)):
            seen.clear()
            asking = installation.browser().client if path == "/login" else browser.client
            assert asking.get(path).status_code == 200
            once = [statement for statement, _ in groupby(seen)]
            shown = tuple(f"{statement[:150]}" for statement in once) if len(once) > limit else ()
            figures.append(at_most(f"SQL statements, GET {path}", limit, Reading(len(once), digits=0), shown))
    return figures


async def _trace(connection: Any, seen: list[str], _context: Context) -> None:
    await connection.set_trace_callback(seen.append)


@contextmanager
def _installation(folder: Path) -> Iterator[tuple[Installation, Browser, Browser]]:
    """60 people with some history; the administrator's browser, and a member's without a second factor."""
    with Installation(folder) as installation:
        switch(installation, True)
        people = [somebody(installation, f"person-{number}") for number in range(60)]
        for person in people[:10]:
            person.signs_in()
            person.sets_up()
        bob = somebody(installation, "bob", "Administrator", unit="IT")
        yield installation, bob.signs_in(), people[20].signs_in()


def event_loop(folder: Path) -> list[Figure]:
    """The longest stretch of Python on the event loop in a handler: at most 10 ms.

    In process, asyncio's own loop: the CPU time of the loop's thread in each callback; of each request the longest,
    of 40 requests (after 5 that fill the caches) the median. Other programs and other threads do not count.
    """
    figures, notes = [], []
    with _installation(folder) as (_installed, browser, member), _longest_callback() as longest:
        asked: list[tuple[str, Browser, str, dict[str, str] | None]] = [
            *((path, browser, path, None) for path in PAGES),
            ("the QR step", member, "/my-user/two-factor", {"password": "the person-20 who sells sea shells"}),
            ("a refused login", member, "/login", {"username": "nobody", "password": "x" * 20, "code": "123456"}),
        ]
        for name, who, path, form in asked:
            took = []
            for _ in range(45):
                longest.clear()
                fresh = _installed.browser() if path == "/login" else who
                answer = (
                    fresh.client.get(path)
                    if form is None
                    else fresh.client.post(path, data=form, headers={"Origin": "http://localhost:8000"})
                )
                assert answer.status_code in (200, 303, 422), (name, answer.status_code)
                took.append(max(longest) * 1000)
            typical = statistics.median(took[5:])
            notes.append(f"{name} {typical:.1f} (first {took[0]:.1f}, worst after {max(took[5:]):.1f}) ms")
            figures.append((typical, name))
    typical, name = max(figures)
    return [at_most(f"Longest stretch on the event loop ({name})", 10, Reading(typical, " ms", 1, "seconds"), notes)]


@contextmanager
def _longest_callback() -> Iterator[list[float]]:
    """Collects the CPU seconds of each callback that an asyncio loop runs outside the main thread."""
    took: list[float] = []
    original = asyncio.events.Handle._run

    def timed(handle: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            original(handle)
            return
        began = time.thread_time()
        original(handle)
        took.append(time.thread_time() - began)

    asyncio.events.Handle._run = timed  # type: ignore[method-assign, assignment]  # because asyncio has no hook for it
    try:
        yield took
    finally:
        asyncio.events.Handle._run = original  # type: ignore[method-assign]  # because it puts back what was there


def login_page_size(folder: Path) -> list[Figure]:
    """The login page with everything it loads, compressed: at most 25 KB in at most 4 requests, nothing from elsewhere.

    The page as a proxy would compress it (gzip 6: pages are compressed there), the files as the server sends them.
    """
    with Server(folder) as server:
        page = urlopen(f"http://127.0.0.1:{server.port}/login").read()
        tree = html5lib.parse(page, namespaceHTMLElements=False)
        loaded = {
            element.get(attribute, "").split("#")[0]
            for tag, attribute in (("link", "href"), ("script", "src"), ("img", "src"), ("use", "href"))
            for element in tree.iter(tag)
        } - {""}
        sizes, marked = {"the page": len(gzip.compress(page, 6))}, True
        for address in sorted(loaded):
            asked = Request(f"http://127.0.0.1:{server.port}{address}", headers={"Accept-Encoding": "gzip"})
            with urlopen(asked) as answer:
                sizes[address] = len(answer.read())
                marked &= (
                    answer.headers["Content-Encoding"] == "gzip" and "immutable" in answer.headers["Cache-Control"]
                )
    elsewhere = [address for address in loaded if not address.startswith("/static/")]
    notes = (
        ", ".join(f"{name} {size:,} B" for name, size in sizes.items()),
        f"compressed and immutable: {'yes' if marked else 'NO'}",
    )
    return [
        at_most("Login page with all it loads, compressed", 25, Reading(sum(sizes.values()) / 1000, " KB", 1), notes),
        at_most("Login page: requests", 4, Reading(len(sizes), digits=0)),
        at_most("Login page: loaded from elsewhere", 0, Reading(len(elsewhere), digits=0), elsewhere),
    ]


def temporary() -> "tempfile.TemporaryDirectory[str]":
    """A folder for one figure."""
    return tempfile.TemporaryDirectory(prefix="two-keys-bench-")
