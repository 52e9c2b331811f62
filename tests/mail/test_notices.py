"""Notices: a mail server gets e-mails about what happens to an account, in the user's time zone, without secret."""

import html5lib
import pytest

from accounts.context import COMMAND_LINE
from accounts.mail import notices
from accounts.users.password import set_password
from tests import acts
from tests.browser import NOON, Installation, Phone
from tests.mailing import Mailing, settings, the_one
from tests.people import Person, gets_blocked, somebody, switch

HOUR = 3600


@pytest.fixture
def alice(mailing: Mailing) -> Person:
    return somebody(mailing.installation, "alice")


@pytest.fixture
def bob(mailing: Mailing) -> Person:
    return somebody(mailing.installation, "bob", "Administrator")


def with_phone(mailing: Mailing, person: Person) -> Person:
    """Signs in and has set it up; the letters about that are away."""
    switch(mailing.installation, True)
    person.signs_in()
    person.sets_up()
    mailing.delivered()
    return person


def signed_out(mailing: Mailing, person: Person) -> Person:
    """The same, and signed out again."""
    with_phone(mailing, person).browser.post("/logout")
    return person


def test_set_up_is_told(mailing, alice):
    switch(mailing.installation, True)
    alice.signs_in()
    alice.sets_up()
    letter = the_one(mailing.delivered())
    assert letter.subject == "Two-factor authentication was set up"
    assert letter.sender == "keys@example.org"
    assert str(letter.message["From"]) == "Acme <keys@example.org>"
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert "24 Nov 2026, 12:00 (UTC)" in letter.text
    assert "http://localhost:8000/my-user" in letter.text
    assert mailing.delivered() == []
    for secret in alice.recovery_codes:
        assert secret not in letter.text + letter.html


def test_it_is_written_in_the_readers_time_zone(mailing, alice):
    with_phone(mailing, alice)
    page = alice.browser.get("/my-user")
    alice.browser.submit(page, "/my-user/profile", time_zone="Asia/Tokyo")
    alice.browser.post("/my-user/recovery-codes")
    assert "24 Nov 2026, 21:00 (Asia/Tokyo)" in the_one(mailing.delivered()).text


def test_a_letter_is_valid_html_and_says_the_same(mailing, alice):
    with_phone(mailing, alice)
    letter = mailing.server.to("alice@example.org")[-1]
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(letter.html)
    assert not parser.errors
    words = " ".join("".join(tree.find("body").itertext()).split())
    for line in letter.text.splitlines():
        if line and ": " not in line and line not in ("--", "Acme") and not line.endswith(":"):
            assert line in words, line


def test_another_phone_and_new_codes_are_told(mailing, alice):
    with_phone(mailing, alice)
    alice.sets_up()
    assert "another phone" in the_one(mailing.delivered()).subject
    alice.browser.post("/my-user/recovery-codes")
    assert the_one(mailing.delivered()).subject == "New recovery codes were made"


@pytest.mark.parametrize(("name", "said"), [("", "One of your phones"), ("Tablet", "The phone Tablet"), ("a@b.c", "…")])
def test_a_phone_that_is_added_or_removed_is_not_the_whole_second_factor(mailing, alice, name, said):
    with_phone(mailing, alice)
    alice.browser.post("/my-user/two-factor", {"purpose": "add", "password": alice.password}, part=True)
    page = alice.browser.get("/my-user")
    added = Phone(page.words("#two-factor-key").replace(" ", ""), mailing.installation.clock)
    alice.browser.post("/my-user/two-factor/confirm", {"code": added.code(), "name": name or "Second"}, part=True)
    assert the_one(mailing.delivered()).subject == "A phone was added to your two-factor authentication"
    mailing.installation.clock.forward(30)
    ((number,),) = mailing.rows(f"SELECT id FROM authenticators WHERE name = '{name}'")
    proof = {"code": added.code(), "authenticator": str(number)}
    assert alice.browser.post("/my-user/two-factor/remove", proof).status == 303
    letter = the_one(mailing.delivered())
    assert letter.subject == "A phone was removed from your two-factor authentication"
    assert f"{said} was removed." in letter.text.replace("The phone … was", "… was")
    assert "signed out everywhere else" in letter.text
    assert "password alone" not in letter.text


def test_removal_is_told(mailing, alice):
    with_phone(mailing, alice)
    assert alice.phone is not None
    alice.browser.post("/my-user/two-factor/remove", {"code": alice.phone.code()})
    assert the_one(mailing.delivered()).subject == "Two-factor authentication was removed"


def test_a_reset_is_told_with_the_reason_and_by_whom(mailing, alice, bob):
    with_phone(mailing, alice)
    bob.signs_in()
    answer = bob.browser.post(
        f"/users/{alice.user_id}/reset-two-factor", {"reason": "lost <phone> & bag", "password": bob.password}
    )
    assert answer.status == 303
    letter = the_one(mailing.delivered())
    assert letter.subject == "Your two-factor authentication was reset"
    assert "Reason: lost <phone> & bag" in letter.text
    assert "lost &lt;phone&gt; &amp; bag" in letter.html
    assert "By: bob" in letter.text


def test_a_block_is_told(mailing, alice):
    with_phone(mailing, alice)
    gets_blocked(alice)
    subjects = [letter.subject for letter in mailing.delivered()]
    assert "Your authenticator app was blocked" in subjects


def test_a_recovery_code_is_told(mailing, alice):
    signed_out(mailing, alice)
    alice.types(code=alice.recovery_codes[0])
    letter = the_one(mailing.delivered())
    assert letter.subject == "A recovery code was used"
    assert "9 recovery codes are left" in letter.text


def test_a_recovery_code_in_a_new_browser_is_one_e_mail_that_names_the_browser(mailing, alice):
    signed_out(mailing, alice)
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
    alice.browser = mailing.installation.browser("198.51.100.7", phone)
    alice.types(code=alice.recovery_codes[0])
    letter = the_one(mailing.delivered())
    assert letter.subject == "A recovery code was used"
    assert "Browser: Safari on iPhone" in letter.text


def test_wrong_codes_are_told_from_the_third_on_once_an_hour(mailing, alice):
    signed_out(mailing, alice)
    assert alice.phone is not None
    for _ in range(2):
        alice.types(code=alice.phone.wrong_code())
    assert mailing.delivered() == []
    alice.types(code=alice.phone.wrong_code())
    letter = the_one(mailing.delivered())
    assert letter.subject == "Wrong codes after your right password"
    assert "3 wrong codes in a row" in letter.text
    alice.types(code=alice.phone.wrong_code())
    assert mailing.delivered() == []
    mailing.installation.clock.forward(HOUR + 1)
    alice.types(code=alice.phone.wrong_code())
    assert [letter.subject for letter in mailing.delivered()] == ["Wrong codes after your right password"]


def test_a_password_change_is_told(mailing, alice):
    alice.signs_in()
    new = "nine blue kettles in a row"
    alice.browser.post("/my-user/password", {"current_password": alice.password, "new_password": new})
    assert the_one(mailing.delivered()).subject == "Your password was changed"


def test_a_password_set_by_somebody_is_told_without_it(mailing, alice):
    one_time = mailing.installation.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
    letter = the_one(mailing.delivered())
    assert letter.subject == "A new password was set for you"
    assert "By: the command line" in letter.text
    assert str(one_time) not in letter.text + letter.html


def test_being_disabled_is_told(mailing, alice, bob):
    mailing.installation.run(lambda context: acts.disable(context, "alice"))
    assert the_one(mailing.delivered()).subject == "Your account was disabled"


def test_a_new_browser_is_told_but_not_the_first_sign_in(mailing, alice):
    for _ in range(2):
        alice.signs_in()
        assert mailing.delivered() == []
        alice.browser.post("/logout")
    mailing.installation.browser(user_agent="Mozilla/5.0 (iPhone) Safari/1").post(
        "/login", {"username": "alice", "password": alice.password}
    )
    letter = the_one(mailing.delivered())
    assert letter.subject == "You signed in from a new browser"
    assert "Browser: Safari on iPhone" in letter.text
    assert "IP address: 203.0.113.7" in letter.text


def test_signing_oneself_out_elsewhere_is_no_news_nor_is_nothing(mailing, alice, bob):
    bob.signs_in()
    bob.browser.post(f"/users/{alice.user_id}/end-sessions")
    assert mailing.delivered() == [], "nothing ended"
    alice.signs_in()
    alice.browser.post("/my-user/sessions/end-others")
    assert mailing.delivered() == []
    bob.browser.post(f"/users/{alice.user_id}/end-sessions")
    assert the_one(mailing.delivered()).subject == "You were signed out everywhere"


def test_a_session_that_another_user_ended_is_told_and_ones_own_is_not(mailing, alice, bob):
    alice.signs_in()
    bob.signs_in()
    [form] = bob.browser.get(f"/users/{alice.user_id}").all("#user-sessions li form")
    bob.browser.post(form.get("action"))
    letter = the_one(mailing.delivered())
    assert letter.subject == "You were signed out in a browser"
    assert "Browser: Firefox on Linux" in letter.text
    assert "By: bob" in letter.text


def test_a_password_chosen_in_place_of_a_one_time_one_is_told(mailing, alice):
    one_time = mailing.installation.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
    mailing.delivered()
    alice.types(password=str(one_time))
    alice.browser.post("/my-user/password", {"new_password": "nine blue kettles in a row"})
    letter = the_one(mailing.delivered())
    assert letter.subject == "Your password was chosen"
    assert "in place of the one-time password" in letter.text


def test_every_letter_has_a_name_for_administrators(mailing):
    words = mailing.installation.app.state.templates.shipped.get_template("general_settings/_email_names.html").module
    for kind in notices.KINDS:
        assert str(words.email_name(kind)) != kind, f"give {kind} a name in templates/general_settings/"


def test_the_switch_is_told_to_all_who_can_throw_it(mailing, alice, bob):
    somebody(mailing.installation, "dora", "Administrator")
    somebody(mailing.installation, "erna", "Administrator")
    mailing.installation.run(lambda context: acts.disable(context, "erna"))
    mailing.deliver()
    before = len(mailing.server.received)
    switch(mailing.installation, True)
    mailing.deliver()
    told = mailing.server.received[before:]
    assert sorted(letter.to[0] for letter in told) == ["bob@example.org", "dora@example.org"]
    assert {letter.subject for letter in told} == {"Two-Factor Authentication was switched on"}


def test_whoever_has_no_address_gets_none(mailing, alice):
    mailing.damage("UPDATE users SET email = '' WHERE username = 'alice'")
    mailing.installation.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
    mailing.deliver()
    assert mailing.rows("SELECT count(*) FROM outbox WHERE letter = 'password_changed'") == [(0,)]


def test_there_is_no_flood_about_the_past(tmp_path, server):
    with Installation(tmp_path / "data") as running:
        alice = somebody(running, "alice")
        running.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
    with Installation(tmp_path / "data", **settings(server)) as running:
        made = Mailing(running, server)
        made.deliver()
        assert server.received == []
        running.run(lambda context: set_password(context, alice.username, None, COMMAND_LINE))
        made.deliver()
        assert len(server.received) == 1
    with Installation(tmp_path / "data") as running:
        running.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
    with Installation(tmp_path / "data", NOON + 2 * 24 * HOUR, **settings(server)) as running:
        Mailing(running, server).deliver()
        assert len(server.received) == 1


def test_no_line_can_be_brought_into_a_header(mailing, alice):
    mailing.damage("UPDATE users SET email = 'alice@example.org\r\nBcc: eve@example.org' WHERE username = 'alice'")
    mailing.installation.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
    mailing.deliver()
    assert mailing.server.received == []
    ((error,),) = mailing.rows("SELECT error FROM outbox WHERE failed_at IS NOT NULL")
    assert str(error).startswith("unsendable")


def test_a_name_with_lines_stays_in_the_letter(mailing, alice):
    mailing.damage("UPDATE users SET name = 'Alice\r\nBcc: eve@example.org' WHERE username = 'alice'")
    mailing.installation.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
    letter = the_one(mailing.delivered())
    assert letter.message["Bcc"] is None
    assert letter.to == ["alice@example.org"]


def test_in_place_of_a_broken_template_the_shipped_one_is_sent(tmp_path, server):
    (tmp_path / "own/mail").mkdir(parents=True)
    (tmp_path / "own/mail/password_changed.html").write_text(
        "{% extends layout %}{% block subject %}{{ nothing }}{% endblock %}"
    )
    with Installation(tmp_path / "data", **settings(server, TWO_KEYS_TEMPLATES_DIR=str(tmp_path / "own"))) as running:
        made = Mailing(running, server)
        alice, _ = somebody(running, "alice"), somebody(running, "bob", "Administrator")
        made.deliver()
        running.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
        running.run(lambda context: acts.disable(context, alice.username))
        made.deliver()
        assert [letter.subject for letter in server.received] == [
            "A new password was set for you",
            "Your account was disabled",
        ]
        assert made.rows("SELECT error FROM outbox WHERE failed_at IS NOT NULL") == []


def test_without_a_mail_server_nothing_is_queued(installation):
    somebody(installation, "alice")
    assert installation.app.state.outbox.server is None
    installation.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))

    async def count(context):
        return (await context.db.fetch_one("SELECT count(*) AS number FROM outbox"))["number"]

    assert installation.run(count) == 0
