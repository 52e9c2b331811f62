"""A new e-mail address: with a mail server it is in force after its link, and whoever reads the old one is told."""

import pytest

from accounts.user_import import apply
from accounts.user_import.reader import Source
from tests.browser import Browser, Page
from tests.links.test_links import is_over
from tests.mailing import Mailing, the_one
from tests.people import Person, somebody

HOUR = 3600
NEW = "new@example.org"


@pytest.fixture
def alice(mailing: Mailing) -> Person:
    person = somebody(mailing.installation, "alice")
    person.signs_in()
    mailing.delivered()
    return person


@pytest.fixture
def stranger(mailing: Mailing) -> Browser:
    return mailing.installation.browser("198.51.100.9")


def enters(alice: Person, email: str, *, part: bool = False, **typed: str) -> Page:
    values = alice.browser.get("/my-user").fields("/my-user/profile")
    return alice.browser.post("/my-user/profile", values | {"email": email} | typed, part=part)


def address(alice: Person) -> str:
    return alice.browser.get("/my-user").fields("/my-user/profile")["email"]


def confirms(browser: Browser, link: str) -> Page:
    return browser.submit(browser.get(link), link)


def test_it_is_in_force_after_its_link(mailing, alice, stranger):
    page = enters(alice, NEW, part=True)
    assert page.status == 200
    assert f"Waiting for confirmation: {NEW}" in page.words("#profile")
    assert page.fields("/my-user/profile")["email"] == "alice@example.org"
    mailing.deliver()
    told, asked = the_one(mailing.server.to("alice@example.org")), the_one(mailing.server.to(NEW))
    assert told.subject == "A new e-mail address was requested"
    assert f"New address: {NEW}" in told.text
    assert "/new-address/" not in told.text
    assert asked.subject == "Confirm your new e-mail address"
    assert "works once, for 24 hours" in asked.text
    link = mailing.link(NEW)
    page = stranger.get(link)
    assert NEW in page.text
    assert address(alice) == "alice@example.org", "looking changes nothing"
    done = stranger.submit(page, link)
    assert "Your new e-mail address is saved." in stranger.follow(done).text
    assert address(alice) == NEW
    assert "Waiting" not in alice.browser.get("/my-user").text
    mailing.deliver()
    assert mailing.server.to("alice@example.org")[-1].subject == "Your e-mail address was changed"
    assert len(mailing.server.to(NEW)) == 1
    assert is_over(stranger.get(link))
    assert is_over(stranger.post(link))


def test_who_is_signed_in_comes_back_to_my_user(mailing, alice):
    enters(alice, NEW)
    page = alice.browser.follow(confirms(alice.browser, mailing.link(NEW)))
    assert "Your new e-mail address is saved." in page.words("#profile")


def test_the_search_finds_it(mailing, alice, stranger):
    enters(alice, "elsewhere@example.org")
    confirms(stranger, mailing.link("elsewhere@example.org"))
    bob = somebody(mailing.installation, "bob", "Administrator").signs_in()
    assert "Alice" in bob.get("/users?q=elsewhere").words("#users")


def test_name_and_time_zone_are_saved_at_once(mailing, alice):
    enters(alice, NEW, name="Alice Liddell", time_zone="Asia/Tokyo")
    values = alice.browser.get("/my-user").fields("/my-user/profile")
    assert (values["name"], values["time_zone"]) == ("Alice Liddell", "Asia/Tokyo")


def test_the_log_says_asked_and_changed(mailing, alice, stranger):
    enters(alice, NEW)
    confirms(stranger, mailing.link(NEW))
    page = somebody(mailing.installation, "bob", "Administrator").signs_in().get("/activity-log?actor=alice")
    assert f"alice asked for the new e-mail address {NEW}, which is used once its link is clicked" in page.text
    assert f"e-mail address from alice@example.org to {NEW}" in page.text


@pytest.mark.parametrize("part", [True, False])
def test_it_can_be_cancelled(mailing, alice, stranger, part):
    enters(alice, NEW)
    link = mailing.link(NEW)
    page = alice.browser.get("/my-user")
    answer = alice.browser.submit(page, "/my-user/address/cancel", part=part)
    assert answer.status == (200 if part else 303)
    assert "Waiting" not in alice.browser.get("/my-user").text
    assert is_over(stranger.get(link))
    assert alice.browser.post("/my-user/address/cancel").status == 303, "nothing waits: nothing happens"


def test_cancelled_before_its_letter_left_it_is_not_sent(mailing, alice):
    mailing.another_sends()
    enters(alice, NEW)
    alice.browser.post("/my-user/address/cancel")
    mailing.damage("UPDATE leases SET until = 0 WHERE name = 'letters'")
    mailing.deliver()
    assert mailing.server.to(NEW) == []


def test_my_user_says_when_its_letter_waits_and_when_it_failed_for_good(mailing, alice):
    enters(alice, NEW)
    mailing.server.answers[NEW] = "451 later"
    mailing.deliver()
    page = alice.browser.get("/my-user")
    assert "The e-mail to this address could not be sent yet, and we try again." in page.words("#profile")
    mailing.server.answers[NEW] = "550 no such mailbox"
    mailing.installation.clock.forward(60)
    mailing.deliver()
    words = alice.browser.get("/my-user").words("#profile")
    assert "The e-mail to this address could not be sent, and we do not try again." in words
    assert "550 no such mailbox" in words
    assert "An e-mail with a link is on its way" not in words
    mailing.server.answers.clear()
    enters(alice, NEW)
    assert "An e-mail with a link is on its way there" in alice.browser.get("/my-user").words("#profile"), "the new one"
    mailing.deliver()
    assert len(mailing.server.to(NEW)) == 1


def test_another_one_takes_its_place(mailing, alice, stranger):
    enters(alice, NEW)
    link = mailing.link(NEW)
    enters(alice, "newer@example.org")
    assert is_over(stranger.get(link))
    page = alice.browser.get("/my-user")
    assert "Waiting for confirmation: newer@example.org" in page.text
    assert NEW not in page.text


@pytest.mark.parametrize(("seconds", "works"), [(24 * HOUR - 1, True), (24 * HOUR, False)])
def test_it_waits_a_day(mailing, alice, stranger, seconds, works):
    enters(alice, NEW)
    link = mailing.link(NEW)
    mailing.installation.clock.forward(seconds)
    assert (stranger.get(link).status == 200) == works
    assert (stranger.post(link).status == 303) == works
    shown = somebody(mailing.installation, "bob", "Administrator").signs_in().get(f"/users/{alice.user_id}")
    assert (NEW in shown.text) == works


def test_a_new_password_voids_it(mailing, alice, stranger):
    enters(alice, NEW)
    link = mailing.link(NEW)
    alice.browser.post(
        "/my-user/password", {"current_password": alice.password, "new_password": "nine blue kettles in a row"}
    )
    assert is_over(stranger.get(link)), "whoever was told at the old address can stop it so"


def test_an_address_is_taken_away_at_once(mailing, alice):
    enters(alice, "")
    assert address(alice) == ""
    assert the_one(mailing.delivered()).subject == "Your e-mail address was changed"


def test_at_most_five_new_addresses_an_hour(mailing, alice):
    for number in range(5):
        assert enters(alice, f"new{number}@example.org").status == 303
    page = enters(alice, NEW, part=True)
    assert page.status == 429
    assert "Too many new e-mail addresses within an hour" in page.words("#profile")
    assert mailing.delivered(NEW) == []
    mailing.installation.clock.forward(HOUR)
    alice.signs_in()
    assert enters(alice, NEW).status == 303


def test_it_needs_the_proof(mailing, alice):
    mailing.installation.clock.forward(11 * 60)
    page = enters(alice, NEW, part=True)
    assert page.status == 422
    assert page.has(".proof")
    assert mailing.delivered(NEW) == []


def test_single_sign_on_cannot_change_it(mailing):
    cleo = somebody(mailing.installation, "cleo", sso=True)
    cleo.arrives_by_sso()
    assert cleo.browser.post("/my-user/profile", {"email": NEW, "time_zone": ""}).status == 403
    assert cleo.browser.post("/my-user/address/cancel").status == 403


def test_an_administrators_change_is_in_force_at_once_and_the_old_address_is_told(mailing, alice, stranger):
    enters(alice, "mine@example.org")
    link = mailing.link("mine@example.org")
    bob = somebody(mailing.installation, "bob", "Administrator").signs_in()
    form = bob.get(f"/users/{alice.user_id}/edit")
    assert bob.submit(form, f"/users/{alice.user_id}/edit", email=NEW).status == 303
    assert address(alice) == NEW
    assert is_over(stranger.get(link)), "what waited for its link is void"
    mailing.deliver()
    letter = mailing.server.to("alice@example.org")[-1]
    assert letter.subject == "Your e-mail address was changed"
    assert "By: bob" in letter.text


def test_an_import_tells_the_old_address(mailing, alice):
    async def lines():
        yield f"username,email\nalice,{NEW}\n".encode()

    report = mailing.installation.run(lambda context: apply.run(context, Source(lines), None))
    assert (report.changed, report.bad) == (1, 0)
    assert the_one(mailing.delivered()).subject == "Your e-mail address was changed"


def test_without_a_mail_server_it_is_in_force_at_once(installation):
    alice = somebody(installation, "alice")
    alice.signs_in()
    enters(alice, NEW)
    assert address(alice) == NEW


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("anna@stra\u00dfe.example", "anna@xn--strae-oqa.example"),
        (
            "klara@\u03ba\u03bb\u03b1\u03c1\u03b1-\u03c3\u03c9\u03bb\u03b9\u03c2.example",
            "klara@xn----ylba7abgd9bnh0e.example",
        ),
    ],
)
def test_the_link_goes_to_the_domain_that_was_entered(mailing, alice, typed, used):
    enters(alice, typed)
    mailing.deliver()
    assert used in [to for received in mailing.server.received for to in received.to]


def test_a_domain_that_idna_refuses_is_refused_at_once(mailing, alice):
    assert enters(alice, "anna@\u2603.example").status == 422


def test_a_local_part_beyond_ascii_is_refused_at_once_with_the_reason(mailing, alice):
    page = enters(alice, "\u00fc@example.org")
    assert (page.status, "Before the @" in page.text) == (422, True)
