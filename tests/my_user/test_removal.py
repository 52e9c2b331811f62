"""Removal: who has a second factor can take it away alone, with a code or recovery code however recent the last proof
is.
"""

import pytest

from tests.people import Person, switch

REMOVE = "/my-user/two-factor/remove"


@pytest.fixture
def guarded(installation, function_on, alice: Person) -> Person:
    """Alice, who has just set it up and is signed in."""
    alice.signs_in()
    return alice.sets_up()


def remove(person: Person, code: str, **more: str):
    return person.browser.post(REMOVE, {"code": code, **more}, part=True)


def still_has_it(person: Person) -> bool:
    return person.browser.get("/").has("#user-header .two-keys")


def test_my_user_asks_before_it_removes(guarded):
    page = guarded.browser.get("/my-user")
    assert "/my-user?act=remove" in page.links()
    page = guarded.browser.get("/my-user?act=remove")
    assert "Your recovery codes stop working" in page.words("#two-factor")
    assert set(page.fields(REMOVE)) == {"code"}, "the password was proved a moment ago, a code is always asked for"
    assert still_has_it(guarded)


def test_a_code_removes_it_without_javascript(guarded):
    page = guarded.browser.get("/my-user?act=remove")
    page = guarded.browser.submit(page, REMOVE, code=guarded.phone.code())
    assert (page.status, page.location) == (303, "/my-user#two-factor")
    assert not still_has_it(guarded)


def test_notification_and_header_change_with_the_answer(guarded):
    page = remove(guarded, guarded.phone.code())
    assert page.status == 200
    assert "removed" in page.words("#two-factor")
    assert page.find("#notification a").get("href") == "/my-user"
    assert page.has("#user-header")
    assert not page.has(".two-keys")


def test_from_then_on_the_password_alone_signs_in(guarded):
    code, recovery_code = guarded.phone.code(), guarded.recovery_codes[0]
    remove(guarded, code)
    for typed in ("", code, recovery_code, "whatever"):
        guarded.browser.post("/logout")
        assert guarded.types(code=typed).status == 303


def test_a_recovery_code_removes_it_too(guarded):
    assert remove(guarded, guarded.recovery_codes[0]).status == 200
    assert not still_has_it(guarded)


@pytest.mark.parametrize("typed", ["", "   ", "wrong", "the wrong code", "a wrong recovery code", "letters"])
def test_without_a_right_code_it_stays_and_the_part_says_why(guarded, typed: str):
    given = {"the wrong code": guarded.phone.wrong_code(), "a wrong recovery code": "1" * 20}.get(typed, typed)
    page = remove(guarded, given)
    assert page.status == 422
    assert "code" in page.fields(REMOVE)
    assert page.fields(REMOVE)["code"] == ""
    assert still_has_it(guarded)


def test_a_used_code_does_not_remove_it(guarded, installation):
    code = guarded.phone.code()
    installation.browser().post("/login", {"username": "alice", "password": guarded.password, "code": code})
    page = remove(guarded, code)
    assert page.status == 422
    assert "used already" in page.words("#two-factor")
    assert still_has_it(guarded)


def test_a_code_that_was_proved_a_moment_ago_does_not_do(guarded, installation):
    installation.clock.forward(600)
    proof = {"password": guarded.password, "code": guarded.phone.code()}
    assert guarded.browser.post("/my-user/recovery-codes", proof, part=True).status == 200
    assert remove(guarded, "").status == 422
    assert still_has_it(guarded)
    installation.clock.forward(30)
    assert remove(guarded, guarded.phone.code()).status == 200


def test_after_ten_minutes_the_password_is_asked_for_as_well(guarded, installation):
    installation.clock.forward(600)
    page = guarded.browser.get("/my-user?act=remove")
    assert {"password", "code"} <= set(page.fields(REMOVE))
    assert remove(guarded, guarded.phone.code()).status == 422
    assert remove(guarded, guarded.phone.code(), password="not her password").status == 422
    assert still_has_it(guarded)
    assert remove(guarded, guarded.phone.code(), password=guarded.password).status == 200
    assert not still_has_it(guarded)


def test_it_ends_all_other_sessions(guarded, installation):
    other = Person("alice", guarded.user_id, installation, installation.browser(), guarded.phone)
    other.signs_in()
    installation.clock.forward(30)
    remove(guarded, guarded.phone.code())
    assert other.browser.get("/").status == 303
    assert guarded.browser.get("/").status == 200


def test_it_ends_a_set_up_of_another_phone(guarded):
    guarded.browser.post("/my-user/two-factor", part=True)
    remove(guarded, guarded.phone.code())
    assert not guarded.browser.get("/my-user").has("#two-factor-qr")


def test_who_removed_it_can_set_it_up_anew(guarded, installation):
    old = guarded.phone
    remove(guarded, old.code())
    installation.clock.forward(30)
    guarded.sets_up()
    guarded.browser.post("/logout")
    assert guarded.types(code=old.code()).status == 422
    assert guarded.types().status == 303


def test_while_the_function_is_off_it_works_and_asks_for_a_code_all_the_same(guarded, installation):
    switch(installation, False)
    page = guarded.browser.get("/my-user")
    assert "/my-user?act=remove" in page.links()
    assert remove(guarded, "").status == 422
    page = remove(guarded, guarded.phone.code())
    assert page.status == 200
    assert page.words("#notification") == ""
    switch(installation, True)
    guarded.browser.post("/logout")
    assert guarded.types(code="").status == 303


def test_a_blocked_one_is_removed_by_a_recovery_code_and_not_by_a_code(guarded, installation):
    for _ in range(20):
        installation.browser().post(
            "/login", {"username": "alice", "password": guarded.password, "code": guarded.phone.wrong_code()}
        )
    page = remove(guarded, guarded.phone.code())
    assert page.status == 422
    assert "blocked" in page.words("#two-factor")
    assert remove(guarded, guarded.recovery_codes[0]).status == 200
    assert not still_has_it(guarded)


def test_where_there_is_none_nothing_is_removed(function_on, alice, bob):
    alice.signs_in()
    page = alice.browser.post(REMOVE, {"code": "123456"}, part=True)
    assert page.status == 409
    assert "alice removed" not in bob.signs_in().get("/activity-log").text


def test_a_second_click_finds_nothing_left(guarded):
    code = guarded.phone.code()
    assert remove(guarded, code).status == 200
    assert remove(guarded, code).status == 409


def test_nobody_elses_is_touched(guarded, installation, bob):
    bob.signs_in()
    bob.sets_up()
    remove(guarded, guarded.phone.code())
    assert bob.browser.get("/").has("#user-header .two-keys")
    bob.browser.post("/logout")
    assert bob.types(code="").status == 422
    assert bob.types().status == 303


def test_the_log_knows_once(guarded, bob):
    remove(guarded, guarded.phone.code())
    remove(guarded, guarded.phone.code())
    page = bob.signs_in().get("/activity-log?action=two_factor.removed")
    assert page.text.count("alice removed their two-factor authentication") == 1
