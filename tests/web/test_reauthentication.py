"""Proof: who does something weighty shows that it is them, unless they did so in the last ten minutes."""

import pytest

from accounts.limits import CONSECUTIVE_WRONG_CODES
from tests import postgres
from tests.browser import Page
from tests.cookies import SESSION
from tests.people import PASSWORDS, Person, somebody, switch
from tests.server import changes

MINUTE = 60
SET_UP, NEW_CODES, PROFILE = "/my-user/two-factor", "/my-user/recovery-codes", "/my-user/profile"
NEW_ADDRESS = {"name": "Alice", "email": "new@example.org", "time_zone": ""}


@pytest.fixture
def guarded(installation, function_on, alice: Person) -> Person:
    """Alice, who has it set up and signed in with a code, more than ten minutes ago."""
    alice.signs_in()
    alice.sets_up()
    alice.browser.post("/logout")
    alice.signs_in()
    installation.clock.forward(10 * MINUTE)
    return alice


def asked_for(page: Page, action: str) -> set[str]:
    """Which parts of the proof the act's form asks for."""
    return {"password", "code"} & set(page.fields(action))


def proofs(person: Person) -> dict[str, str]:
    assert person.phone
    return {"password": person.password, "code": person.phone.code()}


# ------------------------------------------------------------------------------------------------------ for ten minutes


@pytest.mark.parametrize(("seconds", "asked"), [(0, False), (10 * MINUTE - 1, False), (10 * MINUTE, True)])
def test_a_sign_in_is_proof_for_ten_minutes(installation, function_on, alice, seconds: int, asked: bool):
    alice.signs_in()
    installation.clock.forward(seconds)
    page = alice.browser.post(SET_UP, part=True)
    assert page.status == (422 if asked else 200)
    assert page.has("#two-factor-qr") != asked


def test_a_proof_counts_for_ten_minutes_in_its_turn(installation, guarded):
    assert guarded.browser.post(NEW_CODES, proofs(guarded), part=True).status == 200
    installation.clock.forward(10 * MINUTE - 1)
    assert guarded.browser.post(NEW_CODES, part=True).status == 200
    installation.clock.forward(1)
    assert guarded.browser.post(NEW_CODES, part=True).status == 422


def test_it_counts_in_its_session_alone(installation, guarded):
    elsewhere = Person("alice", guarded.user_id, installation, installation.browser(), guarded.phone)
    elsewhere.signs_in()
    installation.clock.forward(10 * MINUTE)
    assert guarded.browser.post(SET_UP, proofs(guarded), part=True).status == 200
    assert elsewhere.browser.post(SET_UP, part=True).status == 422


# --------------------------------------------------------------------------------------- it asks for what is missing


@pytest.mark.parametrize("action", [SET_UP, NEW_CODES])
def test_who_has_set_it_up_is_asked_for_password_and_code(guarded, action: str):
    page = guarded.browser.post(action, part=True)
    assert page.status == 422
    assert asked_for(page, action) == {"password", "code"}
    assert guarded.browser.submit(page, action, part=True, **proofs(guarded)).status == 200


def test_who_has_not_is_asked_for_the_password(installation, function_on, alice):
    alice.signs_in()
    installation.clock.forward(10 * MINUTE)
    page = alice.browser.post(SET_UP, part=True)
    assert page.status == 422
    assert asked_for(page, SET_UP) == {"password"}
    assert alice.browser.submit(page, SET_UP, part=True, password=alice.password).status == 200


def test_without_javascript_the_whole_page_asks(guarded):
    page = guarded.browser.post(SET_UP)
    assert page.status == 422
    assert page.words("h1") == "My User"
    page = guarded.browser.submit(page, SET_UP, **proofs(guarded))
    assert page.status == 303
    assert guarded.browser.follow(page).has("#two-factor-qr")


def test_the_password_alone_is_not_enough_when_a_code_is_due(guarded):
    page = guarded.browser.post(NEW_CODES, {"password": guarded.password}, part=True)
    assert page.status == 422
    assert asked_for(page, NEW_CODES) == {"password", "code"}
    assert not page.has(".recovery-code")


def test_a_code_alone_is_not_enough_and_not_spent(guarded):
    code = guarded.phone.code()
    assert guarded.browser.post(NEW_CODES, {"code": code}, part=True).status == 422
    assert guarded.browser.post(NEW_CODES, {"code": code, "password": "not her password"}, part=True).status == 422
    assert guarded.browser.post(NEW_CODES, {"code": code, "password": guarded.password}, part=True).status == 200


def test_a_sign_in_without_a_code_is_no_proof_where_a_code_is_asked_for_now(installation, guarded):
    switch(installation, False)
    guarded.browser.post("/logout")
    guarded.signs_in(code="")
    page = guarded.browser.get("/my-user?act=remove")
    assert asked_for(page, "/my-user/two-factor/remove") == {"code"}
    assert guarded.browser.post("/my-user/two-factor/remove", part=True).status == 422
    assert guarded.browser.get("/my-user").has(".two-keys")


def test_who_switches_it_on_without_a_code_is_asked_for_one_afterwards(installation, bob):
    switch(installation, True)
    bob.signs_in()
    bob.sets_up()
    switch(installation, False)
    bob.browser.post("/logout")
    bob.signs_in(code="")
    bob.browser.post("/general-settings/security", {"two_factor": "on"})
    page = bob.browser.post(NEW_CODES, part=True)
    assert page.status == 422
    assert asked_for(page, NEW_CODES) == {"code"}, "the password was proved a moment ago"
    assert bob.browser.submit(page, NEW_CODES, part=True, code=bob.phone.code()).status == 200


def test_while_the_function_is_off_the_password_is_proof(installation, guarded):
    switch(installation, False)
    page = guarded.browser.post(PROFILE, NEW_ADDRESS, part=True)
    assert page.status == 422
    assert asked_for(page, PROFILE) == {"password"}
    assert guarded.browser.post(PROFILE, {**NEW_ADDRESS, "password": guarded.password}, part=True).status == 200


def test_a_recovery_code_is_as_good_as_a_code_once(guarded):
    typed = {"password": guarded.password, "code": guarded.recovery_codes[0]}
    assert guarded.browser.post(SET_UP, typed, part=True).status == 200
    guarded.browser.post("/my-user/two-factor/cancel")
    assert "9 left" in guarded.browser.get("/my-user").words("#two-factor")


def test_one_code_serves_both_proof_and_removal(guarded):
    page = guarded.browser.post("/my-user/two-factor/remove", proofs(guarded), part=True)
    assert page.status == 200
    assert not page.has(".two-keys")


def test_what_was_entered_is_kept(guarded):
    page = guarded.browser.post(PROFILE, NEW_ADDRESS, part=True)
    assert page.status == 422
    kept = page.fields(PROFILE)
    assert (kept["name"], kept["email"]) == ("Alice", "new@example.org")
    assert (kept["password"], kept["code"]) == ("", "")
    assert "new@example.org" not in guarded.browser.get("/my-user").html


def test_a_change_of_name_needs_none(guarded):
    values = {"name": "Alice B.", "email": "alice@example.org", "time_zone": ""}
    assert guarded.browser.post(PROFILE, values, part=True).status == 200
    assert "Alice B." in guarded.browser.get("/").words("#user-header")


# --------------------------------------------------------------------------------------------------- refusals say why


def test_a_wrong_password_is_said(installation, function_on, alice):
    alice.signs_in()
    installation.clock.forward(10 * MINUTE)
    page = alice.browser.post(SET_UP, {"password": "not her password"}, part=True)
    assert page.status == 422
    assert "The password is wrong" in page.words("#two-factor")
    assert not page.has("#two-factor-qr")


def test_a_wrong_code_is_said_and_counts_where_the_logins_count(installation, guarded):
    for _ in range(CONSECUTIVE_WRONG_CODES):
        page = guarded.browser.post(
            NEW_CODES, {"password": guarded.password, "code": guarded.phone.wrong_code()}, part=True
        )
        assert page.status == 422
        assert "is wrong" in page.words("#two-factor")
    page = guarded.browser.post(NEW_CODES, proofs(guarded), part=True)
    assert page.status == 422
    assert "blocked" in page.words("#two-factor")
    guarded.browser.post("/logout")
    assert guarded.types().status == 422, "nor at the login"


def test_wrong_codes_at_the_login_count_here_too(installation, guarded):
    for _ in range(CONSECUTIVE_WRONG_CODES):
        installation.browser().post(
            "/login", {"username": "alice", "password": guarded.password, "code": guarded.phone.wrong_code()}
        )
    page = guarded.browser.post(SET_UP, proofs(guarded), part=True)
    assert page.status == 422
    assert "recovery code" in page.words("#two-factor")
    typed = {"password": guarded.password, "code": guarded.recovery_codes[0]}
    assert guarded.browser.post(SET_UP, typed, part=True).status == 200, "the way back"


def test_a_code_that_was_used_at_the_login_is_used(installation, guarded):
    code = guarded.phone.code()
    installation.browser().post("/login", {"username": "alice", "password": guarded.password, "code": code})
    page = guarded.browser.post(NEW_CODES, {"password": guarded.password, "code": code}, part=True)
    assert page.status == 422
    assert "used already" in page.words("#two-factor")


@pytest.mark.parametrize("typed", ["12345", "abcdef", "x" * 65, "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_what_is_no_code_is_wrong_and_counts_nothing(guarded, typed: str):
    for _ in range(CONSECUTIVE_WRONG_CODES + 1):
        page = guarded.browser.post(NEW_CODES, {"password": guarded.password, "code": typed}, part=True)
        assert page.status == 422
    assert guarded.browser.post(NEW_CODES, proofs(guarded), part=True).status == 200


def test_after_ten_wrong_passwords_one_has_to_wait_and_reads_how_long(installation, function_on, alice):
    alice.signs_in()
    installation.clock.forward(10 * MINUTE)
    for _ in range(10):
        assert alice.browser.post(SET_UP, {"password": "not her password"}, part=True).status == 422
    page = alice.browser.post(SET_UP, {"password": alice.password}, part=True)
    assert page.status == 429
    assert "Wait 30 seconds" in page.words("#two-factor")
    installation.clock.forward(20)
    page = alice.browser.post(SET_UP, {"password": alice.password}, part=True)
    assert "Wait 10 seconds" in page.words("#two-factor")
    installation.clock.forward(10)
    assert alice.browser.post(SET_UP, {"password": alice.password}, part=True).status == 200


def test_the_waiting_is_the_one_of_the_login(installation, function_on, alice):
    alice.signs_in()
    installation.clock.forward(10 * MINUTE)
    for _ in range(10):
        alice.browser.post(SET_UP, {"password": "not her password"}, part=True)
    alice.browser.post("/logout")
    assert alice.types().status == 422
    installation.clock.forward(30)
    assert alice.types().status == 303


def test_an_over_long_password_is_wrong(installation, function_on):
    PASSWORDS["larry"] = ("seven wet umbrellas on a tram " * 40)[:1024]
    larry = somebody(installation, "larry")
    larry.signs_in()
    installation.clock.forward(10 * MINUTE)
    assert larry.browser.post(SET_UP, {"password": larry.password + "x"}, part=True).status == 422
    assert larry.browser.post(SET_UP, {"password": larry.password}, part=True).status == 200


def test_refused_proofs_are_in_the_log(installation, guarded, bob):
    guarded.browser.post(NEW_CODES, {"password": "not her password", "code": "123456"}, part=True)
    assert "alice was asked to confirm it was them, and was refused. The password was wrong." in (
        bob.signs_in().get("/activity-log?action=proof.refused").text
    )


# ------------------------------------------------------------------------------------------------------ a new token


def session_of(person: Person) -> str:
    return person.browser.client.cookies[SESSION]


def test_a_proof_changes_the_sessions_token(installation, guarded):
    old = session_of(guarded)
    assert guarded.browser.post(SET_UP, proofs(guarded), part=True).status == 200
    assert session_of(guarded) != old
    thief = installation.browser()
    thief.client.cookies.set(SESSION, old)
    assert thief.get("/my-user").status == 200, "for ten seconds, for what was under way"
    assert thief.post("/my-user/two-factor/cancel").location == "/login", "but it changes nothing"
    installation.clock.forward(10)
    assert thief.get("/my-user").status == 303
    assert guarded.browser.get("/my-user").status == 200


def test_an_act_that_fails_after_its_proof_signs_nobody_out(installation, bob):
    """The token before the proof is good for ten seconds only: the new one comes with the page of the failure, too."""

    def full() -> None:
        if postgres.in_use():
            says = "BEGIN RAISE disk_full; END"
            changes(folder, f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS '{says}'")
            changes(folder, "CREATE TRIGGER no_room BEFORE UPDATE ON settings EXECUTE FUNCTION no_room()")
        else:
            says = "SELECT RAISE(ABORT, 'database or disk is full');"
            changes(folder, f"CREATE TRIGGER no_room BEFORE UPDATE ON settings BEGIN {says} END")

    folder = installation.config.data_dir
    bob.signs_in()
    installation.clock.forward(11 * MINUTE)
    full()
    page = bob.browser.post("/general-settings/security", {"two_factor": "on", "password": bob.password})
    assert page.status == 503
    if postgres.in_use():
        # the database serves other tests
        changes(folder, "DROP TRIGGER no_room ON settings", "DROP FUNCTION no_room")
    installation.clock.forward(MINUTE)
    assert bob.browser.get("/").status == 200


def test_without_a_new_proof_the_token_stays(guarded):
    old = session_of(guarded)
    assert guarded.browser.post(SET_UP, part=True).status == 422
    assert session_of(guarded) == old
    guarded.browser.post(SET_UP, proofs(guarded), part=True)
    proved = session_of(guarded)
    guarded.browser.post(SET_UP, part=True)
    assert session_of(guarded) == proved


# ------------------------------------------------------------------------------------------------ the password's change


def test_a_password_change_asks_for_the_current_one_however_recent_the_proof(alice):
    browser = alice.signs_in()
    page = browser.get("/my-user/password")
    page = browser.submit(page, "/my-user/password", new_password="a heron stands in the reeds")
    assert page.status == 422
    page = browser.submit(
        page, "/my-user/password", current_password="not her password", new_password="a heron stands in the reeds"
    )
    assert page.status == 422
    assert "not your current password" in page.text
    page = browser.submit(
        page, "/my-user/password", current_password=alice.password, new_password="a heron stands in the reeds"
    )
    assert (page.status, page.location) == (303, "/my-user?password=changed#password")


def test_a_password_change_ends_all_other_sessions_and_changes_the_token(installation, alice):
    elsewhere = somebody_elsewhere(alice)
    browser = alice.signs_in()
    old = session_of(alice)
    values = {"current_password": alice.password, "new_password": "a heron stands in the reeds"}
    assert browser.post("/my-user/password", values).status == 303
    assert session_of(alice) != old
    assert browser.get("/").status == 200
    assert elsewhere.browser.get("/").status == 303
    browser.post("/logout")
    assert alice.types().status == 422
    assert alice.types(password="a heron stands in the reeds").status == 303


def somebody_elsewhere(person: Person) -> Person:
    """The same person in another browser, signed in."""
    there = Person(person.username, person.user_id, person.installation, person.installation.browser(), person.phone)
    there.signs_in()
    return there


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("short", "15 characters"),
        ("passwordpassword", "common"),
        ("alice alice alice 12", "username"),
        ("", "new password"),
    ],
)
def test_a_refused_new_password_says_why(alice, new: str, said: str):
    values = {"current_password": alice.password, "new_password": new}
    page = alice.signs_in().post("/my-user/password", values)
    assert page.status == 422
    assert said in page.words("#new-password-problem")
    assert alice.password not in page.html


def test_the_same_password_again_is_refused(alice):
    values = {"current_password": alice.password, "new_password": alice.password}
    page = alice.signs_in().post("/my-user/password", values)
    assert page.status == 422
    assert "you have now" in page.words("#new-password-problem")


def test_after_ten_wrong_current_passwords_one_has_to_wait(installation, alice):
    browser = alice.signs_in()
    values = {"current_password": "not her password", "new_password": "a heron stands in the reeds"}
    for _ in range(10):
        assert browser.post("/my-user/password", values).status == 422
    page = browser.post("/my-user/password", {**values, "current_password": alice.password})
    assert page.status == 429
    assert "Wait 30 seconds" in page.text
