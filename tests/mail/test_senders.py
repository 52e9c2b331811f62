"""Who sends an e-mail to others, and the sentence that they add: named, escaped, and without a link of their own."""

from dataclasses import fields

import pytest

from accounts.activity import kinds
from accounts.context import Context
from accounts.mail import own_links, senders
from tests.browser import Page
from tests.mailing import Mailing, the_one
from tests.people import Person, somebody, switch

SENTENCE = "We move on Monday <b>at 10:30</b> & “everybody” needs it. Ask me!"
LINKS = (
    "see https://evil.example/login",
    "see HTTP://evil",
    "www today",
    "see evil.com",
    "evil.example/login",
    "mail me@evil.example",
    "mailto:me",
    "tel:+49301234",
    "see evil．com now",
    "javascript:alert",
    "dot at the end.Of",
    "see evil。com",
    "see evil｡com",
    "see evil\u2024com",
    "see 203.0.113.9 now",
    "203.0.113.9/login",
)
PLAIN = (
    "",
    "We move on Monday. It takes 2.5 minutes, at 10:30.",
    "Dear all: please do it, e.g. today (or tomorrow)...",
    "Bitte bis 3.12. erledigen!",
    "Es ist der 3.12.2026, Version 1.2.3; ruf 030 12.34.56 an.",
    "早く設定してください。よろしく",
)
# Fields of the log that e-mails can say, and that hold numbers, words of ours, addresses or what the operator sets.
OURS = {"bulk", "replaced", "left", "link", "before", "after", "factor", "one_time", "issuer", "amr", "acr"}
OURS |= {"no_user_information", "sign_in", "address", "makers", "ip_address", "number"}


@pytest.fixture
def bob(mailing: Mailing) -> Person:
    bob = somebody(mailing.installation, "bob", "Administrator", name="Bob Baker")
    switch(mailing.installation, on=True)
    bob.signs_in()
    mailing.deliver()
    return bob


@pytest.fixture
def alice(mailing: Mailing) -> Person:
    return somebody(mailing.installation, "alice")


def reminds(bob: Person, alice: Person, sentence: str) -> Page:
    return bob.browser.post("/users/bulk", {"act": "remind", "user": str(alice.user_id), "sentence": sentence})


@pytest.mark.parametrize("sentence", LINKS)
def test_what_mail_programs_make_a_link_of_is_refused(sentence: str):
    assert senders.problem_with_sentence(sentence) == "link"


@pytest.mark.parametrize("sentence", PLAIN)
def test_an_ordinary_sentence_is_not(sentence: str):
    assert senders.problem_with_sentence(sentence) == ""


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [("x" * 201, "too_long"), ("one\r\nBcc: all", "bad_characters"), ("turned \u202e around", "bad_characters")],
)
def test_it_is_one_line_of_200_characters_that_can_be_seen(sentence: str, problem: str):
    assert senders.problem_with_sentence(sentence) == problem


def test_a_name_that_would_become_a_link_gives_way_to_the_username():
    assert senders.facts_of("bob", "Bob Baker") == {"actor": "bob", "actor_name": "Bob Baker"}
    assert senders.facts_of("bob", "support@acme.example") == {"actor": "bob"}
    assert senders.facts_of("bob", "acme.example") == {"actor": "bob"}
    assert senders.facts_of("bob", "bob") == {"actor": "bob"}


def test_a_reminder_names_sender_and_organisation_and_carries_the_sentence(mailing, bob, alice):
    assert reminds(bob, alice, SENTENCE).status == 303
    letter = the_one(mailing.delivered())
    assert letter.subject == "Set up two-factor authentication at Acme"
    assert "Bob Baker (bob) of Acme asks you to set up two-factor authentication." in letter.text
    assert f"Bob Baker (bob) writes: “{SENTENCE}”" in letter.text.replace("\u2068", "").replace("\u2069", "")
    assert "<b>at" not in letter.html
    assert "&lt;b&gt;at 10:30&lt;/b&gt;" in letter.html
    assert "bob reminded 1 user to set up two-factor authentication: “We move on Monday" in log(bob)


def log(bob: Person) -> str:
    return bob.browser.get("/activity-log").text


def test_a_refused_sentence_sends_nothing_and_is_kept_in_the_form(mailing, bob, alice):
    page = reminds(bob, alice, "look at evil.example")
    assert page.status == 422
    assert "looks like a link" in page.words(".problem")
    assert page.fields("/users/bulk")["sentence"] == "look at evil.example"
    assert "evil.example" not in page.words(".letter"), "the e-mail is not shown with what it will not hold"
    assert mailing.delivered() == []


def test_a_line_break_adds_no_header(mailing, bob, alice):
    assert reminds(bob, alice, "Hello\r\nBcc: mallory@evil.example").status == 422
    assert mailing.delivered() == []


def test_an_invitation_carries_it_too_and_greets_without_a_name(mailing, bob):
    bob.browser.post("/users", {"username": "nils", "name": "Nils", "email": "nils@example.org"})
    mailing.deliver()
    mailing.damage("DELETE FROM links")
    page = bob.browser.get("/users/invitations")
    assert "Bob Baker (bob) invites you" in page.words(".letter")
    assert page.words(".letter").startswith("Hello, "), "as it will be: bob entered the address"
    refused = bob.browser.submit(page, "/users/bulk", sentence="see evil.example")
    assert refused.status == 422
    assert bob.browser.submit(page, "/users/bulk", sentence="Welcome to the team!").status == 303
    letter = mailing.delivered("nils@example.org")[-1]
    text = letter.text.replace("\u2068", "").replace("\u2069", "")
    assert text.split()[0] == "Hello,"
    assert "Username: nils" in text
    assert "Bob Baker (bob) writes: “Welcome to the team!”" in text
    assert "bob invited nils to choose a password: “Welcome to the team!”" in log(bob)


@pytest.mark.provider
def test_an_invitation_to_single_sign_on_does_not_leave_once_the_provider_is_gone(mailing, bob):
    bob.browser.post("/users", {"username": "sven", "email": "sven@example.org", "login_method": "sso"})

    number = mailing.rows("SELECT max(id) FROM outbox")[0][0]

    async def without_provider(context: Context) -> str:
        from dataclasses import replace

        from db import outbox

        worker = mailing.installation.app.state.outbox
        queued = await outbox.waiting(context.db, int(str(number)))
        composed = await worker._composer.compose(replace(context, issuer=""), queued)
        return str(composed.error)

    assert mailing.installation.run(without_provider) == "no_provider"


def test_an_act_on_many_users_carries_it_and_refuses_a_link(mailing, bob, alice):
    chosen = {"act": "remind", "user": str(alice.user_id)}
    refused = bob.browser.post("/users/bulk", {**chosen, "sentence": "see evil.example"})
    assert refused.status == 422
    assert "looks like a link" in refused.words(".problem")
    assert mailing.delivered() == []
    page = bob.browser.get(f"/users/bulk?act=remind&user={alice.user_id}")
    assert bob.browser.submit(page, "/users/bulk", sentence="It takes two minutes.").status == 303
    text = the_one(mailing.delivered()).text.replace("\u2068", "").replace("\u2069", "")
    assert "Bob Baker (bob) writes: “It takes two minutes.”" in text
    assert "bob reminded 1 user to set up two-factor authentication: “It takes two minutes.”" in log(bob)


def test_no_text_that_somebody_wrote_becomes_a_link_in_an_e_mail(mailing, bob, alice):
    """The name of the reader, the browser of whoever signed in, the name of a phone, and a reason."""
    bad = "evil.example/login"
    alice.signs_in()
    mailing.damage(f"UPDATE users SET name = '{bad}', email_set_by = NULL WHERE id = {alice.user_id}")
    mailing.delivered()
    thief = mailing.installation.browser("192.0.2.9", bad)
    again = Person("alice", alice.user_id, mailing.installation, thief)
    again.signs_in()
    again.sets_up()
    page = f"/users/{alice.user_id}/reset-two-factor"
    assert bob.browser.post(page, {"reason": f"see {bad}", "password": bob.password}).status in (200, 303)
    letters = mailing.delivered()
    assert {"You signed in from a new browser", "Your two-factor authentication was reset"} <= {
        letter.subject for letter in letters
    }
    for letter in letters:
        assert letter.text.splitlines()[0] == "Hello,"
        assert "evil" not in letter.text + letter.html, letter.subject
    assert any("Browser: …" in letter.text for letter in letters)
    assert any("Reason: …" in letter.text for letter in letters)


def test_every_fact_that_a_person_writes_is_looked_at():
    """Of the kinds of the log from which e-mails follow: a field that is in neither list has yet to be thought of."""
    by_outcome = (kinds.LoginSucceeded, kinds.WaysInEnded, kinds.SessionEnded, kinds.SessionsEnded)
    told = [kind for kind in kinds.Activity.__subclasses__() if kind.notice or kind in by_outcome]
    names = {each.name for kind in told for each in fields(kind)}
    assert {"reason", "phone", "browser", "new_browser"} <= names
    assert names - set(own_links.WRITTEN) <= OURS
