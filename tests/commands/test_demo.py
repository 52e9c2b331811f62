"""The command `demo`: a sample organisation, which every page says it is."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.activity import chain
from accounts.context import COMMAND_LINE, SYSTEM
from accounts.system import demo
from accounts.users import users
from db import adoption
from tests.browser import Browser, Installation
from tests.people import somebody

SAYS = "Sample data: this is a demonstration"


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, demo.Made]]:
    """A demonstration; tests only read it and sign in."""
    with Installation(tmp_path_factory.mktemp("demo") / "data") as running:
        made = running.run(demo.fill)
        assert isinstance(made, demo.Made)
        yield running, made


@pytest.fixture
def administrator(organisation: tuple[Installation, demo.Made]) -> Browser:
    """Signed in as the administrator whom the command names."""
    running, made = organisation
    browser = running.browser()
    assert browser.post("/login", {"username": made.usernames[0], "password": made.password}).status == 303
    return browser


def test_it_has_300_people_in_12_units(administrator):
    people = list(csv.DictReader(io.StringIO(administrator.get("/users.csv").html.removeprefix("\ufeff"))))
    assert len(people) == 300
    assert len({each["unit"] for each in people}) == 12
    assert sum(each["login method"] == "sso" for each in people) == 18


def test_those_of_single_sign_on_are_bound_but_for_two_who_wait(organisation, administrator):
    running, _ = organisation
    people = list(
        csv.DictReader(io.StringIO(administrator.get("/users.csv?login_method=sso").html.removeprefix("\ufeff")))
    )
    never = {each["username"] for each in people if not each["last login"]}
    assert len(never) == 2

    async def waiting(context):
        rows = await context.db.fetch_all(
            "SELECT username FROM users WHERE login_method = 'sso' AND sso_subject IS NULL"
        )
        return {row["username"] for row in rows}

    assert running.run(waiting) == never


def test_its_log_is_a_year_long_and_whole(organisation):
    running, _ = organisation
    verified = running.run(chain.verify)
    assert isinstance(verified, chain.Verified)
    assert verified.number > 3000


def test_its_figures_are_those_of_its_people(organisation, administrator):
    running, _ = organisation
    figures = running.run(lambda context: adoption.figures(context.db))
    for query, number in (
        ("two_factor=on&joined=yes", figures.set_up),
        ("two_factor=off&joined=yes", figures.not_set_up),
        ("two_factor=exempt&joined=yes", figures.sso),
        ("joined=no", figures.not_joined),
        ("status=disabled", figures.disabled),
    ):
        exported = administrator.get(f"/users.csv?{query}").html.removeprefix("\ufeff")
        assert len(list(csv.DictReader(io.StringIO(exported)))) == number, query
    assert figures.set_up > 60
    assert figures.not_set_up > 60


def test_adoption_grew_over_the_months(administrator):
    page = administrator.get("/users/adoption")
    assert page.html.count("<rect") == 12
    assert page.html.count('height="0"') < 5


@pytest.mark.parametrize("number", range(4))
def test_everybody_whom_it_names_signs_in_with_the_one_password(organisation, number):
    running, made = organisation
    browser = running.browser()
    assert browser.post("/login", {"username": made.usernames[number], "password": made.password}).status == 303
    assert "Home" in browser.get("/").text


@pytest.mark.parametrize("path", ["/", "/users", "/my-user", "/activity-log", "/nowhere"])
def test_every_page_inside_says_what_it_is(administrator, path):
    assert SAYS in administrator.get(path).text


@pytest.mark.parametrize("path", ["/login", "/login/signed-out", "/nowhere"])
def test_every_page_outside_says_so_too(organisation, path):
    assert SAYS in organisation[0].browser().get(path).text


def test_a_real_organisation_says_nothing(installation, bob):
    assert SAYS not in installation.browser().get("/login").text
    assert SAYS not in bob.signs_in().get("/").text


def test_a_database_with_somebody_in_it_is_left_alone(installation):
    somebody(installation, "alice")
    assert installation.run(demo.fill) == "not empty"


def test_beside_the_first_admin_it_is_made(installation):
    installation.run(lambda context: users.create(context, users.New("admin", roles=("Administrator",)), SYSTEM))
    assert isinstance(installation.run(demo.fill), demo.Made)
    assert installation.run(demo.fill) == "not empty"


def test_it_is_the_same_each_time_but_for_the_password(tmp_path: Path):
    exports, passwords = [], []
    for name in ("one", "two"):
        with Installation(tmp_path / name) as running:
            made = running.run(demo.fill)
            assert isinstance(made, demo.Made)
            browser = running.browser()
            browser.post("/login", {"username": made.usernames[0], "password": made.password})
            exports.append(browser.get("/users.csv").html)
            passwords.append(made.password)
    assert exports[0] == exports[1]
    assert passwords[0] != passwords[1]
    assert COMMAND_LINE.username == "command line"
