"""A user's login method, changed by somebody who edits users: what ends is said before, done at once, logged and
told.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accounts import sessions
from accounts.activity import kinds
from accounts.activity import log as activities
from accounts.context import COMMAND_LINE, Context
from accounts.context import Principal as Who
from accounts.users import login_method, users
from accounts.users.login_method import Method
from accounts.users.password import set_password
from db import users as stored_users
from tests import acts
from tests.browser import Installation, Page
from tests.mail_server import MailServer
from tests.people import Person, by_single_sign_on, gets_blocked, is_bound, session_of, somebody, switch, until_when
from tests.server import rows

MINUTE = 60
ISSUER = "https://login.example.org"
PROVIDER = {
    "TWO_KEYS_SSO_ISSUER": ISSUER,
    "TWO_KEYS_SSO_CLIENT_ID": "two-keys",
    "TWO_KEYS_SSO_CLIENT_SECRET": "a secret of the client",
    "TWO_KEYS_SSO_NAME": "Acme SSO",
}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """With an identity provider configured; nobody asks it anything here. The function is on."""
    with Installation(tmp_path / "data", **PROVIDER) as running:
        switch(running, True)
        yield running


@pytest.fixture
def without_provider(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "plain") as running:
        yield running


@pytest.fixture
def cleo(installation: Installation) -> Person:
    """Somebody who signs in by Single Sign-On, and did so before."""
    cleo = somebody(installation, "cleo", sso=True)
    is_bound(cleo)
    return cleo


def path_of(other: Person, act: str = "login-method") -> str:
    return f"/users/{other.user_id}/{act}"


def changes(person: Person, other: Person) -> Page:
    """Opens the page that asks, and sends it."""
    asking = person.browser.get(path_of(other))
    return person.browser.submit(asking, path_of(other))


def sends(person: Person, other: Person, to: str, **typed: str) -> Page:
    return person.browser.post(path_of(other), {"login_method": to, **typed})


def log(person: Person) -> str:
    return person.browser.get("/activity-log").text


def row(installation: Installation, sql: str) -> tuple[object, ...]:
    async def read(context: Context) -> tuple[object, ...]:
        found = await context.db.fetch_one(sql)
        assert found is not None
        return tuple(found)

    return installation.run(read)


def number(installation: Installation, table: str, other: Person) -> object:
    return row(installation, f"SELECT count(*) FROM {table} WHERE user_id = {other.user_id}")[0]


def state(installation: Installation) -> tuple[object, ...]:
    """All that a change could change."""
    return (
        *rows(installation.config.data_dir, "SELECT login_method, access_version, sso_subject FROM users ORDER BY id"),
        *row(installation, "SELECT set_up, not_set_up, sso FROM adoption"),
        *row(installation, "SELECT count(*) FROM sessions"),
        *row(installation, "SELECT count(*) FROM links"),
        *row(installation, "SELECT count(*) FROM activity WHERE action <> 'access.refused'"),
    )


# --------------------------------------------------------------------------------- from a password to Single Sign-On


def test_it_is_said_before_what_ends(bob, alice):
    alice.signs_in()
    alice.sets_up()
    bob.signs_in()
    page = bob.browser.get(f"/users/{alice.user_id}")
    assert path_of(alice) in page.links()
    asking = bob.browser.get(path_of(alice))
    words = asking.words("#user-account")
    assert "Change the login method to Single Sign-On" in words
    assert "From then on Alice signs in at Acme SSO, no longer with a password." in words
    for ends in ("the password, and links to choose one", "1 phone, and 10 recovery codes", "every session"):
        assert ends in words
    assert "Username/password" in words, "nothing is changed by asking"
    part = bob.browser.get(path_of(alice), part=True)
    assert part.html.lstrip().startswith('<section class="card" id="user-account"')


def test_everything_of_the_password_ends(installation, bob, alice):
    alice.signs_in()
    alice.sets_up()
    gets_blocked(alice)
    alice.browser.post("/my-user/two-factor", {"password": alice.password}, part=True)
    bob.signs_in()
    done = changes(bob, alice)
    assert done.status == 200
    assert row(
        installation,
        "SELECT login_method, password_hash, password_set_at, one_time_until, two_factor_at, codes_blocked_at,"
        " sso_subject FROM users"
        f" WHERE id = {alice.user_id}",
    ) == ("sso", None, None, None, None, None, None)
    for table in ("authenticators", "set_ups", "recovery_codes", "code_attempts", "sessions", "browser_users"):
        assert number(installation, table, alice) == 0, table
    assert alice.browser.get("/").status == 303
    assert alice.types().status == 422


def test_the_password_works_no_more_and_the_log_says_why(bob, alice):
    bob.signs_in()
    changes(bob, alice)
    assert alice.types().status == 422
    page = bob.browser.get(f"/users/{alice.user_id}")
    assert "This user signs in by Single Sign-On, not with a password." in page.words("#user-security")


def test_a_link_that_binds_is_handed_over_once(installation, bob, alice):
    bob.signs_in()
    asking = bob.browser.get(path_of(alice))
    done = bob.browser.submit(asking, path_of(alice))
    assert re.fullmatch(r"http://localhost:8000/invitation/[\w-]{43}", done.words("#handed-link"))
    assert (
        "With it, Alice signs in at Acme SSO for the first time. It works once, until 1 Dec 2026, 12:00." in done.text
    )
    before = state(installation)
    again = bob.browser.submit(asking, path_of(alice))
    assert "The link was shown once" in again.text
    assert not again.has("#handed-link")
    assert state(installation) == before


def test_figures_filter_symbol_and_notification_follow(installation, bob, alice):
    alice.signs_in()
    alice.sets_up()
    bob.signs_in()
    assert row(installation, "SELECT set_up, not_set_up, not_joined FROM adoption") == (1, 1, 0)
    changes(bob, alice)
    assert row(installation, "SELECT set_up, not_set_up, not_joined FROM adoption") == (0, 1, 1)
    assert row(installation, "SELECT set_up, not_set_up, not_joined FROM adoption_by_unit WHERE unit = 'Sales'") == (
        0,
        0,
        1,
    )
    assert "alice" in bob.browser.get("/users?login_method=sso").words("tbody")
    assert not bob.browser.get("/users?two_factor=on").has("tbody")
    page = bob.browser.get(f"/users/{alice.user_id}")
    assert not page.has(".user-keys")
    fresh = by_single_sign_on(Person("alice", alice.user_id, installation, installation.browser()))
    assert not fresh.get("/").words("#notification")


def test_links_to_choose_a_password_are_void(installation, bob, alice):
    bob.signs_in()
    handed = bob.browser.submit(bob.browser.get(f"/users/{alice.user_id}"), path_of(alice, "password-reset"))
    link = handed.words("#handed-link").removeprefix("http://localhost:8000")
    changes(bob, alice)
    assert installation.browser().get(link).status == 410
    assert installation.browser().post(link, {"new_password": "a quiet pond with green frogs"}).status == 410
    assert row(installation, f"SELECT password_hash FROM users WHERE id = {alice.user_id}") == (None,)


def test_every_link_that_is_out_is_void_before_another_is_made(installation, bob, alice, cleo):
    bob.signs_in()
    bob.browser.submit(bob.browser.get(f"/users/{alice.user_id}"), path_of(alice, "password-reset"))
    waiting = somebody(installation, "dora", sso=True)
    bob.browser.submit(bob.browser.get(f"/users/{waiting.user_id}"), path_of(waiting, "binding"))
    assert row(installation, "SELECT count(*) FROM links") == (2,)
    for person, to in ((alice, "sso"), (waiting, "password")):
        assert installation.run(lambda context, person=person, to=to: changed_by(context, bob, person, to)) == "changed"
        assert number(installation, "links", person) == 0


def test_the_waiting_after_wrong_passwords_ends(installation, bob, alice):
    for _ in range(10):
        alice.types(password="wrong")
    now = installation.clock()

    def waits() -> bool:
        return bool(installation.run(lambda context: until_when(context, "alice"))[0] > now)

    assert waits()
    bob.signs_in()
    changes(bob, alice)
    assert not waits()


def test_it_is_logged_with_before_and_after(bob, alice, cleo):
    bob.signs_in()
    changes(bob, alice)
    changes(bob, cleo)
    assert "bob changed the login method of alice from username/password to Single Sign-On" in log(bob)
    assert "bob changed the login method of cleo from Single Sign-On to username/password" in log(bob)
    assert "Login method changed" in log(bob)


def test_a_disabled_user_is_changed_and_gets_no_link(installation, bob, alice):
    installation.run(lambda context: acts.disable(context, "alice"))
    bob.signs_in()
    assert changes(bob, alice).location == f"/users/{alice.user_id}"
    assert number(installation, "links", alice) == 0
    assert row(installation, "SELECT set_up, not_set_up, not_joined FROM adoption") == (0, 1, 0)
    bob.browser.post(path_of(alice, "enable"))
    assert row(installation, "SELECT set_up, not_set_up, not_joined FROM adoption") == (0, 1, 1)


# --------------------------------------------------------------------------------- from Single Sign-On to a password


def test_the_binding_ends_and_an_invitation_is_handed_over(installation, bob, cleo):
    browser = by_single_sign_on(cleo)
    bob.signs_in()
    asking = bob.browser.get(path_of(cleo))
    assert "From then on Cleo signs in with username and password, no longer by Single Sign-On." in asking.text
    assert "the connection of Cleo to Acme SSO" in asking.words("#user-account")
    done = bob.browser.submit(asking, path_of(cleo))
    link = done.words("#handed-link").removeprefix("http://localhost:8000")
    assert "With it, Cleo chooses a password. It works once" in done.text
    assert row(
        installation,
        f"SELECT login_method, sso_issuer, sso_subject, sso_amr, sso_acr FROM users WHERE id = {cleo.user_id}",
    ) == ("password", None, None, "", "")
    assert browser.get("/").status == 303
    fresh = Person("cleo", cleo.user_id, installation, installation.browser())
    fresh.browser.submit(fresh.browser.get(link), link, new_password="a quiet pond with green frogs")
    page = fresh.browser.post("/login", {"username": "cleo", "password": "a quiet pond with green frogs", "code": ""})
    assert page.status == 303
    assert fresh.browser.get("/").has("#notification a"), "the function applies from then on"
    assert row(installation, "SELECT set_up, not_set_up, sso FROM adoption") == (0, 2, 0)


def test_it_is_always_offered_though_no_provider_is_configured(without_provider):
    bob, cleo = somebody(without_provider, "bob", "Administrator"), somebody(without_provider, "cleo", sso=True)
    bob.signs_in()
    assert path_of(cleo) in bob.browser.get(f"/users/{cleo.user_id}").links()
    assert changes(bob, cleo).has("#handed-link")


# ----------------------------------------------------------------------------------------------------------- refused


def test_nobody_is_changed_to_a_provider_that_is_not_there(without_provider):
    bob, alice = somebody(without_provider, "bob", "Administrator"), somebody(without_provider, "alice")
    bob.signs_in()
    before = state(without_provider)
    assert path_of(alice) not in bob.browser.get(f"/users/{alice.user_id}").links()
    for page in (bob.browser.get(path_of(alice)), sends(bob, alice, "sso")):
        assert page.status == 409
        assert "Single Sign-On is not configured" in page.words("#user-account [role=alert]")
    assert state(without_provider) == before
    outcome = without_provider.run(lambda context: changed_by(context, bob, alice, "sso", configured=False))
    assert outcome == "no_provider"


@pytest.mark.parametrize("to", ["", "pigeon", "SSO"])
def test_another_method_does_not_exist(installation, bob, alice, to):
    bob.signs_in()
    before = state(installation)
    assert sends(bob, alice, to).status == 422
    assert state(installation) == before


def test_to_the_method_that_it_is_nothing_changes(installation, bob, alice, cleo):
    bob.signs_in()
    before = state(installation)
    # nothing to prove for nothing
    installation.clock.forward(11 * MINUTE)
    assert sends(bob, alice, "password").location == f"/users/{alice.user_id}"
    assert sends(bob, cleo, "sso", newest="0").location == f"/users/{cleo.user_id}"
    assert state(installation) == before
    assert installation.run(lambda context: changed_by(context, bob, alice, "password")) == "same"


def test_nobody_changes_their_own(installation, bob):
    bob.signs_in()
    somebody(installation, "carol", "Administrator")
    assert path_of(bob) not in bob.browser.get(f"/users/{bob.user_id}").links()
    before = state(installation)
    assert bob.browser.get(path_of(bob)).status == 403
    assert sends(bob, bob, "sso").status == 403
    assert bob.browser.post(path_of(bob, "unbind")).status == 403
    assert state(installation) == before


@pytest.mark.parametrize(
    ("roles", "other"), [(("Member",), "dora"), (("Auditor",), "dora"), (("User manager",), "bob")]
)
def test_nobody_changes_it_without_holding_as_much(installation, bob, alice, roles, other):
    erna, dora = somebody(installation, "erna", *roles), somebody(installation, "dora")
    subject = {"bob": bob, "dora": dora}[other]
    erna.signs_in()
    before = state(installation)
    for act in ("login-method", "unbind"):
        assert erna.browser.get(path_of(subject, act)).status == 403
        assert erna.browser.post(path_of(subject, act), {"login_method": "sso"}).status == 403
    assert state(installation) == before


def test_who_is_not_there_is_not_found(bob):
    bob.signs_in()
    assert bob.browser.get("/users/99/login-method").status == 404
    assert bob.browser.post("/users/99/login-method", {"login_method": "sso"}).status == 404


def test_another_site_cannot_send_it(installation, bob, alice):
    bob.signs_in()
    before = state(installation)
    assert bob.browser.post(path_of(alice), {"login_method": "sso"}, Origin="https://evil.example").status == 403
    assert state(installation) == before


@pytest.mark.parametrize("act", ["login-method", "unbind"])
def test_it_needs_a_proof(installation, bob, cleo, act):
    bob.signs_in()
    installation.clock.forward(11 * MINUTE)
    asking = bob.browser.get(path_of(cleo, act))
    before = state(installation)
    missing = bob.browser.submit(asking, path_of(cleo, act))
    assert missing.status == 422
    assert missing.fields(path_of(cleo, act))["newest"] == "0"
    wrong = bob.browser.submit(missing, path_of(cleo, act), password="wrong")
    assert wrong.status == 422
    assert "not right" in wrong.text or "wrong" in wrong.text
    assert state(installation)[:-1] == before[:-1]
    assert bob.browser.submit(wrong, path_of(cleo, act), password=bob.password).has("#handed-link")


def test_too_many_wrong_proofs_wait(installation, bob, alice):
    bob.signs_in()
    installation.clock.forward(11 * MINUTE)
    for _ in range(10):
        sends(bob, alice, "sso", password="wrong")
    assert sends(bob, alice, "sso", password=bob.password).status == 429


# -------------------------------------------------------------------------------------- nobody can lock everyone out


async def changed_by(context: Context, person: Person, other: Person, to: Method, *, configured: bool = True) -> object:
    at = context if configured else replace(context, issuer="")
    return await login_method.change(at, other.user_id, to, await session_of(context, person))


def test_two_administrators_who_change_each_other_at_once_leave_one(installation, bob):
    carol = somebody(installation, "carol", "Administrator")

    async def against_each_other(context: Context) -> list[object]:
        ones, others = await session_of(context, bob), await session_of(context, carol)
        attacks = (
            login_method.change(context, carol.user_id, "sso", ones),
            login_method.change(context, bob.user_id, "sso", others),
        )
        return list(await asyncio.gather(*attacks, return_exceptions=True))

    outcomes = installation.run(against_each_other)
    assert outcomes.count("changed") == 1
    assert sum(isinstance(outcome, sessions.SessionEnded) for outcome in outcomes) == 1
    assert row(installation, "SELECT count(*) FROM users WHERE password_hash IS NOT NULL") == (1,)


def test_the_last_administrator_who_could_sign_in_is_not_changed(installation, bob):
    """Carol's session was opened by a provider that is configured no longer: once it ends, nobody would come back
    in.
    """
    carol = somebody(installation, "carol", "Administrator", sso=True)
    is_bound(carol, issuer="https://the-former.example.org")
    by_single_sign_on(carol)
    before = state(installation)
    page = sends(carol, bob, "sso")
    assert page.status == 409
    assert "No other administrator could sign in with the present configuration." in page.words(
        "#user-account [role=alert]"
    )
    assert state(installation) == before
    is_bound(carol)
    assert sends(carol, bob, "sso").has("#handed-link")


def test_an_expired_one_time_password_lets_nobody_in(installation, bob):
    carol = somebody(installation, "carol", "Administrator", sso=True)
    # not bound: opened by a hand that is not the product's
    by_single_sign_on(carol)
    dan = users.New("dan", roles=("Administrator",))
    installation.run(lambda context: users.create(context, dan, COMMAND_LINE))
    installation.clock.forward(73 * 3600)
    by_single_sign_on(carol)
    assert sends(carol, bob, "sso").status == 409
    installation.run(lambda context: set_password(context, "dan", None, COMMAND_LINE))
    assert sends(carol, bob, "sso").has("#handed-link")


def test_it_is_said_when_no_administrator_would_have_a_password(installation, bob):
    carol = somebody(installation, "carol", "Administrator", sso=True)
    is_bound(carol)
    by_single_sign_on(carol)
    assert "No other administrator signs in with a password." in carol.browser.get(path_of(bob)).text
    somebody(installation, "dan", "Administrator")
    assert "No other administrator signs in with a password." not in carol.browser.get(path_of(bob)).text


# -------------------------------------------------------------------------------------- while something is under way


def test_a_login_under_way_notices(installation, bob, alice):
    """The password was right when it was looked at; the user is changed before the login is decided."""
    alice.signs_in()
    version = row(installation, f"SELECT access_version FROM users WHERE id = {alice.user_id}")
    bob.signs_in()
    changes(bob, alice)
    assert row(installation, f"SELECT access_version FROM users WHERE id = {alice.user_id}") > version

    async def still(context: Context) -> bool:
        async with context.db.transaction():
            return await stored_users.lock_unchanged(context.db, alice.user_id, int(str(version[0])), function_on=True)

    assert not installation.run(still)


class Slow:
    """Hashes, and meanwhile somebody does something."""

    def __init__(self, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._meanwhile = meanwhile

    async def hash(self, _password: str) -> str:
        await self._meanwhile()
        return "a hash"


def test_a_password_that_is_set_meanwhile_is_not_stored(installation, bob, alice):
    """The command line hashes, and the user is changed before it stores."""

    async def act(context: Context) -> object:
        slow: Any = Slow(lambda: changed_by(context, bob, alice, "sso"))
        return await set_password(replace(context, hasher=slow), "alice", None, COMMAND_LINE)

    assert isinstance(installation.run(act), users.Refused)
    values = f"SELECT login_method, password_hash FROM users WHERE id = {alice.user_id}"
    assert row(installation, values) == ("sso", None)


# ------------------------------------------------------------------------------------------- the identity, forgotten


def test_the_identity_is_forgotten_and_a_new_link_handed_over(installation, bob, cleo):
    browser = by_single_sign_on(cleo)
    bob.signs_in()
    page = bob.browser.get(f"/users/{cleo.user_id}")
    assert path_of(cleo, "unbind") in page.links()
    asking = bob.browser.get(path_of(cleo, "unbind"))
    assert "Cleo is signed out everywhere at once" in asking.text
    done = bob.browser.submit(asking, path_of(cleo, "unbind"))
    assert "With it, Cleo signs in at Acme SSO for the first time" in done.text
    assert browser.get("/").status == 303
    page = bob.browser.get(f"/users/{cleo.user_id}")
    assert "Waiting for the first sign-in" in page.text
    assert "subject of cleo" not in page.text
    assert (
        "bob disconnected cleo from the identity provider,"
        f" where the account was connected to subject of cleo at {ISSUER}" in log(bob)
    )
    before = state(installation)
    assert "The link was shown once" in bob.browser.submit(asking, path_of(cleo, "unbind")).text
    assert state(installation) == before


def test_who_is_nobody_there_is_not_forgotten(installation, bob, alice):
    waiting = somebody(installation, "dora", sso=True)
    bob.signs_in()
    before = state(installation)
    for person in (alice, waiting):
        assert path_of(person, "unbind") not in bob.browser.get(f"/users/{person.user_id}").links()
        assert bob.browser.get(path_of(person, "unbind")).status == 409
    assert bob.browser.post(path_of(alice, "unbind")).status == 409
    assert bob.browser.post(path_of(waiting, "unbind")).location == f"/users/{waiting.user_id}"
    assert state(installation) == before


def test_one_bound_by_another_provider_is_said_to_be(installation, bob, cleo):
    is_bound(cleo, issuer="https://the-former.example.org")
    bob.signs_in()
    page = bob.browser.get(f"/users/{cleo.user_id}")
    assert "connected to another identity provider than the one that is configured, and cannot sign in" in page.text
    assert "https://the-former.example.org" in page.words("#user-account")


# ----------------------------------------------------------------------------------------------------- what is shown


def test_who_waits_is_said_to_and_how_they_are_bound(installation, bob):
    waiting = somebody(installation, "dora", sso=True)
    bob.signs_in()
    words = bob.browser.get(f"/users/{waiting.user_id}").words("#user-account")
    assert (
        "Waiting for the first sign-in: with a link, or with dora@example.org, if the identity provider has verified"
        " this address." in words
    )
    handed = bob.browser.submit(bob.browser.get(f"/users/{waiting.user_id}"), path_of(waiting, "binding"))
    assert "With it, Dora signs in at Acme SSO for the first time" in handed.text
    assert "Single Sign-On is not configured" not in handed.text
    words = bob.browser.get(f"/users/{waiting.user_id}").words("#user-account")
    assert "The link for the first sign-in works until 1 Dec 2026, 12:00." in words


def test_a_users_page_says_what_the_provider_said_of_the_last_sign_in(bob, cleo):
    bob.signs_in()
    words = bob.browser.get(f"/users/{cleo.user_id}").words("#user-account")
    for shown in ("Single Sign-On", "Acme SSO", "subject of cleo", "password, one-time code, several factors", "gold"):
        assert shown in words
    assert "Connected at the first sign-in" in words


def test_an_unknown_method_is_shown_as_it_is(installation, bob, cleo):
    async def say(context: Context) -> None:
        async with context.db.transaction():
            await context.db.execute(
                "UPDATE users SET sso_amr = 'hwk <b>magic</b>', sso_acr = '<i>1</i>' WHERE id = :id",
                {"id": cleo.user_id},
            )

    installation.run(say)
    bob.signs_in()
    page = bob.browser.get(f"/users/{cleo.user_id}")
    assert "hardware key, <b>magic</b>" in page.text
    assert "<i>1</i>" in page.text


def test_the_identity_is_shown_to_those_who_may_act_on_it_alone(installation, cleo):
    auditor = somebody(installation, "fay", "Auditor")
    auditor.signs_in()
    page = auditor.browser.get(f"/users/{cleo.user_id}")
    assert "Acme SSO" in page.text
    assert "subject of cleo" not in page.text


def test_my_user_says_it_too(cleo):
    page = by_single_sign_on(cleo).get("/my-user")
    for shown in ("Single Sign-On", "Acme SSO", "password, one-time code, several factors", "gold"):
        assert shown in page.words("#profile")
    assert "Name and e-mail address are taken from Acme SSO at each sign-in" in page.text


def test_the_form_that_changes_says_that_name_and_address_follow_the_provider(installation, bob, cleo):
    waiting = somebody(installation, "dora", sso=True)
    bob.signs_in()
    bound = bob.browser.get(path_of(cleo, "edit")).text
    assert "Name and e-mail address come from the identity provider" in bound
    assert "The e-mail address can connect this user" in bob.browser.get(path_of(waiting, "edit")).text


def test_refusals_by_single_sign_on_are_shown_with_their_cause(installation, bob, cleo):
    async def refuse(context: Context) -> None:
        async with context.db.transaction():
            who = Who(cleo.user_id, "cleo")
            await activities.record(context, kinds.LoginRefused("sso: the state was used already"), who, who)

    installation.run(refuse)
    bob.signs_in()
    assert "Single Sign-On: the state was used already." in bob.browser.get(f"/users/{cleo.user_id}").text
    assert "Single Sign-On: the state was used already." in log(bob)


# ------------------------------------------------------------------------------------------------- the second factor


@pytest.mark.parametrize(
    "act",
    [
        "two-factor",
        "two-factor/confirm",
        "two-factor/cancel",
        "two-factor/remove",
        "recovery-codes",
        "password",
        "authenticators/1/rename",
    ],
)
def test_no_forged_request_gives_single_sign_on_a_second_factor_or_a_password(installation, cleo, act):
    browser = by_single_sign_on(cleo)
    typed = {"password": "x" * 20, "code": "123456", "new_password": "a quiet pond with green frogs", "name": "x"}
    for part in (False, True):
        assert browser.post(f"/my-user/{act}", typed, part=part).status == 403
    for table in ("set_ups", "authenticators", "recovery_codes"):
        assert number(installation, table, cleo) == 0
    assert row(installation, f"SELECT password_hash FROM users WHERE id = {cleo.user_id}") == (None,)


def test_single_sign_on_is_offered_no_set_up(cleo):
    page = by_single_sign_on(cleo).get("/my-user")
    assert not page.offers("/my-user/two-factor")
    assert not page.words("#notification")


# ----------------------------------------------------------------------------------------------------------- letters


def test_the_user_is_told_by_letter(tmp_path):
    with MailServer() as server:
        mail = {"TWO_KEYS_SMTP_URL": f"smtp://localhost:{server.port}", "TWO_KEYS_MAIL_FROM": "keys@example.org"}
        with Installation(tmp_path / "data", **PROVIDER, **mail) as running:

            def deliver() -> list[str]:
                assert running._client.portal is not None
                running._client.portal.call(running.app.state.outbox.deliver, running.context)
                return [letter.text for letter in server.received if letter.to == ["alice@example.org"]]

            bob, alice = somebody(running, "bob", "Administrator"), somebody(running, "alice")
            deliver()
            bob.signs_in()
            asked = bob.browser.get(path_of(alice, "login-method")).words("#user-account")
            assert "A link is sent by e-mail to alice@example.org" in asked, "nothing is handed over"
            sends(bob, alice, "sso")
            told = [text for text in deliver() if "From now on you sign in by Single Sign-On" in text]
            assert len(told) == 1
            assert "Your old password does not work any more" in told[0]
            assert "bob" in told[0]
            assert "the link that comes in another e-mail or from your administrator" in told[0]
            is_bound(alice)
            assert "It is sent by e-mail to alice@example.org" in bob.browser.get(path_of(alice, "unbind")).text
            bob.browser.post(path_of(alice, "unbind"))
            assert (
                sum("no longer connected to your identity at the identity provider" in text for text in deliver()) == 1
            )
            sends(bob, alice, "password")
            assert sum("From now on you sign in with username and password" in text for text in deliver()) == 1


def test_unbinding_looks_at_the_user_before_the_form_and_a_reset_at_the_form_first(bob, alice):
    """So an unreadable form gets the answer about the user, where that does not depend on the form."""
    bob.signs_in()
    client, form = bob.browser.client, {"Content-Type": "application/json", "Origin": "http://localhost:8000"}
    unbind, reset = f"/users/{alice.user_id}/unbind", "/users/9999/reset-two-factor"
    assert client.post(unbind, content="{}", headers=form).status_code == 409
    assert client.post("/users/9999/unbind", content="{}", headers=form).status_code == 404
    assert client.post(reset, content="{}", headers=form).status_code == 400
