"""The link that connects an account made beforehand: whoever follows it and signs in at the provider is that user from
then on.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.context import Context
from accounts.links import links
from db import roles
from db import users as stored_users
from db.users import User
from tests import acts
from tests.browser import Browser, Installation, Page
from tests.people import Person, somebody
from tests.small_provider import SmallProvider

DAYS = 24 * 3600
# as a browser says that a link of our own page was followed
FROM_HERE: dict[str, Any] = {"Sec_Fetch_Site": "same-origin"}


@pytest.fixture
def provider() -> Iterator[SmallProvider]:
    with SmallProvider() as running:
        running.claims |= {"sub": "4711", "email": "somebody@elsewhere.example", "name": "Cleo Carver"}
        yield running


@pytest.fixture
def installation(tmp_path: Path, provider: SmallProvider) -> Iterator[Installation]:
    with Installation(tmp_path / "data", **provider.settings) as running:
        provider.clock = running.clock
        yield running


def link_for(person: Person) -> str:
    """The path of a fresh link."""

    async def make(context: Context) -> str:
        async with context.db.transaction():
            return (await links.create(context, person.user_id, "binding")).token

    return f"/invitation/{person.installation.run(make)}"


def of(person: Person) -> User:
    user = person.installation.run(lambda context: stored_users.by_id(context.db, person.user_id))
    assert user is not None
    return user


def follows(browser: Browser, provider: SmallProvider, link: str) -> Page:
    """Opens the link, goes on to the provider and comes back."""
    page = browser.get(link)
    assert page.status == 200, page.text
    (onwards,) = [href for href in page.links() if href.startswith("/sso/login?invitation=")]
    page = browser.get(onwards, **FROM_HERE)
    return browser.get(provider.sends_back(page.location)) if page.status == 303 else page


def test_the_page_says_what_the_link_does_and_changes_nothing(installation, cleo):
    page = installation.browser().get(link_for(cleo))
    assert page.words("h1") == "Connect your account"
    assert "Continue with Acme ID" in page.text
    assert "Cleo" in page.text
    assert not page.all("form"), "a form could not lead to the provider"
    assert of(cleo).sso_subject is None


def test_whoever_follows_it_is_that_user_from_then_on(installation, provider, cleo):
    browser = installation.browser()
    page = follows(browser, provider, link_for(cleo))
    assert (page.status, page.location) == (303, "/")
    assert "Cleo Carver" in browser.get("/").words("#user-header"), "the name follows the provider"
    assert (of(cleo).sso_issuer, of(cleo).sso_subject) == (provider.issuer, "4711")
    log = somebody(installation, "auditor", "Auditor").signs_in().get("/activity-log").text
    assert "cleo used the link; the account is now connected to 4711" in log
    elsewhere = installation.browser()
    page = elsewhere.get(provider.sends_back(elsewhere.get("/sso/login").location))
    assert (page.status, page.location) == (303, "/"), "without the link from now on"
    assert "Cleo Carver" in elsewhere.get("/").words("#user-header")


def test_it_works_once(installation, provider, cleo):
    link = link_for(cleo)
    follows(installation.browser(), provider, link)
    assert installation.browser().get(link).status == 410
    page = installation.browser().get(f"/sso/login?invitation={link.rsplit('/', 1)[1]}", **FROM_HERE)
    assert (page.status, page.words("h1")) == (410, "This link does not work any more")


def test_of_two_who_follow_it_at_once_the_first_is_that_user(installation, provider, cleo):
    link = link_for(cleo)
    one, other = installation.browser(), installation.browser()
    token = link.rsplit("/", 1)[1]
    onwards = f"/sso/login?invitation={token}"
    back = [provider.sends_back(browser.get(onwards, **FROM_HERE).location) for browser in (one, other)]
    assert one.get(back[0]).status == 303
    provider.claims["sub"] = "4712"
    page = other.get(back[1])
    assert (page.status, page.words("h1")) == (410, "This link does not work any more")
    assert of(cleo).sso_subject == "4711"


@pytest.mark.parametrize(("seconds", "works"), [(7 * DAYS - 1, True), (7 * DAYS, False)])
def test_it_works_for_seven_days(installation, cleo, seconds: int, works: bool):
    link = link_for(cleo)
    installation.clock.forward(seconds)
    assert installation.browser().get(link).status == (200 if works else 410)


def test_an_identity_that_is_somebody_already_is_not_bound_again(installation, provider, cleo):
    dora = somebody(installation, "dora", sso=True)
    follows(installation.browser(), provider, link_for(dora))
    browser = installation.browser()
    link = link_for(cleo)
    page = follows(browser, provider, link)
    assert (page.status, page.words("h1")) == (403, "You have an account here already")
    assert browser.get("/").status == 303, "nobody is signed in"
    assert of(cleo).sso_subject is None
    assert installation.browser().get(link).status == 200, "the link was not used"


def test_a_disabled_user_is_not_bound(installation, provider, cleo):
    link = link_for(cleo)
    browser = installation.browser()
    back = provider.sends_back(browser.get(f"/sso/login?invitation={link.rsplit('/', 1)[1]}", **FROM_HERE).location)
    installation.run(lambda context: acts.disable(context, "cleo"))
    assert browser.get(back).status in (400, 410)
    assert of(cleo).sso_subject is None
    assert installation.browser().get(link).status == 410


def test_who_is_signed_in_as_somebody_else_becomes_the_user_of_the_link(installation, provider, cleo):
    alice = somebody(installation, "alice")
    browser = alice.signs_in()
    assert follows(browser, provider, link_for(cleo)).status == 303
    assert "Cleo Carver" in browser.get("/").words("#user-header")
    assert not installation.run(lambda context: stored_sessions_of(context, alice.user_id)), (
        "the former session has ended"
    )


async def stored_sessions_of(context: Context, user_id: int) -> list[object]:
    from accounts import sessions

    return list(await sessions.open_sessions(context, user_id))


def test_a_password_cannot_be_chosen_with_it(installation, cleo):
    link = link_for(cleo)
    page = installation.browser().post(link, {"new_password": "six green bottles on a wall"})
    assert page.status == 410
    assert of(cleo).password_hash is None


def test_without_a_provider_the_page_says_so(tmp_path):
    with Installation(tmp_path / "bare") as bare:
        page = bare.browser().get(link_for(somebody(bare, "cleo", sso=True)))
        assert "Single Sign-On is not available at the moment" in page.text
        assert not [href for href in page.links() if href.startswith("/sso")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": "cross-site", "Referer": "http://localhost:8000/invitation/x"},
        {},
        {"Referer": "https://evil.example/http://localhost:8000/invitation/x"},
        {"Referer": "http://localhost:8000.evil.example/invitation/x"},
        {"Referer": "http://localhost:8000/login"},
    ],
)
def test_another_site_that_leads_there_binds_nobody_without_a_word(installation, provider, cleo, headers):
    link = link_for(cleo)
    page = installation.browser().get(f"/sso/login?invitation={link.rsplit('/', 1)[1]}", **headers)
    assert (page.status, page.location) == (303, link), "to the page that says for whom it is"
    assert provider.asked == []


@pytest.mark.parametrize("headers", [FROM_HERE, {"Referer": "http://localhost:8000/invitation/x"}])
def test_the_page_of_the_link_leads_there(installation, provider, cleo, headers):
    """The second is a browser without Sec-Fetch-Site."""
    link, browser = link_for(cleo), installation.browser()
    page = browser.get(f"/sso/login?invitation={link.rsplit('/', 1)[1]}", **headers)
    assert browser.get(provider.sends_back(page.location)).status == 303
    assert of(cleo).sso_subject == "4711"


@pytest.mark.parametrize("when", ["before the link is opened", "while they are at the provider"])
def test_who_made_the_link_does_not_become_an_administrator_when_its_user_does(installation, provider, cleo, when: str):
    """Mara made the link for a member, and keeps it until they are given more."""
    mara = somebody(installation, "mara", "User manager")
    page = mara.signs_in().post(f"/users/{cleo.user_id}/binding")
    link = page.words("#handed-link").removeprefix("http://localhost:8000")
    browser = installation.browser()
    onwards = f"/sso/login?invitation={link.rsplit('/', 1)[1]}"
    there = browser.get(onwards, **FROM_HERE).location

    async def promote(context: Context) -> None:
        async with context.db.transaction():
            role_id = await roles.id_by_name(context.db, "Administrator")
            assert role_id is not None
            await roles.give(context.db, cleo.user_id, role_id)

    installation.run(promote)
    if when == "before the link is opened":
        assert browser.get(link).status == 410
        there = browser.get(onwards, **FROM_HERE).location or there
    page = browser.get(provider.sends_back(there))
    assert (page.status, page.words("h1")) == (410, "This link does not work any more")
    assert of(cleo).sso_subject is None
