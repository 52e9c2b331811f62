"""One network fills the places in front of the hash threads; everybody else goes on."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
from anyio import to_thread

from accounts.context import Context
from accounts.passwords import PLACES
from accounts.places import Claim, Full
from tests.browser import Installation, Page
from tests.links.test_links import NEW_PASSWORD
from tests.login.test_login import attempt, newcomer, phone_of
from tests.people import Person, somebody

Result = TypeVar("Result")
ATTACKER = "198.51.100.1"
CONNECTIONS = 100


def flooded(installation: Installation, act: Callable[[], Result], *, waits: bool = False) -> Result:
    """Acts while 100 connections of one network hash whenever they have a turn, and come again whatever the answer."""

    async def flood(context: Context) -> Result:
        places, over = context.hasher.places, asyncio.Event()
        places.held_back_seconds = 0.01
        claim = Claim(f"network {ATTACKER}", known=False, waits=waits)

        async def comes_again_and_again() -> None:
            while not over.is_set():
                try:
                    async with context.hasher.place(claim):
                        await context.hasher.verify(None, "any password")
                        await asyncio.sleep(0.002)
                except Full:
                    pass

        connections = [asyncio.create_task(comes_again_and_again()) for _ in range(CONNECTIONS)]
        await asyncio.sleep(0)
        assert waits or sum(place.claim == claim for place in places._taken) == PLACES * 3 // 4
        try:
            return await to_thread.run_sync(act)
        finally:
            over.set()
            await asyncio.gather(*connections)

    return installation.run(flood)


@pytest.fixture
def alice(installation: Installation) -> Person:
    return somebody(installation, "alice")


def signs_in_by_a_known_browser(installation: Installation, alice: Person) -> list[Page]:
    pages = []
    for _ in range(5):
        alice.browser.post("/logout")
        pages.append(alice.types())
    return pages


def signs_in_from_another_network(installation: Installation, alice: Person) -> list[Page]:
    browsers = [installation.browser(f"192.0.2.{number}") for number in range(5)]
    return [attempt(browser, "alice", alice.password) for browser in browsers]


def signs_in_from_the_same_network_by_a_known_browser(installation: Installation, alice: Person) -> list[Page]:
    browser = installation.browser(ATTACKER)
    browser.client.cookies = alice.browser.client.cookies
    browser.post("/logout")
    return [attempt(browser, "alice", alice.password)]


def changes_the_password(installation: Installation, alice: Person) -> list[Page]:
    values = {"current_password": alice.password, "new_password": NEW_PASSWORD}
    return [alice.browser.post("/my-user/password", values)]


def proves_who_they_are(installation: Installation, alice: Person) -> list[Page]:
    installation.clock.forward(11 * 60)
    return [
        alice.browser.post("/my-user/profile", {"name": "Alice", "email": "a@example.org", "password": alice.password})
    ]


def chooses_a_password_by_a_link(installation: Installation, alice: Person) -> list[Page]:
    bob = somebody(installation, "bob", "Administrator")
    page = bob.signs_in().post(f"/users/{alice.user_id}/password-reset", {"show": "on"})
    link = page.words("#handed-link").removeprefix("http://localhost:8000")
    return [installation.browser(ATTACKER).post(link, {"new_password": NEW_PASSWORD})]


@pytest.mark.parametrize("waits", [False, True], ids=["fills its places", "waits"])
@pytest.mark.parametrize(
    "act",
    [
        signs_in_by_a_known_browser,
        signs_in_from_another_network,
        signs_in_from_the_same_network_by_a_known_browser,
        changes_the_password,
        proves_who_they_are,
        chooses_a_password_by_a_link,
    ],
)
def test_whatever_hashes_goes_on_while_one_network_floods(
    installation: Installation, alice: Person, act: Callable[[Installation, Person], list[Page]], waits: bool
):
    alice.signs_in()
    pages = flooded(installation, lambda: act(installation, alice), waits=waits)
    assert {page.status for page in pages} == {303}


def test_the_flooding_network_itself_is_told_to_come_back_and_the_same_for_every_name(
    installation: Installation, function_on: None
):
    guarded = newcomer(installation, "carla")

    def act() -> set[str]:
        typed = [
            ("carla", guarded.password, phone_of(guarded).code()),
            ("carla", "wrong", ""),
            ("nobdy", "wrong", ""),
        ]
        pages = [attempt(installation.browser(ATTACKER), *each) for each in typed]
        assert {page.status for page in pages} == {503}
        assert all(int(page.headers["retry-after"]) > 0 for page in pages)
        return {page.html.replace("nobdy", "carla") for page in pages}

    assert len(flooded(installation, act)) == 1
    assert guarded.types().status == 303, "nothing was counted or spent"
