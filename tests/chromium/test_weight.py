"""What a page weighs, and that nothing comes from elsewhere."""

import gzip
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response, expect

from tests.chromium.people import somebody, switch
from tests.chromium.server import Server
from tests.chromium.windows import Windows

MOST_BYTES = 25 * 1024
MOST_REQUESTS = 4


class Traffic:
    """What a window has loaded."""

    def __init__(self, page: Page) -> None:
        self.answers: list[Response] = []
        page.on("response", self._note)

    def _note(self, answer: Response) -> None:
        self.answers.append(answer)

    @property
    def addresses(self) -> set[str]:
        return {answer.url for answer in self.answers}


def test_the_login_page_is_light(server: Server, windows: Windows):
    switch(server, True)
    page = windows.open(server)
    traffic = Traffic(page)
    page.goto("/login", wait_until="networkidle")
    assert len(traffic.addresses) <= MOST_REQUESTS, traffic.addresses
    weights: dict[str, int] = {}
    for answer in traffic.answers:
        headers = answer.all_headers()
        if "/static/" in answer.url:
            assert headers["content-encoding"] == "gzip"
            assert "immutable" in headers["cache-control"]
            weights[answer.url] = int(headers["content-length"])
        else:
            # The proxy compresses it.
            weights[answer.url] = len(gzip.compress(answer.body()))
    assert sum(weights.values()) <= MOST_BYTES, weights


def test_what_has_been_loaded_is_not_asked_for_again(server: Server, windows: Windows):
    page = windows.open(server)
    page.goto("/login", wait_until="networkidle")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    fetched: list[str] = []
    from_cache: list[str] = []
    session.on("Network.requestWillBeSent", lambda event: fetched.append(event["request"]["url"]))
    session.on("Network.requestServedFromCache", lambda event: from_cache.append(event["requestId"]))
    session.on(
        "Network.responseReceived",
        lambda event: from_cache.append(event["requestId"]) if event["response"].get("fromDiskCache") else None,
    )
    page.goto("/login?next=/users", wait_until="networkidle")
    static = [address for address in fetched if "/static/" in address]
    assert len(set(from_cache)) >= len(set(static)), (static, from_cache)


def test_no_page_asks_for_anything_elsewhere_or_sets_other_cookies(server: Server, windows: Windows):
    # which is watched: a request to another host is a finding
    page = windows.open(server)
    traffic = Traffic(page)
    switch(server, True)
    bob = somebody(server, "bob", "Administrator")
    bob.signs_in(page)
    for path in (
        "/my-user",
        "/my-user/password",
        "/general-settings",
        "/general-settings/security",
        "/general-settings/security/edit",
        "/users",
        f"/users/{bob.id}",
        "/activity-log",
    ):
        page.goto(path)
        expect(page.locator("#user-header")).to_be_visible()
    page.goto("/my-user")
    page.get_by_role("button", name="Set up two-factor authentication").click()
    expect(page.locator("#two-factor-qr svg")).to_be_visible()
    assert all(address.startswith(f"{server.address}/") for address in traffic.addresses)
    port = urlsplit(server.address).port
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert names == {f"two_keys_session_{port}", f"two_keys_browser_{port}"}
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in page.context.cookies())
    assert page.evaluate("() => [localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


@pytest.mark.parametrize(
    "break_it",
    [
        """() => { document.body.innerHTML = '<p style="color: red">red</p>' }""",
        """() => { document.body.innerHTML = '<img src="https://elsewhere.example/pixel.png" alt="">' }""",
        """() => { setTimeout(() => { throw new Error("broken") }) }""",
        """() => { console.error("broken") }""",
        """() => fetch("/nowhere")""",
    ],
    ids=["inline style", "image from elsewhere", "error in a script", "error on the console", "404"],
)
def test_the_watch_over_windows_sees_what_is_wrong(server: Server, windows: Windows, break_it: str):
    page = windows.open(server)
    page.goto("/login")
    page.evaluate(break_it)
    page.wait_for_function("() => document.readyState === 'complete'")
    for _ in range(50):
        if windows.findings:
            break
        page.wait_for_timeout(100)
    assert windows.findings, "nobody noticed"
    assert re.search(r"on the console|error on the page|elsewhere", windows.findings[0])
    windows.findings.clear()
