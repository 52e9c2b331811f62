"""*Forgot your password?*: one answer and the same work for every username; the outbox worker does the rest later."""

import pytest

from accounts.limits import LINK_SECONDS, RESET_REQUESTS_WAITING
from accounts.system import installation as house
from tests import acts
from tests.browser import Browser, Page
from tests.links.test_links import NEW_PASSWORD, signs_in
from tests.mailing import Mailing, the_one
from tests.people import Person, somebody

HOUR = 3600
NOBODYS = [
    "",
    " ",
    "nobody",
    "nobody@example.org",
    "x" * 128,
    "x" * 129,
    "x" * 50_000,
    "\u0344" * 3000,
    "a\x00b",
    "\udbff".encode("utf-8", "surrogatepass").decode("latin-1"),
    "system",
    "correct pony battery anchor",
]


@pytest.fixture
def alice(mailing: Mailing) -> Person:
    return somebody(mailing.installation, "alice")


@pytest.fixture
def stranger(mailing: Mailing) -> Browser:
    return mailing.installation.browser("198.51.100.9")


def asks(browser: Browser, username: str) -> Page:
    return browser.submit(browser.get("/login/reset"), "/login/reset", username=username)


def log_of_requests(mailing: Mailing) -> list[tuple[object, ...]]:
    return mailing.rows(
        "SELECT actor, subject, detail FROM activity WHERE action = 'password.reset_requested' ORDER BY number"
    )


def test_the_login_page_leads_there(stranger):
    assert "/login/reset" in stranger.get("/login").links()


def test_a_letter_brings_a_link_that_chooses_another_password(mailing, alice, stranger):
    asked = asks(stranger, " ALICE ")
    page = stranger.follow(asked)
    assert "an e-mail is on its way" in page.words("[role=status]")
    letter = the_one(mailing.delivered())
    for words in ("Somebody asked for a new password", "Asked from the IP address: 198.51.100.9", "do nothing"):
        assert words in letter.text, words
    link = mailing.link()
    assert stranger.submit(stranger.get(link), link, new_password=NEW_PASSWORD).status == 303
    assert alice.types(password=NEW_PASSWORD).status == 303
    assert log_of_requests(mailing) == [("unknown user", "alice", '{"answer": "password_reset"}')]


@pytest.mark.parametrize("typed", ["alice@example.org", " Alice@EXAMPLE.org "])
def test_an_address_brings_a_link_too_and_the_letter_names_the_username(mailing, alice, stranger, typed: str):
    asks(stranger, typed)
    letter = the_one(mailing.delivered())
    assert letter.to == ["alice@example.org"]
    assert "Username: alice" in letter.text
    assert "Username" in letter.html
    link = mailing.link()
    assert stranger.submit(stranger.get(link), link, new_password=NEW_PASSWORD).status == 303
    assert log_of_requests(mailing) == [("unknown user", "alice", '{"answer": "password_reset"}')]


def test_an_address_of_several_brings_nothing_and_whose_username_it_is_wins(mailing, alice, stranger):
    somebody(mailing.installation, "dora")
    mailing.damage("UPDATE users SET email = 'alice@example.org', email_beginning = 'alice@example.org'")
    asks(stranger, "alice@example.org")
    assert mailing.delivered() == []
    mailing.damage("UPDATE users SET username = 'alice@example.org' WHERE username = 'dora'")
    asks(stranger, "alice@example.org")
    assert "Username: alice@example.org" in the_one(mailing.delivered()).text


def test_an_address_that_an_administrator_of_before_entered_gets_no_link(mailing, alice, stranger):
    """As by the username: who entered it must be allowed to act on the user when the link leaves."""
    mallory = somebody(mailing.installation, "mallory", "Member")
    mailing.damage(f"UPDATE users SET email_set_by = {mallory.user_id} WHERE username = 'alice'")
    asks(stranger, "alice@example.org")
    assert mailing.delivered() == []
    assert log_of_requests(mailing) == [("unknown user", "alice", '{"answer": "not_confirmed"}')]


def test_the_second_factor_stays(mailing, alice, stranger):
    from tests.people import switch

    switch(mailing.installation, True)
    alice.signs_in()
    alice.sets_up()
    asks(stranger, "alice")
    stranger.post(mailing.link(), {"new_password": NEW_PASSWORD})
    assert signs_in(mailing.installation, "alice", NEW_PASSWORD).status == 422
    assert alice.phone is not None
    assert signs_in(mailing.installation, "alice", NEW_PASSWORD, alice.phone.code()).status == 303


def everybody(mailing: Mailing) -> list[str]:
    """All sorts of users, by whom nobody may be told apart, and names of nobody."""
    somebody(mailing.installation, "cleo", sso=True)
    somebody(mailing.installation, "dora")
    mailing.installation.run(lambda context: acts.disable(context, "dora"))
    somebody(mailing.installation, "erna")
    mailing.damage("UPDATE users SET email = '' WHERE username = 'erna'")
    somebody(mailing.installation, "fred")
    mailing.damage("UPDATE users SET password_hash = NULL WHERE username = 'fred'")
    mailing.deliver()
    return ["alice", "cleo", "dora", "erna", "fred", *NOBODYS]


def test_the_answer_is_one(mailing, alice):
    answers = set()
    for number, username in enumerate(everybody(mailing)):
        browser = mailing.installation.browser(f"192.0.2.{number + 1}")
        answer = browser.post("/login/reset", {"username": username})
        page = browser.follow(answer)
        sizes = tuple(sorted(answer.headers.items())), tuple(sorted(page.headers.items()))
        answers.add((answer.status, answer.location, answer.html, page.status, page.html, sizes))
    assert len(answers) == 1


def test_the_work_is_one(mailing, alice):
    """What a request writes: one row of the outbox, always as long, one bucket; nothing of it names anybody."""
    mailing.another_sends()
    names = everybody(mailing)
    for number, username in enumerate(names):
        mailing.installation.browser(f"192.0.2.{number % 9 + 1}").post("/login/reset", {"username": username})
    rows = mailing.rows("SELECT user_id, length(facts), letter FROM outbox WHERE letter = 'reset_request'")
    assert len(rows) == len(names)
    assert len(set(rows)) == 1
    facts = " ".join(str(row) for row in mailing.rows("SELECT facts, address FROM outbox"))
    assert "correct pony" not in facts
    assert "alice" not in facts


def test_who_has_no_password_to_reset_gets_none_and_the_log_says_why(mailing, alice):
    for number, username in enumerate(everybody(mailing)):
        asks(mailing.installation.browser(f"192.0.2.{number + 1}"), username)
    before = len(mailing.server.received)
    mailing.deliver()
    sent = mailing.server.received[before:]
    assert sorted((letter.to[0], letter.subject) for letter in sent) == [
        ("alice@example.org", "Choose a new password"),
        ("fred@example.org", "Choose a password for your account at Acme"),
    ], "who has no password yet gets another invitation"
    answers = [(str(subject), str(detail)) for _, subject, detail in log_of_requests(mailing)]
    assert sorted(answers) == [
        ("alice", '{"answer": "password_reset"}'),
        ("cleo", '{"answer": "sso"}'),
        ("dora", '{"answer": "disabled"}'),
        ("erna", '{"answer": "no_address"}'),
        ("fred", '{"answer": "invitation"}'),
    ], "names of nobody are not logged: people type passwords there"
    assert mailing.rows("SELECT count(*) FROM outbox WHERE letter = 'reset_request'") == [(0,)]
    bob = somebody(mailing.installation, "bob", "Administrator")
    page = bob.signs_in().get("/activity-log?action=password.reset_requested")
    assert "Somebody asked for a new password for cleo, who signs in by Single Sign-On; no e-mail was sent" in page.text


def test_at_most_three_letters_an_hour_to_one_user(mailing, alice):
    for number in range(8):
        asks(mailing.installation.browser(f"192.0.2.{number + 1}"), "alice")
    assert len(mailing.delivered()) == 3
    assert len(log_of_requests(mailing)) == 3
    mailing.installation.clock.forward(HOUR + 1)
    asks(mailing.installation.browser(), "alice")
    assert len(mailing.delivered()) == 1


def test_early_requests_of_a_stranger_deny_nobody_the_link_for_the_rest_of_the_hour(mailing, alice):
    for number in range(3):
        asks(mailing.installation.browser(f"192.0.2.{number + 1}"), "alice")
    assert len(mailing.delivered()) == 3
    mailing.installation.clock.forward(LINK_SECONDS["password_reset"] - 1)
    asks(mailing.installation.browser(), "alice")
    assert mailing.delivered() == [], "the third link still works"
    mailing.installation.clock.forward(1)
    asks(mailing.installation.browser(), "alice")
    assert len(mailing.delivered()) == 1


def test_after_a_reset_another_link_is_sent_at_once(mailing, alice, stranger):
    for _ in range(3):
        asks(stranger, "alice")
    assert stranger.post(mailing.link(), {"new_password": NEW_PASSWORD}).status == 303
    mailing.deliver()
    asks(stranger, "alice")
    assert "Choose a new password" in [letter.subject for letter in mailing.delivered()]


def test_requests_that_come_before_the_worker_looks_are_no_more_than_three(mailing, alice, stranger):
    """A link that is on its way counts as out."""
    mailing.another_sends()
    for _ in range(8):
        asks(stranger, "alice")
    mailing.damage("UPDATE leases SET until = 0 WHERE name = 'letters'")
    assert len(mailing.delivered()) == 3


def test_whoever_asks_without_end_sends_two_more_an_hour(mailing, alice):
    sent = 0
    for minute in range(60):
        asks(mailing.installation.browser(f"192.0.2.{minute + 1}"), "alice")
        sent += len(mailing.delivered())
        mailing.installation.clock.forward(60)
    assert sent <= 5


def test_who_gets_no_link_has_three_entries_of_the_log_an_hour(mailing, stranger):
    somebody(mailing.installation, "cleo", sso=True)
    for _ in range(8):
        asks(stranger, "cleo")
    mailing.deliver()
    assert len(log_of_requests(mailing)) == 3


def test_a_network_that_asks_very_often_is_not_heard_and_not_told(mailing, alice, stranger):
    for _ in range(100):
        stranger.post("/login/reset", {"username": "nobody"})
    mailing.deliver()
    refused = asks(stranger, "alice")
    assert (refused.status, refused.location) == (303, "/login/reset?asked=on")
    assert mailing.delivered() == []
    asks(mailing.installation.browser("192.0.2.1"), "alice")
    assert len(mailing.delivered()) == 1, "others are heard"


def test_the_queue_is_bounded(mailing, alice):
    mailing.another_sends()
    mailing.damage(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO outbox"
        " (letter, user_id, address, facts, created_at, due_at, tries, error)"
        " SELECT 'reset_request', NULL, '', '{}', 1795521600, 0, 0, '' FROM n"
    )
    assert asks(mailing.installation.browser(), "alice").status == 303
    assert mailing.rows("SELECT count(*) FROM outbox WHERE letter = 'reset_request'") == [(RESET_REQUESTS_WAITING,)]
    mailing.damage("UPDATE leases SET until = 0 WHERE name = 'letters'")
    mailing.deliver()
    assert mailing.rows("SELECT count(*) FROM outbox WHERE letter = 'reset_request'") == [(0,)], "damaged ones, too"


def test_a_request_that_nobody_looked_up_is_forgotten(mailing, alice, stranger):
    mailing.another_sends()
    asks(stranger, "alice")
    mailing.installation.clock.forward(24 * HOUR)
    mailing.installation.run(house.tidy_up)
    assert mailing.rows("SELECT count(*) FROM outbox WHERE letter = 'reset_request'") == [(0,)]


def test_asking_voids_nothing_until_the_letter_leaves(mailing, alice, stranger):
    asks(stranger, "alice")
    link = mailing.link()
    mailing.another_sends()
    asks(stranger, "alice")
    assert stranger.get(link).status == 200


def test_asking_voids_no_link_that_was_handed_over(mailing, stranger):
    """Dora cannot read her letters; whoever knows her name would take away what an administrator gave her."""
    bob = somebody(mailing.installation, "bob", "Administrator").signs_in()
    dora = somebody(mailing.installation, "dora")
    page = bob.post(f"/users/{dora.user_id}/password-reset", {"show": "on"})
    handed = page.words("#handed-link").removeprefix("http://localhost:8000")
    asks(stranger, "dora")
    mailing.deliver()
    mailed = mailing.link("dora@example.org")
    assert mailed != handed
    asks(stranger, "dora")
    newer = mailing.link("dora@example.org")
    assert newer != mailed
    assert stranger.get(mailed).status == 410, "a newer e-mail replaces the older"
    assert stranger.post(handed, {"new_password": NEW_PASSWORD}).status == 303
    assert stranger.get(newer).status == 410, "and once a password is chosen, all are void"


def test_without_a_mail_server_an_administrator_is_to_be_asked(installation):
    browser = installation.browser()
    assert "/login/reset" not in browser.get("/login").links()
    for page in (browser.get("/login/reset"), browser.post("/login/reset", {"username": "alice"})):
        assert page.status == 404
        assert "Ask your administrator" in page.text
    assert browser.get("/login/reset?asked=on").status == 404


def test_a_link_that_is_over_leads_to_a_new_letter(mailing, stranger):
    assert "/login/reset" in stranger.get("/login/reset/x").links()
    assert "/login/reset" in stranger.get("/invitation/x").links()
