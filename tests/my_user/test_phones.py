"""Several phones: up to five, named by their owner, added and removed one by one; and what to do when one is lost."""

import asyncio
from urllib.parse import unquote, urlsplit

import pytest

from accounts import sessions
from accounts.context import Context
from accounts.mail.messages import Email
from accounts.two_factor import enrollment
from tests.browser import Page, Phone, _text
from tests.cookies import SESSION
from tests.people import Person, gets_blocked, switch

START, CONFIRM, REMOVE = "/my-user/two-factor", "/my-user/two-factor/confirm", "/my-user/two-factor/remove"


@pytest.fixture
def guarded(installation, function_on, alice: Person) -> Person:
    """Alice, who has just set up one phone and is signed in."""
    alice.signs_in()
    return alice.sets_up()


def starts(person: Person, **more: str) -> Phone:
    """The QR step of one more phone."""
    page = person.browser.post(START, {"purpose": "add", **more}, part=True)
    assert page.status == 200, page.text
    return Phone(page.words("#two-factor-key").replace(" ", ""), person.installation.clock)


def adds(person: Person, name: str = "") -> Phone:
    """One more phone, whose next code is fresh afterwards."""
    phone = starts(person)
    page = person.browser.post(CONFIRM, {"code": phone.code(), "name": name}, part=True)
    assert page.status == 200, page.text
    person.installation.clock.forward(30)
    return phone


def rows(page: Page) -> list[tuple[str, str]]:
    """The phones on My User: the name, and all that is written in the row."""
    return [(_text(next(row.iter("b"))), _text(row)) for row in page.all(".phones li")]


def names(person: Person) -> list[str]:
    return [name for name, _ in rows(person.browser.get("/my-user"))]


def number_of(person: Person, name: str) -> str:
    """The number by which a phone's forms name it."""
    page = person.browser.get("/my-user")
    row = next(row for row in page.all(".phones li") if _text(next(row.iter("b"))) == name)
    return next(row.iter("form")).get("action", "").split("/")[3]


def signs_in_elsewhere(person: Person, code: str) -> int:
    values = {"username": person.username, "password": person.password, "code": code}
    return person.installation.browser().post("/login", values).status


def elsewhere(person: Person, phone: Phone | None = None) -> Person:
    """The same person in another browser, signed in."""
    there = Person(
        person.username, person.user_id, person.installation, person.installation.browser(), phone or person.phone
    )
    there.signs_in()
    person.installation.clock.forward(30)
    return there


def log(bob: Person) -> str:
    return bob.signs_in().get("/activity-log").text


# ------------------------------------------------------------------------------------------------------- add or replace


def test_set_up_on_another_phone_asks_whether_to_add_or_to_replace(guarded):
    page = guarded.browser.get("/my-user")
    assert "/my-user?act=set-up" in page.links()
    page = guarded.browser.get("/my-user?act=set-up")
    assert {radio.get("value"): radio.get("checked") is not None for radio in page.all("[name=purpose]")} == {
        "add": True,
        "replace": False,
    }
    assert "Your recovery codes stay valid" in page.words("#two-factor")


def test_an_added_phone_signs_in_beside_the_first(guarded):
    second = adds(guarded, "Tablet")
    assert signs_in_elsewhere(guarded, second.code()) == 303
    assert signs_in_elsewhere(guarded, guarded.phone.code()) == 303, (
        "another phone's code in the same step is another code"
    )
    assert signs_in_elsewhere(guarded, second.code()) == 422, "each once"
    assert signs_in_elsewhere(guarded, guarded.phone.code()) == 422


def test_without_javascript_it_is_added_too(guarded, installation):
    page = guarded.browser.get("/my-user?act=set-up")
    page = guarded.browser.follow(guarded.browser.submit(page, START, purpose="add"))
    assert "You are adding another phone." in page.words("#two-factor")
    phone = Phone(page.words("#two-factor-key").replace(" ", ""), installation.clock)
    page = guarded.browser.submit(page, CONFIRM, code=phone.code())
    assert page.status == 200
    assert page.words("h1") == "My User"
    assert "Phone 2 is added." in page.words("#two-factor")
    assert names(guarded) == ["Phone", "Phone 2"]


def label_on(page: Page) -> str:
    """What the app calls the entry, without the issuer."""
    path = urlsplit(next(link for link in page.links() if link.startswith("otpauth:"))).path
    return unquote(path).partition(":")[2]


def test_each_phone_has_a_label_of_its_own_in_the_app(guarded):
    page = guarded.browser.get("/my-user?act=set-up")
    assert page.fields(START)["name"] == "Phone 2"
    page = guarded.browser.submit(page, START, part=True, name="Tablet")
    assert label_on(page) == "alice@localhost-8000 (Tablet)"
    assert page.fields(CONFIRM)["name"] == "Tablet", "entered once"
    assert label_on(guarded.browser.get("/my-user")) == "alice@localhost-8000 (Tablet)", "a reload shows the same"
    page = guarded.browser.post(START, {"purpose": "add"}, part=True)
    assert label_on(page) == "alice@localhost-8000 (2)", "without a name a number"
    page = guarded.browser.post(START, {"purpose": "replace", "name": "New phone"}, part=True)
    assert label_on(page) == "alice@localhost-8000 (New phone)"


@pytest.mark.parametrize("name", ["x" * 41, "a\u202eb", "a\nb"])
def test_a_name_that_cannot_be_used_is_refused_before_there_is_a_qr_code(guarded, name: str):
    for part in (True, False):
        page = guarded.browser.post(START, {"purpose": "add", "name": name}, part=part)
        assert page.status == 422
        assert page.words("#two-factor-name-problem")
        assert not page.has("#two-factor-qr")


SAID = "elete the old entry in "
# What ends an entry in the app → its e-mail, with what tells it from others of its kind.
ENDINGS = {
    "removed": Email("two_factor_removed", "alice", "Alice", "", 0, {}),
    "one phone removed": Email("two_factor_removed", "alice", "Alice", "", 0, {"phone": "Tablet"}),
    "replaced": Email("two_factor_set_up", "alice", "Alice", "", 0, {"replaced": "yes"}),
    "reset": Email("two_factor_reset", "alice", "Alice", "", 0, {"reason": "lost"}),
    "another login method": Email("login_method_changed", "alice", "Alice", "", 0, {"after": "sso"}),
}


@pytest.mark.parametrize("email", ENDINGS.values(), ids=ENDINGS)
def test_the_e_mail_about_an_entry_that_has_ended_says_to_delete_it(installation, email: Email):
    assert SAID in installation.app.state.outbox.render(email).text.replace("\n", " ")


def test_who_removes_a_phone_reads_to_delete_the_old_entry(guarded):
    adds(guarded, "Tablet")
    for phone in (number_of(guarded, "Tablet"), ""):
        typed = {"authenticator": phone, "code": guarded.phone.code()}
        page = guarded.browser.post(REMOVE, typed, part=True)
        assert SAID in page.words("#two-factor")
        guarded.installation.clock.forward(30)


def test_who_replaces_a_phone_reads_to_delete_the_old_entry(guarded):
    phone = starts(guarded, purpose="replace")
    page = guarded.browser.post(CONFIRM, {"code": phone.code()}, part=True)
    assert "Delete the old entry in your authenticator app" in page.words("#two-factor")


def test_adding_keeps_the_recovery_codes_and_shows_none(guarded):
    guarded.browser.post("/logout")
    guarded.signs_in(code=guarded.recovery_codes[0])
    phone = starts(guarded)
    page = guarded.browser.post(CONFIRM, {"code": phone.code(), "name": "Tablet"}, part=True)
    assert "Tablet is added." in page.words("#two-factor")
    assert "Your recovery codes stay valid: 9 are left." in page.words("#two-factor")
    assert not page.has(".recovery-code")
    assert page.has("#notification")
    assert page.has("#user-header .two-keys")
    assert signs_in_elsewhere(guarded, guarded.recovery_codes[1]) == 303


def test_the_confirming_code_is_spent(guarded):
    phone = starts(guarded)
    code = phone.code()
    guarded.browser.post(CONFIRM, {"code": code}, part=True)
    assert signs_in_elsewhere(guarded, code) == 422


def test_nothing_is_added_before_the_code_is_accepted(guarded):
    phone = starts(guarded)
    # the QR step is there instead
    assert names(guarded) == []
    assert signs_in_elsewhere(guarded, phone.code()) == 422
    guarded.browser.post(CONFIRM, {"code": phone.wrong_code()}, part=True)
    assert signs_in_elsewhere(guarded, phone.code()) == 422


def test_adding_signs_nobody_out_and_leaves_other_set_ups(guarded):
    other = elsewhere(guarded)
    in_the_other = starts(other)
    adds(guarded)
    assert other.browser.get("/my-user").has("#two-factor-qr")
    assert other.browser.post(CONFIRM, {"code": in_the_other.code()}, part=True).status == 200
    assert len(names(guarded)) == 3


def test_a_replacement_ends_all_of_them_and_makes_new_codes(guarded, installation):
    second, third = adds(guarded, "Tablet"), adds(guarded, "Context")
    first, old_codes = guarded.phone, guarded.recovery_codes
    other = elsewhere(guarded, third)
    starts(other)
    # without a purpose, as scripts send it
    guarded.sets_up()
    for phone in (first, second, third):
        assert signs_in_elsewhere(guarded, phone.code()) == 422
    assert signs_in_elsewhere(guarded, old_codes[0]) == 422
    assert other.browser.get("/my-user").status == 303
    assert names(guarded) == ["Phone"]
    assert len(guarded.recovery_codes) == 10


def test_a_first_set_up_is_one_whatever_the_purpose(function_on, alice):
    alice.signs_in()
    phone = starts(alice)
    page = alice.browser.post(CONFIRM, {"code": phone.code()}, part=True)
    assert len(page.all(".recovery-code")) == 10


@pytest.mark.parametrize("purpose", ["both", "ADD", "add "])
def test_another_purpose_is_refused(guarded, purpose: str):
    assert guarded.browser.post(START, {"purpose": purpose}, part=True).status == 422
    assert not guarded.browser.get("/my-user").has("#two-factor-qr")


def test_the_purpose_is_kept_when_a_proof_is_asked_for(guarded, installation):
    installation.clock.forward(600)
    page = guarded.browser.post(START, {"purpose": "add"}, part=True)
    assert page.status == 422
    assert page.fields(START)["purpose"] == "add"
    page = guarded.browser.submit(page, START, part=True, password=guarded.password, code=guarded.phone.code())
    assert page.status == 200
    assert "You are adding another phone." in page.words("#two-factor")


def test_a_reload_of_the_answer_adds_no_other(guarded):
    phone = starts(guarded)
    typed = {"code": phone.code(), "name": "Tablet"}
    assert guarded.browser.post(CONFIRM, typed).status == 200
    again = guarded.browser.post(CONFIRM, typed)
    assert again.status == 200
    assert "already added" in again.words("#two-factor")
    assert names(guarded) == ["Phone", "Tablet"]


def test_five_are_the_most(guarded, installation):
    for _ in range(4):
        adds(guarded)
    page = guarded.browser.post(START, {"purpose": "add"}, part=True)
    assert page.status == 409
    assert "You have five phones, and cannot have more." in page.words("#two-factor")
    page = guarded.browser.get("/my-user?act=set-up")
    assert [radio.get("disabled") is not None for radio in page.all("[name=purpose]")] == [True, False]
    assert page.fields(START)["purpose"] == "replace"
    guarded.sets_up()
    assert len(names(guarded)) == 1


def test_two_confirmations_in_two_sessions_make_no_sixth(guarded, installation):
    for _ in range(3):
        adds(guarded)
    other = elsewhere(guarded)
    people = [(person, starts(person)) for person in (guarded, other)]

    async def both(context: Context):
        async def one(person: Person, phone: Phone):
            signed = person.browser.client.cookies[SESSION]
            session_token = (context.vault.unsign(signed) or "").removeprefix("session:")
            current = await sessions.resume(context, session_token, reading=False)
            assert current is not None
            return await enrollment.confirm(context, current, phone.code())

        return await asyncio.gather(*(one(person, phone) for person, phone in people))

    outcomes = sorted(installation.run(both), key=lambda outcome: type(outcome).__name__)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Added", "NotNow"]
    assert outcomes[1] == enrollment.NotNow("full")
    assert len(names(guarded)) == 5
    assert not other.browser.get("/my-user").has("#two-factor-qr"), "the set-up that came to nothing is over"


def test_all_five_sign_in(guarded):
    phones = [guarded.phone, *(adds(guarded) for _ in range(4))]
    assert [signs_in_elsewhere(guarded, phone.code()) for phone in phones] == [303] * 5


def test_while_they_are_blocked_none_is_added(guarded):
    phone = starts(guarded)
    gets_blocked(guarded)
    page = guarded.browser.post(START, {"purpose": "add"}, part=True)
    assert page.status == 409
    assert "While the codes are blocked, you cannot add a phone." in page.words("#two-factor")
    page = guarded.browser.post(CONFIRM, {"code": phone.code()}, part=True)
    assert page.status == 409, "nor the one whose set-up had begun"
    page = guarded.browser.get("/my-user")
    assert "Blocked" in page.words("#two-factor")
    assert page.fields(START) == {"purpose": "replace"}
    assert guarded.browser.submit(page, START, part=True).status == 200


def test_wrong_codes_count_over_all_of_them(guarded):
    second = adds(guarded, "Tablet")
    for _ in range(10):
        signs_in_elsewhere(guarded, guarded.phone.wrong_code())
        signs_in_elsewhere(guarded, second.wrong_code())
    assert signs_in_elsewhere(guarded, guarded.phone.code()) == 422
    assert signs_in_elsewhere(guarded, second.code()) == 422


def test_a_wrong_code_counted_before_still_counts_after_one_was_added(guarded):
    for _ in range(19):
        signs_in_elsewhere(guarded, guarded.phone.wrong_code())
    second = adds(guarded)
    signs_in_elsewhere(guarded, second.wrong_code())
    assert "Blocked" in guarded.browser.get("/my-user").words("#two-factor")


# ---------------------------------------------------------------------------------------------------------------- names


def test_a_name_is_proposed_that_none_of_the_others_has(guarded):
    guarded.browser.post(START, {"purpose": "replace"}, part=True)
    assert guarded.browser.get("/my-user").fields(CONFIRM)["name"] == "Phone"
    guarded.browser.post("/my-user/two-factor/cancel")
    adds(guarded, "Phone 2")
    starts(guarded)
    assert guarded.browser.get("/my-user").fields(CONFIRM)["name"] == "Phone 3"


def test_the_name_is_kept_across_wrong_codes_and_a_reload(guarded):
    phone = starts(guarded)
    for code in (phone.wrong_code(), "no code"):
        page = guarded.browser.post(CONFIRM, {"code": code, "name": f"Tablet {len(code)}"}, part=True)
        assert page.status == 422
        assert page.fields(CONFIRM)["name"] == f"Tablet {len(code)}"
        assert guarded.browser.get("/my-user").fields(CONFIRM)["name"] == f"Tablet {len(code)}"
    guarded.browser.post(CONFIRM, {"code": phone.code()}, part=True)
    assert names(guarded) == ["Phone", "Tablet 7"]


@pytest.mark.parametrize(
    ("name", "said"), [("x" * 41, "at most 40"), ("a\nb", "cannot be used"), ("a\u202eb", "cannot be used")]
)
def test_a_name_that_cannot_be_one_is_refused_and_takes_no_try_away(guarded, name: str, said: str):
    phone = starts(guarded)
    for _ in range(6):
        page = guarded.browser.post(CONFIRM, {"code": phone.wrong_code(), "name": name}, part=True)
        assert page.status == 422
        assert said in page.words("#two-factor-name-problem")
    assert guarded.browser.post(CONFIRM, {"code": phone.code(), "name": "y" * 40}, part=True).status == 200
    assert names(guarded) == ["Phone", "y" * 40]


def test_each_says_when_it_was_added_and_last_used(guarded, installation):
    installation.clock.forward(300)
    second = adds(guarded, "Tablet")
    installation.clock.forward(6000)
    assert signs_in_elsewhere(guarded, second.code()) == 303
    installation.clock.forward(30)
    guarded.browser.post("/logout")
    guarded.signs_in(code=guarded.recovery_codes[0])
    shown = dict(rows(guarded.browser.get("/my-user")))
    assert shown["Phone"].startswith("Phone Added 24 Nov 2026, 12:00 Last used 24 Nov 2026, 12:00")
    assert shown["Tablet"].startswith("Tablet Added 24 Nov 2026, 12:05 Last used 24 Nov 2026, 13:46")


def rename(person: Person, phone: str, name: str, part: bool = True) -> Page:
    return person.browser.post(f"/my-user/authenticators/{phone}/rename", {"name": name}, part=part)


def test_a_phone_is_renamed_without_a_proof(guarded, installation, bob):
    installation.clock.forward(700)
    page = rename(guarded, number_of(guarded, "Phone"), "  Work phone ")
    assert page.status == 200
    assert "Renamed." in page.words("#two-factor")
    assert names(guarded) == ["Work phone"]
    assert "alice renamed a phone from Phone to Work phone" in log(bob)


def test_a_phone_is_renamed_without_javascript(guarded):
    page = guarded.browser.get("/my-user")
    action = f"/my-user/authenticators/{number_of(guarded, 'Phone')}/rename"
    page = guarded.browser.submit(page, action, name="Work phone")
    assert (page.status, page.location) == (303, "/my-user#two-factor")
    assert names(guarded) == ["Work phone"]


def test_the_same_name_again_is_not_logged(guarded, bob):
    number = number_of(guarded, "Phone")
    rename(guarded, number, "Work phone")
    rename(guarded, number, "Work phone")
    assert log(bob).count("renamed a phone") == 1


def test_a_name_that_cannot_be_one_is_kept_and_the_form_stays_open(guarded):
    number = number_of(guarded, "Phone")
    page = rename(guarded, number, "x" * 41)
    assert page.status == 422
    assert page.find(".rename").get("open") is not None
    assert page.fields(f"/my-user/authenticators/{number}/rename") == {"name": "x" * 41}
    assert "at most 40" in page.words(f"#phone-{number}-name-problem")
    assert names(guarded) == ["Phone"]


def test_nobody_renames_or_removes_anothers(guarded, bob):
    bob.signs_in()
    bob.sets_up()
    number = number_of(guarded, "Phone")
    assert rename(bob, number, "Mine").status == 409
    adds(bob)
    code = bob.phone.code()
    page = bob.browser.post(REMOVE, {"code": code, "authenticator": number}, part=True)
    assert page.status == 409
    assert "This phone no longer exists." in page.words("#two-factor")
    assert names(guarded) == ["Phone"]
    assert signs_in_elsewhere(bob, code) == 303, "and no code was spent for it"


def test_while_the_function_is_off_they_can_still_be_renamed_and_removed(guarded, installation):
    adds(guarded, "Tablet")
    switch(installation, False)
    assert rename(guarded, number_of(guarded, "Tablet"), "Pad").status == 200
    typed = {"code": guarded.phone.code(), "authenticator": number_of(guarded, "Pad")}
    assert guarded.browser.post(REMOVE, typed, part=True).status == 200
    assert names(guarded) == ["Phone"]
    page = guarded.browser.get("/my-user?act=set-up")
    assert not page.offers(START)


# ---------------------------------------------------------------------------------------------------- removal of one


def sessions_on(page: Page) -> int:
    """How many the card *Where you are signed in* lists."""
    return len(page.all("#sessions .rows li"))


@pytest.mark.parametrize("proved_by", ["itself", "the other", "a recovery code"])
def test_one_of_several_is_removed_alone(guarded, bob, proved_by: str):
    second = adds(guarded, "Tablet")
    code = {"itself": second.code(), "the other": guarded.phone.code()}.get(proved_by, guarded.recovery_codes[0])
    other = elsewhere(guarded, second) if proved_by == "a recovery code" else None
    assert sessions_on(guarded.browser.get("/my-user")) == 1 + (other is not None)
    page = guarded.browser.post(REMOVE, {"code": code, "authenticator": number_of(guarded, "Tablet")}, part=True)
    assert page.status == 200
    assert "Tablet is removed." in page.words("#two-factor")
    assert page.has("#user-header .two-keys")
    assert page.words("#notification") == ""
    assert sessions_on(page) == 1, "the others have ended, and are not offered to be ended"
    guarded.installation.clock.forward(30)
    assert signs_in_elsewhere(guarded, second.code()) == 422
    assert signs_in_elsewhere(guarded, "") == 422
    assert signs_in_elsewhere(guarded, guarded.phone.code()) == 303
    assert signs_in_elsewhere(guarded, guarded.recovery_codes[1]) == 303
    assert names(guarded) == ["Phone"]
    assert other is None or other.browser.get("/").status == 303
    assert "alice removed a phone from two-factor authentication: Tablet" in log(bob)


def test_removing_one_without_javascript(guarded):
    adds(guarded, "Tablet")
    number = number_of(guarded, "Tablet")
    link = f"/my-user?act=remove&authenticator={number}"
    assert link in guarded.browser.get("/my-user").links()
    page = guarded.browser.get(link)
    assert "Remove Tablet" in page.words("#two-factor")
    page = guarded.browser.submit(page, REMOVE, code=guarded.phone.code())
    assert (page.status, page.location) == (303, "/my-user#two-factor")
    assert names(guarded) == ["Phone"]


def test_several_and_none_named_asks_which(guarded):
    adds(guarded, "Tablet")
    code = guarded.phone.code()
    page = guarded.browser.post(REMOVE, {"code": code}, part=True)
    assert page.status == 422
    assert "You have several phones. Choose one of them, or all." in page.words("#two-factor")
    assert [radio.get("value") for radio in page.all("[name=authenticator]")] == [
        number_of(guarded, "Phone"),
        number_of(guarded, "Tablet"),
        "all",
    ]
    page = guarded.browser.submit(page, REMOVE, part=True, authenticator=number_of(guarded, "Phone"), code=code)
    assert page.status == 200, "the code was not spent by asking"
    assert names(guarded) == ["Tablet"]


def test_all_of_them_go_at_once(guarded):
    adds(guarded, "Tablet")
    page = guarded.browser.get("/my-user?act=remove&authenticator=all")
    assert "Your recovery codes stop working" in page.words("#two-factor")
    page = guarded.browser.submit(page, REMOVE, part=True, code=guarded.phone.code())
    assert page.status == 200
    assert page.has("#notification a")
    assert signs_in_elsewhere(guarded, "") == 303


def test_the_last_one_is_the_whole_second_factor(guarded, bob):
    page = guarded.browser.post(
        REMOVE, {"code": guarded.phone.code(), "authenticator": number_of(guarded, "Phone")}, part=True
    )
    assert page.status == 200
    assert page.has("#notification a")
    assert signs_in_elsewhere(guarded, "") == 303
    assert "alice removed their two-factor authentication" in log(bob)


def test_a_wrong_code_removes_none_and_the_form_still_knows_which(guarded):
    adds(guarded, "Tablet")
    number = number_of(guarded, "Tablet")
    page = guarded.browser.post(REMOVE, {"code": guarded.phone.wrong_code(), "authenticator": number}, part=True)
    assert page.status == 422
    assert page.fields(REMOVE) == {"authenticator": number, "code": ""}
    page = guarded.browser.submit(page, REMOVE, part=True, code=guarded.phone.code())
    assert page.status == 200
    assert names(guarded) == ["Phone"]


@pytest.mark.parametrize("named", ["0", "999999", "abc", "-1", "²", "01", "1" * 30, "1\n"])
def test_a_phone_that_is_not_there_is_not_removed(guarded, named: str):
    adds(guarded, "Tablet")
    page = guarded.browser.post(REMOVE, {"code": guarded.phone.code(), "authenticator": named}, part=True)
    assert page.status == 409
    assert len(names(guarded)) == 2


def test_of_two_removals_at_once_the_second_is_the_last(guarded, installation):
    adds(guarded, "Tablet")
    for name in ("Phone", "Tablet"):
        typed = {"code": guarded.recovery_codes[len(name)], "authenticator": number_of(guarded, name)}
        assert guarded.browser.post(REMOVE, typed, part=True).status == 200
    assert not guarded.browser.get("/").has(".two-keys")


def test_the_symbol_and_the_overview_do_not_count(guarded, bob):
    adds(guarded)
    page = bob.signs_in().get("/users?two_factor=on")
    assert len(page.all("#users tbody .two-keys")) == 1
    page = bob.browser.get(f"/users/{guarded.user_id}")
    facts = page.find("#user-security .facts")
    assert "Phones2" in _text(facts).replace(" ", "")


def test_the_log_tells_an_added_phone(guarded, bob):
    adds(guarded, "Tablet")
    text = log(bob)
    assert "alice added another phone for two-factor authentication: Tablet" in text
    assert text.count("alice set up two-factor authentication") == 1


# ------------------------------------------------------------------------------------------------------ a lost phone


OFFER = "You signed in with a recovery code."


@pytest.fixture
def recovered(guarded) -> Person:
    """Alice, who signed in with a recovery code."""
    guarded.browser.post("/logout")
    page = guarded.types(code=guarded.recovery_codes[0])
    assert (page.status, page.location) == (303, "/my-user")
    person: Person = guarded
    return person


def test_a_recovery_code_leads_to_the_offer_of_the_new_phone(recovered):
    page = recovered.browser.get("/my-user")
    assert f"{OFFER} If the phone is gone, set up the new one." in page.words("#two-factor")
    page = recovered.browser.submit(page, START, part=True)
    assert page.status == 200
    phone = Phone(page.words("#two-factor-key").replace(" ", ""), recovered.installation.clock)
    page = recovered.browser.post(CONFIRM, {"code": phone.code()}, part=True)
    assert len(page.all(".recovery-code")) == 10
    assert OFFER not in recovered.browser.get("/my-user").text
    assert signs_in_elsewhere(recovered, recovered.phone.code()) == 422


def test_with_several_phones_the_lost_one_can_be_removed_instead(guarded):
    adds(guarded, "Tablet")
    guarded.browser.post("/logout")
    guarded.signs_in(code=guarded.recovery_codes[0])
    assert "If one of your phones is gone, remove it below." in guarded.browser.get("/my-user").words("#two-factor")
    typed = {"code": guarded.recovery_codes[1], "authenticator": number_of(guarded, "Tablet")}
    assert guarded.browser.post(REMOVE, typed, part=True).status == 200
    assert OFFER not in guarded.browser.get("/my-user").text


def test_the_choice_then_begins_with_the_replacement(recovered):
    assert recovered.browser.get("/my-user?act=set-up").fields(START)["purpose"] == "replace"


def test_a_sign_in_with_the_phone_makes_no_such_offer(guarded):
    assert OFFER not in guarded.browser.get("/my-user").text
    guarded.browser.post("/logout")
    guarded.signs_in()
    assert OFFER not in guarded.browser.get("/my-user").text


def test_a_code_of_the_phone_shows_that_it_is_there(recovered, installation):
    installation.clock.forward(600)
    typed = {"password": recovered.password, "code": recovered.phone.code()}
    assert recovered.browser.post("/my-user/recovery-codes", typed, part=True).status == 200
    assert OFFER not in recovered.browser.get("/my-user").text


def test_while_the_function_is_off_there_is_no_offer(recovered, installation):
    switch(installation, False)
    assert OFFER not in recovered.browser.get("/my-user").text


@pytest.mark.parametrize(("used", "few"), [(7, False), (8, True), (10, True)])
def test_below_three_recovery_codes_my_user_and_home_say_so(guarded, used: int, few: bool):
    for code in guarded.recovery_codes[:used]:
        guarded.browser.post("/logout")
        guarded.signs_in(code=code)
    left = f"Only {10 - used} recovery codes are left." if used < 10 else "No recovery code is left."
    said = f"{left} Make new ones, so that a lost phone does not lock you out."
    assert (said in guarded.browser.get("/my-user").words("#two-factor")) == few
    assert (said in guarded.browser.get("/").text) == few
