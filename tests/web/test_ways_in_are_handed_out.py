"""Whatever hands out a way into another account, or takes a factor away, needs reauthentication: every route that
changes something is walked with a session that has not been confirmed for 50 minutes.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

import routes
from accounts.context import COMMAND_LINE, Context
from accounts.users import users
from db import users as stored_users
from tests import acts
from tests.browser import PROVIDER, Browser, Installation, Page
from tests.people import Person, is_bound, somebody, switch

MAIL = {"TWO_KEYS_SMTP_URL": "smtp://localhost:9", "TWO_KEYS_MAIL_FROM": "keys@example.org"}
LINK = re.compile(r"/(?:invitation|login/reset|new-address)/[\w-]{20,}")
OF_LINKS = "('invitation', 'binding', 'password_reset', 'new_address')"
UPLOAD, BULK = "/users/import", "/users/bulk"
BY_MAIL_ALONE = (BULK,)


@dataclass
class Scene:
    """Bob, an administrator with a second factor, signed in 50 minutes ago; and those on whom he acts."""

    installation: Installation
    bob: Person
    ids: dict[str, int]

    @property
    def mailed(self) -> bool:
        return self.installation.config.mail is not None

    @property
    def browser(self) -> Browser:
        return self.bob.browser

    def proof(self) -> dict[str, str]:
        assert self.bob.phone
        return {"password": self.bob.password, "code": self.bob.phone.code()}

    def links(self) -> list[tuple[object, ...]]:
        """All links that there are, and all e-mails with one that wait or were sent."""

        async def read(context):
            made = await context.db.fetch_all("SELECT id, token_hash FROM links WHERE used_at IS NULL")
            sent = await context.db.fetch_all(f"SELECT id FROM outbox WHERE letter IN {OF_LINKS}")
            return [tuple(row) for row in (*made, *sent)]

        return self.installation.run(read)


@dataclass(frozen=True)
class Act:
    """What is sent to a route. `of`: the user or role whom the path names. `hands_out`: a link is shown or mailed."""

    values: dict[str, str] = field(default_factory=dict)
    of: str = "alice"
    hands_out: bool = False
    # What must be kept in the form that asks for password and code.
    kept: tuple[str, ...] = ()
    # Whether the form is a part, which htmx can ask for; else a page of its own.
    part: bool = True
    before: Callable[[Scene, dict[str, str]], dict[str, str]] = lambda scene, values: values


def uploads(scene: Scene, values: dict[str, str]) -> dict[str, str]:
    content = b"username,email\nzora,zora@example.org\n"
    files = {"file": ("users.csv", content, "text/csv")}
    answer = scene.browser.client.post(UPLOAD, files=files, headers={"Origin": "http://localhost:8000"})
    assert answer.status_code == 303
    return scene.browser.get(answer.headers["location"]).fields(f"{UPLOAD}/confirm") | values


def is_disabled(scene: Scene, values: dict[str, str]) -> dict[str, str]:
    scene.installation.run(lambda context: acts.disable(context, "alice"))
    return values


def has_entered_an_address(scene: Scene, values: dict[str, str]) -> dict[str, str]:
    async def act(context: Context) -> None:
        alice, dora = [await stored_users.by_username(context.db, name) for name in ("alice", "dora")]
        assert alice
        assert dora
        async with context.db.transaction():
            await stored_users.set_profile(context.db, alice.id, {"email_set_by": dora.id})

    scene.installation.run(act)
    return values


NEW = {"username": "nina", "name": "Nina", "email": "nina@example.org", "company": "Acme", "unit": "Sales"}
# Routes that hand out a way into another account, give or take what one may do, or take a factor away.
NEEDS = {
    "/users": Act(NEW, hands_out=True, kept=tuple(NEW), part=False),
    "/users/{id:int}/invitation": Act(of="nils", hands_out=True),
    "/users/{id:int}/binding": Act(of="cleo", hands_out=True),
    "/users/{id:int}/password-reset": Act(hands_out=True),
    "/users/{id:int}/edit": Act({"email": "elsewhere@example.org", "unit": "Works"}, kept=("email", "unit")),
    "/users/{id:int}/login-method": Act({"login_method": "sso"}, hands_out=True, kept=("login_method",)),
    "/users/{id:int}/unbind": Act(of="carl", hands_out=True),
    BULK: Act({"act": "invite", "all": "on"}, hands_out=True, kept=("act", "all"), part=False),
    "/users/{id:int}/entered-addresses": Act(of="dora", part=False, before=has_entered_an_address),
    "/users/import/confirm": Act(before=uploads),
    "/users/{id:int}/reset-two-factor": Act({"reason": "lost"}, of="dora", kept=("reason",)),
    "/users/{id:int}/enable": Act(before=is_disabled),
    "/users/{id:int}/roles": Act({"role": "1"}),
    "/roles": Act({"name": "Porter", "permission": "users.view"}, kept=("name",)),
    "/roles/{id:int}": Act({"name": "Reader", "permission": "users.view"}, of="role"),
    "/roles/{id:int}/delete": Act(of="role"),
    "/general-settings/security": Act(),
    "/general-settings/contact": Act({"name": "Helpdesk", "telephone": "12345"}, kept=("name", "telephone")),
}
# Routes that hand out nothing → why not, and what is sent to show it.
CANNOT = {
    "/users/{id:int}/disable": ("ends ways in", Act()),
    "/users/{id:int}/delete": ("ends ways in", Act()),
    "/users/{id:int}/end-sessions": ("ends ways in", Act()),
    "/users/{id:int}/sessions/{session_id:int}/end": ("ends a session", Act()),
    "/users/{id:int}/let-try-again": ("ends a wait; password and code stay demanded", Act()),
    "/first-day/put-away": ("puts a list on Home away", Act()),
    "/users/import": ("a preview: nothing is stored but the file", Act()),
    "/users/import/cancel": ("forgets the file", Act()),
}
# Routes of one's own account, or of none.
NOT_ANOTHERS = ("/login", "/logout", "/invitation/", "/new-address/", "/my-user/")


@pytest.fixture(params=["shown", "mailed"])
def scene(request, tmp_path) -> Iterator[Scene]:
    more = PROVIDER | (MAIL if request.param == "mailed" else {})
    with Installation(tmp_path / "data", **more) as installation:
        switch(installation, True)
        bob, dora = somebody(installation, "bob", "Administrator"), somebody(installation, "dora")
        somebody(installation, "otto", "Administrator")
        ids = {person.username: person.user_id for person in (bob, dora, somebody(installation, "alice"))}
        invited = users.New("nils", email="nils@example.org", invited=True)
        created = installation.run(lambda context: users.create(context, invited, COMMAND_LINE))
        assert isinstance(created, users.Created)
        carl = somebody(installation, "carl", sso=True)
        is_bound(carl)
        ids |= {"nils": created.user_id, "cleo": somebody(installation, "cleo", sso=True).user_id}
        ids |= {"carl": carl.user_id, "role": 4}
        dora.signs_in()
        dora.sets_up()
        bob.signs_in()
        bob.sets_up()
        installation.clock.forward(50 * 60)
        yield Scene(installation, bob, ids)


def posts() -> list[str]:
    return sorted(route.path for route in routes.ALL if "POST" in (route.methods or ()))


def path_of(scene: Scene, route: str, act: Act) -> str:
    return route.replace("{id:int}", str(scene.ids[act.of])).replace("{session_id:int}", "1")


def test_every_route_that_changes_something_is_in_one_of_the_lists():
    assert not set(NEEDS) & set(CANNOT)
    undecided = [path for path in posts() if path not in NEEDS and path not in CANNOT]
    anothers = [path for path in undecided if not path.startswith(NOT_ANOTHERS)]
    assert not anothers, "decide whether these hand out a way into another account"
    assert not [path for path in (*NEEDS, *CANNOT) if path not in posts() or path.startswith(NOT_ANOTHERS)]


@pytest.mark.parametrize("route", NEEDS)
def test_without_a_proof_it_asks_and_hands_out_nothing(scene: Scene, route: str):
    act = NEEDS[route]
    path, before = path_of(scene, route, act), scene.links()
    values = act.before(scene, act.values)
    wrong = scene.proof() | {"password": "not his password"}
    for sent in (values, values | wrong, values | {"password": scene.bob.password}):
        for part in {False, act.part}:
            page = scene.browser.post(path, sent, part=part)
            assert not LINK.search(page.html)
            assert scene.links() == before, "no link, no e-mail"
            if route in BY_MAIL_ALONE and not scene.mailed:
                assert page.status == 409, "they go by e-mail alone"
                continue
            assert page.status == 422, page.text
            asks(page, path)
            kept = page.fields(path)
            assert {name: kept.get(name) for name in act.kept} == {name: values[name] for name in act.kept}


def asks(page: Page, path: str) -> None:
    fields = page.fields(path)
    assert {"password", "code"} <= set(fields)
    assert (fields["password"], fields["code"]) == ("", "")
    assert "Confirm it is you" in page.text


@pytest.mark.parametrize("route", NEEDS)
def test_with_a_proof_it_is_done(scene: Scene, route: str):
    act = NEEDS[route]
    path, before = path_of(scene, route, act), scene.links()
    values = act.before(scene, act.values)
    asked = scene.browser.post(path, values)
    if route in BY_MAIL_ALONE and not scene.mailed:
        assert asked.status == 409, "they go by e-mail alone"
        return
    page = scene.browser.post(path, asked.fields(path) | values | scene.proof())
    assert page.status in (200, 303), page.text
    assert (scene.links() != before) == act.hands_out
    assert bool(LINK.search(page.html)) == (act.hands_out and not scene.mailed), "shown once, or mailed"


@pytest.mark.parametrize("route", CANNOT)
def test_what_needs_no_proof_hands_out_nothing(scene: Scene, route: str):
    _, act = CANNOT[route]
    values, path = act.before(scene, act.values), path_of(scene, route, act)
    before = scene.links()
    page = scene.browser.post(path, values)
    assert page.status != 422
    assert not LINK.search(page.html)
    made = [link for link in scene.links() if link not in before]
    assert not made


def test_a_disabled_user_is_let_in_again_only_with_a_proof(scene: Scene):
    """The password of before works again, whoever knows it."""
    path, values = f"/users/{scene.ids['alice']}/enable", is_disabled(scene, {})
    alice = Person("alice", scene.ids["alice"], scene.installation, scene.installation.browser())
    assert scene.browser.post(path, values).status == 422
    assert alice.types().status == 422
    assert scene.browser.post(path, scene.proof()).status == 303
    assert alice.types().status == 303
    assert scene.browser.post(path).status == 409, "enabled already: there is nothing to prove"


def test_a_link_that_was_shown_already_is_made_anew_only_with_a_proof(scene: Scene):
    """The page of a link that is shown no more offers another one."""
    path = f"/users/{scene.ids['nils']}/invitation"
    page = scene.browser.post(path, {"newest": "0", "show": "on"} | scene.proof())
    assert page.status == 200
    assert page.offers(path)
    scene.installation.clock.forward(11 * 60)
    assert scene.browser.submit(page, path).status == 422


def test_a_link_to_pass_on_instead_stays_one_when_password_and_code_are_asked_for(scene: Scene):
    path = f"/users/{scene.ids['alice']}/password-reset"
    page = scene.browser.post(path, {"show": "on"})
    assert page.status == 422
    assert page.fields(path)["show"] == "on"
    page = scene.browser.post(path, page.fields(path) | scene.proof())
    assert LINK.search(page.html), "shown, though it could be mailed"


def test_an_act_that_does_not_fit_or_is_not_allowed_asks_for_no_password(scene: Scene):
    assert scene.browser.post(f"/users/{scene.ids['nils']}/password-reset").status == 409
    assert scene.browser.post(f"/users/{scene.ids['bob']}/password-reset").status == 403
    assert scene.browser.post("/users/999/password-reset").status == 404
