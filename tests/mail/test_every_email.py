"""Every kind of e-mail arrives at a real mail server, also if that was down at first and the program was killed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import html5lib
import pytest

from accounts.context import COMMAND_LINE
from accounts.limits import WRONG_CODES_BEFORE_EMAIL
from accounts.mail import notices
from accounts.users.password import set_password
from tests.browser import Installation, Page
from tests.mail_server import MailServer, Received, wait_until
from tests.mailing import Mailing, settings
from tests.people import Person, gets_blocked, somebody, switch
from tests.server import Server, changes, rows

SSO = {
    "TWO_KEYS_SSO_ISSUER": "https://login.example.org",
    "TWO_KEYS_SSO_CLIENT_ID": "two-keys",
    "TWO_KEYS_SSO_CLIENT_SECRET": "hush",
}


@dataclass
class Scene:
    """The user to whom it happens, with a password and no second factor; and bob, an administrator who is signed in."""

    installation: Installation
    person: Person
    bob: Person

    @property
    def page(self) -> str:
        return f"/users/{self.person.user_id}"

    def with_phone(self) -> Person:
        self.person.signs_in()
        return self.person.sets_up()

    def does(self, path: str, **values: str) -> None:
        """Bob posts something; it must succeed."""
        answer = self.bob.browser.post(path, values)
        assert answer.status in (200, 303), answer.text


def address_changed(scene: Scene) -> None:
    form = scene.bob.browser.get(f"{scene.page}/edit").fields(f"{scene.page}/edit")
    scene.does(f"{scene.page}/edit", **(form | {"email": "elsewhere@example.org", "password": scene.bob.password}))


def invitation(scene: Scene) -> None:
    scene.does(f"{scene.page}/delete")
    scene.does("/users", username=scene.person.username, email=f"{scene.person.username}@example.org")


def binding(scene: Scene) -> None:
    scene.does(f"{scene.page}/delete")
    scene.does(
        "/users",
        username=scene.person.username,
        email=f"{scene.person.username}@example.org",
        login_method="sso",
    )


def login_method_changed(scene: Scene) -> None:
    scene.does(f"{scene.page}/login-method", login_method="sso", password=scene.bob.password)


def new_address(scene: Scene) -> None:
    page = scene.person.signs_in().get("/my-user")
    answer = scene.person.browser.submit(page, "/my-user/profile", email="new_address@example.net")
    assert answer.status == 303


def new_browser(scene: Scene) -> None:
    scene.person.signs_in()
    Person(
        scene.person.username, scene.person.user_id, scene.installation, scene.installation.browser("192.0.2.9")
    ).signs_in()


def password_changed(scene: Scene) -> None:
    scene.installation.run(lambda context: set_password(context, scene.person.username, None, COMMAND_LINE))


def password_reset(scene: Scene) -> None:
    answer = scene.installation.browser("192.0.2.8").post("/login/reset", {"username": scene.person.username})
    assert answer.status == 303


def recovery_code_used(scene: Scene) -> None:
    person = scene.with_phone()
    person.browser.post("/logout")
    person.signs_in(code=person.recovery_codes[0])


def recovery_codes_made(scene: Scene) -> None:
    scene.with_phone().browser.post("/my-user/recovery-codes")


def reminder(scene: Scene) -> None:
    scene.does("/users/bulk", act="remind", user=str(scene.person.user_id))


def signed_out(scene: Scene) -> None:
    scene.person.signs_in()
    scene.does(f"{scene.page}/end-sessions")


def two_factor_blocked(scene: Scene) -> None:
    gets_blocked(scene.with_phone())


def two_factor_removed(scene: Scene) -> None:
    person = scene.with_phone()
    assert person.phone is not None
    answer = person.browser.post("/my-user/two-factor/remove", {"code": person.phone.code()})
    assert answer.status in (200, 303)


def two_factor_reset(scene: Scene) -> None:
    scene.with_phone()
    scene.does(f"{scene.page}/reset-two-factor", reason="lost", password=scene.bob.password)


def two_factor_set_up(scene: Scene) -> None:
    scene.with_phone()


def two_factor_switched(scene: Scene) -> None:
    switch(scene.installation, False)
    switch(scene.installation, True)


def user_deleted(scene: Scene) -> None:
    scene.does(f"{scene.page}/delete")


def user_disabled(scene: Scene) -> None:
    scene.does(f"{scene.page}/disable")


def wrong_codes(scene: Scene) -> None:
    person = scene.with_phone()
    person.browser.post("/logout")
    assert person.phone is not None
    for _ in range(WRONG_CODES_BEFORE_EMAIL):
        assert person.types(code=person.phone.wrong_code()).status == 422


# letter → what happens, and its subject
HAPPENS: dict[str, tuple[Callable[[Scene], None], str]] = {
    "address_changed": (address_changed, "Your e-mail address was changed"),
    "binding": (binding, "Sign in to Acme for the first time"),
    "invitation": (invitation, "Choose a password for your account at Acme"),
    "login_method_changed": (login_method_changed, "The way you sign in was changed"),
    "new_address": (new_address, "Confirm your new e-mail address"),
    "new_browser": (new_browser, "You signed in from a new browser"),
    "password_changed": (password_changed, "A new password was set for you"),
    "password_reset": (password_reset, "Choose a new password"),
    "recovery_code_used": (recovery_code_used, "A recovery code was used"),
    "recovery_codes_made": (recovery_codes_made, "New recovery codes were made"),
    "reminder": (reminder, "Set up two-factor authentication at Acme"),
    "signed_out": (signed_out, "You were signed out everywhere"),
    "two_factor_blocked": (two_factor_blocked, "Your authenticator app was blocked"),
    "two_factor_removed": (two_factor_removed, "Two-factor authentication was removed"),
    "two_factor_reset": (two_factor_reset, "Your two-factor authentication was reset"),
    "two_factor_set_up": (two_factor_set_up, "Two-factor authentication was set up"),
    "two_factor_switched": (two_factor_switched, "Two-Factor Authentication was switched off"),
    "user_deleted": (user_deleted, "Your account was deleted"),
    "user_disabled": (user_disabled, "Your account was disabled"),
    "wrong_codes": (wrong_codes, "Wrong codes after your right password"),
}


def _saves_the_contact(bob: Person) -> Page:
    form, save = bob.browser.get(EDIT_CONTACT), "/general-settings/contact"
    return bob.browser.submit(form, save, name="IT Helpdesk", email="help@example.org", telephone="+49 30 12345")


def begin(installation: Installation) -> Person:
    """Bob, signed in; the function is on; the log is read up to here."""
    bob = somebody(installation, "bob", "Administrator")
    switch(installation, True)
    bob.signs_in()
    assert _saves_the_contact(bob).status == 303
    return bob


def happen(installation: Installation, bob: Person, kind: str) -> None:
    HAPPENS[kind][0](Scene(installation, somebody(installation, kind.replace("_", "-")), bob))


def reader(kind: str) -> str:
    """To which address that letter goes."""
    others = {"new_address": "new_address@example.net", "two_factor_switched": "bob@example.org"}
    return others.get(kind, f"{kind.replace('_', '-')}@example.org")


def about(received: list[Received], kind: str) -> list[Received]:
    return [letter for letter in received if letter.to == [reader(kind)] and letter.subject == HAPPENS[kind][1]]


def test_every_letter_is_here():
    assert set(HAPPENS) == set(notices.KINDS)


@pytest.mark.parametrize("kind", sorted(notices.KINDS))
def test_it_arrives_though_the_server_was_down_at_first(tmp_path, kind):
    down = MailServer()
    with Installation(tmp_path / "data", **SSO, **settings(down)) as running:
        happen(running, begin(running), kind)
        mailing = Mailing(running, down)
        mailing.deliver()
        assert mailing.rows("SELECT count(*) FROM outbox WHERE error LIKE 'refused:%'") != [(0,)], "nobody answers"
    with down, Installation(tmp_path / "data", running.clock() + 3600, **SSO, **settings(down)) as again:
        mailing = Mailing(again, down)
        mailing.deliver()
        found = about(down.received, kind)
        assert len(found) == 1, [(letter.to, letter.subject) for letter in down.received]
        looks_right(found[0], kind, again.config.organisation)
        mailing.deliver()
        assert len(about(down.received, kind)) == 1, "once"


EDIT_CONTACT = "/general-settings/contact/edit"
# Those about two-factor authentication, and the article that each leads to.
HELP = {
    "two_factor_switched": "/help/two-factor-admin",
    **dict.fromkeys(
        (
            "recovery_code_used",
            "recovery_codes_made",
            "reminder",
            "two_factor_blocked",
            "two_factor_removed",
            "two_factor_reset",
            "two_factor_set_up",
            "wrong_codes",
        ),
        "/help/two-factor-user",
    ),
}

# To addresses that their owner has not confirmed, and to former ones: a name is what its owner calls themselves.
WITHOUT_NAME = ("address_changed", "binding", "invitation", "new_address", "user_deleted")


def looks_right(letter: Received, kind: str, organisation: str) -> None:
    """Valid HTML that says what the text says, with a greeting, whom it is for, and its link if it has one."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(letter.html)
    assert not parser.errors
    words = " ".join("".join(tree.find("body").itertext()).split())
    name = "Bob" if kind == "two_factor_switched" else kind.replace("_", "-").capitalize()
    greeted = "Hello," if kind in WITHOUT_NAME else f"Hello {name},"
    assert letter.text.startswith(greeted)
    for line in letter.text.splitlines():
        if line and ": " not in line and line not in ("--", organisation) and not line.endswith(":"):
            assert line in words, line
    assert f"to the user {'bob' if kind == 'two_factor_switched' else kind.replace('_', '-')}." in words
    path = {
        "binding": "/invitation/",
        "invitation": "/invitation/",
        "password_reset": "/login/reset/",
        "new_address": "/new-address/",
    }.get(kind)
    assert path is None or path in letter.text
    assert "Need help? Ask: IT Helpdesk · help@example.org · +49 30 12345" in letter.text
    assert "IT Helpdesk · help@example.org · +49 30 12345" in words
    links = [link.get("href", "") for link in tree.iter("a")]
    assert "mailto:help@example.org" in links
    article = HELP.get(kind)
    assert [link for link in links if "/help/" in link] == ([f"http://localhost:8000{article}"] if article else [])
    assert article is None or any(
        line.endswith(f": http://localhost:8000{article}") for line in letter.text.splitlines()
    )
    assert "{" not in letter.text
    assert "None" not in letter.text


def test_all_arrive_though_the_program_was_killed_meanwhile(tmp_path):
    folder, down = tmp_path / "data", MailServer()
    # What happens moves its clock on by some minutes; the real one must not be behind.
    with Installation(folder, int(time.time()) - 3600, **SSO, **settings(down)) as running:
        bob = begin(running)
        for kind in sorted(notices.KINDS):
            happen(running, bob, kind)
    make_due(folder)
    with Server(folder, port=0, **SSO, **settings(down)) as first:
        wait_until(lambda: count(folder, "error <> ''") >= 1)
        first.kill()
    make_due(folder)
    with down, Server(folder, port=0, **SSO, **settings(down)):
        wait_until(lambda: all(about(down.received, kind) for kind in notices.KINDS), 60)
        wait_until(lambda: count(folder, "sent_at IS NULL AND failed_at IS NULL") == 0)
    assert {kind: len(about(down.received, kind)) for kind in notices.KINDS} == dict.fromkeys(notices.KINDS, 1)
    ids = [letter.id for letter in down.received]
    assert len(set(ids)) == len(ids)


def make_due(folder: Path) -> None:
    """A minute passes: what failed is tried again, and the lease of who was killed is over."""
    changes(
        folder,
        "UPDATE outbox SET due_at = 0 WHERE sent_at IS NULL",
        "UPDATE outbox SET error = '' WHERE sent_at IS NULL AND failed_at IS NULL",
        "UPDATE leases SET until = 0",
    )


def count(folder: Path, which: str) -> int:
    ((number,),) = rows(folder, f"SELECT count(*) FROM outbox WHERE {which}")
    assert isinstance(number, int)
    return number
