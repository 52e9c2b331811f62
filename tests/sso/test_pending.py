"""Sign-ins at the provider that are under way: who may begin how many, what is kept of them, and for how long."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from accounts.context import Context
from accounts.system import installation as rules
from db import users
from tests.browser import Browser, Installation
from tests.people import somebody
from tests.small_provider import SmallProvider

MINUTES = 60


@pytest.fixture
def provider() -> Iterator[SmallProvider]:
    with SmallProvider() as running:
        yield running


@pytest.fixture
def installation(tmp_path: Path, provider: SmallProvider) -> Iterator[Installation]:
    with Installation(tmp_path / "data", **provider.settings) as running:
        provider.clock = running.clock
        yield running


async def kept(context: Context) -> list[bytes]:
    """What is stored of each attempt's secrets."""
    return [row["sealed"] for row in await context.db.fetch_all("SELECT sealed FROM sso_logins ORDER BY id")]


def begins(browser: Browser) -> str:
    page = browser.get("/sso/login")
    assert page.status == 303, page.text
    return page.location


@pytest.mark.parametrize("path", ["/sso/login", "/sso/callback?state=x", "/sso/logout"])
def test_a_preview_that_sends_head_begins_nothing(installation, path: str):
    assert installation.browser().client.request("HEAD", path).status_code == 405
    assert installation.run(kept) == []


def test_who_is_signed_in_already_is_led_on(installation, alice):
    page = alice.signs_in().get("/sso/login?next=/my-user")
    assert (page.status, page.location) == (303, "/my-user")
    assert installation.run(kept) == []


def test_nonce_and_verifier_are_stored_encrypted_and_each_for_its_own_attempt(installation, provider):
    somebody(installation, "cleo", sso=True)
    browser = installation.browser()
    first, second = begins(browser), begins(browser)

    async def swap(context: Context) -> None:
        one, other = await kept(context)
        async with context.db.transaction():
            for number, sealed in ((1, other), (2, one)):
                await context.db.execute(
                    "UPDATE sso_logins SET sealed = :sealed WHERE id = :id", {"sealed": sealed, "id": number}
                )

    assert not any(
        provider_saw.encode() in sealed for sealed in installation.run(kept) for provider_saw in (first, second)
    )
    installation.run(swap)
    for there in (first, second):
        page = browser.get(provider.sends_back(there))
        assert (page.status, page.words("h1")) == (502, "The sign-in did not work")
    assert browser.get("/").status == 303


def test_a_network_that_begins_a_hundred_and_ends_none_waits(installation, provider):
    for _ in range(100):
        begins(installation.browser())
    page = installation.browser().get("/sso/login")
    assert (page.status, page.words("h1")) == (429, "Too many attempts")
    assert page.headers["Retry-After"]
    begins(installation.browser(address="198.51.100.1"))
    installation.clock.forward(5 * MINUTES)
    begins(installation.browser())


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
        {"Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"},
        {"Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "empty"},
        {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
        {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document", "Sec_Purpose": "prefetch"},
        {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document", "Sec_Purpose": "prefetch;prerender"},
        {"Sec_Fetch_Mode": "websocket"},
        {"Sec_Fetch_Dest": "script"},
    ],
)
@pytest.mark.parametrize("query", ["", "?proof=yes", "?invitation=x"])
def test_what_opens_no_page_begins_and_counts_nothing(installation, provider, headers, query):
    """Another site's page with a hundred images would keep its visitor from signing in."""
    browser = installation.browser()
    for _ in range(101):
        page = browser.get(f"/sso/login{query}", Sec_Fetch_Site="cross-site", **headers)
        assert page.status == 403
    assert not browser.client.cookies
    opened = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document", "Sec_Fetch_Site": "cross-site"}
    assert browser.get("/sso/login", **opened).status == 303


def test_a_network_whose_sign_ins_come_to_an_end_does_not(installation, provider):
    somebody(installation, "cleo", sso=True)
    for _ in range(120):
        browser = installation.browser()
        assert browser.get(provider.sends_back(begins(browser))).status == 303


def test_nobody_behind_the_same_address_keeps_a_known_browser_waiting(installation, provider):
    cleo = somebody(installation, "cleo", sso=True)
    assert cleo.browser.get(provider.sends_back(begins(cleo.browser))).status == 303
    cleo.browser.post("/logout")
    for _ in range(100):
        begins(installation.browser())
    assert installation.browser().get("/sso/login").status == 429
    for _ in range(100):
        begins(cleo.browser)
    assert cleo.browser.get("/sso/login").status == 429, "it has a limit of its own"


def test_a_network_that_brings_made_up_codes_waits(installation, provider):
    """Each costs a question to the provider, of which 16 are asked at once: they would keep everybody else out."""
    for number in range(100):
        browser = installation.browser()
        made_up = provider.sends_back(begins(browser)).replace("code=", f"code=x{number}")
        assert browser.get(made_up).status == 502
    page = installation.browser().get("/sso/login")
    assert (page.status, page.words("h1")) == (429, "Too many attempts")


def test_who_cancels_at_the_provider_keeps_nobody_waiting(installation, provider):
    for _ in range(120):
        browser = installation.browser()
        state = begins(browser).split("state=")[1].split("&")[0]
        page = browser.get(f"/sso/callback?error=access_denied&state={state}")
        assert (page.status, page.words("h1")) == (400, "You did not sign in")


def test_what_has_run_out_is_removed_within_the_hour(installation):
    begins(installation.browser())
    installation.clock.forward(10 * MINUTES - 1)
    begins(installation.browser())
    installation.run(rules.tidy_up)
    assert len(installation.run(kept)) == 2
    installation.clock.forward(1)
    installation.run(rules.tidy_up)
    assert len(installation.run(kept)) == 1


@pytest.mark.parametrize("more", ["&state=x", "&code=x", "&iss=https://id.example.org"])
def test_what_stands_there_twice_or_names_another_provider_is_refused(installation, provider, more: str):
    somebody(installation, "cleo", sso=True)
    browser = installation.browser()
    page = browser.get(provider.sends_back(begins(browser)) + more)
    assert page.status in (400, 502)
    assert browser.get("/").status == 303


def test_a_provider_that_promises_to_name_itself_must_do_so(installation, provider):
    somebody(installation, "cleo", sso=True)
    provider.discovery["authorization_response_iss_parameter_supported"] = True
    browser = installation.browser()
    assert browser.get(provider.sends_back(begins(browser))).status == 502
    back = provider.sends_back(begins(browser))
    assert browser.get(f"{back}&iss={provider.issuer}").status == 303


def test_many_first_sign_ins_of_one_identity_at_once_make_one_user(tmp_path, provider):
    with Installation(tmp_path / "welcoming", TWO_KEYS_SSO_CREATE_USERS="on", **provider.settings) as welcoming:
        provider.clock = welcoming.clock
        browsers = [welcoming.browser() for _ in range(8)]
        back = [provider.sends_back(begins(browser)) for browser in browsers]
        with ThreadPoolExecutor(len(browsers)) as threads:
            pages = list(threads.map(lambda browser, path: browser.get(path), browsers, back))
        assert [page.status for page in pages] == [303] * len(browsers)
        assert all("Cleo" in browser.get("/").words("#user-header") for browser in browsers)
        assert len(welcoming.run(lambda context: users.first_names(context.db, 10))) == 1
