"""Links by e-mail: an invitation, or a reset that an administrator starts; the token is made when it leaves."""

import asyncio
import json

import pytest

from accounts import administrators, sessions
from accounts.context import COMMAND_LINE, Context
from accounts.users import adding, users
from accounts.users.password import set_password
from db import users as stored_users
from tests import acts
from tests.browser import Browser, Page
from tests.links.test_links import HOUR, MINUTE, NEW_PASSWORD, is_over, path_in, signs_in
from tests.mailing import Mailing, the_one
from tests.people import Person, session_of, somebody


@pytest.fixture
def bob(mailing: Mailing) -> Person:
    person = somebody(mailing.installation, "bob", "Administrator")
    person.signs_in()
    mailing.delivered()
    return person


@pytest.fixture
def alice(mailing: Mailing) -> Person:
    return somebody(mailing.installation, "alice")


@pytest.fixture
def stranger(mailing: Mailing) -> Browser:
    return mailing.installation.browser("198.51.100.9")


def adds_dora(bob: Person, email: str = "dora@example.org") -> Page:
    return bob.browser.submit(bob.browser.get("/users/new"), "/users", username="dora", name="Dora", email=email)


def mails_again(bob: Person, user_id: int) -> Page:
    page = bob.browser.get(f"/users/{user_id}")
    newest = page.fields(f"/users/{user_id}/password-reset")["newest"]
    return bob.browser.post(f"/users/{user_id}/password-reset", {"newest": newest})


def nobody_sends(mailing: Mailing) -> None:
    """Another process has the letters, and does nothing."""
    mailing.another_sends()


def may_send(mailing: Mailing) -> None:
    mailing.damage("UPDATE leases SET until = 0 WHERE name = 'letters'")


def account(bob: Person, user_id: int) -> str:
    return bob.browser.get(f"/users/{user_id}").words("#user-account")


def test_a_new_user_is_invited_by_mail(mailing, bob, stranger):
    assert "gets an e-mail with a link" in bob.browser.get("/users/new").text
    added = adds_dora(bob)
    assert added.status == 303
    page = bob.browser.follow(added)
    assert "dora@example.org" in page.words("#user-account")
    assert not page.has("#handed-link")
    letter = the_one(mailing.delivered("dora@example.org"))
    assert letter.subject == "Choose a password for your account at Acme"
    for words in ("Bob (bob) invites you", "Username: dora", "works once, for 72 hours"):
        assert words in letter.text, words
    link = mailing.link("dora@example.org")
    assert link in letter.html
    assert (
        "was sent by e-mail to dora@example.org and works until 27 Nov 2026, 12:00"
        in bob.browser.get(added.location).text
    )
    assert stranger.submit(stranger.get(link), link, new_password=NEW_PASSWORD).status == 303
    assert signs_in(mailing.installation, "dora", NEW_PASSWORD).status == 303


def test_the_form_sent_twice_invites_once(mailing, bob):
    first, again = adds_dora(bob), adds_dora(bob)
    assert first.location == again.location
    assert len(mailing.delivered("dora@example.org")) == 1


def test_without_an_address_the_link_is_shown_to_hand_over(mailing, bob, stranger):
    page = adds_dora(bob, email="")
    assert page.status == 200
    assert stranger.get(path_in(page)).status == 200
    mailing.deliver()
    assert mailing.rows("SELECT count(*) FROM outbox WHERE letter = 'invitation'") == [(0,)]


def test_a_reset_is_mailed_and_says_by_whom(mailing, bob, alice, stranger):
    page = bob.browser.get(f"/users/{alice.user_id}")
    assert "Send a link for a new password" in page.text
    done = bob.browser.submit(page, f"/users/{alice.user_id}/password-reset")
    assert (done.status, done.location) == (303, f"/users/{alice.user_id}")
    letter = the_one(mailing.delivered())
    assert letter.subject == "Choose a new password"
    for words in ("bob sends you a link", "works once, for 30 minutes", "two-factor authentication stays as it is"):
        assert words in letter.text, words
    assert "sent by e-mail to alice@example.org and works until 24 Nov 2026, 12:30" in account(bob, alice.user_id)
    assert stranger.post(mailing.link(), {"new_password": NEW_PASSWORD}).status == 303
    assert alice.types(password=NEW_PASSWORD).status == 303


def test_one_that_went_to_another_address_than_the_present_one_is_over(mailing, bob, alice, stranger):
    """Whatever changed the address without revoking the link."""
    bob.browser.submit(bob.browser.get(f"/users/{alice.user_id}"), f"/users/{alice.user_id}/password-reset")
    link = mailing.link()
    assert stranger.get(link).status == 200
    assert "works until" in account(bob, alice.user_id)
    mailing.damage("UPDATE users SET email = 'elsewhere@example.org' WHERE username = 'alice'")
    assert stranger.get(link).status == 410
    assert "works until" not in account(bob, alice.user_id)


def test_pressed_again_by_a_reload_it_is_mailed_once(mailing, bob, alice):
    page = bob.browser.get(f"/users/{alice.user_id}")
    for _ in range(3):
        assert bob.browser.submit(page, f"/users/{alice.user_id}/password-reset").status == 303
    assert len(mailing.delivered()) == 1


def test_sent_again_voids_the_one_before(mailing, bob, alice, stranger):
    mails_again(bob, alice.user_id)
    older = mailing.link()
    mails_again(bob, alice.user_id)
    assert is_over(stranger.get(older)), "at once, not only when the new letter leaves"
    newer = mailing.link()
    assert newer != older
    assert stranger.get(newer).status == 200


def test_two_letters_that_wait_leave_one_good_link_the_later_one(mailing, bob, alice, stranger):
    from tests.login.test_forgotten_password import asks

    nobody_sends(mailing)
    asks(stranger, "alice")
    asks(stranger, "alice")
    may_send(mailing)
    mailing.deliver()
    letters = mailing.server.to("alice@example.org")
    assert len(letters) == 2
    first, second = (letter.text.split("http://localhost:8000")[1].split()[0] for letter in letters)
    assert is_over(stranger.get(first))
    assert stranger.get(second).status == 200


@pytest.mark.parametrize(("late", "works"), [(30 * MINUTE - 1, True), (30 * MINUTE, False)])
def test_its_time_counts_from_when_the_letter_leaves(mailing, bob, alice, stranger, late, works):
    nobody_sends(mailing)
    bob.browser.submit(bob.browser.get(f"/users/{alice.user_id}"), f"/users/{alice.user_id}/password-reset")
    mailing.installation.clock.forward(5 * HOUR)
    may_send(mailing)
    link = mailing.link()
    mailing.installation.clock.forward(late)
    assert (stranger.get(link).status == 200) == works


def test_the_outbox_holds_no_token(mailing, bob, alice, server):
    server.answers["alice@example.org"] = "451 later"
    bob.browser.submit(bob.browser.get(f"/users/{alice.user_id}"), f"/users/{alice.user_id}/password-reset")
    mailing.deliver()
    mailing.installation.clock.forward(MINUTE)
    server.answers.clear()
    token = mailing.link().rsplit("/", 1)[1]
    assert not [row for row in mailing.rows("SELECT * FROM outbox") if token in json.dumps(row)]
    assert mailing.rows("SELECT count(*) FROM links WHERE length(token_hash) = 32") == [(1,)]


def test_while_the_mail_server_refuses_the_page_says_so_and_shows_a_link_instead(mailing, bob, alice, server, stranger):
    server.answers["alice@example.org"] = "451 later"
    where = f"/users/{alice.user_id}/password-reset"
    bob.browser.submit(bob.browser.get(f"/users/{alice.user_id}"), where)
    mailing.deliver()
    page = bob.browser.get(f"/users/{alice.user_id}")
    shown = page.words("#user-account")
    assert "The e-mail with the link to alice@example.org could not be sent yet, and we try again." in shown
    assert "451 later" in shown
    instead = bob.browser.post(where, {"newest": page.fields(where)["newest"], "show": "on"})
    assert stranger.get(path_in(instead)).status == 200
    server.answers.clear()
    mailing.installation.clock.forward(HOUR)
    assert mailing.delivered() == [], "the letter that waited is not needed any more"
    assert stranger.get(path_in(instead)).status == 410, "it lives 30 minutes as any other"
    assert mailing.rows("SELECT error FROM outbox WHERE letter = 'password_reset'") == [("link_over",)]


def test_an_address_that_is_refused_for_good_is_shown(mailing, bob, server):
    server.answers["dora@example.org"] = "550 no such user here"
    added = adds_dora(bob)
    mailing.deliver()
    page = bob.browser.get(added.location)
    assert "The e-mail with the link to dora@example.org was not sent." in page.text
    assert "Invitation The mail server refused this e-mail." in bob.browser.get("/general-settings").text
    assert "Show a link to pass on instead" in page.text


@pytest.mark.parametrize("what", ["disabled", "single sign-on", "another password"])
def test_a_letter_that_does_not_fit_any_more_is_not_sent(mailing, bob, alice, what):
    nobody_sends(mailing)
    bob.browser.submit(bob.browser.get(f"/users/{alice.user_id}"), f"/users/{alice.user_id}/password-reset")
    if what == "disabled":
        mailing.installation.run(lambda context: acts.disable(context, "alice"))
    elif what == "another password":
        mailing.installation.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
    else:
        mailing.damage("UPDATE users SET login_method = 'sso', password_hash = NULL WHERE username = 'alice'")
    may_send(mailing)
    mailing.deliver()
    assert "Choose a new password" not in [letter.subject for letter in mailing.server.to("alice@example.org")]
    assert mailing.rows("SELECT error FROM outbox WHERE letter = 'password_reset'") == [("link_over",)]
    assert "Not needed: its link was replaced" in bob.browser.get("/general-settings").text


def test_a_new_address_voids_what_was_mailed_to_the_old_one_and_what_waits(mailing, bob, alice, stranger):
    bob.browser.submit(bob.browser.get(f"/users/{alice.user_id}"), f"/users/{alice.user_id}/password-reset")
    link = mailing.link()
    form = bob.browser.get(f"/users/{alice.user_id}/edit")
    assert bob.browser.submit(form, f"/users/{alice.user_id}/edit", email="new@example.org").status == 303
    assert is_over(stranger.get(link))


def test_a_new_address_leaves_a_link_that_was_handed_over(mailing, bob, alice, stranger):
    handed = path_in(bob.browser.post(f"/users/{alice.user_id}/password-reset", {"newest": "0", "show": "on"}))
    form = bob.browser.get(f"/users/{alice.user_id}/edit")
    bob.browser.submit(form, f"/users/{alice.user_id}/edit", email="new@example.org")
    assert stranger.get(handed).status == 200


@pytest.mark.provider
def test_a_role_deleted_while_a_user_is_added_is_a_refusal(mailing, bob):
    """Thirty rounds of both at once: added with the role, added without it, or refused and nobody is there."""

    async def both(context: Context) -> list[tuple[object, bool]]:
        outcomes: list[tuple[object, bool]] = []
        session = await resumed(context)
        for number in range(30):
            new = users.New(f"new{number}", login_method="sso")
            added, _ = await asyncio.gather(adding.add(context, new, session), without_the_role(context))
            outcomes.append((added, await stored_users.by_username(context.db, f"new{number}") is not None))
            async with context.db.transaction():
                await context.db.execute("INSERT INTO roles (id, name) VALUES (99, 'Member')")
        return outcomes

    async def resumed(context: Context) -> sessions.Current:
        return await session_of(context, bob)

    async def without_the_role(context: Context) -> None:
        async with context.db.transaction():
            await administrators.lock(context)
            await context.db.execute("DELETE FROM roles WHERE name = 'Member'")

    for added, is_there in mailing.installation.run(both):
        assert isinstance(added, users.Created) == is_there
        assert isinstance(added, users.Created) or (isinstance(added, users.Refused) and added.field == "role")


# ------------------------------------------------------------------------------------------- the browser becomes known


@pytest.mark.parametrize("kind", ["password_reset", "invitation"])
def test_who_chooses_a_password_by_a_mailed_link_is_no_stranger_in_that_browser(mailing, bob, alice, stranger, kind):
    a_new_one = mailing.installation.browser("198.51.100.9")
    if kind == "invitation":
        adds_dora(bob)
        username, link = "dora", mailing.link("dora@example.org")
    else:
        stranger.submit(stranger.get("/login/reset"), "/login/reset", username="alice")
        username, link = "alice", mailing.link()
    chosen = stranger.submit(stranger.get(link), link, new_password=NEW_PASSWORD)
    (cookie,) = chosen.headers.get_list("set-cookie")
    assert cookie.startswith("two_keys_browser")
    for _ in range(15):
        a_new_one.post("/login", {"username": username, "password": "not the password"})
    assert a_new_one.post("/login", {"username": username, "password": NEW_PASSWORD}).status == 422
    assert stranger.post("/login", {"username": username, "password": NEW_PASSWORD}).status == 303


def test_a_link_that_was_handed_over_makes_no_browser_known(mailing, bob, alice, stranger):
    page = bob.browser.post(f"/users/{alice.user_id}/password-reset", {"show": "on"})
    link = page.words("#handed-link").removeprefix("http://localhost:8000")
    chosen = stranger.submit(stranger.get(link), link, new_password=NEW_PASSWORD)
    assert chosen.status == 303
    assert chosen.headers.get_list("set-cookie") == []


def test_a_mailed_link_that_chooses_nothing_makes_no_browser_known(mailing, alice, stranger):
    stranger.submit(stranger.get("/login/reset"), "/login/reset", username="alice")
    link = mailing.link()
    for page in (stranger.get(link), stranger.post(link, {"new_password": "short"}), stranger.get(link + "x")):
        assert page.headers.get_list("set-cookie") == []
