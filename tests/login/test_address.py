"""An e-mail address works wherever a username does: one user, one count, one log, and the same work for every name."""

import pytest

import db
from accounts.context import COMMAND_LINE
from accounts.users import users
from db.reads.login import MOST_CANDIDATES
from tests import acts
from tests.cookies import BROWSER
from tests.login.test_login import attempt, causes_logged, log, newcomer, phone_of, refused
from tests.people import Person, somebody
from tests.server import columns, rows

ADDRESS = "alice@example.org"


def has_address(person: Person, address: str) -> Person:
    """Stored without the rules of today, as from an older version."""
    values = (address, address.casefold(), person.user_id)
    folder = person.installation.config.data_dir
    rows(folder, "UPDATE users SET email = ?, email_beginning = ? WHERE id = ?", *values)
    return person


@pytest.mark.parametrize("typed", [ADDRESS, "  alice@example.org ", "Alice@Example.ORG"])
def test_an_address_signs_in(alice, typed: str):
    assert alice.types(username=typed).status == 303


@pytest.mark.parametrize("stored", ["cleo@xn--strae-oqa.example", "cleo@straße.example", "Cleo@STRAßE.example"])
@pytest.mark.parametrize("typed", ["cleo@straße.example", "CLEO@XN--STRAE-OQA.example"])
def test_an_international_domain_is_known_in_both_its_forms(installation, alice, stored: str, typed: str):
    has_address(alice, stored)
    assert alice.types(username=typed).status == 303
    assert refused(attempt(installation.browser(), "cleo@strasse.example", alice.password))


def test_a_long_address_fits_though_no_username_is_so_long(alice):
    address = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.example"
    assert len(address) > 128
    has_address(alice, address)
    assert alice.types(username=address).status == 303


def test_the_field_says_so_and_takes_the_longest_address(installation):
    page = installation.browser().get("/login")
    assert "Username or e-mail address Password" in page.text
    field = page.find("#username")
    assert (field.get("maxlength"), field.get("autocomplete")) == ("254", "username")


def test_who_is_called_like_the_address_of_another_is_meant_by_it(installation, alice):
    """No name shuts out who has the address as theirs: the username signs in as ever."""
    password = "nine slow trams to the harbour"
    new = users.New("shadow", "Shadow", "shadow@example.org", password=password)
    assert isinstance(installation.run(lambda context: users.create(context, new, COMMAND_LINE)), users.Created)
    # From before it was refused.
    rows(installation.config.data_dir, "UPDATE users SET username = ? WHERE username = 'shadow'", ADDRESS)
    assert refused(alice.types(username=ADDRESS))
    assert alice.types().status == 303
    assert attempt(installation.browser(), ADDRESS, password).status == 303
    assert ADDRESS in [row["subject"] for row in log(installation, "action=login.succeeded")]


def test_an_address_of_several_names_none_of_them(installation, alice):
    dora = has_address(somebody(installation, "dora"), "ALICE@example.org")
    for person in (alice, dora):
        assert refused(person.types(username=ADDRESS))
        assert person.types().status == 303
    assert causes_logged(installation)[:2] == ["unknown user"] * 2


def test_an_address_that_very_many_have_names_none_of_them(installation, alice):
    folder = installation.config.data_dir
    kept = ", ".join(name for name in columns(folder, "users") if name not in ("id", "username", "skeleton"))
    for number in range(MOST_CANDIDATES):
        rows(
            folder,
            f"INSERT INTO users (username, skeleton, {kept}) SELECT 'copy{number}', 'copy{number}', {kept}"
            " FROM users WHERE id = ?",
            alice.user_id,
        )
    assert refused(alice.types(username=ADDRESS))


@pytest.mark.parametrize("twin", ["disabled", "sso"])
def test_who_cannot_sign_in_with_a_password_does_not_count(installation, alice, twin: str):
    has_address(somebody(installation, "dora", sso=twin == "sso"), ADDRESS)
    if twin == "disabled":
        installation.run(lambda context: acts.disable(context, "dora"))
    assert alice.types(username=ADDRESS).status == 303


@pytest.mark.parametrize("typed", ["", "@", "a@", "@b", "nobody", "  ", "\udbff@b", "a\x00@example.org", "@" * 254])
def test_who_has_no_address_is_named_by_nothing(installation, alice, typed: str):
    has_address(alice, "")
    wrong = typed.encode("utf-8", "surrogatepass").decode("latin-1")
    assert refused(alice.types(username=wrong))


def test_what_was_typed_stays_in_the_form(alice):
    page = alice.types(username="Alice@Example.org", password="wrong")
    assert page.fields("/login")["username"] == "Alice@Example.org"


def test_limits_and_entries_are_the_users_whichever_was_typed(installation, alice):
    """Nine failures by the one and one by the other begin the wait for both."""
    for username in [*["alice"] * 5, *[ADDRESS, "ALICE@example.org"] * 2, ADDRESS]:
        assert refused(attempt(installation.browser(), username, "some password or other"))
    refusals = log(installation, "action=login.refused")
    assert {row["subject"] for row in refusals} == {"alice"}
    assert len(refusals) == 10
    installation.clock.forward(3600 - 60)
    for username in [*["alice"] * 10]:
        attempt(installation.browser("198.51.100.3"), username, "some password or other")
    for username in ("alice", ADDRESS):
        assert refused(attempt(installation.browser("198.51.100.3"), username, alice.password))
    assert attempt(installation.browser("198.51.100.4"), ADDRESS, alice.password).status == 303, "from elsewhere"


def test_a_known_browser_is_known_whichever_was_typed(installation, alice):
    alice.signs_in()
    alice.browser.post("/logout")
    assert alice.browser.client.cookies.get(BROWSER)
    for number in range(100):
        attempt(installation.browser(f"198.51.100.{number}"), ADDRESS, "some password or other")
    assert refused(attempt(installation.browser("192.0.2.1"), "alice", alice.password)), "the username waits"
    assert alice.types(username=ADDRESS).status == 303


def test_a_code_is_demanded_and_spent_as_ever(installation, function_on):
    owner = newcomer(installation, "alice")
    assert refused(attempt(installation.browser(), ADDRESS, owner.password))
    assert owner.types(username=ADDRESS).status == 303
    assert refused(attempt(installation.browser(), "alice", owner.password, phone_of(owner).code()))
    assert causes_logged(installation)[:2] == ["used code", "no code"]


def test_every_name_costs_the_same_statements(installation, alice, monkeypatch):
    has_address(somebody(installation, "dora"), "twin@example.org")
    has_address(somebody(installation, "erna"), "twin@example.org")
    statements: list[str] = []

    class Recorded(db.Statement):
        def __init__(self, text, *values, **kinds):
            super().__init__(text, *values, **kinds)
            statements.append(text)

    monkeypatch.setattr("db.Statement", Recorded)
    seen = {}
    for number, typed in enumerate(["alice", ADDRESS, "nobody", "nobody@example.org", "twin@example.org", "x" * 200]):
        statements.clear()
        assert refused(attempt(installation.browser(f"192.0.2.{number + 1}"), typed, "some password or other"))
        seen[typed] = tuple(statements)
    assert len(set(seen.values())) == 1, seen
    assert sum("email_beginning IN" in statement for statement in seen["alice"]) == 1
