"""The overview's search as people type: the surname first, without accents, by unit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.context import COMMAND_LINE
from accounts.users import users
from db.folding import folded
from tests import old_databases
from tests.browser import Installation, Page
from tests.people import Person, somebody
from tests.server import columns, command, rows
from tests.users.test_user_import import uploads

# Username → name, unit.
PEOPLE = {
    "jm": ("Jürgen Müller", "Vertrieb Süd"),
    "straßer": ("Anna Straßer", "IT"),
    "irfan": ("İrfan Yılmaz", "Finance"),
    "łukasz": ("Łukasz Żółć", "Shop and Café"),
    "søren": ("Søren Østergård", "it"),
    "liwei": ("Wei Li", "Finance"),
    "nguyen": ("Nguyễn Thị Hương", "hr"),
    "anna.maria": ("Anna Maria Müller-Lüdenscheidt", "Vertrieb"),
}


def found(person: Person, q: str, **filters: str) -> list[str]:
    answer = person.browser.client.get("/users", params={"q": q, **filters})
    assert answer.status_code == 200, answer.text
    page = Page(answer.status_code, answer.text, answer.headers)
    listed = ["".join(link.itertext()) for link in page.all("#users tbody th a")]
    by_name = {name: username for username, (name, _) in PEOPLE.items()}
    return sorted(by_name.get(name, name) for name in listed)


def add(installation: Installation, username: str, name: str, unit: str) -> int:
    new = users.New(username, name, "post@example.org", "", unit, login_method="sso")
    created = installation.run(lambda context: users.create(context, new, COMMAND_LINE))
    assert isinstance(created, users.Created)
    return created.user_id


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Searches change nothing, so they share the installation."""
    with Installation(tmp_path_factory.mktemp("people")) as installation:
        bob = somebody(installation, "bob", "Administrator", unit="Cellar")
        for username, (name, unit) in PEOPLE.items():
            add(installation, username, name, unit)
        bob.signs_in()
        yield bob


@pytest.mark.parametrize(
    ("q", "who"),
    [
        ("Jürgen Müller", ["jm"]),
        ("Müller Jürgen", ["jm"]),
        ("Müller, Jürgen", ["jm"]),
        ("Müller,Jürgen", ["jm"]),
        ("MÜLLER", ["anna.maria", "jm"]),
        ("Muller", ["anna.maria", "jm"]),
        ("jurgen müller", ["jm"]),
        ("mull jurg", ["jm"]),
        # the letter and its mark apart, as a Mac's file names have them
        ("Mu\u0308ller", ["anna.maria", "jm"]),
        ("STRASSER", ["straßer"]),
        ("Strasser Anna", ["straßer"]),
        ("anna", ["anna.maria", "straßer"]),
        ("Müller Anna Maria", ["anna.maria"]),
        ("İRFAN", ["irfan"]),
        ("yilmaz", ["irfan"]),
        ("lukasz", ["łukasz"]),
        ("zolc lukasz", ["łukasz"]),
        ("ostergard", ["søren"]),
        ("Nguyen Huong", ["nguyen"]),
        # words of two letters alone, and next to longer ones
        ("Li Wei", ["liwei"]),
        ("Li, Wei", ["liwei"]),
        ("Wei Li", ["liwei"]),
        ("li finance", ["liwei"]),
        ("Müller Anna Ma", ["anna.maria"]),
        # units
        ("vertrieb", ["anna.maria", "jm"]),
        ("Vertrieb Süd", ["jm"]),
        ("sud vertrieb", ["jm"]),
        ("finance", ["irfan", "liwei"]),
        ("cafe", ["łukasz"]),
        ("Müller Vertrieb Süd", ["jm"]),
        ("IT", ["straßer", "søren"]),
        ("it", ["straßer", "søren"]),
        ("Hr", ["nguyen"]),
        # one or two letters begin a name, also with an accent
        ("ju", ["jm"]),
        ("Jü", ["jm"]),
        ("łu", ["łukasz"]),
        ("os", []),
        # every word must be there
        ("Müller Karl", []),
        ("Jürgen Müller q", []),
        (",", []),
        (" , ,", []),
        ("a b c d e f g h i j", []),
    ],
)
def test_it_finds(people: Person, q: str, who: list[str]):
    assert found(people, q) == sorted(who)


def test_the_filters_apply_to_what_is_found(people):
    assert found(people, "Müller Anna", login_method="sso") == ["anna.maria"]
    assert found(people, "Müller Anna", login_method="password") == []
    assert found(people, "it", login_method="password") == []
    assert found(people, "li wei", unit="IT") == []


def test_what_thousands_have_in_common_is_found_in_any_order(installation: Installation, bob: Person):
    """More hits than are looked up: a scan along the usernames finds them."""
    add(installation, "jm", "Jürgen Müller", "Vertrieb Süd")
    folder = installation.config.data_dir
    kept = ", ".join(
        name for name in columns(folder, "users") if name not in ("id", "username", "skeleton", "search_text")
    )
    rows(
        folder,
        "WITH RECURSIVE n (i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < 12499)"
        f" INSERT INTO users (username, search_text, {kept}) SELECT 'z' || i, search_text, {kept}"
        " FROM n CROSS JOIN users WHERE username = 'jm'",
    )
    bob.signs_in()
    for q in ("Müller Jürgen", "sud jurgen", "Müller jü"):
        assert len(found(bob, q)) == 50, q
    assert found(bob, "Müller Jürgen", login_method="password") == []


@pytest.mark.parametrize("way", ["form", "import"])
def test_a_unit_that_changes_is_found_and_the_old_one_is_not(installation: Installation, bob: Person, way: str):
    user_id = add(installation, "jm", "Jürgen Müller", "Vertrieb")
    browser = bob.signs_in()
    if way == "form":
        browser.submit(browser.get(f"/users/{user_id}/edit"), f"/users/{user_id}/edit", unit="Einkauf Öst")
    else:
        page = uploads(browser, "username,unit\njm,Einkauf Öst\n")
        browser.submit(page, "/users/import/confirm")
    assert found(bob, "einkauf ost") == ["jm"]
    assert found(bob, "vertrieb") == []
    assert found(bob, "Müller Einkauf") == ["jm"]


def test_users_from_before_are_found_so_after_the_update(tmp_path: Path):
    folder = tmp_path / "data"
    former = {
        "username": "jm",
        "name": "Jürgen Müller",
        "email": "jurgen@example.org",
        "unit": "Süd",
        "search_text": "jm\njürgen müller\n",
        "name_beginning": "jürgen müller",
        "email_beginning": "jurgen@example.org",
    }
    old_databases.make(folder / "two_keys.sqlite3", "0014", former)
    assert command(folder, "migrate").status == 0
    assert rows(folder, "SELECT search_text, name_beginning, email_beginning FROM users") == [
        ("jm\njurgen muller\njurgen@example.org\nsud", "jurgen muller", "jurgen@example.org")
    ]
    matching = 'SELECT count(*) FROM users_search WHERE users_search MATCH \'"muller" AND "sud"\''
    assert rows(folder, matching) == [(1,)]


@pytest.mark.parametrize(
    "text", ["Jürgen", "ÆØÅ", "İstanbul", "ﬁnance", "Straße", "Ｗｉｄｅ", "Đặng", "李小龍", "김철수"]
)
def test_what_is_folded_stays_so(text: str):
    assert folded(folded(text)) == folded(text) == folded(text.casefold())
