"""Set-up: on My User, alone, with any authenticator app. Nothing is in force before its code is accepted."""

import asyncio
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from accounts import sessions
from accounts.two_factor import enrollment
from accounts.vault import token_hash
from tests.browser import Browser, Page, Phone
from tests.cookies import SESSION
from tests.people import Person, switch

MINUTE = 60
START, CONFIRM, CANCEL = "/my-user/two-factor", "/my-user/two-factor/confirm", "/my-user/two-factor/cancel"


def starts(person: Person) -> Page:
    """The QR step."""
    page = person.browser.post(START, {"password": person.password}, part=True)
    assert page.status == 200, page.text
    return page


def key_on(page: Page) -> str:
    return page.words("#two-factor-key").replace(" ", "")


def phone_that_scans(page: Page, person: Person, seconds_fast: int = 0) -> Phone:
    return Phone(key_on(page), person.installation.clock, seconds_fast)


def confirm(person: Person, code: str) -> Page:
    return person.browser.post(CONFIRM, {"code": code}, part=True)


def elsewhere(person: Person) -> Person:
    """The same person in another browser, signed in."""
    there = Person(person.username, person.user_id, person.installation, person.installation.browser(), person.phone)
    there.signs_in()
    return there


@pytest.fixture
def member(function_on, alice: Person) -> Person:
    """Alice, signed in; the function is on and she has not set it up."""
    alice.signs_in()
    return alice


# -------------------------------------------------------------------------------------------------- the notification


PAGES = [
    "/",
    "/my-user",
    "/my-user/password",
    "/users",
    "/users/1",
    "/general-settings",
    "/general-settings/security",
    "/activity-log",
]


@pytest.mark.parametrize("path", PAGES)
def test_who_has_not_set_it_up_sees_the_notification_on_every_page(function_on, bob, path: str):
    page = bob.signs_in().get(path)
    assert page.status == 200
    assert [link.get("href") for link in page.all("#notification a")] == ["/my-user"]


def test_it_stands_on_the_page_of_a_refusal_too(member):
    page = member.browser.get("/users")
    assert page.status == 403
    assert page.has("#notification a")


def test_it_cannot_be_dismissed(member):
    page = member.browser.get("/")
    assert not page.all("#notification button")
    assert not page.all("#notification form")
    assert page.has("#notification a")
    assert member.browser.get("/").has("#notification a")


def test_while_the_function_is_off_there_is_none(alice):
    page = alice.signs_in().get("/")
    assert page.words("#notification") == ""


def test_who_signs_in_by_single_sign_on_sees_none(function_on, cleo):
    assert cleo.arrives_by_sso().get("/").words("#notification") == ""


def test_an_open_page_asks_whether_what_it_shows_is_right(installation, alice):
    browser = alice.signs_in()
    assert browser.get("/notification?shown=off", part=True).status == 204
    switch(installation, True)
    part = browser.get("/notification?shown=off", part=True)
    assert part.find("#notification a").get("href") == "/my-user"
    assert browser.get("/notification?shown=on", part=True).status == 204
    switch(installation, False)
    assert browser.get("/notification?shown=on", part=True).words("#notification") == ""


def test_asking_prolongs_no_session_and_leads_nobody_to_the_login(installation, member):
    for _ in range(61):
        assert member.browser.get("/notification?shown=on", part=True).status == 204
        installation.clock.forward(MINUTE)
    assert member.browser.get("/notification?shown=off", part=True).status == 204
    assert member.browser.get("/").status == 303


# ---------------------------------------------------------------------------------------------------------- the QR step


def test_my_user_offers_the_set_up(member):
    page = member.browser.get("/my-user")
    assert page.offers(START)
    assert "/my-user" in page.links()
    assert not page.has("#two-factor-qr")


def test_the_qr_step_shows_the_code_and_the_same_key_as_text(member):
    page = starts(member)
    assert page.has("#two-factor-qr .qr")
    address = next(link for link in page.links() if link.startswith("otpauth:"))
    parts = urlsplit(address)
    assert parse_qs(parts.query) == {"secret": [key_on(page)], "issuer": ["Two Keys"]}
    assert unquote(parts.path) == "/Two Keys:alice@localhost-8000"


def test_without_javascript_it_stands_on_my_user(member):
    page = member.browser.submit(member.browser.get("/my-user"), START)
    assert page.status == 303
    page = member.browser.follow(page)
    phone = phone_that_scans(page, member)
    page = member.browser.submit(page, CONFIRM, code=phone.code())
    assert page.status == 200
    assert page.words("h1") == "My User"
    assert len(page.all(".recovery-code")) == 10
    assert page.words("#notification") == ""


def test_a_reload_makes_no_new_key(member):
    key = key_on(starts(member))
    assert key_on(member.browser.get("/my-user")) == key
    assert key_on(member.browser.get("/my-user?part=two-factor", part=True)) == key


def test_it_shows_in_that_session_only(member):
    starts(member)
    other = elsewhere(member)
    assert not other.browser.get("/my-user").has("#two-factor-qr")
    assert confirm(other, "123456").status == 409


def test_nothing_is_in_force_before_the_code_is_accepted(member):
    starts(member)
    page = member.browser.get("/")
    assert not page.has(".two-keys")
    assert page.has("#notification a")
    member.browser.post("/logout")
    assert member.types(code="").status == 303


def test_starting_again_makes_a_new_key_and_the_old_one_is_void(member):
    old = phone_that_scans(starts(member), member)
    new = phone_that_scans(starts(member), member)
    assert new._totp.secret != old._totp.secret
    assert confirm(member, old.code()).status == 422
    assert confirm(member, new.code()).status == 200


def test_it_lives_for_thirty_minutes(installation, member):
    phone = phone_that_scans(starts(member), member)
    installation.clock.forward(30 * MINUTE - 1)
    assert member.browser.get("/my-user").has("#two-factor-qr")
    installation.clock.forward(1)
    assert not member.browser.get("/my-user").has("#two-factor-qr")
    page = confirm(member, phone.code())
    assert page.status == 409
    assert "has ended" in page.words("#two-factor")
    assert not member.browser.get("/").has(".two-keys")


def test_cancel_ends_it(member):
    phone = phone_that_scans(starts(member), member)
    page = member.browser.post(CANCEL, part=True)
    assert page.status == 200
    assert "cancelled" in page.words("#two-factor")
    assert confirm(member, phone.code()).status == 409
    assert member.browser.get("/my-user").offers(START)


def test_cancel_leads_back_without_javascript(member):
    page = member.browser.follow(member.browser.submit(member.browser.get("/my-user"), START))
    page = member.browser.submit(page, CANCEL)
    assert (page.status, page.location) == (303, "/my-user#two-factor")
    assert not member.browser.get("/my-user").has("#two-factor-qr")


def test_cancelling_nothing_does_no_harm(member):
    assert member.browser.post(CANCEL, part=True).status == 200


def test_signing_out_ends_it(member):
    starts(member)
    member.browser.post("/logout")
    member.signs_in()
    assert not member.browser.get("/my-user").has("#two-factor-qr")


# ---------------------------------------------------------------------------------------------------------- wrong codes


def test_five_wrong_codes_end_it(member):
    phone = phone_that_scans(starts(member), member)
    for left in (4, 3, 2, 1):
        page = confirm(member, phone.wrong_code())
        assert page.status == 422
        assert page.has("#two-factor-qr")
        assert f"{left} {'try is' if left == 1 else 'tries are'} left" in page.words("#two-factor-code-problem")
    page = confirm(member, phone.wrong_code())
    assert page.status == 409
    assert "five wrong codes" in page.words("#two-factor")
    assert confirm(member, phone.code()).status == 409
    assert not member.browser.get("/").has(".two-keys")


def test_wrong_codes_here_make_nobody_wait_and_block_nothing(member):
    for _ in range(6):
        phone = phone_that_scans(starts(member), member)
        for _ in range(5):
            confirm(member, phone.wrong_code())
    member.sets_up()
    assert member.browser.get("/my-user").words("#two-factor").count("Blocked") == 0
    member.browser.post("/logout")
    assert member.types().status == 303


@pytest.mark.parametrize(
    "typed", ["", "   ", "12345", "1234567", "abcdef", "12345678901234567890", "١٢٣٤٥٦", "123_456", "9" * 65]
)
def test_what_is_no_code_is_said_and_takes_no_try_away(member, typed: str):
    phone = phone_that_scans(starts(member), member)
    for _ in range(6):
        page = confirm(member, typed)
        assert page.status == 422
        assert "6 digits" in page.words("#two-factor-code-problem")
    assert confirm(member, phone.code()).status == 200


@pytest.mark.parametrize(
    ("steps", "said"),
    [(2, "60 seconds fast"), (10, "300 seconds fast"), (-2, "60 seconds slow"), (-10, "300 seconds slow")],
)
def test_a_phone_whose_clock_is_off_is_told_by_how_much(member, steps: int, said: str):
    phone = phone_that_scans(starts(member), member, seconds_fast=30 * steps)
    page = confirm(member, phone.code())
    assert page.status == 422
    assert said in page.words("#two-factor-code-problem")
    assert not member.browser.get("/").has(".two-keys")


@pytest.mark.parametrize("steps", [-11, 11])
def test_further_off_it_is_a_wrong_code(member, steps: int):
    phone = phone_that_scans(starts(member), member, seconds_fast=30 * steps)
    assert "wrong" in confirm(member, phone.code()).words("#two-factor-code-problem")


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_step_before_and_after_is_accepted(member, steps: int):
    phone = phone_that_scans(starts(member), member, seconds_fast=30 * steps)
    assert confirm(member, phone.code()).status == 200


def test_the_code_may_be_written_in_two_groups(member):
    code = phone_that_scans(starts(member), member).code()
    assert confirm(member, f"{code[:3]} {code[3:]}").status == 200


# ---------------------------------------------------------------------------------------------------- it is in force


def test_confirming_shows_ten_recovery_codes_once(member):
    phone = phone_that_scans(starts(member), member)
    page = confirm(member, phone.code())
    shown = [" ".join("".join(code.itertext()).split()) for code in page.all(".recovery-code")]
    assert len(set(shown)) == 10
    assert all([group.isdigit() and len(group) for group in code.split(" ")] == [5] * 4 for code in shown)
    assert "use a new code" in page.words("#two-factor")
    again = member.browser.get("/my-user")
    assert not again.has(".recovery-code")
    assert not any(code in again.html for code in shown)
    assert "10 left" in again.words("#two-factor")


def test_the_codes_can_be_downloaded(member):
    page = confirm(member, phone_that_scans(starts(member), member).code())
    download = next(link for link in page.all("a") if link.get("download"))
    text = unquote(download.get("href", "").split(",", 1)[1])
    shown = ["".join(code.itertext()).strip() for code in page.all(".recovery-code")]
    assert [line[4:] for line in text.splitlines() if line[:2].strip().isdigit()] == shown


def test_notification_and_header_change_with_the_answer(member):
    page = confirm(member, phone_that_scans(starts(member), member).code())
    assert page.words("#notification") == ""
    assert page.has("#user-header .two-keys")


def test_the_key_is_never_shown_again(member):
    page = starts(member)
    key = key_on(page)
    answer = confirm(member, phone_that_scans(page, member).code())
    grouped = " ".join(key[start : start + 4] for start in range(0, 32, 4))
    for shown in (answer, member.browser.get("/my-user")):
        assert key not in shown.html
        assert grouped not in shown.text
        assert not shown.has("#two-factor-qr")


def test_the_key_is_not_stored_in_the_clear(member, tmp_path):
    page = starts(member)
    key = key_on(page)
    confirm(member, phone_that_scans(page, member).code())
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file())
    assert b"two_factor.set_up" in stored, "these are the files"
    assert key.encode() not in stored


def test_a_reload_of_the_answer_changes_nothing_and_says_that_it_was_shown(member):
    phone = phone_that_scans(starts(member), member)
    code = phone.code()
    codes = {"".join(shown.itertext()) for shown in confirm(member, code).all(".recovery-code")}
    again = member.browser.post(CONFIRM, {"code": code})
    assert again.status == 200
    assert "shown once" in again.words("#two-factor")
    assert not again.has(".recovery-code")
    member.browser.post("/logout")
    member.phone = phone
    assert member.types(code=codes.pop().strip()).status == 303, "the codes that were shown are still the ones"


def test_of_two_confirmations_at_once_one_shows_the_codes(installation, member):
    phone = phone_that_scans(starts(member), member)
    signed = member.browser.client.cookies[SESSION]

    async def both(context):
        session_token = (context.vault.unsign(signed) or "").removeprefix("session:")
        current = await sessions.resume(context, session_token, reading=False)
        assert current is not None, token_hash(session_token)
        return await asyncio.gather(*(enrollment.confirm(context, current, phone.code()) for _ in range(4)))

    outcomes = installation.run(both)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Confirmed", "Ended", "Ended", "Ended"]


def test_from_then_on_the_code_is_demanded(installation, member):
    member.sets_up()
    member.browser.post("/logout")
    assert member.types(code="").status == 422
    assert member.types(code=member.phone.wrong_code()).status == 422
    assert member.types().status == 303


def test_all_other_sessions_end_and_ones_own_goes_on(member, bob):
    other, bobs = elsewhere(member), bob.signs_in()
    member.sets_up()
    assert other.browser.get("/").status == 303
    assert member.browser.get("/").status == 200
    assert bobs.get("/").status == 200


def test_the_log_knows(member, bob):
    member.sets_up()
    assert "alice set up two-factor authentication" in bob.signs_in().get("/activity-log?action=two_factor.set_up").text


def test_the_symbol_stands_in_ones_own_header_on_every_page_and_in_the_overview(function_on, alice, bob):
    bob.signs_in()
    bob.sets_up()
    for path in PAGES:
        assert bob.browser.get(path).has("#user-header .two-keys"), path
    overview = bob.browser.get("/users")
    marked = [
        row
        for row in overview.all("#users tr")
        if any("two-keys" in (e.get("class") or "").split() for e in row.iter())
    ]
    assert ["bob" in "".join(row.itertext()) for row in marked] == [True]


# ------------------------------------------------------------------------------------------------------- another phone


def test_the_old_phone_works_until_the_new_one_is_confirmed(installation, member):
    member.sets_up()
    old, old_codes = member.phone, member.recovery_codes
    page = member.browser.submit(member.browser.get("/my-user?act=set-up"), START, part=True, purpose="replace")
    assert page.status == 200, "the set-up counts as a proof of the moment"
    assert "works until this one is confirmed" in page.words("#two-factor")
    new = phone_that_scans(page, member)
    other = elsewhere(member)
    assert confirm(member, new.code()).status == 200
    assert other.browser.get("/").status == 303
    member.browser.post("/logout")
    installation.clock.forward(30)
    assert member.types(code=old.code()).status == 422
    assert member.types(code=old_codes[0]).status == 422, "its recovery codes are void, too"
    assert member.types(code=new.code()).status == 303


def test_a_cancelled_set_up_of_another_phone_leaves_the_old_one(installation, member):
    member.sets_up()
    starts(member)
    page = member.browser.post(CANCEL, part=True)
    assert page.has("#two-factor")
    assert member.browser.get("/").has(".two-keys")
    member.browser.post("/logout")
    assert member.types().status == 303


def test_the_log_tells_another_phone_from_the_first(member, bob):
    member.sets_up()
    member.sets_up()
    assert "on another phone" in bob.signs_in().get("/activity-log?action=two_factor.set_up").text


@pytest.mark.parametrize("how", ["time", "wrong codes", "cancel"])
def test_a_set_up_of_another_phone_that_is_over_says_so_and_not_that_codes_were_shown(installation, member, how: str):
    member.sets_up()
    new = phone_that_scans(starts(member), member)
    if how == "time":
        installation.clock.forward(30 * MINUTE)
    elif how == "cancel":
        member.browser.post(CANCEL, part=True)
    else:
        for _ in range(5):
            confirm(member, new.wrong_code())
    page = confirm(member, new.code())
    assert page.status == 409
    assert "shown once" not in page.words("#two-factor")
    assert "has ended" in page.words("#two-factor")


# ------------------------------------------------------------------------------------------------- who cannot, and when


@pytest.mark.parametrize("path", [START, CONFIRM, "/my-user/recovery-codes"])
def test_while_the_function_is_off_the_set_up_is_refused(alice, path: str):
    browser = alice.signs_in()
    page = browser.post(path, {"code": "123456", "password": alice.password}, part=True)
    assert page.status == 409
    assert "switched" in page.words("#two-factor")


def test_my_user_says_that_it_is_off_and_offers_nothing(alice):
    page = alice.signs_in().get("/my-user")
    assert "Switched off" in page.words("#two-factor")
    assert not page.offers(START)


def test_a_set_up_under_way_ends_when_the_function_is_switched_off(installation, member):
    phone = phone_that_scans(starts(member), member)
    switch(installation, False)
    assert confirm(member, phone.code()).status == 409
    assert not member.browser.get("/my-user").has("#two-factor-qr")
    switch(installation, True)
    assert not member.browser.get("/my-user").has("#two-factor-qr")
    assert confirm(member, phone.code()).status == 409


@pytest.mark.parametrize(
    "path", [START, CONFIRM, CANCEL, "/my-user/two-factor/remove", "/my-user/recovery-codes", "/my-user/password"]
)
def test_who_signs_in_by_single_sign_on_is_refused(function_on, cleo, path: str):
    assert cleo.arrives_by_sso().post(path, {"code": "123456"}).status == 403


def test_who_signs_in_by_single_sign_on_is_offered_no_set_up(function_on, cleo):
    page = cleo.arrives_by_sso().get("/my-user")
    assert "Single Sign-On" in page.words("#two-factor")
    assert not any(form.get("action", "").startswith(START) for form in page.all("form"))
    assert not page.has(".two-keys")


@pytest.mark.parametrize("path", [START, CONFIRM, CANCEL, "/my-user/two-factor/remove", "/my-user/recovery-codes"])
def test_nobody_signed_in_is_led_to_the_login(installation, function_on, path: str):
    browser: Browser = installation.browser()
    page = browser.post(path)
    assert (page.status, page.location) == (303, "/login")
    page = browser.post(path, part=True)
    assert (page.status, page.headers["hx-redirect"]) == (401, "/login")


@pytest.mark.parametrize("path", [START, CONFIRM, CANCEL, "/my-user/two-factor/remove", "/my-user/recovery-codes"])
def test_a_request_from_another_site_changes_nothing(member, path: str):
    phone = phone_that_scans(starts(member), member)
    page = member.browser.post(path, {"code": phone.code()}, Origin="https://evil.example")
    assert page.status == 403
    assert member.browser.get("/my-user").has("#two-factor-qr")


def test_there_is_nothing_that_forces_anybody(installation, member):
    for _ in range(40):
        installation.clock.forward(9 * 24 * 3600)
        member.browser.client.cookies.delete(SESSION)
        assert member.types(code="").location == "/"
        assert member.browser.get("/").status == 200
