"""No new username is the e-mail address of another user, and no address that is entered another user's username."""

from collections.abc import AsyncIterator

import pytest

from accounts.context import COMMAND_LINE, Context
from accounts.sso.id_token import Identity
from accounts.sso.users import Begun, NotMatched, match_identity
from accounts.user_import import apply
from accounts.user_import.reader import Source
from accounts.users import adding, users
from commands import words
from tests.browser import Installation
from tests.people import Person, session_of, somebody
from tests.server import command, rows

ADDRESS = "alice@example.org"
REFUSED = users.Refused("username", "address_of_another")


def has_address(person: Person, address: str) -> None:
    values = (address, address.casefold(), person.user_id)
    sql = "UPDATE users SET email = ?, email_beginning = ? WHERE id = ?"
    rows(person.installation.config.data_dir, sql, *values)


async def by_command(context: Context, username: str, email: str, _: Person) -> object:
    return await users.create(context, users.New(username, email=email), COMMAND_LINE)


async def by_page(context: Context, username: str, email: str, bob: Person) -> object:
    return await adding.add(context, users.New(username, email=email), await session_of(context, bob))


async def by_import(context: Context, username: str, email: str, _: Person) -> object:
    return await imported(context, f"username,email\n{username},{email}\n")


async def by_checked_import(context: Context, username: str, email: str, _: Person) -> object:
    return await imported(context, f"username,email\n{username},{email}\n", check=True)


async def by_single_sign_on(context: Context, username: str, email: str, _: Person) -> object:
    async with context.db.transaction():
        identity = Identity("https://id.example.org", username, username, "Shadow", email, True, "", "", None)
        return await match_identity(context, identity, Begun(1), True)


async def imported(context: Context, text: str, *, check: bool = False) -> users.Refused | str:
    """What is wrong with the first bad row, in the words of a form."""

    async def chunks() -> AsyncIterator[bytes]:
        yield text.encode()

    report = await (apply.check if check else apply.run)(context, Source(chunks), None)
    assert report is not None
    if not report.problems:
        return "added"
    bad = report.problems[0]
    assert words.IMPORT[bad.problem].format(column=bad.column, value=bad.value)
    assert bad.problem in ("address_of_another", "username_of_another")
    return users.Refused(bad.column, bad.problem)


WAYS = [by_command, by_page, by_import, by_checked_import, by_single_sign_on]
BY_PEOPLE = [way for way in WAYS if way is not by_single_sign_on]


@pytest.fixture
def tried(installation, alice, bob):
    has_address(alice, ADDRESS)
    bob.signs_in()
    return lambda way, username, email="": installation.run(lambda context: way(context, username, email, bob))


def is_refused(outcome: object) -> bool:
    return outcome == REFUSED or (isinstance(outcome, NotMatched) and outcome.cause.endswith("address of another user"))


@pytest.mark.parametrize("typed", [ADDRESS, "Alice@Example.ORG", "\uff41lice@example.org"], ids=ascii)
@pytest.mark.parametrize("way", WAYS)
def test_no_way_gives_the_address_of_another_as_a_username(tried, way, typed: str):
    assert is_refused(tried(way, typed))
    assert is_refused(tried(way, typed, ADDRESS))


@pytest.mark.parametrize(
    "stored", ["cleo@xn--strae-oqa.example", "cleo@stra\u00dfe.example", "Cleo@STRA\u00dfE.example"]
)
@pytest.mark.parametrize("way", WAYS)
def test_an_international_domain_is_one_address_in_both_its_forms(tried, alice, way, stored: str):
    has_address(alice, stored)
    for typed in ("cleo@stra\u00dfe.example", "cleo@xn--strae-oqa.example"):
        assert is_refused(tried(way, typed)), typed
    assert not is_refused(tried(way, "cleo@strasse.example"))


@pytest.mark.parametrize("way", WAYS)
def test_ones_own_address_is_a_username_as_ever(tried, way):
    assert not is_refused(tried(way, "erna@example.org", "Erna@example.org"))


@pytest.mark.parametrize("way", BY_PEOPLE)
def test_no_address_that_is_entered_is_the_username_of_another(tried, way):
    tried(by_command, "erna@example.org")
    tried(by_command, "cleo@stra\u00dfe.example")
    for address in ("erna@example.org", "ERNA@Example.org", "cleo@xn--strae-oqa.example"):
        assert tried(way, "dora", address) == users.Refused("email", "username_of_another"), address
    assert tried(way, "dora", "dora@example.org") != users.Refused("email", "username_of_another")


def test_what_the_provider_says_of_an_address_stands(tried):
    """It is its word, and such a user types no address at our sign-in."""
    tried(by_command, "erna@example.org")
    assert not isinstance(tried(by_single_sign_on, "dora", "erna@example.org"), NotMatched)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["one@example.org,", "two,one@example.org"], "username_of_another"),
        (["two,One@example.org", "one@example.org,"], "address_of_another"),
        (["one@example.org,one@example.org", "two@example.org,two@example.org"], ""),
        (["alice,new@example.org", "new@example.org,"], "address_of_another"),
    ],
)
def test_the_rows_of_a_file_are_compared_with_each_other(tried, installation, lines, problem: str, check: bool):
    text = "\n".join(["username,email", *lines])
    outcome = installation.run(lambda context: imported(context, text, check=check))
    assert (outcome.problem if isinstance(outcome, users.Refused) else "") == problem


def test_a_file_of_those_who_are_so_already_is_imported_again(installation, alice):
    namesake(installation, alice)
    text = f"username,email,unit\n{ADDRESS},shadow@example.org,Works\nalice,{ADDRESS},Works\n"
    assert installation.run(lambda context: imported(context, text)) == "added"


def namesake(installation: Installation, alice: Person) -> Person:
    """Somebody from before, whose username is the address of Alice."""
    has_address(alice, ADDRESS)
    return called(installation, "shadow", ADDRESS)


def called(installation: Installation, name: str, username: str) -> Person:
    person = somebody(installation, name)
    rows(installation.config.data_dir, "UPDATE users SET username = ? WHERE id = ?", username, person.user_id)
    return person


def test_the_forms_say_so_and_keep_what_was_typed(installation, alice, bob):
    has_address(alice, ADDRESS)
    browser = bob.signs_in()
    page = browser.post("/users", {"username": ADDRESS, "name": "Shadow"})
    assert (page.status, page.fields("/users")["name"]) == (422, "Shadow")
    assert "This is the e-mail address of another user. Choose another username." in page.text
    erna = called(installation, "erna", "erna@example.org")
    edited = browser.get(f"/users/{alice.user_id}/edit")
    page = browser.submit(edited, f"/users/{alice.user_id}/edit", email="Erna@example.org", unit="Works")
    assert (page.status, page.fields(f"/users/{alice.user_id}/edit")["unit"]) == (422, "Works")
    assert "This is the username of another user. Enter another e-mail address." in page.text
    edited = browser.get(f"/users/{erna.user_id}/edit")
    assert browser.submit(edited, f"/users/{erna.user_id}/edit", email="erna@example.org").status == 303


@pytest.mark.parametrize("address", ["erna@example.org", "nobody@example.org"])
def test_ones_own_change_of_address_tells_nothing_of_usernames(mailing, address: str):
    """With a mail server its link proves the mailbox; whoever has the username is meant at the sign-in, as ever."""
    erna, mallory = called(mailing.installation, "erna", "erna@example.org"), somebody(mailing.installation, "mallory")
    page = mallory.signs_in().get("/my-user")
    assert erna.user_id
    answer = mallory.browser.submit(page, "/my-user/profile", email=address)
    shown = mallory.browser.follow(answer) if answer.status == 303 else answer
    assert shown.status == 200
    assert "username of another" not in shown.text


def test_those_from_before_go_on_and_are_listed(installation, alice):
    shadow = namesake(installation, alice)
    assert shadow.browser.post("/login", {"username": ADDRESS, "password": shadow.password}).status == 303
    assert alice.types().status == 303
    ended = command(installation.config.data_dir, "check-usernames")
    assert ended.status == 1
    assert f"({ADDRESS}): is the e-mail address of 'alice'" in ended.out
