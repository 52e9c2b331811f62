"""The overview in every order, with filters that combine, forwards and back; each order is that of an index."""

from collections.abc import Iterator
from itertools import chain, product

import pytest

from accounts.context import Context
from db.reads import overview, user_order, user_source
from db.reads.user_filter import Filter
from db.reads.user_order import Place
from tests import acts
from tests.browser import Installation, Page, _text
from tests.people import Person, somebody
from tests.users.test_users import usernames

# Username → name, unit, days since the last login and the last reminder; None: never.
PEOPLE: dict[str, tuple[str, str, int | None, int | None]] = {
    "a1": ("Émile", "Works", 1, None),
    "b2": ("Zoe", "IT", None, 2),
    "c3": ("anna", "IT", 3, 2),
    "d4": ("Emil", "", None, None),
    "e5": ("Anna", "Works", 2, 9),
    "f6": ("Bert", "IT", None, None),
}


async def age(context: Context) -> None:
    """Stores when they signed in and were reminded."""
    sql = "UPDATE users SET last_login_at = :login, last_reminded_at = :reminded WHERE username = :username"
    async with context.db.transaction():
        for username, (_, _, *days) in PEOPLE.items():
            login, reminded = (None if each is None else context.now - each * 86400 for each in days)
            await context.db.execute(sql, {"username": username, "login": login, "reminded": reminded})


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Bob, signed in, among them. No test changes anything."""
    with Installation(tmp_path_factory.mktemp("people")) as installation:
        bob = somebody(installation, "bob", "Administrator", unit="Zoo", name="Bob")

        for username, (name, unit, *_) in PEOPLE.items():
            somebody(installation, username, unit=unit, name=name, sso=username == "f6")
        installation.run(age)
        installation.run(lambda context: acts.disable(context, "e5"))
        bob.signs_in()
        yield bob


ORDERS = {
    "": ["a1", "b2", "bob", "c3", "d4", "e5", "f6"],
    "sort=name": ["c3", "e5", "f6", "bob", "d4", "a1", "b2"],
    "sort=unit": ["d4", "b2", "c3", "f6", "a1", "e5", "bob"],
    "sort=last_login": ["bob", "a1", "e5", "c3", "f6", "d4", "b2"],
    "sort=last_reminded": ["c3", "b2", "e5", "f6", "d4", "bob", "a1"],
}


@pytest.mark.parametrize("query", ORDERS)
def test_it_is_sorted_both_ways(people: Person, query: str):
    assert usernames(people.browser.get(f"/users?{query}")) == ORDERS[query]
    other = "asc" if "last_" in query else "desc"
    assert usernames(people.browser.get(f"/users?{query}&order={other}")) == ORDERS[query][::-1]


def test_the_headings_sort_and_say_how(people: Person):
    page = people.browser.get("/users?sort=name&q=e")
    (heading,) = page.all("[aria-sort=ascending]")
    assert (_text(heading), heading.get("aria-sort")) == ("Name ↑", "ascending")
    links = {link.get("id"): link.get("href") for link in page.all("thead a")}
    assert links["sort-name"] == "/users?q=e&sort=name&order=desc"
    assert links["sort-last_login"] == "/users?q=e&sort=last_login"
    latest = people.browser.get(links["sort-last_login"])
    assert [_text(each) for each in latest.all("[aria-sort=descending]")] == ["Last login ↓"]
    assert not latest.all("[aria-sort=ascending]")


async def pages(context: Context, which: Filter, place: Place) -> list[list[str]]:
    """Follows the pages in one direction to the end, as the links of the page do."""
    found: list[list[str]] = []
    while True:
        users = (await overview.page(context.db, which, place, context.now)).users
        if not users:
            return found
        found.append([user.username for user in users])
        last = users[0] if place.backwards else users[-1]
        key = user_order.key_of(last, place.sort)
        place = Place(place.size, place.sort, place.descending, key, place.backwards)


@pytest.mark.parametrize("sort", ["", "name", "unit", "last_login", "last_reminded"])
@pytest.mark.parametrize("which", [Filter(), Filter(q="example"), Filter(q="e"), Filter(status="active", joined="yes")])
def test_pages_join_without_a_gap_in_every_order(people: Person, which, sort):
    async def read(context: Context) -> None:
        for descending, backwards in product((False, True), repeat=2):
            whole = await pages(context, which, Place(100, sort, descending))
            found = await pages(context, which, Place(2, sort, descending, backwards=backwards))
            assert [list(chain(*(found[::-1] if backwards else found)))] == whole, (descending, backwards)

    people.installation.run(read)


def test_previous_and_next_lead_there_and_back(people: Person, monkeypatch):
    monkeypatch.setattr("routes.users.view.SIZES", (3, 25, 50, 100))
    browser = people.browser

    def follow(page: Page, text: str) -> Page:
        (link,) = [link for link in page.all(".paging a") if _text(link) == text]
        assert link.get("data-hx-target") == "#users"
        return browser.get(link.get("href", ""))

    for query, order in ORDERS.items():
        first = browser.get(f"/users?{query}&size=3")
        assert [_text(link) for link in first.all(".paging a")] == ["Next page"]
        second = follow(first, "Next page")
        assert [_text(link) for link in second.all(".paging a")] == ["First page", "Previous page", "Next page"]
        last = follow(second, "Next page")
        assert [_text(link) for link in last.all(".paging a")] == ["First page", "Previous page"]
        back = follow(follow(last, "Previous page"), "Previous page")
        assert [usernames(page) for page in (first, second, last, back)] == [
            order[:3],
            order[3:6],
            order[6:],
            order[:3],
        ]
        assert [_text(link) for link in back.all(".paging a")] == ["Next page"]
        said = [page.words("#users-count").partition(",")[0] for page in (first, second, last, back)]
        assert said == ["1–3 of 7 users", "4–6 of 7 users", "7 of 7 users", "1–3 of 7 users"]
        assert second.words(".number") == "4–6 of 7 users"


def test_which_part_is_shown_is_not_made_up(people: Person, monkeypatch):
    monkeypatch.setattr("routes.users.view.SIZES", (3, 25, 50, 100))
    for at in ("", "&at=x", "&at=9999", "&at=-1"):
        assert people.browser.get(f"/users?size=3&after=b2{at}").words("#users-count") == "7 users", at
    assert people.browser.get("/users?size=3&after=d4&at=2").words("#users-count") == "6–7 of 7 users", (
        "the end is known"
    )
    assert people.browser.get("/users?q=zzz").words("#users-count") == "No users"
    assert people.browser.get("/users?q=f6").words("#users-count") == "1 user"
    monkeypatch.setattr("routes.users.overview.MOST_COUNTED", 4)
    page = people.browser.get("/users?size=3&status=active&sort=unit")
    assert page.words("[role=status] #users-count") == "1–3 of more than 4 users, by unit, from A to Z"
    assert page.words(".number") == "1–3 of more than 4 users"


@pytest.mark.parametrize("key", ["x", "-1\nbob", "9" * 30 + "\nbob", "²\nbob"])
def test_a_place_that_no_link_has_is_refused(people: Person, key: str):
    answer = people.browser.client.get("/users", params={"sort": "last_login", "after": key})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("two_factor=off&joined=yes", ["a1", "b2", "bob", "c3", "d4"]),
        ("two_factor=off&joined=yes&in_unit=IT", ["b2", "c3"]),
        ("joined=no", ["f6"]),
        ("joined=no&two_factor=off", []),
        ("status=disabled", ["e5"]),
        ("status=disabled&unit=Works&login_method=password", ["e5"]),
        ("status=active&unit=Works", ["a1"]),
        ("signed_in=yes", ["bob"]),
        ("signed_in=yes&role=4", []),
        ("role=4&unit=IT&status=active", ["b2", "c3", "f6"]),
        ("unit=", ["d4"]),
        ("unit=&in_unit=Zoo", ["bob"]),
        ("q=&login_method=&two_factor=&joined=&status=&signed_in=&role=&in_unit=&size=", ORDERS[""]),
        ("q=works", ["a1", "e5"]),
        ("q=it&status=active", ["b2", "c3", "f6"]),
        ("q=a1&two_factor=off", ["a1"]),
    ],
)
def test_the_filters_combine(people: Person, query: str, who: list[str]):
    for sort in ("", "&sort=name", "&sort=last_login"):
        page = people.browser.get(f"/users?{query}{sort}")
        assert sorted(usernames(page)) == who, sort
        said = {0: "No users", 1: "1 user"}.get(len(who), f"{len(who)} users")
        assert page.words("#users-count").partition(",")[0] == said


def test_a_chip_keeps_the_other_filters_and_takes_its_own_away(people: Person):
    page = people.browser.get("/users?two_factor=off&unit=IT&status=active&sort=name")
    chips = {_text(link): link for link in page.all(".chips a")}
    assert [name for name, link in chips.items() if link.get("aria-current")] == [
        "Without two-factor",
        "Active ×(remove this filter)",
        "Unit: IT ×(remove this filter)",
    ]
    assert chips["Without two-factor"].get("href") == "/users?status=active&unit=IT&sort=name"
    assert chips["Not joined yet"].get("href") == "/users?two_factor=off&status=active&unit=IT&sort=name&joined=no"
    assert chips["All"].get("href") == "/users?sort=name"


def test_the_form_shows_the_filters_and_keeps_the_order(people: Person):
    page = people.browser.get("/users?unit=IT&status=active&sort=name&order=desc&size=25&show_role=on")
    fields = page.fields("/users")
    shown = {name: fields[name] for name in ("in_unit", "status", "sort", "order", "size", "show_role")}
    assert list(shown.values()) == ["IT", "active", "name", "desc", "25", "on"]
    assert page.fields("/users")["joined"] == ""
    assert people.browser.get("/users?unit=").fields("/users")["unit"] == ""


def test_columns_for_role_and_address_may_be_shown(people: Person):
    headings = [_text(heading) for heading in people.browser.get("/users?show_role=on&show_address=on").all("thead th")]
    assert headings[2:4] == ["Roles", "E-mail address"]
    page = people.browser.get("/users?q=bob&show_role=on&show_address=on")
    assert "Administrator" in page.words("tbody tr")
    assert page.words("tbody .address") == "bob@example.org"


def test_the_number_is_announced_and_the_list_can_have_the_focus(people: Person):
    page = people.browser.get("/users")
    assert page.words("[role=status] #users-count") == "7 users"
    assert page.find("#users").get("tabindex") == "-1"
    part = people.browser.get("/users?sort=name", part=True)
    assert (
        '<hx-partial hx-target="#users-count" hx-swap="outerHTML"><p id="users-count">7 users, by name, from A to Z</p>'
        in part.html
    )


def test_further_than_a_thousand_is_not_counted(people: Person, monkeypatch):
    monkeypatch.setattr("routes.users.overview.MOST_COUNTED", 3)
    assert people.browser.get("/users?q=example").words("#users-count") == "More than 3 users"
    assert people.browser.get("/users").words("#users-count") == "7 users", "all are counted by triggers"


# -------------------------------------------------------------------------------------------------- how it is read


def plan(installation: Installation, which: Filter, place: Place) -> str:
    async def explain(context: Context) -> str:
        found = await user_source.source(context.db, which, place)
        values = found.values | place.values
        rows = await context.db.fetch_all(f"EXPLAIN QUERY PLAN {found.ids(place)}", values)
        return "; ".join(row["detail"] for row in rows)

    return installation.run(explain)


@pytest.mark.parametrize(
    ("sort", "key", "index"),
    [
        ("", ("m",), "sqlite_autoindex_users_1 (username{beyond}?)"),
        ("name", ("m", "m"), "users_by_name (name_beginning=? AND username{beyond}?)"),
        ("unit", ("m", "m"), "users_by_unit (unit=? AND username{beyond}?)"),
        ("last_login", (7, "m"), "users_by_last_login (<expr>=? AND username{beyond}?)"),
        ("last_reminded", (7, "m"), "users_by_last_reminded (<expr>=? AND username{beyond}?)"),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_each_order_is_that_of_an_index(people: Person, sort, key, index, descending, backwards):
    place = Place(51, sort, descending, key, backwards)
    found = plan(people.installation, Filter(), place)
    assert index.format(beyond="<" if descending != backwards else ">") in found
    sorted_at_all = 1 if len(key) == 2 else 0
    assert found.count("TEMP B-TREE FOR ORDER BY") <= sorted_at_all, "only the two short lists together are sorted"
    assert "SCAN u" not in found


@pytest.mark.parametrize(
    ("which", "index"),
    [
        (Filter(unit="Sales"), "users_by_unit"),
        (Filter(unit="Sales", login_method="sso"), "users_by_unit_method"),
        (Filter(unit="Sales", two_factor="on"), "users_by_unit_with_two_factor"),
        (Filter(unit="Sales", two_factor="off"), "users_by_unit_without_two_factor"),
        (Filter(unit="Sales", two_factor="exempt"), "users_by_unit_exempt"),
        (Filter(two_factor="on"), "users_with_two_factor"),
        (Filter(two_factor="off"), "users_without_two_factor"),
        (Filter(two_factor="exempt"), "users_exempt"),
        (Filter(joined="no"), "users_not_joined"),
        (Filter(joined="no", unit="Sales"), "users_not_joined_by_unit"),
        (Filter(joined="no", login_method="sso"), "users_not_joined_by_method"),
        (Filter(status="disabled"), "users_disabled"),
    ],
)
def test_each_filter_walks_along_an_index_of_its_own(people: Person, which, index):
    found = plan(people.installation, which, Place(51))
    assert f"INDEX {index} " in found or found.endswith(f"INDEX {index}")
    assert "TEMP B-TREE" not in found


def test_two_letters_with_a_filter_read_the_range_of_the_letters_alone(people: Person):
    found = plan(people.installation, Filter(q="an", two_factor="off"), Place(51, key=("b",)))
    assert "users_without_two_factor" not in found
    for index in (
        "(username>? AND username<?)",
        "users_by_name_beginning_2",
        "users_by_unit ",
    ):
        assert index in found


def test_what_is_common_is_scanned_in_the_order_of_the_page(people: Person, monkeypatch):
    monkeypatch.setattr(user_source, "SELECTIVE", 1)
    monkeypatch.setattr(user_source, "SORTABLE", 1)
    found = plan(people.installation, Filter(status="active", joined="yes"), Place(51, "last_login", True))
    assert "SCAN u USING COVERING INDEX users_by_last_login" in found
    found = plan(people.installation, Filter(q="example", login_method="sso"), Place(51))
    assert "COVERING INDEX users_walk" in found
    for sort in ("", "&sort=name", "&sort=unit", "&sort=last_login"):
        assert sorted(usernames(people.browser.get(f"/users?q=example&status=active&joined=yes{sort}"))) == [
            *("a1", "b2", "bob", "c3", "d4")
        ]
