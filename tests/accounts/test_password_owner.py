"""What is known of a password's owner counts as nothing in it, wherever a password is chosen."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import idna
import pytest

from accounts import password_owner, passwords
from accounts.context import COMMAND_LINE, Context
from accounts.links import links
from accounts.password_owner import Owner
from accounts.system.installation import first_administrator
from accounts.users import users
from accounts.users.password import set_password
from tests.browser import Installation
from tests.people import PASSWORDS, Person

ANNA = Owner("annat", "anna Test", "anna.t@mail.example.org", "Wetter & Söhne GmbH", "keys.example.org:9301")
# Each fact by itself, and what people do to it.
FACTS = {
    "address": "anna.t@mail.example.org",
    "domain": "mail.example.org",
    "local part": "anna.t",
    "name": "anna Test",
    "one name": "anna",
    "username": "annat",
    "organisation": "Wetter & Söhne GmbH",
    "a word of the organisation": "Söhne",
    "product": "Two Keys",
    "host and port": "keys.example.org:9301",
    "a label of the host": "keys",
}
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda fact: fact,
    "in capitals": str.upper,
    "with capitals": str.title,
    "in full-width letters": lambda fact: "".join(
        chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in fact
    ),
    "with a digit": lambda fact: f"{fact}1",
    "with a year": lambda fact: f"{fact}2026",
    "with signs": lambda fact: f"{fact}!#?",
    "after digits": lambda fact: f"123{fact}",
    "without what separates": lambda fact: "".join(each for each in fact if each.isalnum()),
    "with dots": lambda fact: ".".join(fact.split()),
    "with hyphens": lambda fact: fact.replace(".", "-").replace(" ", "-"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_it_counts_as_nothing(fact: str, form: Callable[[str], str]):
    lower = passwords.normalise(form(fact)).lower()
    assert password_owner.remaining(lower, ANNA) < passwords.LEAST_REMAINING
    repeated = form(fact) * (passwords.SHORTEST // len(form(fact)) + 1)
    assert passwords.problem_with(repeated, ANNA) is not None, repeated


LEET = str.maketrans("aeios", "@3105")


@pytest.mark.parametrize("one", FACTS.values(), ids=FACTS)
@pytest.mark.parametrize("other", FACTS.values(), ids=FACTS)
def test_two_of_them_reversed_or_in_l33t_are_no_password(one: str, other: str):
    # In l33t, @ and digits of an address and a port would be letters.
    plain = "".join(each for each in one + other if each.isalpha() or each in " .")
    for text in (f"{one}{other}", f"{one}{other}"[::-1], plain.translate(LEET)):
        if len(text) >= passwords.SHORTEST:
            assert passwords.problem_with(text, ANNA) is not None, text


def test_both_spellings_of_an_international_domain_count():
    owner = Owner("anna", "", "anna@stra\u00dfenbahn.example", "", "localhost")
    for domain in ("stra\u00dfenbahn.example", idna.encode("stra\u00dfenbahn.example").decode()):
        assert passwords.problem_with(f"{domain}1234567", owner) == "personal"


def test_words_of_two_letters_are_left():
    assert not {"t", "an"} & Owner("an", "T An", "t@x.de", "An", "an").words()


def test_a_phrase_may_hold_one_of_them():
    assert passwords.problem_with("anna keeps seven wet umbrellas", ANNA) is None


# -------------------------------------------------------------------------------------------------- where one is chosen

EMAIL = "nora.diaz@mail.example.net"
NORA = users.New("nora", "Nora Winterbottom", EMAIL, password=None)
OWN = [EMAIL, EMAIL.upper(), f"{EMAIL}2026", "Nora.Winterbottom.1", "mail.example.net1", "localhost:8000 nora"]


@pytest.fixture
def nora(installation: Installation) -> Person:
    """A user with a one-time password."""
    created = installation.run(lambda context: users.create(context, NORA, COMMAND_LINE))
    assert isinstance(created, users.Created)
    PASSWORDS["nora"] = created.one_time_password or ""
    return Person("nora", created.user_id, installation, installation.browser())


@pytest.mark.parametrize("own", OWN)
def test_where_it_is_chosen_in_place_of_a_one_time_one_and_changed(nora, own: str):
    browser = nora.signs_in()
    page = browser.post("/my-user/password", {"new_password": own})
    assert (page.status, "Do not build the password from your name" in page.text) == (422, True)
    assert browser.post("/my-user/password", {"new_password": "a heron stands in the reeds"}).status == 303
    values = {"current_password": "a heron stands in the reeds", "new_password": own}
    page = browser.post("/my-user/password", values)
    assert (page.status, "Do not build the password from your name" in page.text) == (422, True)


@pytest.mark.parametrize("own", OWN)
def test_where_it_is_chosen_by_a_link(installation, nora, own: str):
    async def act(context: Context) -> object:
        async with context.db.transaction():
            link = await links.create(context, nora.user_id, "password_reset")
        return await links.choose_password(context, "password_reset", link.token, own)

    refused = installation.run(act)
    assert isinstance(refused, links.Refused)
    assert refused.problem == "personal"


@pytest.mark.parametrize("own", OWN)
def test_where_the_command_line_sets_it(installation, nora, own: str):
    setting = installation.run(lambda context: set_password(context, "nora", own, COMMAND_LINE))
    assert setting == users.UnusablePassword("personal")
    twin = users.New("nora2", NORA.name, EMAIL, password=own)
    assert installation.run(lambda context: users.create(context, twin, COMMAND_LINE)) == setting


@pytest.mark.parametrize("own", ["Administrator 2026", "admin-administrator", "localhost:8000 admin"])
def test_where_the_first_administrator_gets_it(installation, own: str):
    refused = installation.run(lambda context: first_administrator(context, own))
    assert refused == users.UnusablePassword("personal")


def test_it_is_judged_wherever_one_that_was_typed_is_hashed():
    hashing = {
        str(path)
        for room in ("accounts", "routes", "commands")
        for path in (Path(__file__).parents[2] / room).rglob("*.py")
        # A sign-in only renews the hash of the password that was right; the demonstration types none.
        if path.name not in ("login.py", "demo.py") and "hasher.hash(" in path.read_text("utf-8")
    }
    for path in hashing:
        assert "passwords.judge(" in Path(path).read_text("utf-8"), path
    assert len(hashing) == 3


def test_judging_off_the_event_loop_is_the_same():
    assert asyncio.run(passwords.judge("anna.t@mail.example.org", ANNA)) == "personal"
