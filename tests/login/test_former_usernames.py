"""Usernames from before PRECIS were stored case-folded: `straße` as `strasse`. Who types theirs as ever is found."""

from dataclasses import replace

import pytest

from accounts.confusables import skeleton
from accounts.context import Client, Context
from accounts.login import named, throttle
from accounts.places import Claim
from db import users as stored_users
from tests.browser import Installation
from tests.cookies import BROWSER
from tests.people import Person, somebody
from tests.users.test_user_import import uploads

# As somebody typed it, as it was stored, and as it is stored now.
NAMES = [("Straße", "strasse", "straße"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ", "σίσυφος"), ("ﬁona", "fiona", "ﬁona")]


def called(installation: Installation, name: str) -> Person:
    """Alice, with that username stored as it was before."""
    alice = somebody(installation, "alice")

    async def act(context: Context) -> None:
        values = {"username": name, "skeleton": skeleton(name)}
        async with context.db.transaction():
            await stored_users.set_profile(context.db, alice.user_id, values)

    installation.run(act)
    return alice


@pytest.fixture(params=NAMES, ids=lambda names: names[1])
def names(request):
    return request.param


def test_both_ways_of_writing_it_sign_in(installation, names):
    typed, stored, _ = names
    alice = called(installation, stored)
    for written in (typed, typed.lower(), stored):
        browser = installation.browser()
        assert browser.post("/login", {"username": written, "password": alice.password}).status == 303
        assert stored in browser.get("/my-user").text


def test_a_browser_that_is_known_knows_both(installation, names):
    typed, stored, now = names
    alice = called(installation, stored)
    alice.browser.post("/login", {"username": typed, "password": alice.password})
    known = installation.app.state.vault.unsign(alice.browser.client.cookies[BROWSER]).removeprefix("browser:")

    async def claims(context: Context) -> list[Claim]:
        here = replace(context, client=Client("203.0.113.7", "Firefox on Linux", known))
        return [(await throttle.claim(here, named.read(written)))[0] for written in (now, stored)]

    first, second = installation.run(claims)
    assert first == second
    assert first.known


def test_all_ways_of_writing_it_have_one_bucket(installation, names):
    """Else each would have its own hundred tries."""
    _, stored, now = names
    called(installation, stored)
    buckets = []
    for written in (now, stored):

        async def count(context: Context, written: str = written) -> set[str]:
            _, username = await throttle.claim(context, named.read(written))
            async with context.db.transaction(keyed=True):
                return set((await throttle.count(context, username)).whose)

        buckets.append(installation.run(count))
    assert buckets[0] == buckets[1]


def test_the_administrators_end_of_the_wait_counts_for_both(installation, bob, names):
    typed, stored, _ = names
    alice = called(installation, stored)
    stranger = installation.browser()
    for _ in range(10):
        stranger.post("/login", {"username": typed, "password": "not her password"})
    right = {"username": stored, "password": alice.password}
    assert stranger.post("/login", right).status == 422
    bob.signs_in().post(f"/users/{alice.user_id}/let-try-again")
    assert stranger.post("/login", right).status == 303


def test_no_new_user_can_have_a_name_by_which_one_from_before_is_found(installation, bob, names):
    typed, stored, _ = names
    called(installation, stored)
    page = bob.signs_in().post("/users", {"username": typed, "name": "Another"})
    assert page.status == 422


def test_a_file_means_the_user_from_before(installation, bob, names):
    typed, stored, _ = names
    alice = called(installation, stored)
    browser = bob.signs_in()
    browser.submit(uploads(browser, f"username,name\n{typed},Anna Changed\n"), "/users/import/confirm")
    assert "Anna Changed" in browser.get(f"/users/{alice.user_id}").text

    twice = uploads(browser, f"username,name\n{typed},Anna\n{stored},Anna\n")
    assert not twice.offers("/users/import/confirm")


def test_a_new_user_keeps_what_is_theirs(installation, bob):
    browser = bob.signs_in()
    assert browser.post("/users", {"username": "Straße", "name": "Anna", "email": ""}).status in (200, 303)
    assert browser.post("/users", {"username": "Strasse", "name": "Else", "email": ""}).status == 422
    assert "straße" in browser.get("/users").text


def test_the_log_is_filtered_by_either(installation, bob, names):
    typed, stored, _ = names
    alice = called(installation, stored)
    alice.browser.post("/login", {"username": stored, "password": alice.password})
    browser = bob.signs_in()
    for name in ("actor", "subject", "person"):
        for written in (typed, stored):
            page = browser.get(f"/activity-log?{name}={written}&action=login.succeeded")
            assert f"{stored} signed in" in page.words("#activity-log"), (name, written)
