"""Sign-out, here and elsewhere: the sessions on My User."""

import re

import pytest

from tests import acts
from tests.browser import Page
from tests.cookies import BROWSER, SESSION
from tests.people import Person

OTHERS = "/my-user/sessions/end-others"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"


def at(person: Person, address: str, user_agent: str = FIREFOX) -> Person:
    """The same person in another browser, signed in."""
    browser = person.installation.browser(address, user_agent)
    there = Person(person.username, person.user_id, person.installation, browser, person.phone)
    there.signs_in()
    return there


def buttons(page: Page) -> list[str]:
    """Where the buttons of the list of sessions lead, one for each of the others."""
    actions = [form.get("action", "") for form in page.all("#sessions form")]
    return [action for action in actions if re.fullmatch(r"/my-user/sessions/\d+/end", action)]


def is_in(person: Person) -> bool:
    return person.browser.get("/").status == 200


def test_signing_out_ends_the_session_and_says_so(alice):
    browser = alice.signs_in()
    kept = browser.client.cookies[SESSION]
    page = browser.submit(browser.get("/"), "/logout")
    assert (page.status, page.location) == (303, "/login/signed-out")
    page = browser.follow(page)
    assert page.words("h1") == "You are signed out"
    assert "/login" in page.links()
    assert not is_in(alice)
    browser.client.cookies.set(SESSION, kept)
    assert not is_in(alice), "the token itself is void, not only forgotten by the browser"


def test_the_browser_stays_known_and_forgets_the_session(alice):
    browser = alice.signs_in()
    known = browser.client.cookies[BROWSER]
    browser.post("/logout")
    assert dict(browser.client.cookies) == {BROWSER: known}
    alice.signs_in()
    browser.post("/logout")
    assert len(set(browser.client.cookies)) == 1


def test_nobody_signed_in_is_led_to_the_login(installation):
    page = installation.browser().post("/logout")
    assert (page.status, page.location) == (303, "/login")


def test_a_link_signs_nobody_out(alice):
    assert alice.signs_in().client.get("/logout").status_code == 405
    assert is_in(alice)


def test_another_site_signs_nobody_out(alice):
    assert alice.signs_in().post("/logout", Origin="https://evil.example").status == 403
    assert is_in(alice)


def test_it_is_in_the_log(alice, bob):
    alice.signs_in().post("/logout")
    assert "alice signed out" in bob.signs_in().get("/activity-log").text


# -------------------------------------------------------------------------------------------------------- the sessions


def test_my_user_says_where_one_is_signed_in_this_browser_first(installation, alice):
    alice.signs_in()
    installation.clock.forward(90)
    at(alice, "198.51.100.20", SAFARI)
    rows = [" ".join("".join(row.itertext()).split()) for row in alice.browser.get("/my-user").all("#sessions li")]
    assert len(rows) == 2
    assert "Firefox on Linux" in rows[0]
    assert "This browser" in rows[0]
    assert "Safari on iPhone" in rows[1]
    assert "198.51.100.20" in rows[1]
    assert "24 Nov 2026, 12:01" in rows[1]


def test_it_shows_ones_own_sessions_only(alice, bob):
    bob.signs_in()
    assert len(alice.signs_in().get("/my-user").all("#sessions li")) == 1


def test_sessions_that_ran_out_are_not_shown(installation, alice):
    at(alice, "198.51.100.20")
    installation.clock.forward(3600)
    assert len(alice.signs_in().get("/my-user").all("#sessions li")) == 1


def test_one_of_them_can_be_signed_out(alice):
    first, second = at(alice, "198.51.100.20"), at(alice, "198.51.100.21")
    alice.signs_in()
    (of_second, of_first) = buttons(alice.browser.get("/my-user"))
    page = alice.browser.post(of_first, part=True)
    assert page.status == 200
    assert "1 session is signed out" in page.words("#sessions")
    assert buttons(page) == [of_second]
    assert (is_in(first), is_in(second), is_in(alice)) == (False, True, True)


def test_without_javascript_it_leads_back(alice):
    at(alice, "198.51.100.20")
    page = alice.signs_in().get("/my-user")
    page = alice.browser.submit(page, buttons(page)[0])
    assert (page.status, page.location) == (303, "/my-user#sessions")
    assert not buttons(alice.browser.get("/my-user"))


def test_all_others_can_be_signed_out_at_once(alice, bob):
    others = [at(alice, f"198.51.100.{number}") for number in (20, 21, 22)]
    bob.signs_in()
    alice.signs_in()
    page = alice.browser.submit(alice.browser.get("/my-user"), OTHERS, part=True)
    assert "3 sessions are signed out" in page.words("#sessions")
    assert not any(is_in(other) for other in others)
    assert is_in(alice)
    assert is_in(bob)


def test_signing_out_all_others_forgets_their_browsers_but_not_this_one(installation, alice):
    other = at(alice, "203.0.113.7")
    other.browser.post("/logout")
    alice.signs_in().post(OTHERS)
    alice.browser.post("/logout")
    for _ in range(10):
        installation.browser().post("/login", {"username": "alice", "password": "not her password"})
    assert other.types().status == 422, "a stranger like any other: it waits"
    assert alice.types().status == 303, "still known"


def test_signing_out_all_others_forgets_them_for_this_user_only(installation, alice, bob):
    shared = at(alice, "203.0.113.7")
    shared.browser.post("/logout")
    on_the_same = Person("bob", bob.user_id, installation, shared.browser)
    on_the_same.signs_in()
    alice.signs_in().post(OTHERS)
    shared.browser.post("/logout")
    for _ in range(10):
        installation.browser().post("/login", {"username": "bob", "password": "not his password"})
    assert on_the_same.types().status == 303


def test_nobody_elses_session_can_be_ended(alice, bob):
    other = at(bob, "198.51.100.20")
    bob.signs_in()
    theirs = buttons(bob.browser.get("/my-user"))[0]
    page = alice.signs_in().post(theirs, part=True)
    assert "0 sessions are signed out" in page.words("#sessions")
    assert is_in(other)


def test_ending_this_very_session_is_signing_out(alice):
    at(alice, "198.51.100.20")
    browser = alice.signs_in()
    number = int(buttons(browser.get("/my-user"))[0].split("/")[3]) + 1
    page = browser.post(f"/my-user/sessions/{number}/end")
    assert (page.status, page.location) == (303, "/login/signed-out")
    assert not is_in(alice)


@pytest.mark.parametrize(
    "number", ["0", "999999", "9223372036854775807", "9223372036854775808", "99999999999999999999999"]
)
def test_a_number_that_no_session_has_ends_nothing(alice, number: str):
    page = alice.signs_in().post(f"/my-user/sessions/{number}/end")
    assert page.status in (303, 404)
    assert is_in(alice)


def test_where_there_is_one_session_nothing_is_offered(alice):
    page = alice.signs_in().get("/my-user")
    assert not buttons(page)
    assert not page.offers(OTHERS)


def test_the_eleventh_sign_in_ends_the_oldest(alice):
    everywhere = [at(alice, f"198.51.100.{number}") for number in range(11)]
    assert [is_in(each) for each in everywhere] == [False] + [True] * 10


def test_it_is_in_the_log_too(alice, bob):
    at(alice, "198.51.100.20")
    at(alice, "198.51.100.21")
    alice.signs_in()
    alice.browser.post(buttons(alice.browser.get("/my-user"))[0])
    alice.browser.post(OTHERS)
    text = bob.signs_in().get("/activity-log").text
    assert "alice signed out another of their sessions" in text
    assert "alice signed out 1 other session" in text


# --------------------------------------------------------------------------------------------------- how long they last


def test_a_session_ends_after_an_hour_without_use(installation, alice):
    alice.signs_in()
    installation.clock.forward(3599)
    assert is_in(alice)
    installation.clock.forward(3600)
    page = alice.browser.get("/my-user?part=sessions")
    assert (page.status, page.location) == (303, "/login?next=/my-user%3Fpart%3Dsessions")
    page = alice.browser.get("/my-user", part=True)
    assert (page.status, page.headers["hx-redirect"]) == (401, "/login")


def test_and_after_a_day_in_any_case(installation, alice):
    alice.signs_in()
    for _ in range(47):
        installation.clock.forward(1800)
        assert is_in(alice)
    installation.clock.forward(1800)
    assert not is_in(alice)


@pytest.mark.parametrize("path", ["/login/two-factor-field?shown=off", "/notification?shown=off"])
def test_what_a_page_asks_for_by_itself_prolongs_nothing(installation, alice, path: str):
    alice.signs_in()
    for _ in range(60):
        installation.clock.forward(60)
        assert alice.browser.get(path, part=True).status == 204
    assert not is_in(alice)


@pytest.mark.parametrize("cookie", ["", "x", "session:abc", "session:abc.signature", "é", "a" * 5000])
def test_a_made_up_cookie_is_nobody(installation, cookie: str):
    browser = installation.browser()
    answer = browser.client.get("/", headers={"Cookie": f"{SESSION}={cookie}".encode()})
    assert answer.status_code == 303


def test_the_known_browsers_cookie_opens_nothing(installation, alice):
    known = alice.signs_in().client.cookies[BROWSER]
    thief = installation.browser()
    thief.client.cookies.set(SESSION, known)
    assert thief.get("/").status == 303


def test_a_disabled_user_is_out_at_once(installation, alice):
    alice.signs_in()
    installation.run(lambda context: acts.disable(context, "alice"))
    assert not is_in(alice)
    installation.run(lambda context: acts.enable(context, "alice"))
    assert not is_in(alice), "enabled again, they sign in again"
