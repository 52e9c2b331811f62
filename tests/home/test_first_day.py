"""The checklist of the first day: to whom, ticked by what, and put away for everybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.context import COMMAND_LINE, Context
from accounts.users import users
from tests import acts
from tests.browser import Installation, Page, _text
from tests.people import Person, by_single_sign_on, somebody, switch


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Installation]:
    """With nobody in it yet."""
    with Installation(tmp_path / "fresh") as installation:
        yield installation


def administrator(installation: Installation) -> Person:
    """The first one, as an installation begins: without an e-mail address."""
    return without_address(somebody(installation, "bob", "Administrator"))


def without_address(person: Person) -> Person:
    async def forget(context: Context) -> None:
        async with context.db.transaction():
            await context.db.execute("UPDATE users SET email = '' WHERE id = :id", {"id": person.user_id})

    person.installation.run(forget)
    return person


async def adds_a_user_without_a_link(context: Context) -> None:
    """As an import does it."""
    await users.create(context, users.New("nils", email="nils@example.org", invited=True), COMMAND_LINE)
    async with context.db.transaction():
        await context.db.execute("DELETE FROM links")


def steps(page: Page) -> dict[str, bool]:
    """What is to do, and whether it is ticked."""
    return {
        _text(step).removeprefix("✓").strip().removeprefix("Done:").strip(): step.get("class") == "done"
        for step in page.all("#first-day li")
    }


def ticked(page: Page) -> list[str]:
    return [words for words, done in steps(page).items() if done]


def open_links(page: Page) -> list[str]:
    return [link.attrib["href"] for link in page.all("#first-day a")]


def test_a_new_installation_says_to_its_administrator_what_is_to_do_and_where(fresh):
    page = administrator(fresh).signs_in().get("/")
    assert len(steps(page)) == 7
    assert ticked(page) == []
    assert "0 of 7 done" in page.words("#first-day")
    leads = open_links(page)
    assert leads == [
        "/my-user",
        "/general-settings#letters",
        "/general-settings#installation",
        "/users/new",
        "/users/import",
        "/roles/1",
        "/general-settings/security/edit",
        "/users/invitations",
    ]


def test_each_link_of_the_list_opens(fresh):
    bob = administrator(fresh)
    for url in open_links(bob.signs_in().get("/")):
        page = bob.browser.get(url.split("#")[0])
        assert page.status == 200, url
        if "#" in url:
            anchor = url.split("#")[1]
            assert any(anchor in (element.get("id"), element.get("aria-labelledby")) for element in page.all("section"))


def test_the_facts_tick_what_is_done(tmp_path):
    more = {"TWO_KEYS_SMTP_URL": "smtp://127.0.0.1:1", "TWO_KEYS_MAIL_FROM": "keys@example.org"}
    with Installation(tmp_path / "data", **more) as installation:
        bob = administrator(installation)
        bob.signs_in()
        assert ticked(bob.browser.get("/")) == ["There is a mail server"]
        installation.run(adds_a_user_without_a_link)
        assert "There are other users" in ticked(bob.browser.get("/"))
        assert "All users are invited" not in ticked(bob.browser.get("/"))
        bob.browser.post("/users/bulk", {"act": "invite", "all": "on", "password": bob.password})
        assert "All users are invited" in ticked(bob.browser.get("/"))
        switch(installation, on=True)
        assert "Two-factor authentication is switched on" in ticked(bob.browser.get("/"))
        somebody(installation, "otto", "Administrator")
        assert "There is a second administrator" in ticked(bob.browser.get("/"))
        installation.run(lambda context: acts.disable(context, "otto"))
        assert "There is a second administrator" not in ticked(bob.browser.get("/")), "cannot sign in"


def test_ones_own_address_is_ticked(tmp_path):
    with Installation(tmp_path / "own") as installation:
        bob = administrator(installation)
        bob.signs_in().post("/my-user/profile", {"name": "Bob", "email": "bob@example.org", "time_zone": ""})
        assert ticked(bob.browser.get("/")) == ["You have an e-mail address"]


@pytest.mark.parametrize(
    ("role", "expected"),
    [("User manager", ["Add your e-mail address", "Add users", "Invite the users"]), ("Auditor", []), ("Member", [])],
)
def test_each_sees_what_they_may_do(fresh, role, expected):
    page = without_address(somebody(fresh, "erna", role)).signs_in().get("/")
    assert len(steps(page)) == len(expected)
    for words, beginning in zip(steps(page), expected, strict=True):
        assert words.startswith(beginning)
    assert not page.all("#first-day form"), "what is for everybody is not theirs to put away"


def test_single_sign_on_brings_the_address(fresh):
    cleo = somebody(fresh, "cleo", "Administrator", sso=True)
    assert not any("e-mail address" in words for words in steps(by_single_sign_on(cleo).get("/")))


def test_put_away_it_is_gone_for_everybody_and_in_the_log(fresh):
    bob, erna = administrator(fresh), somebody(fresh, "erna", "User manager")
    erna.signs_in()
    page = bob.signs_in().get("/")
    assert bob.browser.submit(page, "/first-day/put-away").location == "/"
    for person in (bob, erna):
        assert not person.browser.get("/").has("#first-day")
    bob.browser.post("/first-day/put-away")
    assert bob.browser.get("/activity-log").text.count("bob put away the list of first steps on Home") == 1


def test_others_cannot_put_it_away(fresh):
    bob, erna = administrator(fresh), somebody(fresh, "erna", "User manager")
    assert erna.signs_in().post("/first-day/put-away").status == 403
    assert bob.signs_in().get("/").has("#first-day")


def statements_of_home(installation: Installation, person: Person) -> int:
    seen: list[str] = []

    async def trace(_context: Context) -> None:
        for connection in installation.app.state.db._backend._all:
            await connection.set_trace_callback(seen.append)

    person.browser.get("/")
    installation.run(trace)
    person.browser.get("/")
    return len(seen)


def test_home_costs_three_statements_with_the_list_and_without(fresh):
    bob = administrator(fresh)
    bob.signs_in()
    assert statements_of_home(fresh, bob) <= 3
    bob.browser.post("/first-day/put-away")
    assert statements_of_home(fresh, bob) <= 3
