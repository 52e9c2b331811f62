"""A provider that is down, slow, huge, looping or broken: a clear page within seconds, and the password login as
ever.
"""

import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from accounts.sso.provider import ANSWERED_SECONDS, CONVERSATIONS, FRESH_SECONDS
from tests import single_sign_on
from tests.broken_answers import BROKEN, SLOW, silent
from tests.browser import Installation, Page
from tests.hostile_provider import Answer, HostileProvider, signs_in_there
from tests.identity_provider import begins
from tests.people import somebody
from tests.server import free_port

DISCOVERY = "/.well-known/openid-configuration"
PATHS = (DISCOVERY, "/jwks", "/token")
CROWD = 24
# 5 are promised; the rest is for a machine that does other things as well
COSTS_SECONDS = 8
HOUR = 3600
# bytes that may be sent before the program hangs up: buffers of sockets included
MOST_READ = 20_000_000
# KiB
MOST_MEMORY = 100_000


@pytest.fixture
def installation(tmp_path: Path, liar: HostileProvider) -> Iterator[Installation]:
    """An installation to which it is *the* provider."""
    with Installation(tmp_path / "data", **liar.settings(), TWO_KEYS_SSO_CREATE_USERS="on") as running:
        liar.clock = running.clock
        yield running


def assert_clear(installation: Installation, page: Page) -> None:
    """A page that says so, and an entry with the cause."""
    browser = installation.browser()
    single_sign_on.assert_refused(browser, page, single_sign_on.SILENCE)
    assert page.headers.get("location") is None
    assert single_sign_on.causes(installation)[0].startswith("sso: ")


def goes(installation: Installation, liar: HostileProvider) -> Page:
    """Tries to sign in, as far as it goes."""
    browser = installation.browser()
    # not by `begins`, which expects to be sent to the provider
    page = browser.get("/sso/login")
    if page.status != 303:
        return page
    back = urlsplit(liar.sends_back(page.location))
    return browser.get(f"{back.path}?{back.query}")


# ------------------------------------------------------------------------------------------------------------- broken


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_answer_ends_in_a_clear_page(lied_to, path: str, how: str):
    installation, liar = lied_to
    # what was learnt of the provider is forgotten
    installation.clock.forward(HOUR)
    liar.asked.clear()
    liar.answers[path] = lambda: BROKEN[how](liar)
    started = time.monotonic()
    assert_clear(installation, goes(installation, liar))
    assert time.monotonic() - started < COSTS_SECONDS
    assert "/elsewhere" not in liar.asked, "a redirect is not followed: it could lead into one's own network"
    assert len(liar.asked) < 12
    liar.answers.clear()
    browser = installation.browser()
    single_sign_on.assert_signed_in(browser, signs_in_there(installation, liar, browser))


def test_a_connection_that_breaks_off_ends_in_a_clear_page(installation, liar):
    liar.answers[DISCOVERY] = lambda: Answer(
        headers={"Content-Length": "1000"}, body=b'{"issuer":', pieces=lambda: [b"{"]
    )
    assert_clear(installation, goes(installation, liar))


def test_nobody_listens(tmp_path):
    settings = {
        "TWO_KEYS_SSO_ISSUER": f"http://127.0.0.1:{free_port()}",
        "TWO_KEYS_SSO_CLIENT_ID": "two-keys",
        "TWO_KEYS_SSO_CLIENT_SECRET": "a secret",
        "TWO_KEYS_SSO_NAME": "Acme ID",
    }
    with Installation(tmp_path / "data", **settings) as installation:
        started = time.monotonic()
        assert_clear(installation, installation.browser().get("/sso/login"))
        assert time.monotonic() - started < COSTS_SECONDS
        assert somebody(installation, "alice").types().status == 303


def test_it_goes_down_between_the_way_out_and_the_way_back(installation, liar):
    browser = installation.browser()
    back = urlsplit(liar.sends_back(begins(browser)))
    liar.stops()
    assert_clear(installation, browser.get(f"{back.path}?{back.query}"))


def test_nobody_is_sent_to_a_provider_that_went_down(installation, liar):
    assert goes(installation, liar).status == 303
    installation.clock.forward(ANSWERED_SECONDS)
    liar.stops()
    assert_clear(installation, installation.browser().get("/sso/login"))


def test_one_that_is_there_but_ill_is_believed_what_it_said_lately(installation, liar):
    assert goes(installation, liar).status == 303
    liar.answers[DISCOVERY] = lambda: Answer(500)
    installation.clock.forward(ANSWERED_SECONDS)
    assert goes(installation, liar).status == 303
    installation.clock.forward(FRESH_SECONDS)
    assert_clear(installation, installation.browser().get("/sso/login"))


def test_a_page_of_ours_never_shows_what_the_provider_says(installation, liar):
    liar.answers["/token"] = lambda: Answer(
        400, b'{"error": "<script>alert(1)</script>", "error_description": "call 0900-EVIL"}'
    )
    page = goes(installation, liar)
    assert_clear(installation, page)
    assert "alert(1)" not in page.html
    assert "EVIL" not in page.html


# --------------------------------------------------------------------------------------------- slow, and without end


def tries(folder: Path, path: str, how: str) -> str:
    """One installation with one provider that is slow in one way at one place; what is wrong with how that ends, if
    anything.
    """
    with HostileProvider(lambda: 0) as liar, Installation(folder, **liar.settings()) as installation:
        liar.clock = installation.clock
        liar.answers[path] = lambda: SLOW[how](liar)
        alice = somebody(installation, "alice")
        with ThreadPoolExecutor(1) as beside:
            started = time.monotonic()
            going = beside.submit(goes, installation, liar)
            time.sleep(0.5)
            asked = time.monotonic()
            assert alice.types().status == 303, "the password login does not wait for it"
            login_seconds = time.monotonic() - asked
            page = going.result()
            seconds = time.monotonic() - started
        assert_clear(installation, page)
        assert seconds < COSTS_SECONDS, f"{how} at {path} cost {seconds:.1f} s"
        assert login_seconds < COSTS_SECONDS / 2, f"a password login took {login_seconds:.1f} s"
        assert liar.sent < MOST_READ, f"{liar.sent} bytes were read"
        liar.released.set()
    return f"{how} at {path}"


def crowds(folder: Path) -> str:
    """More people than conversations: who comes on top is turned away at once, and nobody waits for longer than the
    others.
    """
    with HostileProvider(lambda: 0) as liar, Installation(folder, **liar.settings()) as installation:
        liar.answers[DISCOVERY] = lambda: silent(liar)
        alice = somebody(installation, "alice")
        browsers = [installation.browser(f"198.51.100.{number}") for number in range(CROWD)]
        with ThreadPoolExecutor(CROWD) as crowd:
            started = time.monotonic()
            pages = [crowd.submit(browser.get, "/sso/login") for browser in browsers]
            assert alice.types().status == 303
            statuses = [page.result().status for page in pages]
            seconds = time.monotonic() - started
        assert set(statuses) == {503, 504}, statuses
        assert statuses.count(503) == CROWD - CONVERSATIONS
        assert seconds < COSTS_SECONDS, f"the last one waited {seconds:.1f} s"
        liar.released.set()
    return "a crowd"


def test_slow_and_endless_answers_cost_seconds_and_no_memory_and_the_password_login_nothing(tmp_path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cases = [(path, how) for path in PATHS for how in SLOW]
    # at once, since each takes seconds
    with ThreadPoolExecutor(len(cases) + 1) as crowd:
        done = [crowd.submit(tries, tmp_path / str(number), path, how) for number, (path, how) in enumerate(cases)]
        done.append(crowd.submit(crowds, tmp_path / "crowd"))
        assert len([case.result() for case in done]) == len(cases) + 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MOST_MEMORY, f"{grown} KiB more"
