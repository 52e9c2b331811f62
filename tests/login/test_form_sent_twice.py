"""The login form sent twice, as without JavaScript by a double click: the browser drops the first answer, and the
second joins its session. The code stays spent for everybody else.
"""

import asyncio
import socket
import time
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from accounts.context import Client, Context
from accounts.login import login
from accounts.login.repeated import REPEATED_SECONDS
from tests import acts
from tests.browser import Browser, Installation, Page, Phone
from tests.cookies import BROWSER, SESSION
from tests.people import Person, somebody, switch
from tests.server import Server, rows

LINUX = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


@pytest.fixture
def guarded(installation: Installation, function_on) -> Person:
    """Alice, who has set it up; signed out in a browser that is known."""
    alice = somebody(installation, "alice")
    alice.signs_in()
    alice.sets_up()
    alice.browser.post("/logout")
    return alice


def form(person: Person, factor: str = "code") -> dict[str, str]:
    assert person.phone
    code = person.phone.code() if factor == "code" else person.recovery_codes[0]
    return {"username": person.username, "password": person.password, "code": code}


def drops_the_answer(browser: Browser) -> str:
    """The browser forgets the session's cookie of an answer that it did not wait for; which it was."""
    dropped = str(browser.client.cookies.get(SESSION))
    if SESSION in browser.client.cookies:
        browser.client.cookies.delete(SESSION)
    return dropped


def sends_twice(person: Person, factor: str = "code", seconds: int = 0) -> Page:
    """The second answer."""
    sent = form(person, factor)
    assert person.browser.post("/login", sent).status == 303
    drops_the_answer(person.browser)
    person.installation.clock.forward(seconds)
    return person.browser.post("/login", sent)


def signed_in(browser: Browser) -> bool:
    return browser.get("/").status == 200


def actions(installation: Installation) -> list[str]:
    async def read(context: Context) -> list[str]:
        found = await context.db.fetch_all("SELECT action FROM activity WHERE action LIKE 'login.%' ORDER BY number")
        return [row["action"] for row in found]

    return installation.run(read)


def sessions(installation: Installation) -> int:
    async def read(context: Context) -> int:
        return len(await context.db.fetch_all("SELECT id FROM sessions"))

    return installation.run(read)


# --------------------------------------------------------------------------------------------------- from one browser


@pytest.mark.parametrize("factor", ["code", "recovery code"])
@pytest.mark.parametrize("seconds", [0, 1, REPEATED_SECONDS - 1])
def test_the_second_joins_the_session_of_the_first(installation, guarded, factor: str, seconds: int):
    before = actions(installation)
    page = sends_twice(guarded, factor, seconds)
    assert (page.status, page.location) == (303, "/" if factor == "code" else "/my-user")
    assert signed_in(guarded.browser)
    assert sessions(installation) == 2, "that of the answer that was dropped, too"
    assert actions(installation)[len(before) :] == ["login.succeeded", "login.repeated"]


@pytest.mark.parametrize("factor", ["code", "recovery code"])
def test_the_code_is_spent_once_and_for_everybody_else(installation, guarded, factor: str):
    sent = form(guarded, factor)
    assert sends_twice(guarded, factor).status == 303
    assert installation.browser().post("/login", sent).status == 422
    assert guarded.browser.get("/my-user").text.count("9 left" if factor == "recovery code" else "10 left") == 1


@pytest.mark.parametrize("factor", ["code", "recovery code"])
def test_so_it_does_in_a_browser_that_signs_the_user_in_for_the_first_time(installation, guarded, factor: str):
    """The login page gave it the cookie by which it becomes a known one."""
    new = installation.browser("198.51.100.4")
    new.get("/login")
    given = new.client.cookies[BROWSER]
    before = actions(installation)
    assert sends_twice(replace(guarded, browser=new), factor).status == 303
    assert signed_in(new)
    assert new.client.cookies[BROWSER] == given
    assert actions(installation)[len(before) :] == ["login.succeeded", "login.repeated"]


def test_the_page_gives_a_browser_one_cookie_and_refusals_leave_it(installation, guarded):
    new = installation.browser()
    new.get("/login")
    given = new.client.cookies[BROWSER]
    new.get("/login")
    new.post("/login", form(guarded) | {"code": "000000"})
    assert new.client.cookies[BROWSER] == given
    assert set(new.client.cookies) == {BROWSER}


def test_the_cookie_of_the_login_page_is_of_no_user(installation, guarded):
    """It is in no row until a sign-in, opens nothing, and ends with the browser."""
    answer = installation.browser().client.get("/login")
    set_cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in set_cookie
    assert "max-age" not in set_cookie
    assert "expires" not in set_cookie

    async def read(context: Context) -> int:
        return len(await context.db.fetch_all("SELECT id FROM browsers"))

    assert installation.run(read) == 1, "that of Alice's"


def test_a_form_that_is_sent_many_times_pushes_out_no_other_session_and_is_one_entry(installation, guarded):
    elsewhere = Person("alice", guarded.user_id, installation, installation.browser(), guarded.phone)
    elsewhere.signs_in()
    installation.clock.forward(30)
    sent = form(guarded)
    for _ in range(20):
        drops_the_answer(guarded.browser)
        assert guarded.browser.post("/login", sent).status == 303
    assert signed_in(guarded.browser)
    assert signed_in(elsewhere.browser)
    assert sessions(installation) == 3
    assert actions(installation).count("login.repeated") == 1


def test_it_does_not_matter_which_of_the_two_answers_the_browser_keeps(installation, guarded):
    """Both were decided side by side, and the later answer may be that of the earlier request."""
    sent = form(guarded)
    guarded.browser.post("/login", sent)
    first = drops_the_answer(guarded.browser)
    guarded.browser.post("/login", sent)
    installation.clock.forward(60)
    assert signed_in(guarded.browser)
    drops_the_answer(guarded.browser)
    guarded.browser.client.cookies.set(SESSION, first)
    assert signed_in(guarded.browser)


def test_it_lives_no_longer_than_the_session_that_it_joined_and_ends_with_all(installation, guarded, bob):
    sends_twice(guarded, seconds=5)

    async def read(context: Context) -> set[tuple[int, int]]:
        found = await context.db.fetch_all("SELECT started_at, code_proved_at FROM sessions")
        return {tuple(row) for row in found}

    assert installation.run(read) == {(installation.clock.now - 5, installation.clock.now - 5)}
    bob.signs_in().post(f"/users/{guarded.user_id}/end-sessions")
    assert not signed_in(guarded.browser)


def test_the_log_says_what_happened(installation, guarded, bob):
    sends_twice(guarded)
    page = bob.signs_in().get("/activity-log?action=login.repeated")
    assert "alice sent the same sign-in again within seconds" in page.text


# ---------------------------------------------------------------------------------------------------- and from no other


def test_after_ten_seconds_it_is_a_used_code(guarded):
    assert sends_twice(guarded, seconds=REPEATED_SECONDS).status == 422


@pytest.mark.parametrize("changed", ["password", "code", "username"])
def test_what_is_not_the_same_form_joins_nothing(installation, guarded, changed: str):
    somebody(installation, "dora")
    sent = form(guarded)
    guarded.browser.post("/login", sent)
    drops_the_answer(guarded.browser)
    other = {"password": "not her password", "code": guarded.phone.wrong_code(), "username": "dora"}[changed]
    assert guarded.browser.post("/login", {**sent, changed: other}).status == 422
    assert not signed_in(guarded.browser)


def test_an_earlier_code_than_that_of_the_session_joins_nothing(installation, guarded):
    installation.clock.forward(60)
    earlier = form(guarded)
    installation.clock.forward(30)
    assert sends_twice(guarded).status == 303
    drops_the_answer(guarded.browser)
    assert guarded.browser.post("/login", earlier).status == 422


@pytest.mark.parametrize(
    ("address", "user_agent", "cookie"),
    [
        ("203.0.113.7", LINUX, "none"),
        ("203.0.113.7", LINUX, "another of hers"),
        ("203.0.113.7", LINUX, "of somebody else"),
        ("203.0.113.8", LINUX, "the same"),
        ("203.0.113.7", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0", "the same"),
    ],
)
def test_who_is_not_that_browser_gets_the_one_answer(
    installation, guarded, bob, address: str, user_agent: str, cookie: str
):
    """Password and code are known, the network and the browser's name as well: the code is used all the same."""
    elsewhere = installation.browser(address, user_agent)
    bob.signs_in()
    other = Person("alice", guarded.user_id, installation, installation.browser(address, user_agent), guarded.phone)
    other.signs_in()
    installation.clock.forward(30)
    known = {
        "the same": guarded.browser.client.cookies[BROWSER],
        "another of hers": other.browser.client.cookies[BROWSER],
        "of somebody else": bob.browser.client.cookies[BROWSER],
    }
    if cookie in known:
        elsewhere.client.cookies.set(BROWSER, known[cookie])
    sent = form(guarded)
    assert guarded.browser.post("/login", sent).status == 303
    page = elsewhere.post("/login", sent)
    assert page.status == 422
    assert page.words("#login-error")
    assert not signed_in(elsewhere)
    assert signed_in(guarded.browser), "and the session goes on"


def test_a_client_that_keeps_no_cookies_joins_nothing(installation, guarded):
    """Nothing tells it from another one in the same network."""
    sent, stranger = form(guarded), installation.browser()
    assert stranger.post("/login", sent).status == 303
    stranger.client.cookies.clear()
    assert stranger.post("/login", sent).status == 422


def test_the_cookie_of_one_login_page_joins_nothing_that_another_browser_sent(installation, guarded):
    hers, theirs = installation.browser(), installation.browser()
    for browser in (hers, theirs):
        browser.get("/login")
    assert hers.client.cookies[BROWSER] != theirs.client.cookies[BROWSER]
    sent = form(guarded)
    assert hers.post("/login", sent).status == 303
    assert theirs.post("/login", sent).status == 422
    assert signed_in(hers)


def test_a_code_that_was_spent_by_a_proof_joins_nothing(installation, guarded):
    browser = guarded.signs_in()
    installation.clock.forward(600)
    sent = form(guarded)
    assert browser.post("/my-user/recovery-codes", sent, part=True).status == 200
    drops_the_answer(browser)
    assert browser.post("/login", sent).status == 422


def test_a_code_that_was_spent_in_the_session_and_did_not_open_it_joins_nothing(installation, guarded):
    browser = guarded.signs_in()
    page = browser.post("/my-user/two-factor", {"purpose": "add", "name": "Tablet"}, part=True)
    tablet = Phone(page.words("#two-factor-key").replace(" ", ""), installation.clock)
    page = browser.post("/my-user/two-factor/confirm", {"code": tablet.code(), "name": "Tablet"}, part=True)
    removal = [link for link in page.links() if "authenticator=" in link and "all" not in link][-1]
    browser.post("/logout")
    # two seconds before the next code
    installation.clock.forward(58)
    guarded.signs_in()
    installation.clock.forward(4)
    sent = form(guarded) | {"authenticator": removal.rpartition("=")[2]}
    assert browser.post("/my-user/two-factor/remove", sent).status == 303
    drops_the_answer(browser)
    assert browser.post("/login", form(guarded)).status == 422


def test_a_session_that_has_ended_is_not_joined(installation, guarded):
    sent = form(guarded)
    guarded.browser.post("/login", sent)
    guarded.browser.post("/logout")
    assert guarded.browser.post("/login", sent).status == 422


def test_a_user_who_was_disabled_joins_nothing(installation, guarded):
    sent = form(guarded)
    guarded.browser.post("/login", sent)
    drops_the_answer(guarded.browser)
    installation.run(lambda context: acts.disable(context, "alice"))
    assert guarded.browser.post("/login", sent).status == 422


# -------------------------------------------------------------------------------------------------------- in parallel


def all_at_once(installation: Installation, person: Person, clients: list[Client]) -> list[object]:
    sent = form(person)
    typed = login.Typed(sent["username"], sent["password"], sent["code"])

    async def act(context: Context) -> list[object]:
        return list(
            await asyncio.gather(*(login.sign_in(replace(context, client=client), typed) for client in clients))
        )

    return installation.run(act)


def test_parallel_logins_from_one_known_browser_all_join_one_session(installation, guarded):
    known = installation.app.state.vault.unsign(guarded.browser.client.cookies[BROWSER])
    client = Client("203.0.113.7", "Firefox on Linux", known.removeprefix("browser:"))
    outcomes = all_at_once(installation, guarded, [client] * 8)
    assert all(isinstance(outcome, login.SignedIn) for outcome in outcomes)
    assert sessions(installation) == 2
    assert actions(installation).count("login.repeated") == 1


@pytest.mark.parametrize("token", [None, "made up"])
def test_of_forty_parallel_logins_from_one_network_39_lose(installation, guarded, token: str | None):
    clients = [Client("203.0.113.7", "Firefox on Linux", token and f"{token} {number}") for number in range(40)]
    outcomes = all_at_once(installation, guarded, clients)
    assert sum(isinstance(outcome, login.SignedIn) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, login.Refused) for outcome in outcomes) == 39


# ------------------------------------------------------------------------------------------------------ a real server


def test_a_browser_that_does_not_wait_for_the_first_answer_is_signed_in_by_a_real_server(tmp_path):
    """Two requests on two connections; the answer to the first is read too late."""
    with Installation(tmp_path / "data", int(time.time()) - 3600) as before:
        switch(before, True)
        alice = somebody(before, "alice")
        alice.signs_in()
        alice.sets_up()
        known = alice.browser.client.cookies[BROWSER]
    assert alice.phone
    with Server(tmp_path / "data") as server:
        alice.phone._clock = lambda: int(time.time())
        body = urlencode(form(alice))
        sent = (
            f"POST /login HTTP/1.1\r\nHost: localhost:{server.port}\r\nOrigin: http://localhost:{server.port}\r\n"
            f"User-Agent: {LINUX}\r\nCookie: two_keys_browser_{server.port}={known}\r\nConnection: close\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        address = ("localhost", server.port)
        with socket.create_connection(address) as first, socket.create_connection(address) as second:
            first.sendall(sent)
            second.sendall(sent)
            answer = second.makefile("rb").read().decode()
            # it has been handled, whichever came first
            first.makefile("rb").read()
    assert answer.startswith("HTTP/1.1 303"), answer
    assert f"two_keys_session_{server.port}=" in answer
    found = rows(tmp_path / "data", "SELECT action FROM activity WHERE action LIKE 'login.%' ORDER BY number")
    assert found[-2:] == [("login.succeeded",), ("login.repeated",)]
