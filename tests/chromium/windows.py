"""Chromium's windows, each watched: an error on the console, a violation of the CSP or a request elsewhere is a
finding.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.chromium.server import Server
from tests.programs import needs

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# for a machine that does other things as well
PATIENCE_MILLISECONDS = 20_000
REFUSED = re.compile(r"^Failed to load resource: the server responded with a status of (\d{3})")
NO_ANSWER = r"net::ERR_INTERNET_DISCONNECTED|^htmx: htmx:error: Failed to fetch"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a screen."""
    path = needs("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=3 * PATIENCE_MILLISECONDS)
        try:
            yield browser
        finally:
            browser.close()


class Windows:
    """The windows of one test, and what was found in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._expected: set[int] = set()
        self._hosts: set[str] = set()
        self._offline = False
        self.findings: list[str] = []

    def open(self, server: Server, **options: Any) -> Page:
        """A window of a browser of its own: no cookies yet."""
        options = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "locale": "en-GB"} | options
        context = self._browser.new_context(base_url=server.address, **options)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        self._contexts.append(context)
        host = urlsplit(server.address).netloc
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.findings.append(f"error on the page: {error.error}"))
        context.on("request", lambda request: self._follow(request, host))
        return context.new_page()

    def expect_refusals(self, *statuses: int) -> None:
        """Answers with these statuses belong to the test: Chromium notes them on the console as errors."""
        self._expected |= set(statuses)

    def expect_requests_to(self, address: str) -> None:
        """The test leads to another site, and back."""
        self._hosts.add(urlsplit(address).netloc)

    def expect_no_answer(self) -> None:
        """The test takes the network away."""
        self._offline = True

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "assert"):
            return
        refused = REFUSED.match(message.text)
        offline = self._offline and re.search(NO_ANSWER, message.text)
        if not (offline or (refused and int(refused[1]) in self._expected)):
            self.findings.append(f"on the console: {message.text} ({message.location.get('url', '')})")

    def _follow(self, request: Request, host: str) -> None:
        parts = urlsplit(request.url)
        if parts.netloc not in {host, *self._hosts} and parts.scheme not in ("data", "about"):
            self.findings.append(f"a request elsewhere: {request.url}")

    def close(self) -> None:
        """Closes them all."""
        for context in self._contexts:
            context.close()


def leave_and_return(page: Page) -> None:
    """Another window comes to the front, and then this one again: it gets the focus as when a person returns to it."""
    session = page.context.new_cdp_session(page)
    # else every window believes that it is in front
    session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = page.context.new_page()
    other.bring_to_front()
    page.wait_for_function("() => !document.hasFocus()")
    page.bring_to_front()
    page.wait_for_function("() => document.hasFocus()")
    other.close()
    session.detach()


class Loads:
    """Counts the page loads of a window from here on: what the browser asks for, and a mark that a load would wipe
    out.
    """

    def __init__(self, page: Page, javascript: bool = True) -> None:
        self._page, self._javascript, self._number = page, javascript, 0
        page.on("request", self._count)
        if javascript:
            page.evaluate("() => { window.mark = 'set before' }")

    def _count(self, request: Request) -> None:
        self._number += request.is_navigation_request() and request.frame.page == self._page

    def assert_none(self) -> None:
        """Nothing was loaded anew; without JavaScript it had to be."""
        if not self._javascript:
            assert self._number > 0
            return
        assert self._page.evaluate("() => window.mark") == "set before", "the page was loaded anew"
        assert self._number == 0, "the page was loaded anew"
