"""What ends ways into an account ends all of them: every such act, times every way in of the list."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from accounts import sessions, ways_in
from accounts.context import COMMAND_LINE, Context
from accounts.links import links
from accounts.sessions import Current
from accounts.users import administration, login_method, status, two_factor_reset
from accounts.users.password import change_password, set_password
from accounts.vault import token, token_hash
from db import authenticators, browsers, sso_logins
from db import links as stored_links
from db import users as stored_users
from tests.browser import Installation
from tests.house.tree import ROOT
from tests.people import Person, is_bound, session_of, somebody

ISSUER = "https://login.example.org"
NEW_PASSWORD = "a brand new umbrella for rainy days"
ALWAYS = [way.name for way in ways_in.ALL if way.ends == "always"]


@dataclass
class Scene:
    """`current`: a session of the user into whose account the ways lead; `administrator`: one of another user."""

    person: Person
    current: Current
    administrator: Current


Works = Callable[[Context], Awaitable[bool]]
Act = Callable[[Context, Scene], Awaitable[object]]


# ------------------------------------------------------------------------------------------------- each way in, planted


async def _session(context: Context, person: Person) -> Works:
    current = await session_of(context, person)

    async def works(context: Context) -> bool:
        return await context.db.fetch_one(f"SELECT 1 AS x FROM sessions WHERE id = {current.session.id}") is not None

    return works


async def _known_browser(context: Context, person: Person) -> Works:
    browser_hash = token_hash(token())
    async with context.db.transaction():
        await browsers.bind(context.db, browser_hash, person.user_id, context.now)
    return lambda context: browsers.knows(context.db, browser_hash, person.username, context.now)


async def _set_up(context: Context, person: Person) -> Works:
    session_id = (await session_of(context, person)).session.id
    new = authenticators.NewSetUp(session_id, person.user_id, "key", b"sealed", "replace", context.now)
    async with context.db.transaction():
        assert await authenticators.start_set_up(context.db, new)

    async def works(context: Context) -> bool:
        return await authenticators.set_up_of(context.db, session_id, 0, context.now) is not None

    return works


async def _link(context: Context, person: Person, *kinds: stored_links.LinkKind) -> Works:
    added = []
    async with context.db.transaction():
        for kind in kinds:
            new = stored_links.New(
                kind, person.user_id, token_hash(token()), context.now, context.now + 3600, "a@b.org"
            )
            added.append(await stored_links.add(context.db, new))

    async def works(context: Context) -> bool:
        return any([await stored_links.by_id(context.db, link_id) for link_id in added])

    return works


async def _sign_in_at_provider(context: Context, person: Person) -> Works:
    """One that would bind an identity, and one that would be a proof in a session."""
    states = [token_hash(token()) for _ in range(2)]
    session_id = (await session_of(context, person)).session.id
    async with context.db.transaction():
        new = stored_links.New("binding", person.user_id, token_hash(token()), context.now, context.now + 3600)
        link_id = await stored_links.add(context.db, new)
        for state, purpose, session, link in (
            (states[0], "binding", None, link_id),
            (states[1], "proof", session_id, None),
        ):
            until = context.now + 600
            row = sso_logins.New(state, b"b", purpose, session, link, "k", b"s", "/", "", context.now, until)
            await sso_logins.add(context.db, row)

    async def works(context: Context) -> bool:
        async with context.db.transaction():
            return any([await sso_logins.use(context.db, state, b"b", context.now) for state in states])

    return works


PLANTS: dict[str, Callable[[Context, Person], Awaitable[Works]]] = {
    "session": _session,
    "known browser": _known_browser,
    "pending set-up": _set_up,
    "pending sign-in at the provider": _sign_in_at_provider,
    "link": lambda context, person: _link(context, person, *stored_links.WAYS_IN),
    "waiting e-mail address": lambda context, person: _link(context, person, "new_address"),
}


# ---------------------------------------------------------------------------------------------- each act that ends them


async def _by_link(context: Context, scene: Scene) -> object:
    async with context.db.transaction():
        link = await links.create(context, scene.person.user_id, "password_reset")
    chosen = await links.choose_password(context, "password_reset", link.token, NEW_PASSWORD)
    assert isinstance(chosen, links.Chosen)
    return "done"


async def _reset(context: Context, scene: Scene) -> object:
    async with context.db.transaction():
        await stored_users.set_two_factor(context.db, scene.person.user_id, context.now)
    return await two_factor_reset.reset(context, scene.person.user_id, "a lost phone", scene.administrator) or "done"


OWN: dict[str, Act] = {
    "one signs out everywhere else": lambda context, scene: sessions.end_others(context, scene.current),
    "one changes the password": lambda context, scene: change_password(
        context, scene.current, scene.person.password, NEW_PASSWORD
    ),
}
OF_OTHERS: dict[str, Act] = {
    "an administrator signs them out": lambda context, scene: administration.end_sessions(
        context, scene.person.user_id, scene.administrator
    ),
    "a password is chosen by a link": _by_link,
    "a password is set on the command line": lambda context, scene: set_password(
        context, scene.person.username, None, COMMAND_LINE
    ),
    "the second factor is reset": _reset,
    "the user is disabled": lambda context, scene: status.disable(context, scene.person.user_id, scene.administrator),
    "the user is deleted": lambda context, scene: status.delete(context, scene.person.user_id, scene.administrator),
    "the login method is changed": lambda context, scene: login_method.change(
        replace(context, issuer=ISSUER), scene.person.user_id, "sso", scene.administrator
    ),
}
OF_BOUND: dict[str, Act] = {
    "the identity is unbound": lambda context, scene: login_method.unbind(
        context, scene.person.user_id, scene.administrator
    ),
    "a whole provider is unbound": lambda context, scene: login_method.unbind_all(context, ISSUER),
}
DONE = {"done", "disabled", "deleted", "changed", "unbound"}


def _is_done(outcome: object) -> bool:
    """A number of sessions, a new token or password, or a word for it."""
    return isinstance(outcome, int) or outcome in DONE or (isinstance(outcome, str) and len(outcome) >= 20)


def test_the_list_is_tested_as_a_whole():
    assert set(PLANTS) == set(ALWAYS)
    documented = (ROOT / "docs/security.md").read_text().split("## Ways in")[1]
    assert [way.name for way in ways_in.ALL if f"\n| {way.name} |" not in documented] == []


@pytest.mark.parametrize("act", [*OWN, *OF_OTHERS, *OF_BOUND])
def test_an_act_that_ends_ways_in_ends_them_all(installation: Installation, function_on, bob, act: str):
    person = somebody(installation, "cleo", sso=True) if act in OF_BOUND else somebody(installation, "alice")
    if act in OF_BOUND:
        is_bound(person, issuer=ISSUER)

    async def run(context: Context) -> list[str]:
        scene = Scene(person, await session_of(context, person), await session_of(context, bob))
        planted = {way: await PLANTS[way](context, person) for way in ALWAYS}
        of_another = {way: await PLANTS[way](context, bob) for way in ALWAYS}
        outcome = await (OWN | OF_OTHERS | OF_BOUND)[act](context, scene)
        assert _is_done(outcome), outcome
        assert all([await works(context) for works in of_another.values()]), "nobody else's ended"
        open_sessions = await sessions.open_sessions(context, person.user_id)
        kept = [each.id for each in open_sessions] == [scene.current.session.id]
        assert kept if act in OWN else not open_sessions, "the session of the one who acts goes on"
        return [way for way, works in planted.items() if await works(context)]

    assert installation.run(run) == []


def test_the_browser_of_the_one_who_acts_stays_known(installation, alice):
    elsewhere = installation.browser()
    alice.signs_in()
    elsewhere.post("/login", {"username": "alice", "password": alice.password})

    async def known(context: Context) -> int:
        return len(await context.db.fetch_all("SELECT browser_id FROM browser_users"))

    assert installation.run(known) == 2
    alice.browser.post("/my-user/sessions/end-others")
    assert installation.run(known) == 1
    assert alice.browser.get("/").status == 200


def test_only_one_function_ends_them():
    """Sessions end elsewhere, too (a sign-out, another phone), but known browsers and all kinds of links only there."""
    found = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "accounts").rglob("*.py")
        if re.search(r"browsers\.unbind\(|sessions\.end_all\(|rows\.end_all\(|LINK_KINDS\)", path.read_text())
    ]
    assert found == ["accounts/ways_in.py"]
