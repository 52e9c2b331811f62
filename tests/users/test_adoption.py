"""Adoption: how many have it, by unit, role and month, and the lists and the export behind the numbers."""

import csv
import io
import random
from urllib.parse import urlencode

import pytest

from accounts.activity import kinds
from accounts.context import COMMAND_LINE, Context
from accounts.users import users
from db import adoption
from tests.browser import Installation, Page, _text
from tests.people import Person, is_bound, somebody, switch
from tests.users.test_user_import import uploads
from tests.users.test_users import disables, usernames


@pytest.fixture
def dora(installation: Installation, function_on: None) -> Person:
    """A member in Sales who has set the second factor up; the function is on."""
    person = somebody(installation, "dora")
    person.signs_in()
    return person.sets_up()


def figures(page: Page, heading: str) -> dict[str, list[str]]:
    """A table of the page: the first cell of each row → the others."""
    for section in page.all("section"):
        if section.get("aria-labelledby") == heading:
            rows = [row for row in section.iter("tr") if row.find("td") is not None]
            return {_text(cells[0]): [_text(cell) for cell in cells[1:]] for row in rows if (cells := list(row))}
    return {}


def links_of(page: Page, heading: str, row_name: str) -> list[str]:
    section = next(each for each in page.all("section") if each.get("aria-labelledby") == heading)
    row = next(each for each in section.iter("tr") if _text(next(iter(each))) == row_name)
    return [link.get("href", "") for link in row.iter("a")]


def test_it_counts_those_who_can_sign_in_by_unit_and_by_role(installation, bob, alice, cleo, dora):
    is_bound(cleo)
    somebody(installation, "erik", unit="")
    somebody(installation, "nina", sso=True)
    somebody(installation, "olaf", sso=True, unit="New")
    page = bob.signs_in().get("/users/adoption")
    assert page.words("h1") == "Adoption"
    assert figures(page, "by-unit") == {
        "Without a unit": ["0", "1", "0", "0", "0 %"],
        "IT": ["0", "1", "0", "0", "0 %"],
        "New": ["0", "0", "0", "1", "–"],
        "Sales": ["1", "1", "1", "1", "50 %"],
    }
    assert figures(page, "by-role") == {
        "Administrator": ["0", "1", "0", "0", "0 %"],
        "Member": ["1", "2", "1", "2", "33 %"],
    }


def test_an_import_of_people_who_have_not_joined_changes_no_share(installation, bob, dora):
    browser = bob.signs_in()
    for path in ("/", "/users", "/users/adoption"):
        assert "1 of 2 · 50 %" in browser.get(path).words("#adoption-words")
    lines = "".join(f"new{number},Sales\n" for number in range(20))
    browser.submit(uploads(browser, f"username,unit\n{lines}"), "/users/import/confirm")
    for path in ("/", "/users", "/users/adoption"):
        page = browser.get(path)
        assert "1 of 2 · 50 %" in page.words("#adoption-words")
        assert page.words(".beside") == "20 have not joined yet"
    assert browser.get("/users").words("#users-count") == "22 users"


def test_each_number_leads_to_the_list_behind_it(installation, bob, alice, cleo, dora):
    is_bound(cleo)
    somebody(installation, "erik", unit="")
    somebody(installation, "nina", sso=True)
    disables(installation, somebody(installation, "frida", sso=True).username)
    browser = bob.signs_in()
    page = browser.get("/users/adoption")
    for heading, row, lists in (
        ("by-unit", "Sales", [["dora"], ["alice"], ["cleo"], ["nina"]]),
        ("by-unit", "Without a unit", [[], ["erik"], [], []]),
        ("by-role", "Member", [["dora"], ["alice", "erik"], ["cleo"], ["nina"]]),
        ("by-role", "Administrator", [[], ["bob"], [], []]),
    ):
        assert [usernames(browser.get(url)) for url in links_of(page, heading, row)] == lists


def test_the_overview_leads_there_and_back(bob):
    browser = bob.signs_in()
    assert "/users/adoption" in browser.get("/users").links()
    assert "/users" in browser.get("/users/adoption").links()


def test_a_filter_by_unit_stays_with_the_search_and_can_be_taken_away(installation, bob, alice, cleo):
    browser = bob.signs_in()
    page = browser.get("/users?unit=Sales")
    assert usernames(page) == ["alice", "cleo"]
    assert "Unit: Sales" in page.text
    kept = {name: value for name, value in page.fields("/users").items() if name != "q"}
    assert usernames(browser.get(f"/users?{urlencode({**kept, 'q': 'cleo'})}")) == ["cleo"]
    assert "/users" in page.links()
    assert usernames(browser.get("/users?unit=Sales&login_method=sso")) == ["cleo"]


def test_a_filter_by_role_goes_with_search_and_filters(installation, bob, alice, cleo):
    browser = bob.signs_in()
    page = browser.get("/users?role=4")
    assert "Role: Member" in page.text
    assert usernames(page) == ["alice", "cleo"]
    assert usernames(browser.get("/users?role=4&q=ali")) == ["alice"]
    assert usernames(browser.get("/users?role=4&q=bob")) == []
    assert usernames(browser.get("/users?role=999")) == []


@pytest.mark.parametrize("query", ["role=x", "role=-1", "role=²", "role=9999999999999999999", "two_factor=maybe"])
def test_a_filter_that_no_link_has_is_refused(bob, query):
    assert bob.signs_in().get(f"/users?{query}").status == 422


def test_the_set_ups_of_each_month_are_drawn_and_written(installation, bob, dora):
    page = bob.signs_in().get("/users/adoption")
    chart = page.find(".chart")
    assert chart.get("role") == "img"
    assert "together 1" in (chart.get("aria-label") or "")
    months = figures(page, "by-month")
    assert len(months) == page.html.count("<rect") == 12
    assert months["Nov 2026"] == ["1"]
    assert months["Dec 2025"] == ["0"]


def test_a_set_up_on_another_phone_counts_once(installation, bob, dora):
    dora.sets_up()
    assert figures(bob.signs_in().get("/users/adoption"), "by-month")["Nov 2026"] == ["1"]


def test_many_units_come_a_page_at_a_time(installation, bob):
    for number in range(101):
        installation.run(
            lambda context, number=number: users.create(
                context, users.New(f"user{number}", unit=f"Unit {number:03}", login_method="sso"), COMMAND_LINE
            )
        )
    browser = bob.signs_in()
    page = browser.get("/users/adoption")
    following = next(link for link in page.links() if "after=" in link)
    assert list(figures(browser.get(following), "by-unit")) == ["Unit 099", "Unit 100"]


def test_the_figures_stay_right_whatever_happens(installation):
    """A random life of many users; the kept rows against a count."""
    rng = random.Random(7)
    names = [
        somebody(installation, f"user{number}", sso=number % 5 == 0, unit=rng.choice("ABC")).username
        for number in range(20)
    ]

    async def live(context: Context) -> None:
        for _ in range(300):
            name = rng.choice(names)
            act = rng.choice(
                (
                    "UPDATE users SET unit = :x WHERE username = :n",
                    (
                        "UPDATE users SET disabled_at = CASE WHEN disabled_at IS NULL THEN 1 END"
                        " WHERE username = :n AND :x = :x"
                    ),
                    (
                        "UPDATE users SET two_factor_at = CASE WHEN two_factor_at IS NULL THEN 5 END"
                        " WHERE username = :n AND login_method = 'password' AND :x = :x"
                    ),
                    "DELETE FROM user_roles WHERE user_id = (SELECT id FROM users WHERE username = :n) AND :x = :x",
                    (
                        "INSERT INTO user_roles (user_id, role_id) SELECT id, 1 + length(:x) FROM users"
                        " WHERE username = :n ON CONFLICT DO NOTHING"
                    ),
                    "DELETE FROM users WHERE username = :n AND id % 7 = 0 AND :x = :x",
                )
            )
            async with context.db.transaction():
                await context.db.execute(act, {"n": name, "x": rng.choice(("A", "B", "C", "", "AB"))})

    installation.run(live)

    async def compare(context: Context) -> None:
        joined = "u.disabled_at IS NULL AND (u.password_set_at IS NOT NULL OR u.sso_subject IS NOT NULL)"
        by_password = f"{joined} AND u.login_method = 'password'"
        sums = (
            f"count(*) FILTER (WHERE {by_password} AND u.two_factor_at IS NOT NULL),"
            f" count(*) FILTER (WHERE {by_password} AND u.two_factor_at IS NULL),"
            f" count(*) FILTER (WHERE {joined} AND u.login_method = 'sso'),"
            f" count(*) FILTER (WHERE u.disabled_at IS NULL AND NOT ({joined})),"
            " count(*) FILTER (WHERE u.disabled_at IS NOT NULL)"
        )
        counted = [tuple(row) for row in await context.db.fetch_all(f"SELECT {sums} FROM users u")]
        assert [tuple(vars(await adoption.figures(context.db)).values())] == counted
        assert sum(counted[0]) == (await adoption.figures(context.db)).everyone
        for table, key, people in (
            ("adoption_by_unit", "unit", "users u"),
            ("adoption_by_role", "role_id", "user_roles r JOIN users u ON u.id = r.user_id"),
        ):
            figures = "set_up, not_set_up, sso, not_joined, disabled"
            some = f"WHERE set_up + not_set_up + sso + not_joined + disabled > 0 ORDER BY {key}"
            kept = await context.db.fetch_all(f"SELECT {key}, {figures} FROM {table} {some}")
            rows = await context.db.fetch_all(f"SELECT {key}, {sums} FROM {people} GROUP BY {key} ORDER BY {key}")
            assert [tuple(row) for row in kept] == [tuple(row) for row in rows]

    installation.run(compare)


# -------------------------------------------------------------------------------------------------------- the export


def lines(page: Page) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(page.html.removeprefix("\ufeff"))))


def test_the_export_says_what_the_overview_shows_and_more(installation, bob, alice, cleo, dora):
    page = bob.signs_in().get("/users.csv")
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.headers["Content-Disposition"] == 'attachment; filename="users-2026-11-24.csv"'
    found = {line["username"]: line for line in lines(page)}
    assert list(found) == ["alice", "bob", "cleo", "dora"]
    assert found["dora"] == {
        "username": "dora",
        "name": "Dora",
        "email": "dora@example.org",
        "company": "",
        "unit": "Sales",
        "role": "Member",
        "login method": "password",
        "status": "active",
        "joined": "yes",
        "set up at": "2026-11-24T12:00:00Z",
        "last used": "2026-11-24T12:00:00Z",
        "last reminded": "",
        "last login": "2026-11-24T12:00:00Z",
        "sessions": "1",
    }


def test_it_keeps_to_the_filters_and_is_logged_with_them(installation, bob, alice, dora):
    browser = bob.signs_in()
    listed = browser.get("/users?two_factor=off&unit=Sales")
    url = next(link for link in listed.links() if link.startswith("/users.csv"))
    assert [line["username"] for line in lines(browser.get(url))] == ["alice"]
    log = browser.get("/activity-log?action=users.exported")
    assert "bob exported the list of users: two_factor=off; unit=Sales" in log.text


def test_cells_are_harmless(installation, bob):
    somebody(installation, "mallory", name="=cmd|' /C calc'!A0", unit="@SUM(1)")
    line = next(line for line in lines(bob.signs_in().get("/users.csv")) if line["username"] == "mallory")
    assert line["name"] == "'=cmd|' /C calc'!A0"
    assert line["unit"] == "'@SUM(1)"


def test_portions_join_without_a_gap(installation, bob, monkeypatch):
    monkeypatch.setattr("routes.web.csv_export.PORTION", 2)
    for number in range(5):
        somebody(installation, f"user{number}")
    found = [line["username"] for line in lines(bob.signs_in().get("/users.csv"))]
    assert found == ["bob", *(f"user{number}" for number in range(5))]


@pytest.mark.parametrize("path", ["/users.csv", "/users/adoption"])
def test_a_member_sees_neither(installation, alice, path):
    assert alice.signs_in().get(path).status == 403


def test_every_kept_figure_is_there_while_the_function_is_off(installation, bob, dora):
    switch(installation, on=False)
    assert figures(bob.signs_in().get("/users/adoption"), "by-unit")["Sales"][0] == "1"


def test_the_export_of_nobody_has_its_heading(installation, bob):
    page = bob.signs_in().get("/users.csv?q=zzzz")
    assert page.html.startswith("\ufeffusername,name,email")
    assert lines(page) == []
    assert kinds.UsersExported("x").name == "users.exported"
