"""Reminders: an administrator asks those who have not set it up, one, some or all; nobody twice in a week, nobody in
vain.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import acts
from tests.browser import _text
from tests.mailing import Mailing
from tests.people import Person, somebody, switch

DAY = 24 * 3600
ALL = {"act": "remind", "all": "on", "two_factor": "off"}
SUBJECT = "Set up two-factor authentication at Acme"


@pytest.fixture
def mailing(mailing_switched_on: Mailing) -> Mailing:
    return mailing_switched_on


@pytest.fixture
def people(mailing: Mailing) -> dict[str, Person]:
    """Bob, who may remind; those who can be asked; and those who cannot."""
    installation = mailing.installation
    made = {name: somebody(installation, name) for name in ("alice", "dora", "erna")}
    made["bob"] = somebody(installation, "bob", "User manager")
    made["cleo"] = somebody(installation, "cleo", sso=True)
    made["fred"] = somebody(installation, "fred")
    installation.run(lambda context: acts.disable(context, "fred"))
    made["gina"] = somebody(installation, "gina")
    mailing.damage("UPDATE users SET email = '' WHERE username = 'gina'")
    made["hugo"] = somebody(installation, "hugo")
    made["hugo"].signs_in()
    made["hugo"].sets_up()
    made["bob"].signs_in()
    mailing.delivered()
    return made


def reminded(mailing: Mailing) -> list[str]:
    """Who got a reminder so far."""
    return sorted(letter.to[0].split("@")[0] for letter in mailing.server.received if letter.subject == SUBJECT)


def test_chosen_users_are_asked_after_a_look_at_the_letter(mailing, people):
    browser = people["bob"].browser
    page = browser.get("/users")
    boxes = {box.get("value") for box in page.all("[name=user]")}
    assert boxes == {str(person.user_id) for person in people.values()}
    ids = [people[name].user_id for name in ("alice", "dora", "gina", "cleo", "fred", "hugo")]
    led = browser.get("/users/reminders?" + "&".join(f"user={number}" for number in ids))
    assert led.location == "/users/bulk?act=remind&" + "&".join(f"user={number}" for number in ids)
    page = browser.get(led.location)
    assert "Send 2 e-mails" in page.text
    assert f"Subject: {SUBJECT}" in page.text
    assert "Hello Alice," in page.words(".letter")
    mailing.damage(f"UPDATE users SET email_set_by = {people['bob'].user_id} WHERE username = 'alice'")
    unconfirmed = browser.get(led.location).words(".letter")
    assert unconfirmed.startswith("Hello, Bob"), "as the e-mail greets where another user entered the address"
    mailing.damage("UPDATE users SET email_set_by = NULL WHERE username = 'alice'")
    left_out = {each.get("data-reason") for each in page.all("#reasons li")} - {None}
    assert left_out == {"has_set_up", "sso", "disabled", "no_address"}
    sent = browser.post("/users/bulk", {"act": "remind", "user": [str(number) for number in ids]})
    assert (sent.status, sent.location) == (303, "/users/reminders")
    mailing.deliver()
    assert reminded(mailing) == ["alice", "dora"]
    after = browser.get("/users/reminders")
    assert "2 of 2 e-mails are sent" in after.text
    assert "2 were reminded in the last 7 days" in after.words("#reasons")


def test_the_overview_says_when_somebody_was_reminded(mailing, people):
    browser = people["bob"].browser
    before = browser.get("/users?q=alice").text
    browser.post("/users/bulk", {"act": "remind", "user": str(people["alice"].user_id)})
    after = browser.get("/users?q=alice").text
    assert before.count("24 Nov 2026") + 1 == after.count("24 Nov 2026")


def test_all_who_have_not_are_asked_once_in_seven_days(mailing, people):
    browser = people["bob"].browser
    page = browser.get("/users/reminders?all=on")
    assert "4 users without two-factor can be reminded" in page.text
    assert page.words("#reasons") == "1 has no e-mail address"
    assert "Send 4 e-mails" in page.text
    for _ in range(20):
        assert browser.submit(page, "/users/bulk").status in (303, 409)
    mailing.deliver()
    assert reminded(mailing) == ["alice", "bob", "dora", "erna"]
    mailing.installation.clock.forward(7 * DAY - 1)
    people["bob"].signs_in()
    browser.post("/users/bulk", ALL)
    mailing.deliver()
    assert len(reminded(mailing)) == 4
    mailing.installation.clock.forward(1)
    browser.post("/users/bulk", ALL)
    mailing.deliver()
    assert len(reminded(mailing)) == 8


def test_twenty_presses_at_once_send_one_each(mailing, people):
    browser = people["bob"].browser
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: browser.post("/users/bulk", ALL).status, range(20)))
    mailing.deliver()
    assert reminded(mailing) == ["alice", "bob", "dora", "erna"]
    entries = mailing.rows("SELECT detail FROM activity WHERE action = 'reminders.sent'")
    assert entries == [('{"listed": "4", "number": "4"}',)]


def test_whoever_sets_it_up_meanwhile_gets_none(mailing, people):
    mailing.another_sends()
    people["bob"].browser.post("/users/bulk", ALL)
    people["alice"].signs_in()
    people["alice"].sets_up()
    mailing.installation.run(lambda context: acts.disable(context, "dora"))
    mailing.damage("UPDATE users SET email = '' WHERE username = 'erna'")
    mailing.damage("UPDATE leases SET until = 0")
    mailing.deliver()
    assert reminded(mailing) == ["bob"]
    page = people["bob"].browser.get("/users/reminders")
    for why in ("the user has set it up by now", "the user is disabled", "has no e-mail address"):
        assert why in page.text


def test_who_has_not_joined_yet_gets_none(mailing, people):
    browser = people["bob"].browser
    browser.submit(browser.get("/users/new"), "/users", username="nina", email="nina@example.org")
    mailing.deliver()
    (box,) = browser.get("/users?q=nina&two_factor=off").all("[name=user]")
    assert "has not joined yet" in browser.get(f"/users/bulk?act=remind&user={box.get('value')}").text
    browser.post("/users/bulk", ALL)
    mailing.deliver()
    assert reminded(mailing) == ["alice", "bob", "dora", "erna"]


def test_the_progress_says_why_a_letter_failed(mailing, people, server):
    server.answers["alice@example.org"] = "550 <b>full</b>"
    browser = people["bob"].browser
    browser.post("/users/bulk", ALL)
    mailing.deliver()
    page = browser.get("/users/reminders")
    assert "3 of 4 e-mails are sent · 1 not sent" in page.text
    assert "The mail server refused this e-mail. 550 <b>full</b>" in page.text
    assert "every 2s" not in page.html


def test_the_page_follows_while_letters_wait(mailing, people, server):
    server.answers["alice@example.org"] = "451 later"
    browser = people["bob"].browser
    browser.post("/users/bulk", ALL)
    mailing.deliver()
    page = browser.get("/users/reminders")
    (card,) = page.all("#reminders-progress")
    assert card.get("data-hx-trigger") == "every 2s"
    address = str(card.get("data-hx-get"))
    assert browser.get(address, part=True).status == 204, "it shows that already"
    server.answers.clear()
    mailing.installation.clock.forward(60)
    mailing.deliver()
    part = browser.get(address, part=True)
    assert part.status == 200
    assert "4 of 4 e-mails are sent" in part.text
    assert "every 2s" not in part.html


def test_what_the_page_asks_for_by_itself_prolongs_nothing(mailing, people):
    browser = people["bob"].browser
    for _ in range(3):
        mailing.installation.clock.forward(1500)
        browser.get("/users/reminders/progress", part=True)
    assert browser.get("/users/reminders/progress", part=True).status == 204
    assert browser.get("/users").status == 303


def test_while_the_function_is_off_nobody_is_asked(mailing, people):
    switch(mailing.installation, False)
    browser = people["bob"].browser
    assert not browser.get("/users").all("[value=remind]")
    page = browser.post("/users/bulk", ALL)
    assert page.status == 409
    assert "switched off" in page.text
    assert mailing.rows("SELECT count(*) FROM outbox WHERE letter = 'reminder'") == [(0,)]


@pytest.mark.parametrize("query", ["all=off", "user=x", "all=on&user=1", "two_factor=perhaps"])
def test_an_address_that_makes_no_sense_is_refused(mailing, people, query):
    assert people["bob"].browser.get(f"/users/reminders?{query}").status == 422


def test_only_who_edits_users_may_remind(mailing, people):
    auditor = somebody(mailing.installation, "ivan", "Auditor")
    browser = auditor.signs_in()
    assert browser.post("/users/bulk", ALL).status == 403
    for path in ("/users/reminders", "/users/reminders.csv", "/users/reminders/progress"):
        assert browser.get(path).status == 403
    page = browser.get("/users")
    assert not page.all("[name=user]")
    assert "/users/reminders" not in page.html
    assert mailing.rows("SELECT count(*) FROM outbox WHERE letter = 'reminder'") == [(0,)]


def test_it_is_logged(mailing, people):
    somebody(mailing.installation, "ivan", "Administrator").signs_in()
    people["bob"].browser.post("/users/bulk", ALL)
    auditor = somebody(mailing.installation, "jana", "Auditor").signs_in()
    assert "bob reminded 5 users to set up" in auditor.get("/activity-log?action=reminders.sent").text


def test_without_a_mail_server_the_page_gives_addresses_and_letter(installation):
    switch(installation, True)
    bob, alice = somebody(installation, "bob", "User manager"), somebody(installation, "alice")
    somebody(installation, "cleo", sso=True)
    browser = bob.signs_in()
    page = browser.get("/users/reminders?all=on")
    assert page.words("#addresses") == "alice@example.org bob@example.org"
    assert "Set it up on My User: http://localhost:8000/my-user" in page.words("#reminder-text")
    assert not page.offers("/users/bulk")
    assert browser.get(f"/users/reminders?user={alice.user_id}").words("#addresses") == "alice@example.org"
    refused = browser.post("/users/bulk", ALL)
    assert refused.status == 409
    assert "There is no mail server" in refused.text
    answer = browser.get("/users/reminders.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.html.splitlines() == [
        "\ufeffusername,name,email,last_reminded",
        "alice,Alice,alice@example.org,",
        "bob,Bob,bob@example.org,",
    ]
    auditor = somebody(installation, "ivan", "Auditor").signs_in()
    assert "bob exported the e-mail addresses" in auditor.get("/activity-log").text


@pytest.mark.parametrize("whom", ["all", "chosen"])
def test_the_log_leads_from_the_reminders_to_whom_they_were_sent(mailing, people, whom):
    chosen = [str(people[name].user_id) for name in ("alice", "dora", "cleo")]
    people["bob"].browser.post("/users/bulk", ALL if whom == "all" else {"act": "remind", "user": chosen})
    auditor = somebody(mailing.installation, "auditor", "Auditor").signs_in()
    link = next(
        link
        for link in auditor.get("/activity-log?action=reminders.sent").all("td a")
        if link.get("href", "").startswith("/activity-log?numbers=")
    )
    said = [_text(cell) for cell in auditor.get(str(link.get("href"))).all("td") if cell.get("class") == "what"]
    reached = ("erna", "dora", "bob", "alice") if whom == "all" else ("dora", "alice")
    many = f"(one of {len(reached)} users at once)"
    assert sorted(said) == sorted(f"bob reminded {name} to set up two-factor authentication {many}" for name in reached)
