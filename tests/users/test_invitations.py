"""Invitations in bulk: each user who has not joined gets one e-mail with a link, and no user two links that work."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.context import COMMAND_LINE
from accounts.users.password import set_password
from tests import acts
from tests.browser import _text
from tests.mailing import Mailing
from tests.people import Person, promotes, somebody

# some of those who are invited sign in by Single Sign-On
pytestmark = pytest.mark.provider

DAY = 24 * 3600
FILE = (
    "username,name,email,role,login_method\n"
    "dora,Dora Diaz,dora@example.org,Member,password\n"
    "erna,Erna Ernst,erna@example.org,Member,password\n"
    "finn,Finn Fuchs,finn@example.org,Member,sso\n"
    "gina,Gina Green,,Member,password\n"
    "hugo,Hugo Hill,hugo@example.org,Administrator,password\n"
)
INVITE = {"act": "invite", "all": "on", "joined": "no"}
NEW_PASSWORD = "nine brown bears in a boat"


def imports(person: Person, content: str = FILE) -> str:
    """Imports a file on the page; what the page says afterwards."""
    browser = person.browser
    files = {"file": ("users.csv", content.encode(), "text/csv")}
    answer = browser.client.post("/users/import", files=files, headers={"Origin": "http://localhost:8000"})
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"])
    return browser.follow(browser.submit(page, "/users/import/confirm")).text


@pytest.fixture
def bob(mailing: Mailing) -> Person:
    person = somebody(mailing.installation, "bob", "Administrator")
    person.signs_in()
    mailing.deliver()
    return person


@pytest.fixture
def mara(mailing: Mailing) -> Person:
    """A user manager: may edit users, and holds less than an administrator."""
    person = somebody(mailing.installation, "mara", "User manager")
    person.signs_in()
    mailing.deliver()
    return person


def invited(mailing: Mailing) -> list[str]:
    """To whom an invitation or a link for the first sign-in came so far."""
    mailing.deliver()
    return sorted(letter.to[0].split("@")[0] for letter in mailing.server.received if "/invitation/" in letter.text)


def rows_of(person: Person, path: str) -> dict[str, str]:
    """Username → status in the overview."""
    page = person.browser.get(path)
    return {
        "".join(row.find("th/span").itertext()): "".join(row.findall("td")[-1].itertext()).strip()  # type: ignore[union-attr]  # because a row without it fails here
        for row in page.all("#users tbody tr")
    }


def test_all_who_were_imported_are_invited_in_one_act(mailing, bob):
    done = imports(bob)
    assert "No e-mails were sent to them so far" in done
    assert "Invite the new users" in done
    browser = bob.browser
    page = browser.get("/users/invitations")
    assert "4 users have no invitation that still works." in page.text
    assert "1 user has no e-mail address: enter one on their page" in page.text
    password, binding = (_text(letter) for letter in page.all(".letter"))
    assert "Bob (bob) invites you" in password
    assert "Bob (bob) has prepared an account for you. You sign in to it by Single Sign-On." in binding
    assert "The e-mail for 3 users with username/password" in page.text
    assert "The e-mail for 1 user of Single Sign-On" in page.text
    assert "Send 4 e-mails" in page.text
    assert browser.submit(page, "/users/bulk").location == "/users/invitations"
    assert invited(mailing) == ["dora", "erna", "finn", "hugo"]
    after = browser.get("/users/invitations")
    assert "4 of 4 e-mails are sent" in after.text
    assert "4 users are invited: their links still work" in after.text
    assert not after.offers("/users/bulk")


def test_who_cannot_be_invited_is_not_said_to_have_an_invitation(mailing, bob):
    somebody(mailing.installation, "nina")
    mailing.damage("UPDATE users SET password_hash = NULL, password_set_at = NULL, email = '' WHERE username = 'nina'")
    page = bob.browser.get("/users/invitations")
    assert "1 user has no e-mail address" in page.text
    assert "Nobody can be invited by e-mail now." in page.text
    assert "have an invitation." not in page.text


def test_the_link_of_such_a_letter_lets_them_in(mailing, bob):
    imports(bob)
    bob.browser.post("/users/bulk", INVITE)
    stranger = mailing.installation.browser("198.51.100.9")
    link = mailing.link("dora@example.org")
    assert stranger.submit(stranger.get(link), link, new_password=NEW_PASSWORD).status == 303
    assert stranger.post("/login", {"username": "dora", "password": NEW_PASSWORD, "code": ""}).status == 303
    assert "dora" not in rows_of(bob, "/users?joined=no")
    letter = mailing.server.to("finn@example.org")[-1]
    assert letter.subject.startswith("Sign in to Acme for the first time"), "Single Sign-On: a link that binds"


def test_twenty_presses_at_once_send_one_each(mailing, bob):
    imports(bob)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: bob.browser.post("/users/bulk", INVITE).status, range(20)))
    assert set(answers) <= {303, 409}, "409: there is nobody left"
    assert invited(mailing) == ["dora", "erna", "finn", "hugo"]


def test_who_has_a_link_that_works_gets_no_other_and_who_has_none_does(mailing, bob):
    imports(bob)
    dora = next(href for href in bob.browser.get("/users?q=dora").links() if href[7:].isdigit())
    shown = bob.browser.post(f"{dora}/invitation", {"newest": "0", "show": "on"})
    assert shown.has("#handed-link")
    bob.browser.post("/users/bulk", INVITE)
    assert invited(mailing) == ["erna", "finn", "hugo"]
    # 72 hours: the invitations are over, the link that binds is not
    mailing.installation.clock.forward(3 * DAY)
    bob.signs_in()
    assert rows_of(bob, "/users?joined=no")["dora"] == "Not invited"
    assert rows_of(bob, "/users?joined=no")["finn"] == "Invited"
    bob.browser.post("/users/bulk", INVITE)
    assert invited(mailing) == ["dora", "erna", "erna", "finn", "hugo", "hugo"]


def test_whose_letter_failed_for_good_can_be_invited_again(mailing, bob):
    imports(bob)
    mailing.server.answers["dora@example.org"] = "550 no such mailbox"
    bob.browser.post("/users/bulk", INVITE)
    mailing.deliver()
    page = bob.browser.get("/users/invitations")
    assert "3 of 4 e-mails are sent · 1 not sent" in page.text
    assert "550 no such mailbox" in page.text
    assert rows_of(bob, "/users?joined=no")["dora"] == "Not invited"
    mailing.server.answers.clear()
    assert "Send 1 e-mail" in page.text
    bob.browser.submit(page, "/users/bulk")
    assert invited(mailing) == ["dora", "erna", "finn", "hugo"]


def test_while_the_server_is_down_they_wait_and_nobody_is_asked_twice(mailing, bob):
    imports(bob)
    mailing.server.answers["keys@example.org"] = "451 later"
    bob.browser.post("/users/bulk", INVITE)
    mailing.deliver()
    page = bob.browser.get("/users/invitations")
    assert "4 waiting" in page.text
    (card,) = page.all("#invitations-progress")
    address = str(card.get("data-hx-get"))
    assert bob.browser.get(address, part=True).status == 204, "it shows that already"
    bob.browser.post("/users/bulk", INVITE)
    mailing.server.answers.clear()
    mailing.installation.clock.forward(60)
    assert invited(mailing) == ["dora", "erna", "finn", "hugo"]
    part = bob.browser.get(address, part=True)
    assert "4 of 4 e-mails are sent" in part.text
    assert "every 2s" not in part.html


def test_nobody_invites_those_who_hold_more(mailing, bob, mara):
    imports(bob)
    page = mara.browser.get("/users/invitations")
    assert "1 user has permissions that you do not have" in page.text
    mara.browser.post("/users/bulk", INVITE)
    assert invited(mailing) == ["dora", "erna", "finn"]
    assert rows_of(bob, "/users?joined=no")["hugo"] == "Not invited"


def test_no_link_opens_more_than_its_maker_may_act_on(mailing, bob, mara):
    """Whoever invites a member may read along, and must not become the administrator whom that member is made later."""
    imports(bob)
    mara.browser.post("/users/bulk", INVITE)
    mailing.deliver()
    (letter,) = [letter for letter in mailing.server.received if letter.to == ["dora@example.org"]]
    (path,) = re.findall(r"/invitation/\S+", letter.text)
    stranger = mailing.installation.browser("192.0.2.66")
    assert stranger.get(path).status == 200
    promotes(mailing.installation, "dora")
    assert stranger.get(path).status == 410
    assert stranger.post(path, {"new_password": NEW_PASSWORD}).status == 410


def test_disabled_users_and_those_who_joined_get_none(mailing, bob):
    imports(bob)
    mailing.installation.run(lambda context: acts.disable(context, "erna"))
    mailing.installation.run(lambda context: set_password(context, "dora", NEW_PASSWORD, COMMAND_LINE))
    bob.browser.post("/users/bulk", INVITE)
    assert invited(mailing) == ["finn", "hugo"]


def test_each_is_logged_and_the_letters_let_others_pass(mailing, bob):
    imports(bob)
    bob.browser.post("/users/bulk", INVITE)
    log = bob.browser.get("/activity-log").text
    assert "bob invited dora to choose a password" in log
    assert "bob created a link for the first sign-in of finn by Single Sign-On" in log
    due = mailing.rows("SELECT count(*) FROM outbox WHERE letter IN ('invitation', 'binding') AND due_at = created_at")
    assert due == [(4,)]
    assert bob.browser.get("/activity-log?action=user.invited").text.count("bob invited") == 3


def test_only_who_edits_users_may(mailing, bob):
    imports(bob)
    auditor = somebody(mailing.installation, "ivan", "Auditor").signs_in()
    assert auditor.post("/users/bulk", INVITE).status == 403
    assert auditor.get("/users/invitations").status == 403
    page = auditor.get("/users?joined=no")
    assert "/users/invitations" not in page.html
    assert invited(mailing) == []


def test_when_everybody_has_joined_it_says_so(mailing, bob):
    page = bob.browser.get("/users/invitations")
    assert "All users have joined" in page.text
    assert not page.offers("/users/bulk")


def test_without_a_mail_server_it_says_what_to_do_and_shows_no_link(installation):
    bob = somebody(installation, "bob", "Administrator")
    bob.signs_in()
    done = imports(bob)
    assert "Pass on a link to each of them from their page" in done
    page = bob.browser.get("/users/invitations")
    assert "Open each user and pass on the link" in page.text
    assert not page.offers("/users/bulk")
    refused = bob.browser.post("/users/bulk", INVITE)
    assert refused.status == 409
    assert "nothing is sent" in refused.text
    assert set(rows_of(bob, "/users?joined=no").values()) == {"Not invited"}
