"""What ends ways in ends all of them, as a person and a browser meet it: each act over HTTP, after every way in was
begun over HTTP.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from accounts.context import COMMAND_LINE, Context
from accounts.users import status, two_factor_reset
from accounts.users.password import set_password
from tests.browser import Browser, Page, Phone
from tests.cast import Cast
from tests.mail_server import MailServer
from tests.people import Person
from tests.small_provider import SmallProvider

NEW_PASSWORD = "a brand new umbrella for rainy days"
PLANTED = "a password that mgr made up"
FROM_HERE: dict[str, Any] = {"Sec_Fetch_Site": "same-origin"}
EVIL = "mgr@elsewhere.example"
ADMINISTRATOR, MEMBER = "1", "4"

# Whether it still gives access.
Use = Callable[[], bool]


@dataclass
class Scene(Cast):
    def act(self, path: str, form: dict[str, Any] | None = None, by: Person | None = None) -> Page:
        page = (by or self.boss).browser.post(path, form)
        assert page.status in (200, 303), page.text
        return page

    def link(self, person: Person, kind: str, by: Person | None = None) -> str:
        page = self.act(f"/users/{person.user_id}/{kind}", {"show": "on"}, by)
        return page.words("#handed-link").removeprefix("http://localhost:8000")

    def somewhere_else(self) -> Browser:
        browser = self.installation.browser("198.51.100.66")
        form = {"username": "alice", "password": self.alice.password}
        form["code"] = self.alice.phone.code() if self.alice.phone else ""
        assert browser.post("/login", form).status == 303
        self.installation.clock.forward(30)
        return browser

    def callback(self, browser: Browser, path: str) -> str:
        """The browser has been at the provider, and not yet come back."""
        page = browser.get(path, **FROM_HERE)
        assert page.location.startswith(self.provider.issuer), page.text
        return self.provider.sends_back(page.location)


@pytest.fixture
def provider() -> Iterator[SmallProvider]:
    with SmallProvider() as running:
        yield running


@pytest.fixture
def scene(tmp_path: Path, provider: SmallProvider, server: MailServer) -> Iterator[Scene]:
    with Scene.gathered(tmp_path / "data", provider, server) as scene:
        yield scene


# ----------------------------------------------------------------------------------------------- each way in, begun


def _session(scene: Scene) -> Use:
    browser = scene.somewhere_else()
    return lambda: browser.get("/").status == 200


def _known_browser(scene: Scene) -> Use:
    scene.somewhere_else().post("/logout")
    (number,) = scene.mailing.rows("SELECT max(browser_id) FROM browser_users")[0]
    return lambda: bool(scene.mailing.rows(f"SELECT 1 FROM browser_users WHERE browser_id = {number}"))


def _set_up(scene: Scene) -> Use:
    browser = scene.somewhere_else()
    page = browser.post("/my-user/two-factor", part=True)
    phone = Phone(page.words("#two-factor-key").replace(" ", ""), scene.installation.clock)
    return lambda: browser.post("/my-user/two-factor/confirm", {"code": phone.code()}, part=True).status == 200


def _chooses(scene: Scene, path: str) -> Use:
    return lambda: scene.installation.browser().post(path, {"new_password": PLANTED}).status == 303


def _link(scene: Scene) -> Use:
    return _chooses(scene, scene.link(scene.alice, "password-reset"))


def _mailed_link(scene: Scene) -> Use:
    assert scene.installation.browser().post("/login/reset", {"username": "alice"}).status == 303
    return _chooses(scene, scene.mailing.link("alice@example.org"))


def _waiting_address(scene: Scene) -> Use:
    form = {"name": "Alice", "email": EVIL, "time_zone": ""}
    assert scene.somewhere_else().post("/my-user/profile", form).status == 303
    path = scene.mailing.link(EVIL)
    return lambda: scene.installation.browser().post(path).status == 303


OF_ALICE: dict[str, Callable[[Scene], Use]] = {
    "link": _link,
    "a link by e-mail": _mailed_link,
    "waiting e-mail address": _waiting_address,
    "known browser": _known_browser,
    "pending set-up": _set_up,
    "session": _session,
}


def _of_cleo(scene: Scene) -> Browser:
    browser = scene.installation.browser("198.51.100.68")
    browser.get(scene.callback(browser, "/sso/login"))
    assert browser.get("/").status == 200
    return browser


def _identity_session(scene: Scene) -> Use:
    browser = _of_cleo(scene)
    return lambda: browser.get("/").status == 200


def _proof(scene: Scene) -> Use:
    """At the provider, to sign in afresh in a session."""
    browser = _of_cleo(scene)
    callback = scene.callback(browser, "/sso/login?proof=yes")
    return lambda: browser.get(callback).status == 200


def _sign_in(scene: Scene) -> Use:
    """At the provider, without a session."""
    browser = scene.installation.browser("198.51.100.69")
    callback = scene.callback(browser, "/sso/login")
    return lambda: browser.get(callback).status == 303 and browser.get("/").status == 200


OF_CLEO: dict[str, Callable[[Scene], Use]] = {
    "session by the provider": _identity_session,
    "a proof at the provider": _proof,
    "pending sign-in at the provider": _sign_in,
}

# ----------------------------------------------------------------------------------------------- each act, over HTTP

Act = Callable[[Scene, Person], None]


def _signs_out_everywhere(scene: Scene, person: Person) -> None:
    scene.act("/my-user/sessions/end-others", by=person)


def _changes_password(scene: Scene, person: Person) -> None:
    scene.act("/my-user/password", {"current_password": person.password, "new_password": NEW_PASSWORD}, person)


def _chooses_by_link(scene: Scene, person: Person) -> None:
    path = scene.link(person, "password-reset")
    assert scene.installation.browser().post(path, {"new_password": NEW_PASSWORD}).status == 303


def _is_signed_out(scene: Scene, person: Person) -> None:
    scene.act(f"/users/{person.user_id}/end-sessions")


def _is_reset(scene: Scene, person: Person) -> None:
    scene.act(f"/users/{person.user_id}/reset-two-factor", {"reason": "a lost phone"})


def _is_disabled(scene: Scene, person: Person) -> None:
    """And enabled, which must give nothing back."""
    for act in ("disable", "enable"):
        scene.act(f"/users/{person.user_id}/{act}")


def _in_bulk(*acts: str) -> Act:
    def act(scene: Scene, person: Person) -> None:
        for each in acts:
            page = scene.boss.browser.get(f"/users/bulk?act={each}&user={person.user_id}")
            scene.act("/users/bulk", page.fields("/users/bulk"))

    return act


def _method_changed(scene: Scene, person: Person) -> None:
    """And back: it has no password then, and no identity."""
    methods = ("sso", "password") if person.username == "alice" else ("password", "sso")
    for method in methods:
        scene.act(f"/users/{person.user_id}/login-method", {"login_method": method, "show": "on"})


def _is_unbound(scene: Scene, person: Person) -> None:
    scene.act(f"/users/{person.user_id}/unbind", {"show": "on"})


def _is_deleted(scene: Scene, person: Person) -> None:
    scene.act(f"/users/{person.user_id}/delete")


def _on_the_command_line(act: str) -> Act:
    def run(scene: Scene, person: Person) -> None:
        async def one(context: Context) -> None:
            match act:
                case "set-password":
                    assert await set_password(context, person.username, NEW_PASSWORD, COMMAND_LINE) == ""
                case "reset-two-factor":
                    assert await two_factor_reset.reset(context, person.user_id, "a lost phone", None) is None
                case _:
                    assert await status.disable(context, person.user_id, None) == "disabled"
                    assert await status.enable(context, person.user_id, None) == "enabled"

        scene.installation.run(one)

    return run


OF_OTHERS: dict[str, Act] = {
    "an administrator signs them out": _is_signed_out,
    "many are signed out": _in_bulk("end-sessions"),
    "disabled and enabled": _is_disabled,
    "many are disabled and enabled": _in_bulk("disable", "enable"),
    "disabled on the command line": _on_the_command_line("disable"),
    "the login method is changed and changed back": _method_changed,
    "deleted": _is_deleted,
}
ON_ALICE: dict[str, Act] = OF_OTHERS | {
    "signs out everywhere": _signs_out_everywhere,
    "changes the password": _changes_password,
    "chooses a password by a link": _chooses_by_link,
    "the second factor is reset": _is_reset,
    "a password on the command line": _on_the_command_line("set-password"),
    "a reset on the command line": _on_the_command_line("reset-two-factor"),
}
ON_CLEO: dict[str, Act] = {act: do for act, do in OF_OTHERS.items() if "command line" not in act} | {
    "signs out everywhere": _signs_out_everywhere,
    "unbound": _is_unbound,
}


def _still_open(ways: dict[str, Use]) -> list[str]:
    return [way for way, use in ways.items() if use()]


@pytest.mark.parametrize("act", ON_ALICE)
def test_of_a_user_with_a_password(scene: Scene, act: str):
    scene.alice.signs_in()
    scene.alice.sets_up()
    begun = {way: begin(scene) for way, begin in OF_ALICE.items()}
    ON_ALICE[act](scene, scene.alice)
    assert _still_open(begun) == []


@pytest.mark.parametrize("act", ON_CLEO)
def test_of_a_user_of_single_sign_on(scene: Scene, act: str):
    scene.cleo.browser.get(scene.callback(scene.cleo.browser, "/sso/login"))
    begun = {way: begin(scene) for way, begin in OF_CLEO.items()}
    ON_CLEO[act](scene, scene.cleo)
    assert _still_open(begun) == []


@pytest.mark.parametrize("way", [*OF_ALICE, *OF_CLEO])
def test_each_gives_access_before(scene: Scene, way: str):
    if way in OF_ALICE:
        scene.alice.signs_in()
        scene.alice.sets_up()
    else:
        scene.cleo.browser.get(scene.callback(scene.cleo.browser, "/sso/login"))
    assert (OF_ALICE | OF_CLEO)[way](scene)()
