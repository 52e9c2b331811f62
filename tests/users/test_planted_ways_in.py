"""A user manager makes ways into accounts of people who become administrators later: none of them works then."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from accounts import ways_in
from accounts.context import COMMAND_LINE, Context
from accounts.user_import import apply
from accounts.user_import.reader import Source
from accounts.users import administration, status
from accounts.users import password as password_rule
from db import roles as stored_roles
from db import users as stored_users
from tests.browser import Browser, Phone
from tests.cast import Cast
from tests.mail_server import MailServer
from tests.people import Person, session_of, somebody
from tests.small_provider import SmallProvider

EVIL = "mgr@elsewhere.example"
PASSWORD = "a password that mgr made up"
ADMINISTRATOR, MEMBER = "1", "4"
FROM_HERE: dict[str, Any] = {"Sec_Fetch_Site": "same-origin"}


@dataclass
class Scene(Cast):
    def link(self, person: Person, act: str) -> str:
        """The path of a link that mgr has shown to themselves."""
        page = self.mgr.browser.post(f"/users/{person.user_id}/{act}", {"show": "on"})
        assert page.status == 200, page.text
        return page.words("#handed-link").removeprefix("http://localhost:8000")

    def enters_address(self, person: Person) -> None:
        page = self.mgr.browser.post(f"/users/{person.user_id}/edit", {"email": EVIL})
        assert page.status == 303, page.text

    def sits_as_alice(self) -> Browser:
        """A browser in which mgr is signed in as her, with a password that they chose by a link."""
        browser = self.installation.browser("198.51.100.66")
        assert browser.post(self.link(self.alice, "password-reset"), {"new_password": PASSWORD}).status == 303
        assert self.is_in(browser)
        return browser

    def is_in(self, browser: Browser | None = None) -> bool:
        browser = browser or self.installation.browser("198.51.100.67")
        return browser.post("/login", {"username": "alice", "password": PASSWORD}).status == 303

    def forgot_her_password(self) -> bool:
        """Whether a link comes to mgr's address with which they get in."""
        browser = self.installation.browser("198.51.100.68")
        assert browser.post("/login/reset", {"username": "alice"}).status == 303
        # A user whose password ended gets an invitation.
        if not any(re.search("/(login/reset|invitation)/", letter.text) for letter in self.mailing.delivered(EVIL)):
            return False
        browser.post(self.mailing.link(EVIL), {"new_password": PASSWORD})
        return self.is_in()

    def arrives_from_provider(self, browser: Browser, address: str = "/sso/login") -> bool:
        browser.get(self.provider.sends_back(browser.get(address, **FROM_HERE).location))
        return browser.get("/").status == 200


@pytest.fixture
def provider() -> Iterator[SmallProvider]:
    with SmallProvider() as running:
        running.claims |= {"sub": "666", "email": "", "name": "Cleo"}
        yield running


@pytest.fixture
def scene(tmp_path: Path, provider: SmallProvider, server: MailServer) -> Iterator[Scene]:
    with Scene.gathered(tmp_path / "data", provider, server) as scene:
        yield scene


# ------------------------------------------------------------------------------------------------ each way in, planted

# Whether somebody got in.
Use = Callable[[], bool]


def _password(scene: Scene) -> Use:
    scene.sits_as_alice()
    return scene.is_in


def _identity(scene: Scene) -> Use:
    browser = scene.installation.browser()
    token = scene.link(scene.cleo, "binding").rsplit("/", 1)[1]
    assert scene.arrives_from_provider(browser, f"/sso/login?invitation={token}")
    return lambda: scene.arrives_from_provider(scene.installation.browser())


def _session(scene: Scene) -> Use:
    browser = scene.sits_as_alice()
    return lambda: browser.get("/").status == 200


def _known_browser(scene: Scene) -> Use:
    scene.sits_as_alice()

    async def known(context: Context) -> bool:
        sql = f"SELECT browser_id FROM browser_users WHERE user_id = {scene.alice.user_id}"
        return bool(await context.db.fetch_all(sql))

    return lambda: scene.installation.run(known)


def _set_up(scene: Scene) -> Use:
    browser = scene.sits_as_alice()
    page = browser.post("/my-user/two-factor", part=True)
    phone = Phone(page.words("#two-factor-key").replace(" ", ""), scene.installation.clock)
    return lambda: browser.post("/my-user/two-factor/confirm", {"code": phone.code()}, part=True).has(".recovery-code")


def _sign_in_at_provider(scene: Scene) -> Use:
    browser = scene.installation.browser()
    token = scene.link(scene.cleo, "binding").rsplit("/", 1)[1]
    callback = scene.provider.sends_back(browser.get(f"/sso/login?invitation={token}", **FROM_HERE).location)

    def use() -> bool:
        browser.get(callback)
        return browser.get("/").status == 200

    return use


def _link(scene: Scene) -> Use:
    path = scene.link(scene.alice, "password-reset")
    return lambda: scene.installation.browser().post(path, {"new_password": PASSWORD}).status == 303 and scene.is_in()


def _address(scene: Scene) -> Use:
    scene.enters_address(scene.alice)
    return scene.forgot_her_password


def _waiting_address(scene: Scene) -> Use:
    browser = scene.sits_as_alice()
    assert browser.post("/my-user/profile", {"name": "Alice", "email": EVIL, "time_zone": ""}).status == 303
    path = scene.mailing.link(EVIL)
    return lambda: browser.post(path).status == 303 and scene.forgot_her_password()


PLANTS: dict[str, Callable[[Scene], Use]] = {
    "password": _password,
    "identity at the provider": _identity,
    "session": _session,
    "known browser": _known_browser,
    "pending set-up": _set_up,
    "pending sign-in at the provider": _sign_in_at_provider,
    "link": _link,
    "e-mail address": _address,
    "waiting e-mail address": _waiting_address,
}


def _mailed_link(scene: Scene) -> Use:
    """It left before the promotion."""
    scene.enters_address(scene.alice)
    scene.installation.browser().post("/login/reset", {"username": "alice"})
    path = scene.mailing.link(EVIL)
    return lambda: scene.installation.browser().post(path, {"new_password": PASSWORD}).status == 303


def _verified_address(scene: Scene) -> Use:
    """The provider says that it is mgr's, which it is."""
    scene.enters_address(scene.cleo)
    scene.provider.claims |= {"email": EVIL, "email_verified": True}
    return lambda: scene.arrives_from_provider(scene.installation.browser())


def _confirmed_address(scene: Scene) -> Use:
    """With a password that mgr chose, so that it was confirmed, but not by its owner."""
    browser = scene.sits_as_alice()
    browser.post("/my-user/profile", {"name": "Alice", "email": EVIL, "time_zone": ""})
    assert browser.post(scene.mailing.link(EVIL)).status == 303
    return scene.forgot_her_password


def _changed_password(scene: Scene) -> Use:
    """Whoever knows a password can change it, and it is still theirs."""
    global_password = "another password that mgr made up"
    page = scene.sits_as_alice().post(
        "/my-user/password", {"current_password": PASSWORD, "new_password": global_password}
    )
    assert page.status == 303, page.text
    form = {"username": "alice", "password": global_password}
    return lambda: scene.installation.browser().post("/login", form).status == 303


def _password_by_mail(scene: Scene) -> Use:
    """Chosen by a link to an address that mgr entered."""
    scene.enters_address(scene.alice)
    assert scene.forgot_her_password()
    return scene.is_in


def _identity_by_address(scene: Scene) -> Use:
    """Bound by an address that mgr entered; the provider verified it, too, so that it would bind anew."""
    use = _verified_address(scene)
    assert use()
    return use


# More than one way in together.
DETOURS: dict[str, Callable[[Scene], Use]] = {
    "a link mailed before": _mailed_link,
    "an address that the provider verifies": _verified_address,
    "an address confirmed with a planted password": _confirmed_address,
    "a planted password, changed": _changed_password,
    "a password by a mailed link": _password_by_mail,
    "an identity by an address": _identity_by_address,
}
EVERY = PLANTS | DETOURS


# -------------------------------------------------------------------------------------------------------- the promotion


def _given(scene: Scene) -> None:
    for person in (scene.alice, scene.cleo):
        page = scene.boss.browser.post(f"/users/{person.user_id}/roles", {"role": [MEMBER, ADMINISTRATOR]})
        assert page.status == 303, page.text


def _given_to_many(scene: Scene) -> None:
    users = [scene.alice.user_id, scene.cleo.user_id]
    preview = "&".join(["/users/bulk?act=give-role", f"to_role={ADMINISTRATOR}", *(f"user={each}" for each in users)])
    shown = scene.boss.browser.get(preview)
    assert "1 of them has a password, a connection, a link or an e-mail address that came from somebody" in shown.text
    fields = shown.fields("/users/bulk")
    page = scene.boss.browser.post("/users/bulk", {**fields, "user": users})
    assert page.location.startswith("/users/bulk/done?act=give-role&number=2"), page.text


def _uploaded(scene: Scene) -> None:
    files = {"file": ("users.csv", b"username,role\nalice,Administrator\ncleo,Administrator\n", "text/csv")}
    sent = scene.boss.browser.client.post("/users/import", files=files, headers={"Origin": "http://localhost:8000"})
    preview = scene.boss.browser.get(sent.headers["Location"])
    assert scene.boss.browser.submit(preview, "/users/import/confirm").status == 303


def _grown(scene: Scene) -> None:
    page = scene.boss.browser.post(f"/roles/{MEMBER}", {"name": "Member", "permission": ["activity_log.view"]})
    assert page.status == 303, page.text


def _imported(scene: Scene) -> None:
    async def lines():
        yield b"username,role\nalice,Administrator\ncleo,Administrator\n"

    async def act(context: Context) -> None:
        report = await apply.run(context, Source(lines), None)
        assert report is not None
        assert report.changed == 2

    scene.installation.run(act)


PROMOTIONS: dict[str, Callable[[Scene], None]] = {
    "a role is given": _given,
    "a role allows more": _grown,
    "an administrator uploads": _uploaded,
    "the command line imports": _imported,
}


def test_the_list_is_tested_as_a_whole():
    assert set(PLANTS) == {way.name for way in ways_in.ALL}


@pytest.mark.parametrize("way", EVERY)
def test_it_works_while_its_maker_may_act_on_the_user(scene: Scene, way: str):
    use = EVERY[way](scene)
    page = scene.boss.browser.post(f"/users/{scene.alice.user_id}/roles", {"role": [MEMBER, "2"]})
    assert page.status == 303, "a role that allows no more than mgr's own"
    assert use()


@pytest.mark.parametrize("promotion", PROMOTIONS)
@pytest.mark.parametrize("way", EVERY)
def test_it_does_not_work_once_the_user_may_do_more(scene: Scene, way: str, promotion: str):
    use = EVERY[way](scene)
    PROMOTIONS[promotion](scene)
    assert not use()


@pytest.mark.parametrize("way", ["password", "identity at the provider", "link", "e-mail address"])
def test_it_does_not_work_once_many_users_may_do_more(scene: Scene, way: str):
    use = EVERY[way](scene)
    _given_to_many(scene)
    assert not use()


JUDGED_AT_USE = ("link", "e-mail address", "a link mailed before", "an address that the provider verifies")


@pytest.mark.parametrize("fate", ["disabled", "deleted"])
@pytest.mark.parametrize("way", JUDGED_AT_USE)
def test_links_and_addresses_of_those_who_left_do_not_work(scene: Scene, way: str, fate: str):
    use = EVERY[way](scene)

    async def leave(context: Context) -> None:
        act = status.delete if fate == "deleted" else status.disable
        assert await act(context, scene.mgr.user_id, await session_of(context, scene.boss)) == fate

    scene.installation.run(leave)
    assert not use()


@pytest.mark.parametrize("way", ["password", "identity at the provider", "session"])
def test_what_those_who_left_made_ends_with_a_promotion(scene: Scene, way: str):
    use = EVERY[way](scene)

    async def leave(context: Context) -> None:
        await status.delete(context, scene.mgr.user_id, await session_of(context, scene.boss))

    scene.installation.run(leave)
    assert use(), "until then they go on: most are of the users who chose them"
    _given(scene)
    assert not use()


@pytest.mark.parametrize("promotion", PROMOTIONS)
def test_what_is_ones_own_stays(scene: Scene, promotion: str):
    scene.alice.signs_in()
    PROMOTIONS[promotion](scene)
    assert scene.alice.browser.get("/").status == 200
    user = scene.installation.run(lambda context: stored_users.by_id(context.db, scene.alice.user_id))
    assert user is not None
    assert user.password_hash
    assert "was ended" not in scene.boss.browser.get("/activity-log").text


def test_a_role_that_allows_nothing_new_ends_nothing(scene: Scene):
    use = _password(scene)
    scene.installation.run(lambda context: status.disable(context, scene.mgr.user_id, None))
    page = scene.boss.browser.post(f"/roles/{MEMBER}", {"name": "Everybody"})
    assert page.status == 303
    assert use()


def test_it_is_logged_who_made_what_was_ended(scene: Scene):
    scene.sits_as_alice()
    _given(scene)
    said = (
        "The password of alice was made by mgr, whose roles allow less now: it was ended, with every session and link"
    )
    assert said in scene.boss.browser.get("/activity-log").text


def test_the_user_is_told_by_e_mail(scene: Scene):
    scene.sits_as_alice()
    scene.mailing.deliver()
    _given(scene)
    told = [letter.subject for letter in scene.mailing.delivered("alice@example.org")]
    assert "Your password has ended" in told


def test_the_owner_comes_back_by_a_link_of_the_one_who_promoted(scene: Scene):
    scene.sits_as_alice()
    _given(scene)
    page = scene.boss.browser.post(f"/users/{scene.alice.user_id}/invitation", {"show": "on"})
    path = page.words("#handed-link").removeprefix("http://localhost:8000")
    own = "the password that alice likes"
    assert scene.installation.browser().post(path, {"new_password": own}).status == 303
    assert scene.installation.browser().post("/login", {"username": "alice", "password": own}).status == 303


# ---------------------------------------------------------------------------------------------------- what pages say


def page_of(scene: Scene, path: str = "") -> str:
    return scene.boss.browser.get(f"/users/{scene.alice.user_id}{path}").text


def test_pages_say_who_entered_an_address(scene: Scene):
    assert "not confirmed by its owner" not in page_of(scene) + page_of(scene, "/roles")
    scene.enters_address(scene.alice)
    assert "entered by mgr, not confirmed by its owner" in page_of(scene)
    assert "Links are not sent there" not in page_of(scene)
    assert "Send a link for a new password" in page_of(scene)
    _given(scene)
    assert "Links are not sent there, because whoever entered it may not change this user." in page_of(scene)
    assert "Start a password reset" in page_of(scene), "a link to pass on"
    assert scene.boss.browser.post(f"/users/{scene.mgr.user_id}/delete").status == 303
    assert "entered by a user who was deleted, not confirmed by its owner" in page_of(scene)


@pytest.mark.parametrize("part", [True, False], ids=["htmx", "no JavaScript"])
def test_giving_a_role_says_before_and_after_what_it_ends(scene: Scene, part: bool):
    scene.sits_as_alice()
    scene.enters_address(scene.alice)
    scene.link(scene.alice, "password-reset")
    before = page_of(scene, "/roles")
    assert "Somebody else set up parts of this account:" in before
    assert "alice" in before
    assert f"the e-mail address {EVIL}: entered by mgr, not confirmed by its owner" in before
    assert "the password, with its sessions and known browsers: chosen with a link from mgr" in before
    assert "a link that still works, by mgr" in before
    assert "all of this stops working when you save" in before
    form = {"role": [MEMBER, ADMINISTRATOR]}
    after = scene.boss.browser.post(f"/users/{scene.alice.user_id}/roles", form, part=part)
    after = scene.boss.browser.follow(after)
    assert "The password of alice was made by somebody whose roles allow less, so it ended" in after.text
    assert "alice needs a link from you" in after.text
    action = f"/users/{scene.alice.user_id}/invitation"
    assert scene.boss.browser.submit(after, action).has("#handed-link"), "not mailed to the address that mgr entered"


def test_the_preview_of_an_import_and_the_form_of_a_role_say_it_too(scene: Scene):
    files = {"file": ("users.csv", b"username,role\nalice,Auditor\n", "text/csv")}
    page = scene.boss.browser.client.post("/users/import", files=files, headers={"Origin": "http://localhost:8000"})
    preview = scene.boss.browser.get(page.headers["Location"])
    assert "1 user gets a role that allows more." in preview.text
    assert "Such links stop working, too." in preview.text
    assert (
        "passwords of these users stop working that were chosen with a link"
        in scene.boss.browser.get("/roles/4?act=edit").text
    )


def test_without_anything_made_by_others_nothing_is_said(scene: Scene):
    assert "Others made" not in page_of(scene, "/roles")
    page = scene.boss.browser.post(f"/users/{scene.alice.user_id}/roles", {"role": [MEMBER, ADMINISTRATOR]}, part=True)
    assert "so it ended" not in page.text


def test_an_administrator_answers_for_an_address(scene: Scene):
    """Of a user manager who left, for example: the mailbox is still theirs, until somebody looked."""
    use = _address(scene)
    scene.installation.run(lambda context: status.disable(context, scene.mgr.user_id, None))
    assert not use()
    edit = scene.boss.browser.get(f"/users/{scene.alice.user_id}/edit")
    assert "This address belongs to Alice" in edit.text
    scene.installation.clock.forward(601)
    asked = scene.boss.browser.submit(edit, f"/users/{scene.alice.user_id}/edit", vouched="on")
    assert (asked.status, asked.has("[name=password]")) == (422, True), "confirm it is you"
    done = scene.boss.browser.submit(asked, f"/users/{scene.alice.user_id}/edit", password=scene.boss.password)
    assert done.status == 303
    assert "entered by boss, not confirmed by its owner" in page_of(scene)
    assert use()
    log = scene.boss.browser.get("/activity-log").text
    assert f"boss confirmed that the e-mail address {EVIL} belongs to alice" in log


def test_bulk_invitations_leave_out_addresses_that_may_not_be_used(scene: Scene):
    for username in ("nora", "olga"):
        form = {"username": username, "name": username, "email": f"{username}@example.org"}
        scene.mgr.browser.post("/users", form)
    scene.installation.run(lambda context: status.disable(context, scene.mgr.user_id, None))
    scene.installation.clock.forward(73 * 3600)
    scene.boss.signs_in()
    assert (
        "2 users have e-mail addresses to which no links may be sent"
        in scene.boss.browser.get("/users/invitations").text
    )


# ------------------------------------------------------------------------------------------------- one's own address


def test_ones_own_address_is_in_force_after_its_link(scene: Scene):
    own = f"/users/{scene.mgr.user_id}/edit"
    page = scene.mgr.browser.post(own, {"email": EVIL, "unit": "Purchasing"}, part=True)
    assert "we sent a link there" in page.text
    user = scene.installation.run(lambda context: stored_users.by_id(context.db, scene.mgr.user_id))
    assert user is not None
    assert (user.email, user.unit) == ("mgr@example.org", "Purchasing")
    assert scene.installation.browser().post(scene.mailing.link(EVIL)).status == 303
    user = scene.installation.run(lambda context: stored_users.by_id(context.db, scene.mgr.user_id))
    assert user is not None
    assert (user.email, user.email_set_by) == (EVIL, None)


@pytest.mark.parametrize("cell", [EVIL, ""])
def test_ones_own_address_is_not_imported(scene: Scene, cell: str):
    async def lines():
        yield f"username,email\nalice,alice@example.org\nmgr,{cell}\n".encode()

    async def act(context: Context) -> list[str]:
        report = await apply.run(context, Source(lines), await session_of(context, scene.mgr))
        assert report is not None
        return [bad.problem for bad in report.problems]

    assert scene.installation.run(act) == ["own_address"]
    user = scene.installation.run(lambda context: stored_users.by_id(context.db, scene.mgr.user_id))
    assert user is not None
    assert user.email == "mgr@example.org"


def test_the_rule_itself_does_not_put_ones_own_address_in_force(scene: Scene):
    async def act(context: Context) -> object:
        user = await stored_users.by_id(context.db, scene.mgr.user_id)
        assert user is not None
        seen, current = administration.details_of(user), await session_of(context, scene.mgr)
        return await administration.change(context, user.id, seen, replace(seen, email=EVIL), current)

    assert scene.installation.run(act) == "own"


def test_users_of_single_sign_on_do_not_enter_their_own(scene: Scene):
    dana = somebody(scene.installation, "dana", "User manager", sso=True)
    page = dana.arrives_by_sso().post(f"/users/{dana.user_id}/edit", {"email": EVIL})
    assert page.status in (403, 422)
    user = scene.installation.run(lambda context: stored_users.by_id(context.db, dana.user_id))
    assert user is not None
    assert user.email == "dana@example.org"


# ------------------------------------------------------------------------------- planted with the account of a third


@dataclass
class Chain:
    """`by_third`: the same people, but what mgr does there they do in a session of the third."""

    scene: Scene
    third: Person
    by_third: Scene


def _sits_as(scene: Scene, person: Person, by: Person) -> Person:
    """The third, in a browser of the one who chose their password by a link."""
    browser = scene.installation.browser("198.51.100.69")
    assert browser.post(replace(scene, mgr=by).link(person, "password-reset"), {"new_password": PASSWORD}).status == 303
    assert browser.post("/login", {"username": person.username, "password": PASSWORD}).status == 303
    return replace(person, browser=browser)


@pytest.fixture
def chain(scene: Scene) -> Chain:
    third = somebody(scene.installation, "third", "User manager")
    return Chain(scene, third, replace(scene, mgr=_sits_as(scene, third, scene.mgr)))


def _gives(chain: Chain, people: Sequence[Person]) -> None:
    for person in people:
        page = chain.scene.boss.browser.post(f"/users/{person.user_id}/roles", {"role": [MEMBER, ADMINISTRATOR]})
        assert page.status == 303, page.text


def _imports(chain: Chain, people: Sequence[Person]) -> None:
    async def lines():
        rows = "".join(f"{person.username},Administrator\n" for person in people)
        yield f"username,role\n{rows}".encode()

    async def act(context: Context) -> None:
        report = await apply.run(context, Source(lines), await session_of(context, chain.scene.boss))
        assert report is not None
        assert report.changed == len(people)

    chain.scene.installation.run(act)


def _grows(chain: Chain, people: Sequence[Person]) -> None:
    """A role that they hold, which allowed nothing before."""

    async def hold(context: Context) -> int:
        async with context.db.transaction():
            role_id = await stored_roles.add(context.db, "Holders " + people[0].username)
            for person in people:
                await stored_roles.give(context.db, person.user_id, role_id)
        return role_id

    role_id = chain.scene.installation.run(hold)
    form = {"name": "Grown " + people[0].username, "permission": ["activity_log.view"]}
    assert chain.scene.boss.browser.post(f"/roles/{role_id}", form).status == 303


RISES: dict[str, Callable[[Chain, Sequence[Person]], None]] = {
    "a role is given": _gives,
    "an import": _imports,
    "a role grows": _grows,
}
ORDERS: dict[str, Callable[[Chain], list[list[Person]]]] = {
    "the third first": lambda chain: [[chain.third], [chain.scene.alice, chain.scene.cleo]],
    "the third last": lambda chain: [[chain.scene.alice, chain.scene.cleo], [chain.third]],
    "all at once": lambda chain: [[chain.third, chain.scene.alice, chain.scene.cleo]],
}
BY_THIRD = ("password", "identity at the provider", "link", "e-mail address")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("rise", RISES)
@pytest.mark.parametrize("way", BY_THIRD)
def test_it_does_not_work_by_the_account_of_a_third(chain: Chain, way: str, rise: str, order: str):
    use = EVERY[way](chain.by_third)
    for people in ORDERS[order](chain):
        RISES[rise](chain, people)
    assert not use()


@pytest.mark.parametrize("fate", ["active", "disabled"])
@pytest.mark.parametrize("rise", ["an import", "a role grows"])
@pytest.mark.parametrize("way", BY_THIRD)
def test_it_does_not_work_by_a_chain_of_accounts(chain: Chain, way: str, rise: str, fate: str):
    fourth = somebody(chain.scene.installation, "fourth", "User manager")
    use = EVERY[way](replace(chain.scene, mgr=_sits_as(chain.scene, fourth, chain.by_third.mgr)))
    if fate == "disabled":
        chain.scene.installation.run(lambda context: status.disable(context, chain.scene.mgr.user_id, None))
    RISES[rise](chain, [fourth, chain.scene.alice, chain.third, chain.scene.cleo])
    assert not use()


@pytest.mark.parametrize("way", BY_THIRD)
@pytest.mark.parametrize("fate", ["stays", "is disabled", "is deleted", "edits users no more"])
def test_ordinary_help_works_whatever_became_of_who_invited_the_helper(scene: Scene, fate: str, way: str):
    """Almost every first password was chosen by a link that somebody made."""
    admin = somebody(scene.installation, "admin", "Administrator")
    admin.signs_in()
    helper = _sits_as(scene, somebody(scene.installation, "helper", "User manager"), admin)
    use = EVERY[way](replace(scene, mgr=helper))
    if fate == "edits users no more":
        page = scene.boss.browser.post(f"/users/{admin.user_id}/roles", {"role": [MEMBER]})
        assert page.status == 303
    elif fate != "stays":

        async def leave(context: Context) -> None:
            act = status.delete if fate == "is deleted" else status.disable
            await act(context, admin.user_id, await session_of(context, scene.boss))

        scene.installation.run(leave)
    assert use()


@pytest.mark.parametrize("way", JUDGED_AT_USE)
def test_a_helper_lets_in_no_more_than_who_made_their_sign_in(chain: Chain, way: str):
    """Who is an administrator already, when another who was one chooses their password, and holds less since."""
    scene = chain.scene
    for person in (scene.mgr, chain.third):
        _gives(chain, [person])
    scene.mgr.signs_in()
    use = EVERY[way](replace(scene, mgr=_sits_as(scene, chain.third, scene.mgr)))
    page = scene.boss.browser.post(f"/users/{scene.mgr.user_id}/roles", {"role": ["2"]})
    assert page.status == 303
    _gives(chain, [scene.alice, scene.cleo])
    assert not use()


def test_ones_own_help_goes_on_after_a_promotion(scene: Scene):
    """What the promoted made with a sign-in of their own stays theirs."""
    scene.enters_address(scene.alice)
    page = scene.boss.browser.post(f"/users/{scene.mgr.user_id}/roles", {"role": [ADMINISTRATOR]})
    assert page.status == 303
    assert scene.forgot_her_password()


# ------------------------------------------------------------------------------------------ each keeps its own maker

# What replaces the password that mgr knew: a link of somebody else, the owner's own mailbox, the command line.
REPLACED = ("a link of boss", "by the owner's mailbox", "the command line")


def _replaces(chain: Chain, how: str) -> None:
    scene, own = chain.scene, "a password that mgr does not know"
    if how == "the command line":
        scene.installation.run(lambda context: password_rule.set_password(context, "third", own, COMMAND_LINE))
        return
    if how == "a link of boss":
        path = replace(scene, mgr=scene.boss).link(chain.third, "password-reset")
    else:
        assert scene.installation.browser().post("/login/reset", {"username": "third"}).status == 303
        path = scene.mailing.link("third@example.org")
    assert scene.installation.browser().post(path, {"new_password": own}).status == 303


@pytest.mark.parametrize("how", REPLACED)
@pytest.mark.parametrize("way", BY_THIRD)
def test_another_password_for_the_third_does_not_make_it_theirs(chain: Chain, way: str, how: str):
    """It was made while mgr could sign in as the third, whatever the third signs in with since."""
    use = EVERY[way](chain.by_third)
    _replaces(chain, how)
    _gives(chain, [chain.third])
    _gives(chain, [chain.scene.alice, chain.scene.cleo])
    assert not use()


@pytest.mark.parametrize("way", BY_THIRD)
def test_what_the_third_makes_after_that_is_theirs(chain: Chain, way: str):
    _replaces(chain, "a link of boss")
    _gives(chain, [chain.third])
    form = {"username": "third", "password": "a password that mgr does not know"}
    browser = chain.scene.installation.browser()
    assert browser.post("/login", form).status == 303
    use = EVERY[way](replace(chain.scene, mgr=replace(chain.third, browser=browser)))
    _gives(chain, [chain.scene.alice, chain.scene.cleo])
    assert use()


# --------------------------------------------------------------------------------------------------- ended for good


def _disabled_for_a_while(scene: Scene) -> None:
    scene.installation.run(lambda context: status.disable(context, scene.mgr.user_id, None))
    scene.installation.run(lambda context: status.enable(context, scene.mgr.user_id, None))


def _role_taken_for_a_while(scene: Scene) -> None:
    for roles in ([MEMBER], [MEMBER, "2"]):
        assert scene.boss.browser.post(f"/users/{scene.mgr.user_id}/roles", {"role": roles}).status == 303


def _role_allows_less_for_a_while(scene: Scene) -> None:
    for allowed in (["users.view"], ["users.view", "users.edit"]):
        form = {"name": "User manager", "permission": allowed}
        assert scene.boss.browser.post("/roles/2", form).status == 303


def _role_deleted_and_another_given(scene: Scene) -> None:
    assert scene.boss.browser.post("/roles/2/delete").status == 303
    _promotes_mgr(scene)


def _imported_without_for_a_while(scene: Scene) -> None:
    for role in ("Member", "User manager"):

        async def lines(role: str = role):
            yield f"username,role\nmgr,{role}\n".encode()

        async def act(context: Context, lines: Any = lines) -> None:
            report = await apply.run(context, Source(lines), None)
            assert report is not None
            assert report.changed == 1

        scene.installation.run(act)


def _promotes_mgr(scene: Scene) -> None:
    page = scene.boss.browser.post(f"/users/{scene.mgr.user_id}/roles", {"role": [ADMINISTRATOR]})
    assert page.status == 303


def _both_promoted(scene: Scene) -> None:
    _given(scene)
    _promotes_mgr(scene)


LOST_AND_REGAINED: dict[str, Callable[[Scene], None]] = {
    "disabled": _disabled_for_a_while,
    "a role taken": _role_taken_for_a_while,
    "a role allows less": _role_allows_less_for_a_while,
    "a role deleted": _role_deleted_and_another_given,
    "an import": _imported_without_for_a_while,
    "the user promoted, then the maker": _both_promoted,
}


@pytest.mark.parametrize("how", LOST_AND_REGAINED)
@pytest.mark.parametrize("way", JUDGED_AT_USE)
def test_what_did_not_count_once_is_not_revived_when_its_maker_may_again(scene: Scene, way: str, how: str):
    use = EVERY[way](scene)
    LOST_AND_REGAINED[how](scene)
    assert not use()


@pytest.mark.parametrize("how", LOST_AND_REGAINED)
def test_an_ended_address_works_again_once_somebody_answers_for_it(scene: Scene, how: str):
    use = _address(scene)
    LOST_AND_REGAINED[how](scene)
    assert "Links are not sent there" in page_of(scene)
    edit = scene.boss.browser.get(f"/users/{scene.alice.user_id}/edit")
    done = scene.boss.browser.submit(edit, f"/users/{scene.alice.user_id}/edit", vouched="on")
    assert done.status == 303, done.text
    assert use()


def test_a_role_that_takes_nothing_of_importance_ends_nothing(scene: Scene):
    use = _address(scene)
    for allowed in (["users.view", "users.edit", "activity_log.view"], ["users.view", "users.edit"]):
        form = {"name": "User manager", "permission": allowed}
        assert scene.boss.browser.post("/roles/2", form).status == 303
    assert use()
