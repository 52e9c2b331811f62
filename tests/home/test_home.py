"""Home: where one stands, and what to do next."""

import pytest

from tests import acts
from tests.browser import _text
from tests.people import by_single_sign_on, gets_blocked, somebody, switch

HOUR = 3600


def card(page) -> str:
    """What stands in the card about one's own second factor."""
    return next(_text(section) for section in page.all("section") if section.get("aria-labelledby") == "own-factor")


def test_it_greets_by_name_and_says_that_this_is_the_first_sign_in(alice):
    page = alice.signs_in().get("/")
    assert page.words("h1") == "Hello, Alice"
    assert "This is your first sign-in. Welcome." in page.text


def test_it_says_when_and_from_where_one_last_signed_in(installation, alice):
    alice.browser = installation.browser("198.51.100.23")
    alice.signs_in()
    installation.clock.forward(2 * HOUR)
    alice.browser = installation.browser("2001:db8::5")
    page = alice.signs_in().get("/")
    assert "You last signed in on 24 Nov 2026, 12:00 from 198.51.100.23." in page.text
    installation.clock.forward(HOUR // 2)
    # a reload changes nothing
    assert "24 Nov 2026, 12:00 from 198.51.100.23." in alice.browser.get("/").text


def test_a_refused_login_is_no_last_sign_in(installation, alice):
    alice.types(password="wrong")
    installation.clock.forward(HOUR)
    assert "This is your first sign-in." in alice.signs_in().get("/").text


def test_while_the_function_is_off_nothing_is_to_do(alice):
    page = alice.signs_in().get("/")
    assert "two-factor authentication is switched off here" in card(page).lower()
    assert "Set up two-factor authentication" not in page.text


def test_who_has_not_set_it_up_is_led_to_my_user(function_on, alice):
    page = alice.signs_in().get("/")
    assert "Not set up" in card(page)
    leads = [link.get("href") for link in page.all("a") if _text(link) == "Set up two-factor authentication"]
    assert leads == ["/my-user"]


def test_who_has_set_it_up_sees_how_many_recovery_codes_are_left(function_on, alice):
    alice.signs_in()
    alice.sets_up()
    assert "10 recovery codes are left" in card(alice.browser.get("/"))


def test_few_recovery_codes_are_a_reason_to_make_new_ones(installation, function_on, alice):
    alice.signs_in()
    alice.sets_up()
    for code in alice.recovery_codes[:8]:
        alice.browser = installation.browser()
        alice.signs_in(code=code)
    page = alice.browser.get("/")
    assert "Only 2 recovery codes are left. Make new ones" in card(page)
    assert "Make new recovery codes on My User" in card(page)


def test_a_block_is_said_with_the_way_out(function_on, alice):
    alice.signs_in()
    alice.sets_up()
    gets_blocked(alice)
    page = alice.browser.get("/")
    assert "Blocked" in card(page)
    assert "Set up again on My User" in card(page)


def test_single_sign_on_needs_no_second_factor(function_on, cleo):
    page = by_single_sign_on(cleo).get("/")
    assert "You sign in by Single Sign-On. A second factor is not needed here." in card(page)
    assert "Set up" not in card(page)


def test_a_member_sees_neither_the_others_nor_the_log(function_on, alice, bob):
    page = alice.signs_in().get("/")
    assert not page.has(".adoption")
    assert "Recent activity" not in page.text
    assert "bob" not in page.text


def test_an_administrator_sees_how_many_have_set_it_up(installation, function_on, alice, bob, cleo):
    alice.signs_in()
    alice.sets_up()
    fred = somebody(installation, "fred")
    installation.run(lambda context: acts.disable(context, fred.username))
    page = bob.signs_in().get("/")
    assert page.words("#adoption-words") == "1 of 2 · 50 % have set up two-factor authentication"
    assert "/users?two_factor=off" in page.links()
    bar = page.find("progress")
    assert (bar.get("value"), bar.get("max")) == ("1", "2")


def test_an_administrator_sees_the_last_five_entries(installation, bob, alice):
    switch(installation, on=True)
    for _ in range(3):
        alice.types(password="wrong")
    page = bob.signs_in().get("/")
    lately = next(section for section in page.all("section") if section.get("aria-labelledby") == "recent")
    entries = [_text(entry) for entry in lately.iter("li")]
    assert len(entries) == 5
    assert entries[0].startswith("bob signed in with the password alone")
    assert entries[1].startswith("A sign-in as alice was refused. The password was wrong.")
    assert entries[4].startswith("The command line switched Two-Factor Authentication from off to on")
    assert "/activity-log" in page.links()


@pytest.mark.parametrize(("role", "sees"), [("User manager", (True, False)), ("Auditor", (True, True))])
def test_each_sees_what_their_permissions_allow(installation, role, sees):
    page = somebody(installation, "erna", role).signs_in().get("/")
    assert (page.has(".adoption"), "Recent activity" in page.text) == sees


def test_the_header_shows_name_and_unit_and_the_two_keys_under_them(function_on, alice):
    page = alice.signs_in().get("/")
    assert page.words("#user-header") == "Alice Sales"
    assert not page.has(".two-keys")
    alice.sets_up()
    header = alice.browser.get("/").find("#user-header")
    classes = [child.get("class") for child in header]
    assert classes == ["user-name", "user-unit", "user-keys"]
    assert alice.browser.get("/").has("#user-header .two-keys")


@pytest.mark.parametrize(
    "path", ["/", "/my-user", "/my-user/password", "/users", "/users/1", "/general-settings", "/activity-log"]
)
def test_the_header_is_on_every_page(function_on, bob, path):
    bob.signs_in()
    bob.sets_up()
    assert bob.browser.get(path).has("#user-header .two-keys")
