"""Recovery codes: one stands in for a code, once; new ones make the old ones void."""

from urllib.parse import unquote

import pytest

from tests.browser import Installation, Page
from tests.people import Person, somebody, switch

NEW = "/my-user/recovery-codes"
ASK = "/my-user?act=new-codes"


@pytest.fixture
def guarded(installation, function_on, alice: Person) -> Person:
    """Alice, who has just set it up and is signed in."""
    alice.signs_in()
    return alice.sets_up()


def shown(page: Page) -> list[str]:
    return ["".join(code.itertext()).strip() for code in page.all(".recovery-code")]


def makes_new_ones(person: Person) -> list[str]:
    page = person.browser.submit(person.browser.get(ASK), NEW, part=True)
    assert page.status == 200, page.text
    return shown(page)


def test_new_ones_are_shown_once_and_are_ten_others(guarded):
    new = makes_new_ones(guarded)
    assert len(set(new)) == 10
    assert not set(new) & set(guarded.recovery_codes)
    page = guarded.browser.get("/my-user")
    assert not any(code in page.html for code in new)
    assert "10 left" in page.words("#two-factor")


def test_without_javascript_the_answer_is_the_whole_page(guarded):
    page = guarded.browser.submit(guarded.browser.get(ASK), NEW)
    assert page.status == 200
    assert page.words("h1") == "My User"
    assert len(shown(page)) == 10


def test_the_old_ones_are_void_and_the_new_ones_work(guarded):
    new = makes_new_ones(guarded)
    guarded.browser.post("/logout")
    assert guarded.types(code=guarded.recovery_codes[0]).status == 422
    assert guarded.types(code=new[0]).status == 303


def test_a_reload_of_the_answer_makes_no_others_and_says_that_they_were_shown(guarded):
    before = guarded.browser.get(ASK)
    new = shown(guarded.browser.submit(before, NEW))
    again = guarded.browser.submit(before, NEW)
    assert again.status == 200
    assert shown(again) == []
    assert "shown once" in again.words("#two-factor")
    guarded.browser.post("/logout")
    assert guarded.types(code=new[0]).status == 303, "the ones that were shown are the ones that work"


def test_a_page_that_was_left_open_makes_none_either(guarded, installation):
    open_page = guarded.browser.get(ASK)
    other = Person("alice", guarded.user_id, installation, installation.browser(), guarded.phone)
    other.signs_in()
    new = makes_new_ones(other)
    # the open page's session has ended; its person signs in
    guarded.browser.client.cookies = other.browser.client.cookies
    assert shown(guarded.browser.submit(open_page, NEW)) == []
    other.browser.post("/logout")
    assert other.types(code=new[0]).status == 303


def test_after_the_proof_the_form_still_knows_which_ones_it_replaces(guarded, installation):
    installation.clock.forward(600)
    asking = guarded.browser.submit(guarded.browser.get(ASK), NEW, part=True)
    assert asking.status == 422
    proof = {"password": guarded.password, "code": guarded.phone.code()}
    assert len(shown(guarded.browser.submit(asking, NEW, part=True, **proof))) == 10
    again = guarded.browser.submit(asking, NEW, part=True, **proof)
    assert again.status == 200
    assert "shown once" in again.words("#two-factor")


def test_making_new_ones_needs_a_proof(guarded, installation):
    installation.clock.forward(600)
    page = guarded.browser.post(NEW, part=True)
    assert page.status == 422
    assert {"password", "code"} <= set(page.fields(NEW))
    assert "10 left" in guarded.browser.get("/my-user").words("#two-factor")


def test_it_ends_all_other_sessions(guarded, installation):
    other = Person("alice", guarded.user_id, installation, installation.browser(), guarded.phone)
    other.signs_in()
    makes_new_ones(guarded)
    assert other.browser.get("/").status == 303
    assert guarded.browser.get("/").status == 200


def test_my_user_counts_down_how_many_are_left(guarded):
    for left in (9, 8, 7):
        guarded.browser.post("/logout")
        guarded.signs_in(code=guarded.recovery_codes[left])
        assert f"{left} left" in guarded.browser.get("/my-user").words("#two-factor")


def test_all_ten_work_once_each(guarded):
    for code in guarded.recovery_codes:
        guarded.browser.post("/logout")
        assert guarded.types(code=code).status == 303
    assert "0 left" in guarded.browser.get("/my-user").words("#two-factor")
    guarded.browser.post("/logout")
    for code in guarded.recovery_codes:
        assert guarded.types(code=code).status == 422


def test_after_twenty_wrong_ones_they_are_refused_until_new_ones_are_made(guarded, installation):
    for _ in range(20):
        installation.browser().post("/login", {"username": "alice", "password": guarded.password, "code": "1" * 20})
    stranger = installation.browser()
    right = {"username": "alice", "password": guarded.password, "code": guarded.recovery_codes[0]}
    assert stranger.post("/login", right).status == 422
    new = makes_new_ones(guarded)
    assert stranger.post("/login", {**right, "code": new[0]}).status == 303


def test_one_users_code_is_none_of_anothers(guarded, bob):
    bob.signs_in()
    bob.sets_up()
    bob.browser.post("/logout")
    assert bob.types(code=guarded.recovery_codes[0]).status == 422
    guarded.browser.post("/logout")
    assert guarded.types(code=guarded.recovery_codes[0]).status == 303


def test_while_the_function_is_off_none_are_made(guarded, installation):
    before = guarded.browser.get(ASK)
    switch(installation, False)
    assert not guarded.browser.get("/my-user").offers(NEW)
    page = guarded.browser.submit(before, NEW, part=True)
    assert page.status == 409
    switch(installation, True)
    guarded.browser.post("/logout")
    assert guarded.types(code=guarded.recovery_codes[0]).status == 303


def test_who_has_not_set_it_up_gets_none(function_on, alice):
    page = alice.signs_in().post(NEW, part=True)
    assert page.status == 409
    assert shown(page) == []


def test_the_log_knows(guarded, bob):
    makes_new_ones(guarded)
    guarded.browser.post("/logout")
    guarded.signs_in()
    page = bob.signs_in().get("/activity-log")
    assert page.text.count("alice made new recovery codes") == 1


def test_making_new_ones_always_asks_first(guarded):
    """Also right after the sign-in, when nothing needs to be proved."""
    card = guarded.browser.get("/my-user")
    assert not card.offers(NEW)
    assert ASK in [link.get("href") for link in card.all("#two-factor a")]
    for part in (False, True):
        page = guarded.browser.get(ASK, part=part)
        assert page.offers(NEW)
        assert "The ones you have now stop working" in page.words("#two-factor")
        assert not page.has("[name=password]")
        assert not page.has("[name=code]")


def test_paper_and_file_say_what_they_are_for(guarded, installation):
    page = guarded.browser.submit(guarded.browser.get(ASK), NEW)
    paper = page.words(".recovery")
    (file,) = [link.get("href") or "" for link in page.all("a") if link.get("download")]
    text = unquote(file.removeprefix("data:text/plain;charset=utf-8,"))
    for said in (
        "Two Keys",
        "http://localhost:8000/login",
        "alice",
        "24 Nov 2026",
        "Each works once instead of a code",
        "Each has 20 digits (66 random bits)",
    ):
        assert said in paper
        assert said in text
    assert [line.split("  ", 1) for line in text.splitlines() if line[:2].strip().isdecimal()] == [
        [f"{number:2d}", code] for number, code in enumerate(shown(page), start=1)
    ]


def test_the_file_holds_a_name_as_it_is_spelled(tmp_path):
    with Installation(tmp_path / "data", TWO_KEYS_ORGANISATION="Smith & <Sons>") as running:
        switch(running, True)
        person = somebody(running, "alice")
        person.signs_in()
        person.sets_up()
        page = person.browser.submit(person.browser.get(ASK), NEW)
        (file,) = [link.get("href") or "" for link in page.all("a") if link.get("download")]
        assert "For: Smith & <Sons>\n" in unquote(file)
