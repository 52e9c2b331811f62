"""The notification: who sees it, where, and how open pages follow."""

import pytest

from tests import acts
from tests.people import by_single_sign_on, somebody, switch

MINUTES = 60
PAGES = ["/", "/my-user", "/my-user/password", "/users", "/users/1", "/general-settings", "/general-settings/security",
         "/general-settings/security/edit", "/activity-log"]  # fmt: skip


def is_shown(page) -> bool:
    return bool(page.words("#notification"))


@pytest.mark.parametrize("path", PAGES)
def test_who_has_not_set_it_up_sees_it_on_every_page_with_a_link_to_my_user(function_on, bob, path):
    page = bob.signs_in().get(path)
    assert "Two-factor authentication is available." in page.words("#notification")
    assert [link.get("href") for link in page.all("#notification a")] == ["/my-user"]


def test_it_cannot_be_dismissed(function_on, alice):
    page = alice.signs_in().get("/")
    for control in ("button", "input", "form"):
        assert not page.has(f"#notification {control}")
    for _ in range(3):
        assert is_shown(alice.browser.get("/"))


def test_while_the_function_is_off_there_is_none(bob):
    bob.signs_in()
    for path in PAGES:
        assert not is_shown(bob.browser.get(path)), path


def test_who_has_set_it_up_sees_none(function_on, alice):
    alice.signs_in()
    alice.sets_up()
    assert not is_shown(alice.browser.get("/"))


def test_single_sign_on_sees_none(function_on, cleo):
    browser = by_single_sign_on(cleo)
    assert not is_shown(browser.get("/"))
    assert not is_shown(browser.get("/my-user"))
    assert browser.get("/notification?shown=off", part=True).status == 204


def test_it_goes_with_the_answer_to_the_confirming_code(function_on, alice):
    alice.signs_in()
    page = alice.browser.post("/my-user/two-factor", part=True)
    from tests.browser import Phone

    phone = Phone(page.words("#two-factor-key").replace(" ", ""), alice.installation.clock)
    # nothing is in force before the code
    assert is_shown(alice.browser.get("/"))
    done = alice.browser.post("/my-user/two-factor/confirm", {"code": phone.code()}, part=True)
    assert done.has("#notification")
    assert not is_shown(done)
    assert done.has("#user-header .two-keys")


def test_it_comes_back_with_the_answer_to_the_removal(function_on, alice):
    alice.signs_in()
    alice.sets_up()
    page = alice.browser.post("/my-user/two-factor/remove", {"code": alice.phone.code()}, part=True)
    assert page.status == 200
    assert is_shown(page)
    assert page.has("#user-header")
    assert not page.has("#user-header .two-keys")


def test_it_comes_and_goes_with_the_answer_to_the_switch(bob):
    bob.signs_in()
    on = bob.browser.post("/general-settings/security", {"two_factor": "on"}, part=True)
    assert is_shown(on)
    assert on.has("#user-header")
    off = bob.browser.post("/general-settings/security", {}, part=True)
    assert off.has("#notification")
    assert not is_shown(off)


# -------------------------------------------------------------------------------------------------- for an open page


def test_an_open_page_asks_when_the_window_gets_the_focus(function_on, alice):
    element = alice.signs_in().get("/").find("#notification")
    assert element.get("data-hx-trigger") == "focus from:window"
    assert element.get("data-hx-get") == "/notification?shown=on"


def test_what_is_shown_rightly_is_not_sent_again(installation, alice):
    alice.signs_in()
    assert alice.browser.get("/notification?shown=off", part=True).status == 204
    switch(installation, on=True)
    assert alice.browser.get("/notification?shown=on", part=True).status == 204


def test_an_open_page_follows_the_switch(installation, alice):
    alice.signs_in()
    switch(installation, on=True)
    page = alice.browser.get("/notification?shown=off", part=True)
    assert page.status == 200
    assert page.html.lstrip().startswith('<div id="notification"')
    assert is_shown(page)
    assert page.find("#notification").get("data-hx-get") == "/notification?shown=on"
    switch(installation, on=False)
    page = alice.browser.get("/notification?shown=on", part=True)
    assert page.status == 200
    assert page.has("#notification")
    assert not is_shown(page)


@pytest.mark.parametrize("shown", ["", "?shown=", "?shown=perhaps", "?shown=on&shown=off", "?other=on"])
def test_anything_else_gets_the_part(function_on, alice, shown):
    page = alice.signs_in().get(f"/notification{shown}", part=True)
    if shown == "?shown=on&shown=off":
        assert page.status in (200, 204)
    else:
        assert (page.status, is_shown(page)) == (200, True)


def test_nobody_gets_nothing_and_is_not_led_to_the_login(installation):
    browser = installation.browser()
    for part in (True, False):
        page = browser.get("/notification?shown=on", part=part)
        assert page.status == 204
        assert "HX-Redirect" not in page.headers
        assert not page.html


def test_asking_does_not_prolong_a_session_and_an_expired_one_gets_nothing(installation, alice):
    alice.signs_in()
    for _ in range(6):
        installation.clock.forward(9 * MINUTES)
        alice.browser.get("/notification?shown=off", part=True)
        alice.browser.get("/login/two-factor-field?shown=off", part=True)
    installation.clock.forward(6 * MINUTES)
    assert alice.browser.get("/notification?shown=on", part=True).status == 204
    assert alice.browser.get("/").status == 303


def test_a_page_does_prolong_a_session(installation, alice):
    alice.signs_in()
    installation.clock.forward(54 * MINUTES)
    assert alice.browser.get("/").status == 200
    installation.clock.forward(54 * MINUTES)
    assert alice.browser.get("/").status == 200


def test_a_session_ends_after_a_day_however_much_it_is_used(installation, alice):
    alice.signs_in()
    for _ in range(47):
        installation.clock.forward(30 * MINUTES)
        assert alice.browser.get("/").status == 200
    installation.clock.forward(30 * MINUTES)
    assert alice.browser.get("/").status == 303


def test_a_disabled_user_with_an_open_page_gets_nothing(installation, function_on, alice):
    alice.signs_in()
    installation.run(lambda context: acts.disable(context, "alice"))
    assert alice.browser.get("/notification?shown=on", part=True).status == 204


def test_it_does_not_hold_anybody_up(function_on, alice):
    """There is no function that forces (R4): every page and act stays open to who has not set it up."""
    alice.signs_in()
    assert alice.browser.get("/my-user").status == 200
    assert alice.browser.post("/my-user/profile", {"name": "A", "email": ""}).status == 303
    alice.installation.clock.forward(100 * 24 * 3600)
    alice.signs_in()
    assert alice.browser.get("/").status == 200


def test_who_sees_it_is_who_the_filter_finds(installation, function_on, bob, alice, cleo):
    """One definition for notification, filter and figures."""
    dora = somebody(installation, "dora")
    dora.signs_in()
    dora.sets_up()
    seen = {person.username for person in (bob, alice, dora) if is_shown(person.signs_in().get("/"))}
    page = bob.browser.get("/users?two_factor=off")
    assert {"".join(name.itertext()) for name in page.all("tbody th .muted")} == seen == {"alice", "bob"}
