"""What those who edit users do to others: add, change, disable, enable, delete, sign out; and to whom they may not."""

import asyncio
import re

import pytest

from accounts import sessions
from accounts.context import Context
from accounts.users import status
from tests import acts as command_line
from tests.browser import Installation, Page, Phone, _text
from tests.people import Person, by_single_sign_on, is_bound, session_of, somebody

MINUTE, HOUR = 60, 3600
ACTS = (
    "disable",
    "enable",
    "delete",
    "end-sessions",
    "invitation",
    "binding",
    "password-reset",
    "login-method",
    "unbind",
)


@pytest.fixture
def erna(installation: Installation) -> Person:
    """A user manager, who holds less than an administrator."""
    return somebody(installation, "erna", "User manager")


def page_of(person: Person, other: Person) -> Page:
    return person.browser.get(f"/users/{other.user_id}")


def acts(person: Person, other: Person, act: str, values: dict[str, str] | None = None, *, part: bool = False) -> Page:
    return person.browser.post(f"/users/{other.user_id}/{act}", values or {}, part=part)


def changes(person: Person, other: Person, *, part: bool = False, **typed: str) -> Page:
    """Fills in the form that changes a user, and sends it."""
    form = person.browser.get(f"/users/{other.user_id}/edit")
    return person.browser.submit(form, f"/users/{other.user_id}/edit", part=part, **typed)


def log(person: Person) -> str:
    return person.browser.get("/activity-log").text


def figures(installation: Installation) -> tuple[int, int, int]:
    async def read(context: Context) -> tuple[int, int, int]:
        row = await context.db.fetch_one("SELECT set_up, not_set_up, sso FROM adoption")
        return row["set_up"], row["not_set_up"], row["sso"]

    return installation.run(read)


def count(installation: Installation, table: str, where: str = "1 = 1") -> int:
    async def read(context: Context) -> int:
        return int((await context.db.fetch_one(f"SELECT count(*) AS n FROM {table} WHERE {where}"))["n"])

    return installation.run(read)


# --------------------------------------------------------------------------------------------------------------- add


def test_an_administrator_adds_a_user_and_gets_the_link_once(installation, bob):
    page = bob.signs_in().get("/users")
    assert "/users/new" in page.links()
    form = bob.browser.get("/users/new")
    done = bob.browser.submit(
        form, "/users", username="Dora", name="Dora Diaz", email="dora@example.org", company="Acme", unit="Sales"
    )
    assert done.status == 200, "PRODUCT 3: links to pass on are 200 with the whole page"
    link = done.words("#handed-link")
    assert re.fullmatch(r"http://localhost:8000/invitation/[\w-]{43}", link)
    assert "27 Nov 2026, 12:00" in done.text
    assert "Username: dora" in done.text
    assert link.rsplit("/", 1)[1] not in bob.browser.get("/users/2").html
    assert "bob created the user dora, roles: Member" in log(bob)
    assert "bob invited dora to choose a password" in log(bob)


def test_who_is_invited_is_shown_as_invited(bob):
    bob.signs_in().post("/users", {"username": "dora", "name": "Dora"})
    page = bob.browser.get("/users?q=dora")
    assert [_text(state) for state in page.all("tbody .state")] == ["Invited"]
    page = bob.browser.get("/users/2")
    assert page.words("#user-account .state") == "Invited"
    assert "The invitation works until 27 Nov 2026, 12:00" in page.text
    assert "Member" in page.words("#user-account")


def test_who_is_invited_cannot_sign_in_yet_and_the_log_says_why(installation, bob):
    bob.signs_in().post("/users", {"username": "dora"})
    refused = installation.browser().post("/login", {"username": "dora", "password": "x" * 20, "code": ""})
    assert refused.status == 422
    assert "This user has no password yet." in bob.browser.get("/users/2").text


def test_the_form_sent_again_changes_nothing_and_says_that_the_link_was_shown(installation, bob):
    typed = {"username": "dora", "name": "Dora Diaz", "email": "dora@example.org", "unit": "Sales"}
    bob.signs_in().post("/users", typed)
    links, entries = count(installation, "links"), count(installation, "activity")
    again = bob.browser.post("/users", typed)
    assert again.status == 200
    assert "was already added" in again.text
    assert "shown once" in again.text
    assert not again.has("#handed-link")
    assert (count(installation, "links"), count(installation, "activity")) == (links, entries)
    fresh = bob.browser.submit(again, "/users/2/invitation")
    assert fresh.has("#handed-link")


def test_a_username_is_taken_whoever_has_it(bob, alice):
    page = bob.signs_in().post("/users", {"username": "ALICE", "name": "Another", "unit": "Sales"})
    assert page.status == 422
    assert "This username is taken" in page.words("#new-username-problem")
    assert f"/users/{alice.user_id}" in page.links()
    assert page.fields("/users")["name"] == "Another"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", "system"),
        ("username", "a\tb"),
        ("username", "x" * 129),
        ("name", "x" * 201),
        ("email", "not an address"),
        ("company", "x" * 201),
        ("unit", "a\nb"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(installation, bob, field, value):
    page = bob.signs_in().post("/users", {"username": "dora", "name": "Dora", field: value})
    assert page.status == 422
    assert page.words(f"#new-{field}-problem")
    assert count(installation, "users") == 1


def test_a_login_method_that_does_not_exist_is_refused(installation, bob):
    assert bob.signs_in().post("/users", {"username": "dora", "login_method": "pigeon"}).status == 422
    assert count(installation, "users") == 1


@pytest.mark.provider
def test_who_signs_in_by_single_sign_on_gets_a_link_that_binds(installation, bob):
    typed = {"username": "dora", "login_method": "sso"}
    done = bob.signs_in().post("/users", typed)
    assert done.status == 200
    link = done.words("#handed-link")
    assert re.fullmatch(r"http://localhost:8000/invitation/[\w-]{43}", link)
    assert "1 Dec 2026, 12:00" in done.text, "7 days"
    assert count(installation, "links", "kind = 'binding'") == 1
    again = bob.browser.post("/users", typed)
    assert "was already added" in again.text
    assert not again.has("#handed-link")
    assert count(installation, "links", "kind = 'binding'") == 1
    assert figures(installation) == (0, 1, 0), "who has not joined does not count yet"
    page = bob.browser.get("/users/2")
    assert "Single Sign-On" in page.words("#user-account")
    assert page.words("#user-account .state") == "Invited"
    assert "The link for the first sign-in works until 1 Dec 2026" in page.text
    assert [_text(state) for state in bob.browser.get("/users?q=dora").all("tbody .state")] == ["Invited"]
    assert "bob created a link for the first sign-in of dora by Single Sign-On" in log(bob)


@pytest.mark.provider
def test_a_binding_link_is_made_again_and_the_former_is_void(installation, bob, cleo):
    bob.signs_in()
    page = page_of(bob, cleo)
    first = bob.browser.submit(page, f"/users/{cleo.user_id}/binding")
    assert first.has("#handed-link")
    reloaded = acts(bob, cleo, "binding", {"newest": page.fields(f"/users/{cleo.user_id}/binding")["newest"]})
    assert "The link was shown once" in reloaded.text
    assert not reloaded.has("#handed-link")
    second = bob.browser.submit(reloaded, f"/users/{cleo.user_id}/binding")
    assert second.words("#handed-link") != first.words("#handed-link")
    assert count(installation, "links") == 1


@pytest.mark.provider
@pytest.mark.parametrize("state", ["bound", "disabled", "password"])
def test_a_binding_link_is_for_those_who_wait_alone(installation, bob, cleo, alice, state):
    if state == "bound":
        is_bound(cleo)
    if state == "disabled":
        installation.run(lambda context: command_line.disable(context, "cleo"))
    someone = alice if state == "password" else cleo
    bob.signs_in()
    assert not page_of(bob, someone).offers(f"/users/{someone.user_id}/binding")
    assert acts(bob, someone, "binding").status == 409
    assert count(installation, "links") == 0


def test_without_a_provider_no_user_is_added_for_single_sign_on_and_none_gets_a_link(installation, bob, cleo):
    bob.signs_in()
    assert not bob.browser.get("/users/new").has("[name=login_method]")
    refused = bob.browser.post("/users", {"username": "dora", "login_method": "sso"})
    assert refused.status == 409
    assert "Single Sign-On is not configured" in refused.text
    page = page_of(bob, cleo)
    assert not page.offers(f"/users/{cleo.user_id}/binding")
    assert "Single Sign-On is not configured" in acts(bob, cleo, "binding", part=True).words("[role=alert]")
    is_bound(cleo)
    assert f"/users/{cleo.user_id}/unbind" not in page_of(bob, cleo).links()
    assert acts(bob, cleo, "unbind").status == 409
    assert count(installation, "users") == 2
    assert count(installation, "links") == 0


def test_single_sign_on_gets_no_link_to_choose_a_password(installation, bob, cleo):
    """Only the kind that fits: an SSO user has no password to choose."""
    bob.signs_in()
    for act in ("invitation", "password-reset"):
        assert acts(bob, cleo, act).status == 409
    assert count(installation, "links") == 0


def test_who_only_views_users_is_offered_nothing(installation, alice):
    auditor = somebody(installation, "fay", "Auditor")
    page = auditor.signs_in().get("/users")
    assert "/users/new" not in page.links()
    page = page_of(auditor, alice)
    assert not any(page.offers(f"/users/{alice.user_id}/{act}") for act in ACTS)
    assert not page.has("#user-account-edit")
    assert auditor.browser.post("/users", {"username": "dora"}).status == 403


def test_nobody_gives_what_they_do_not_hold_by_the_role_of_new_users(installation, bob, erna):
    async def member_may_see_the_log(context):
        async with context.db.transaction():
            await context.db.execute(
                "INSERT INTO role_permissions SELECT id, 'activity_log.view' FROM roles WHERE name = 'Member'"
            )

    installation.run(member_may_see_the_log)
    assert erna.signs_in().post("/users", {"username": "dora"}).status == 403
    assert count(installation, "users") == 2
    assert figures(installation) == (0, 2, 0)
    assert bob.signs_in().post("/users", {"username": "dora"}).status == 200


def test_without_the_role_member_new_users_have_none(installation, bob):
    async def away(context):
        async with context.db.transaction():
            await context.db.execute("DELETE FROM roles WHERE name = 'Member'")

    installation.run(away)
    assert bob.signs_in().post("/users", {"username": "dora"}).status == 200
    assert "RolesNone" in bob.browser.get("/users/2").words("#user-account")


# ------------------------------------------------------------------------------------------------------------ change


def test_a_user_is_changed_and_found_again(bob, alice):
    bob.signs_in()
    done = changes(bob, alice, name="Alice Arden", company="Acme", unit="Finance", time_zone="Europe/Berlin")
    assert done.location == f"/users/{alice.user_id}"
    page = bob.browser.get(done.location)
    for words in ("Acme", "Finance", "Europe/Berlin"):
        assert words in page.words("#user-account")
    assert "Alice Arden" in page.words("#shown-user-header")
    assert "Alice Arden" in bob.browser.get("/users?q=arden").text
    assert (
        "bob changed the user alice: name from Alice to Alice Arden; company from none to Acme;"
        " organisational unit from Sales to Finance; time zone from none to Europe/Berlin" in log(bob)
    )


def test_a_change_answers_with_the_part_and_the_header(bob, alice):
    bob.signs_in()
    form = bob.browser.get(f"/users/{alice.user_id}/edit", part=True)
    assert form.html.lstrip().startswith('<section class="card" id="user-account"')
    page = changes(bob, alice, part=True, name="Alice Arden")
    assert page.status == 200
    assert "Saved." in page.words("[role=status]")
    assert "Alice Arden" in page.words("#shown-user-header")


def test_nothing_changed_is_not_logged(bob, alice):
    bob.signs_in()
    assert changes(bob, alice).status == 303
    assert "changed the user" not in log(bob)


def test_a_field_that_is_not_sent_stays(bob, alice):
    bob.signs_in()
    assert acts(bob, alice, "edit", {"unit": "Finance"}).status == 303
    assert "alice@example.org" in page_of(bob, alice).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Enter something here."),
        ("name", "x" * 201, "too long"),
        ("email", "alice", "not an e-mail address"),
        ("company", "x" * 201, "too long"),
        ("unit", "a\x07b", "cannot be used"),
        ("time_zone", "Europe/Atlantis", "Choose a time zone"),
    ],
)
def test_a_wrong_field_is_said_and_what_was_typed_is_kept(bob, alice, field, value, words):
    bob.signs_in()
    page = changes(bob, alice, **{"name": "Changed", field: value})
    assert page.status == 422
    assert words in page.words(f"#edit-{field.replace('_', '-')}-problem")
    assert "Changed" not in page_of(bob, alice).text


def test_another_address_needs_a_proof_and_keeps_what_was_entered(installation, bob, alice):
    bob.signs_in()
    installation.clock.forward(11 * MINUTE)
    asked = changes(bob, alice, part=True, email="new@example.org", unit="Finance")
    assert asked.status == 422
    values = asked.fields(f"/users/{alice.user_id}/edit")
    assert (values["email"], values["unit"]) == ("new@example.org", "Finance")
    assert "alice@example.org" in page_of(bob, alice).text
    assert bob.browser.submit(asked, f"/users/{alice.user_id}/edit", password="wrong").status == 422
    done = bob.browser.submit(asked, f"/users/{alice.user_id}/edit", password=bob.password)
    assert done.status == 303
    assert "new@example.org" in page_of(bob, alice).text


def test_another_unit_needs_no_proof(installation, bob, alice):
    bob.signs_in()
    installation.clock.forward(11 * MINUTE)
    assert changes(bob, alice, unit="Finance").status == 303


def test_too_many_wrong_proofs_wait(installation, bob, alice):
    bob.signs_in()
    installation.clock.forward(11 * MINUTE)
    for _ in range(10):
        acts(bob, alice, "edit", {"email": "new@example.org", "password": "wrong"})
    assert acts(bob, alice, "edit", {"email": "new@example.org", "password": bob.password}).status == 429


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(bob, alice):
    bob.signs_in()
    form = bob.browser.get(f"/users/{alice.user_id}/edit")
    alice.signs_in().post("/my-user/profile", {"name": "Alicia", "email": "alice@example.org"})
    page = bob.browser.submit(form, f"/users/{alice.user_id}/edit", unit="Finance")
    assert page.status == 409
    assert "This user has changed since you opened the page" in page.words("#user-account [role=alert]")
    assert page.fields(f"/users/{alice.user_id}/edit")["name"] == "Alicia"
    assert bob.browser.submit(page, f"/users/{alice.user_id}/edit", unit="Finance").status == 303


def test_one_may_change_oneself_here_and_the_bar_follows(bob):
    bob.signs_in()
    page = changes(bob, bob, part=True, name="Bobby")
    assert "Bobby" in page.words("#user-header")
    assert not any(page_of(bob, bob).offers(f"/users/{bob.user_id}/{act}") for act in ACTS)


# ----------------------------------------------------------------------------------------- disable, enable, sign out


def test_disabling_says_its_consequence_and_ends_everything_at_once(installation, bob, alice):
    alice.signs_in()
    bob.signs_in()
    link = acts(bob, alice, "password-reset").words("#handed-link").removeprefix("http://localhost:8000")
    asked = bob.browser.get(f"/users/{alice.user_id}/disable")
    assert "is signed out everywhere at once and can no longer sign in" in asked.words("#user-account")
    assert alice.browser.get("/").status == 200, "a GET changes nothing"
    assert bob.browser.submit(asked, f"/users/{alice.user_id}/disable").location == f"/users/{alice.user_id}"
    assert alice.browser.get("/").status == 303
    assert alice.types().status == 422
    assert installation.browser().get(link).status == 410
    assert page_of(bob, alice).words("#user-account .state") == "Disabled"
    assert "bob disabled alice" in log(bob)
    assert figures(installation) == (0, 1, 0)


def test_enabling_lets_them_in_again(installation, bob, alice):
    bob.signs_in()
    acts(bob, alice, "disable")
    page = acts(bob, alice, "enable", part=True)
    assert "can sign in again" in page.words("[role=status]")
    alice.signs_in()
    assert figures(installation) == (0, 2, 0)
    assert "bob enabled alice" in log(bob)


def test_twice_is_said(bob, alice):
    bob.signs_in()
    acts(bob, alice, "disable")
    assert acts(bob, alice, "disable", part=True).status == 409
    acts(bob, alice, "enable")
    again = acts(bob, alice, "enable", part=True)
    assert again.status == 409
    assert "This user is not disabled." in again.words("[role=alert]")


def test_signing_out_everywhere_ends_all_sessions_of_the_user_and_no_others(installation, bob, alice):
    alice.signs_in()
    phone = installation.browser()
    assert phone.post("/login", {"username": "alice", "password": alice.password, "code": ""}).status == 303
    bob.signs_in()
    page = acts(bob, alice, "end-sessions", part=True)
    assert "2 sessions of Alice are signed out." in page.words("[role=status]")
    assert alice.browser.get("/").status == phone.get("/").status == 303
    assert bob.browser.get("/").status == 200
    assert "bob signed out 2 sessions of alice" in log(bob)
    assert count(installation, "browser_users", f"user_id = {alice.user_id}") == 0


def newest_session(person: Person) -> int:
    async def read(context: Context) -> int:
        row = await context.db.fetch_one(
            "SELECT max(id) AS n FROM sessions WHERE user_id = :id", {"id": person.user_id}
        )
        return int(row["n"])

    return person.installation.run(read)


def sessions_of(page: Page) -> list[str]:
    """The URLs that end the sessions which a user's page shows."""
    return [form.attrib["action"] for form in page.all("#user-sessions li form")]


def test_a_users_page_shows_where_they_are_signed_in_and_ends_one_of_the_sessions(installation, bob, alice):
    alice.signs_in()
    phone = installation.browser("198.51.100.7", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1")
    assert phone.post("/login", {"username": "alice", "password": alice.password, "code": ""}).status == 303
    bob.signs_in()
    page = page_of(bob, alice)
    card = page.words("#user-sessions")
    assert "Firefox on Linux" in card
    assert "203.0.113.7" in card
    assert "Safari on iPhone" in card
    assert "198.51.100.7" in card
    assert "Signed in 24 Nov 2026, 12:00" in card
    newest, oldest = sessions_of(page)
    done = bob.browser.post(newest, part=True)
    assert "1 session of Alice is signed out." in done.words("[role=status]")
    assert sessions_of(done) == [oldest]
    assert phone.get("/").status == 303
    assert alice.browser.get("/").status == 200
    assert "bob signed out a session of alice: Safari on iPhone, 198.51.100.7" in log(bob)
    assert "was not signed in there any more" in bob.browser.post(newest, part=True).words("[role=status]")
    assert log(bob).count("signed out a session") == 1


def test_a_users_page_shows_each_session_once_beside_several_refusals(installation, bob, alice):
    alice.signs_in()
    second = installation.browser("198.51.100.7")
    assert second.post("/login", {"username": "alice", "password": alice.password, "code": ""}).status == 303
    for number in range(3):
        installation.browser(f"198.51.100.{number + 20}").post("/login", {"username": "alice", "password": "wrong"})
    bob.signs_in()
    page = page_of(bob, alice)
    assert len(sessions_of(page)) == 2
    assert [page.words("#user-security").count(f"198.51.100.{number + 20}") for number in range(3)] == [1, 1, 1]


def test_without_javascript_a_session_ends_and_the_page_comes_back(bob, alice):
    alice.signs_in()
    bob.signs_in()
    [url] = sessions_of(page_of(bob, alice))
    assert bob.browser.post(url).location == f"/users/{alice.user_id}#user-sessions"
    assert "Alice is not signed in in any browser." in page_of(bob, alice).words("#user-sessions")


def test_sessions_of_those_who_may_do_more_are_neither_shown_nor_ended(bob, alice, erna):
    bob.signs_in()
    alice.signs_in()
    erna.signs_in()
    page = page_of(erna, bob)
    assert not page.all("#user-sessions")
    session_id = newest_session(bob)
    assert acts(erna, bob, f"sessions/{session_id}/end").status == 403
    assert acts(erna, alice, f"sessions/{session_id}/end", part=True).status == 200, "alice's page, a session of bob"
    assert bob.browser.get("/").status == 200


def test_own_sessions_are_ended_on_my_user(bob):
    bob.signs_in()
    page = page_of(bob, bob)
    assert "This browser" in page.words("#user-sessions")
    assert not page.all("#user-sessions form")
    assert "/my-user#sessions" in page.links()
    assert acts(bob, bob, f"sessions/{newest_session(bob)}/end").status == 403
    assert bob.browser.get("/").status == 200


# ------------------------------------------------------------------------------------------------------------ delete


def test_deleting_says_its_consequence_and_the_log_keeps_the_name(installation, function_on, bob, alice):
    alice.signs_in()
    alice.sets_up()
    alice.browser.post("/my-user/recovery-codes", {"password": alice.password, "code": alice.phone.wrong_code()})
    bob.signs_in()
    acts(bob, alice, "password-reset")
    asked = bob.browser.get(f"/users/{alice.user_id}/delete")
    assert "This cannot be undone." in asked.words("#user-account")
    assert page_of(bob, alice).status == 200, "a GET changes nothing"
    assert bob.browser.submit(asked, f"/users/{alice.user_id}/delete").location == "/users"
    assert page_of(bob, alice).status == 404
    assert alice.browser.get("/").status == 303
    assert alice.types(code="").status == 422
    for table in (
        "sessions",
        "authenticators",
        "recovery_codes",
        "user_roles",
        "links",
        "browser_users",
        "code_attempts",
    ):
        assert count(installation, table, f"user_id = {alice.user_id}") == 0, table
    assert figures(installation) == (0, 1, 0)
    assert "bob deleted the user alice" in log(bob)
    kept = count(installation, "activity", f"subject_id = {alice.user_id} AND subject = 'alice'")
    assert kept > 2
    assert bob.browser.get("/users?q=alice").has(".empty")


def test_a_number_is_never_given_again(installation, bob, alice):
    bob.signs_in()
    acts(bob, alice, "delete")
    bob.browser.post("/users", {"username": "alice"})
    assert page_of(bob, alice).status == 404
    assert bob.browser.get(f"/users/{alice.user_id + 1}").status == 200


def test_deleting_a_disabled_user_keeps_the_figures(installation, bob, alice, cleo):
    bob.signs_in()
    is_bound(cleo)
    acts(bob, alice, "disable")
    acts(bob, alice, "delete")
    assert figures(installation) == (0, 1, 1)
    acts(bob, cleo, "delete")
    assert figures(installation) == (0, 1, 0)
    assert acts(bob, alice, "delete").status == 404


# ------------------------------------------------------------------------------------------------------- who may not


@pytest.mark.parametrize("act", [*ACTS, "edit"])
def test_nobody_acts_on_somebody_who_holds_more(installation, bob, erna, act):
    bob.signs_in()
    erna.signs_in()
    assert acts(erna, bob, act, {"name": "Gone"}).status == 403
    assert bob.browser.get("/").status == 200
    assert count(installation, "links") == 0
    assert "Bob" in page_of(bob, bob).words("#shown-user-header")
    assert f"erna was refused access to POST /users/{{id:int}}/{act}" in log(bob)


@pytest.mark.parametrize("act", ["edit", "disable", "delete"])
def test_nobody_is_shown_the_form_either(bob, erna, act):
    assert erna.signs_in().get(f"/users/{bob.user_id}/{act}").status == 403
    assert not page_of(erna, bob).has(f"#user-account-{act}")


@pytest.mark.parametrize("act", ACTS)
def test_nobody_does_it_to_themselves(bob, act):
    bob.signs_in()
    assert acts(bob, bob, act).status == 403
    assert bob.browser.get("/").status == 200


@pytest.mark.parametrize("act", [*ACTS, "edit"])
def test_who_holds_as_much_or_less_can_be_acted_on(installation, alice, erna, act):
    other = somebody(installation, "gina", "User manager")
    erna.signs_in()
    for person in (alice, other):
        assert acts(erna, person, act).status not in (403, 404)


@pytest.mark.parametrize("act", [*ACTS, "edit"])
def test_there_is_no_such_user(bob, act):
    assert bob.signs_in().post(f"/users/4711/{act}").status == 404


def test_a_permission_taken_while_the_page_was_open_counts(installation, alice, erna):
    erna.signs_in()

    async def take(context):
        async with context.db.transaction():
            await context.db.execute("DELETE FROM user_roles WHERE user_id = :id", {"id": erna.user_id})

    installation.run(take)
    assert acts(erna, alice, "delete").status == 403
    assert count(installation, "users") == 2


def test_two_administrators_who_disable_each_other_leave_one(installation, bob):
    carol = somebody(installation, "carol", "Administrator")
    bob.signs_in()
    carol.signs_in()
    assert acts(bob, carol, "disable").status == 303
    # to the login
    assert acts(carol, bob, "disable").status == 303
    assert bob.browser.get("/").status == 200


@pytest.mark.parametrize("act", [status.disable, status.delete], ids=["disable", "delete"])
def test_two_administrators_against_each_other_at_once_leave_one(installation, bob, act):
    carol = somebody(installation, "carol", "Administrator")

    async def against_each_other(context: Context) -> list[object]:
        ones, others = await session_of(context, bob), await session_of(context, carol)
        attacks = (act(context, carol.user_id, ones), act(context, bob.user_id, others))
        outcomes: list[object] = await asyncio.gather(*attacks, return_exceptions=True)
        return outcomes

    for _ in range(10):
        outcomes = installation.run(against_each_other)
        assert (outcomes.count("disabled") + outcomes.count("deleted")) == 1
        assert sum(isinstance(outcome, sessions.SessionEnded) for outcome in outcomes) == 1
        assert count(installation, "users", "disabled_at IS NULL") == 1
        if act is status.delete:
            return
        for user_id in (bob.user_id, carol.user_id):
            installation.run(lambda context, user_id=user_id: status.enable(context, user_id, None))


@pytest.mark.parametrize("act", [status.disable, status.delete], ids=["disable", "delete"])
def test_the_last_administrator_stays_whoever_asks(installation, bob, act):
    """By the roles of a fresh installation whoever may ask is another administrator; the rule looks all the same."""
    carol = somebody(installation, "carol", "Administrator")

    async def only_bob_counts(context: Context) -> object:
        current = await session_of(context, carol)
        async with context.db.transaction():
            await context.db.execute("UPDATE users SET password_hash = NULL WHERE id = :id", {"id": carol.user_id})
        return await act(context, bob.user_id, current)

    assert installation.run(only_bob_counts) == "last_administrator"
    assert count(installation, "users", "disabled_at IS NULL") == 2


def test_somebody_by_single_sign_on_may_edit_users_too(installation, alice):
    manager = somebody(installation, "cleo", "User manager", sso=True)
    by_single_sign_on(manager)
    assert acts(manager, alice, "disable").status == 303


def test_whose_second_factor_is_set_up_proves_it_for_an_address(installation, function_on, bob, alice):
    bob.signs_in()
    bob.sets_up()
    assert isinstance(bob.phone, Phone)
    installation.clock.forward(11 * MINUTE)
    assert acts(bob, alice, "edit", {"email": "new@example.org", "password": bob.password}).status == 422
    typed = {"email": "new@example.org", "password": bob.password, "code": bob.phone.code()}
    assert acts(bob, alice, "edit", typed).status == 303
