"""Pages that stay open while things change: elsewhere, in place, or on the way back."""

import re
import sqlite3
import time
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.chromium.people import Person, somebody, switch, type_login
from tests.chromium.phone import Phone
from tests.chromium.server import Server
from tests.chromium.windows import Loads, Windows, leave_and_return

# word for word
LOGIN_FAILED = "Login failed. Please check your login details and try again. Otherwise contact your administrator."
CLIPBOARD = ["clipboard-read", "clipboard-write"]
Adds = Callable[..., Person]


@pytest.fixture
def adds(server: Server, request: pytest.FixtureRequest) -> Adds:
    """Adds somebody under a name that no other test uses."""
    number = iter(range(1, 10))
    test = re.sub(r"\W+", "_", request.node.name)[:80]
    return lambda *roles, **fields: somebody(server, f"{test}_{next(number)}", *roles, **{"name": "Alice", **fields})


@pytest.fixture
def on(server: Server) -> None:
    """Two-Factor Authentication is on."""
    switch(server, True)


@pytest.fixture
def off(server: Server) -> None:
    """Two-Factor Authentication is off."""
    switch(server, False)


def behind_the_scenes(server: Server, statement: str, *values: object) -> None:
    """Changes the database, where waiting for the clock would take too long."""
    database = sqlite3.connect(server.data_dir / "two_keys.sqlite3", timeout=20)
    try:
        with database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute(statement, values)
    finally:
        database.close()


def proof_is_long_ago(server: Server, person: Person) -> None:
    """As if the sign-in had been 11 minutes ago."""
    behind_the_scenes(
        server,
        "UPDATE sessions SET password_proved_at = password_proved_at - 660, code_proved_at = code_proved_at - 660"
        " WHERE user_id = ?",
        person.id,
    )


def clipboard(page: Page) -> str:
    return str(page.evaluate("() => navigator.clipboard.readText()"))


def selection(page: Page) -> str:
    return str(page.evaluate("() => getSelection().toString()"))


def bare(text: str) -> str:
    return "".join(text.split())


# ------------------------------------------------------------------------------------------------------- the login page


def test_an_open_login_page_follows_the_switch_and_keeps_what_was_typed(server: Server, windows: Windows, off: None):
    page = windows.open(server)
    page.goto("/login")
    type_login(page, "alice", "half a passw")
    field = page.get_by_label("Two-Factor Authentication")
    loads = Loads(page)

    switch(server, True)
    leave_and_return(page)
    expect(field).to_be_visible()
    expect(page.get_by_label("Username")).to_have_value("alice")
    expect(page.get_by_label("Password", exact=True)).to_have_value("half a passw")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()

    field.fill("123 4")
    with page.expect_response("**/login/two-factor-field?shown=on") as nothing_new:
        leave_and_return(page)
    assert nothing_new.value.status == 204
    expect(field).to_have_value("123 4")
    expect(field).to_be_focused()

    switch(server, False)
    leave_and_return(page)
    expect(field).to_have_count(0)
    expect(page.locator("#two-factor-field")).to_have_count(1)
    expect(page.get_by_label("Username")).to_have_value("alice")
    expect(page.get_by_label("Password", exact=True)).to_have_value("half a passw")
    loads.assert_none()


def test_the_field_stands_directly_under_username_and_password(server: Server, windows: Windows, on: None):
    page = windows.open(server)
    page.goto("/login")
    inputs = page.locator("#login-form input:visible")
    assert inputs.evaluate_all("all => all.map((input) => input.name)") == ["username", "password", "code"]
    tops = [box["y"] for input_ in inputs.all() if (box := input_.bounding_box())]
    assert tops == sorted(tops)
    assert inputs.evaluate_all("all => all.map((input) => input.autocomplete)") == [
        "username",
        "current-password",
        "one-time-code",
    ]


def test_a_failed_login_keeps_the_username_alone(server: Server, windows: Windows, adds: Adds, on: None):
    alice = adds()
    windows.expect_refusals(422)
    page = windows.open(server)
    page.goto("/login")
    type_login(page, alice.username, "not this one", "123456")
    page.get_by_role("button", name="Sign in", exact=True).click()
    error = page.locator("#login-error")
    expect(error).to_have_text(LOGIN_FAILED)
    expect(error).to_have_attribute("role", "alert")
    expect(page.get_by_label("Username")).to_have_value(alice.username)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    expect(page.get_by_label("Two-Factor Authentication")).to_have_value("")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    above, below = error.bounding_box(), page.get_by_label("Username").bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"], "the sentence stands above the input fields"


def test_a_code_can_be_pasted_in_groups(server: Server, windows: Windows, adds: Adds, on: None):
    alice = adds(phone=True)
    assert alice.phone is not None
    page = windows.open(server, permissions=CLIPBOARD)
    page.goto("/login")
    type_login(page, alice.username, alice.password)
    code = alice.phone.code()
    page.evaluate("(text) => navigator.clipboard.writeText(text)", f"{code[:3]} {code[3:]}")
    page.get_by_label("Two-Factor Authentication").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_label("Two-Factor Authentication")).to_have_value(f"{code[:3]} {code[3:]}")
    page.keyboard.press("Enter")
    expect(page.locator("#user-header .two-keys")).to_be_visible()


def test_a_password_can_be_shown_and_hidden(server: Server, windows: Windows):
    page = windows.open(server)
    page.goto("/login")
    type_login(page, "alice", "half a passw")
    password = page.get_by_label("Password", exact=True)
    expect(password).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show").click()
    expect(password).to_have_attribute("type", "text")
    expect(password).to_have_value("half a passw")
    page.get_by_role("button", name="Hide").click()
    expect(password).to_have_attribute("type", "password")
    expect(page.get_by_role("button", name="Show")).to_be_visible()


def test_buttons_that_need_the_script_are_not_there_without_it(server: Server, windows: Windows):
    page = windows.open(server, java_script_enabled=False)
    page.goto("/login")
    expect(page.locator("[data-act]")).to_have_count(1)
    expect(page.locator("[data-act]")).to_be_hidden()


# ---------------------------------------------------------------------------------------------- sent once, not twice


class Held:
    """Holds what is posted somewhere back, and counts it."""

    def __init__(self, page: Page, address: str) -> None:
        self.number = 0
        self._address = address
        self._held: list[Route] = []
        self._let_go = False
        page.on("request", self._count)
        page.route(f"**{address}", self._hold)

    def _count(self, request: Request) -> None:
        self.number += request.method == "POST" and request.url.endswith(self._address)

    def _hold(self, route: Route) -> None:
        if route.request.method == "POST" and not self._let_go:
            self._held.append(route)
        else:
            route.continue_()

    def let_go(self) -> None:
        self._let_go = True
        for route in self._held:
            route.continue_()


def test_the_login_is_sent_once_however_often_one_clicks(server: Server, windows: Windows, adds: Adds):
    alice = adds()
    page = windows.open(server)
    page.goto("/login")
    type_login(page, alice.username, alice.password)
    held = Held(page, "/login")
    page.get_by_role("button", name="Sign in", exact=True).dblclick(no_wait_after=True)
    page.keyboard.press("Enter")
    held.let_go()
    expect(page.locator("#user-header")).to_be_visible()
    assert held.number == 1


def test_a_part_is_sent_once_however_often_one_clicks(server: Server, windows: Windows, adds: Adds, on: None):
    page = adds().signs_in(windows.open(server), "/my-user")
    held = Held(page, "/my-user/two-factor")
    page.get_by_role("button", name="Set up two-factor authentication").dblclick(no_wait_after=True)
    expect(page.locator("form:has(#two-factor-set-up)")).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Set up two-factor authentication").click(no_wait_after=True)
    assert held.number == 1
    held.let_go()
    expect(page.locator("#two-factor-qr")).to_be_visible()
    assert held.number == 1


# ----------------------------------------------------------------------------------------------------- the notification


def test_the_notification_comes_and_goes_in_an_open_page(server: Server, windows: Windows, adds: Adds, off: None):
    page = adds().signs_in(windows.open(server))
    loads = Loads(page)
    notification = page.locator("#notification")
    expect(notification).to_be_empty()
    switch(server, True)
    leave_and_return(page)
    expect(notification.get_by_role("link")).to_have_attribute("href", "/my-user")
    expect(notification.get_by_role("status")).to_be_visible()
    with page.expect_response("**/notification?shown=on") as nothing_new:
        leave_and_return(page)
    assert nothing_new.value.status == 204
    switch(server, False)
    leave_and_return(page)
    expect(notification).to_be_empty()
    loads.assert_none()


@pytest.mark.parametrize("path", ["/", "/my-user", "/my-user/password", "/general-settings", "/users", "/activity-log"])
def test_the_notification_is_on_every_page_and_cannot_be_dismissed(
    server: Server, windows: Windows, adds: Adds, on: None, path: str
):
    page = adds("Administrator").signs_in(windows.open(server), path)
    expect(page.locator("#notification")).to_be_visible()
    expect(page.locator("#notification button")).to_have_count(0)
    expect(page.locator("#notification a")).to_have_count(1)


def test_the_notification_and_the_keys_follow_a_removal_at_once(server: Server, windows: Windows, adds: Adds, on: None):
    alice = adds(phone=True)
    page = alice.signs_in(windows.open(server), "/my-user")
    expect(page.locator("#notification")).to_be_empty()
    loads = Loads(page)
    page.get_by_role("link", name="Remove two-factor authentication").click()
    page.get_by_role("textbox", name="Code").fill(alice.recovery_codes[0])
    page.get_by_role("button", name="Remove two-factor authentication").click()
    expect(page.locator("#notification")).to_be_visible()
    expect(page.locator("#user-header .two-keys")).to_have_count(0)
    expect(page.locator("#two-factor").get_by_role("status")).to_contain_text("removed")
    loads.assert_none()


# ------------------------------------------------------------------------------ sessions that have come to their end


def test_an_open_page_whose_session_has_ended_stays_until_one_does_something(
    server: Server, windows: Windows, adds: Adds, on: None
):
    alice = adds("Administrator")
    windows.expect_refusals(401)
    page = alice.signs_in(windows.open(server), "/general-settings/security")
    behind_the_scenes(server, "UPDATE sessions SET last_used_at = last_used_at - 3700 WHERE user_id = ?", alice.id)
    loads = Loads(page)
    with page.expect_response("**/notification?shown=on") as poll:
        leave_and_return(page)
    assert poll.value.status == 204
    expect(page.locator("#notification a")).to_be_visible()
    loads.assert_none()
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.locator("#user-header")).to_have_count(0)


def test_the_way_back_after_signing_out_shows_nothing_from_behind_the_login(
    server: Server, windows: Windows, adds: Adds, on: None
):
    page = adds("Administrator").signs_in(windows.open(server), "/my-user")
    for name in ("Users", "Activity log"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    for _ in range(4):
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        expect(page.locator("#user-header")).to_have_count(0)


def test_recovery_codes_are_not_shown_again_on_the_way_back_or_by_a_reload(
    server: Server, windows: Windows, adds: Adds, on: None
):
    for javascript in (True, False):
        page = adds().signs_in(windows.open(server, java_script_enabled=javascript), "/my-user")
        page.get_by_role("button", name="Set up two-factor authentication").click()
        phone = Phone.with_key(bare(page.locator("#two-factor-key").inner_text()))
        page.get_by_role("textbox", name="Code").fill(phone.code())
        page.get_by_role("button", name="Confirm").click()
        expect(page.locator(".recovery-code")).to_have_count(10)
        page.reload()
        expect(page.locator("#two-factor-heading")).to_be_visible()
        expect(page.locator(".recovery-code")).to_have_count(0)
        # without it the page is a form's answer, of which Chromium asks before it sends the form again
        if javascript:
            page.goto("/")
            page.go_back()
            expect(page.locator("#two-factor-heading")).to_be_visible()
            expect(page.locator(".recovery-code")).to_have_count(0)


# --------------------------------------------------------------------------------------- answers that are not a part


def test_a_permission_lost_meanwhile_shows_the_page_that_says_so(
    server: Server, windows: Windows, adds: Adds, on: None
):
    alice = adds("Administrator")
    windows.expect_refusals(403)
    page = alice.signs_in(windows.open(server), "/general-settings/security")
    behind_the_scenes(server, "DELETE FROM user_roles WHERE user_id = ?", alice.id)
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not allowed")
    assert "Not allowed" in page.title()
    assert_is_an_error_page(page)


def test_what_is_gone_meanwhile_shows_the_page_that_says_so(server: Server, windows: Windows, adds: Adds, on: None):
    alice, gone = adds("Administrator"), adds(phone=True)
    windows.expect_refusals(404)
    page = alice.signs_in(windows.open(server), f"/users/{gone.id}")
    behind_the_scenes(server, "DELETE FROM users WHERE id = ?", gone.id)
    page.get_by_role("link", name="Reset two-factor authentication").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert_is_an_error_page(page)


def assert_is_an_error_page(page: Page) -> None:
    """A page of its own in place of the one that asked, not a page within a part of it."""
    for single in ("main", "h1", "#user-header", "nav", "#notification"):
        expect(page.locator(single)).to_have_count(1)
    expect(page.locator("main .card")).to_have_count(1)
    expect(page.locator("#security-settings, #user-security")).to_have_count(0)
    page.get_by_role("link", name="Go to Home").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Hello"))


def test_no_answer_is_said_in_place_and_what_the_page_asks_by_itself_fails_silently(
    server: Server, windows: Windows, adds: Adds, on: None
):
    windows.expect_no_answer()
    page = adds("Administrator").signs_in(windows.open(server), "/general-settings/security")
    said = page.get_by_role("alert").filter(has_text="The server did not answer.")
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        leave_and_return(page)
    expect(page.locator("#notification a")).to_be_visible()
    expect(said).to_have_count(0)
    page.get_by_role("link", name="Edit").click()
    expect(said).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("switch")).to_be_visible()
    expect(said).to_have_count(0)


def test_a_filter_can_be_taken_back_with_the_back_button(server: Server, windows: Windows, adds: Adds, on: None):
    page = adds("Administrator").signs_in(windows.open(server), "/users")
    loads = Loads(page)
    page.get_by_role("link", name="Single Sign-On", exact=True).click()
    expect(page).to_have_url(re.compile(r"login_method=sso$"))
    expect(page.locator("#chip-sso")).to_have_attribute("aria-current", "true")
    expect(page.locator("#chip-sso")).to_be_focused()
    loads.assert_none()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/users$"))
    expect(page.locator("#chip-all")).to_have_attribute("aria-current", "true")
    expect(page.locator("#users tbody tr").first).to_be_visible()
    page.get_by_role("searchbox").fill("nobody at all")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#users")).to_contain_text("No user matches.")
    expect(page.get_by_role("searchbox")).to_be_focused()


# -------------------------------------------------------------------------------------------------------- the switch


def test_the_switch_is_edited_cancelled_and_edited_again(server: Server, windows: Windows, adds: Adds, off: None):
    page = adds("Administrator").signs_in(windows.open(server), "/general-settings/security")
    loads = Loads(page)
    card = page.locator("#security-settings")
    for _ in range(2):
        card.get_by_role("link", name="Edit").click()
        expect(card.get_by_role("switch")).not_to_be_checked()
        expect(card.get_by_role("switch")).to_be_focused()
        card.get_by_role("switch").check()
        card.get_by_role("link", name="Cancel").click()
        expect(card.locator(".state")).to_have_text("Off")
        expect(card.get_by_role("link", name="Edit")).to_be_focused()
    expect(page.locator("#security-settings")).to_have_count(1)
    loads.assert_none()


def test_after_saving_the_focus_is_on_the_card_and_the_state_is_announced(
    server: Server, windows: Windows, adds: Adds, off: None
):
    page = adds("Administrator").signs_in(windows.open(server), "/general-settings/security")
    card = page.locator("#security-settings")
    for state in ("on", "off"):
        card.get_by_role("link", name="Edit").click()
        card.get_by_role("switch").set_checked(state == "on")
        card.get_by_role("button", name="Save").click()
        expect(card.get_by_role("status")).to_contain_text(f"Saved. Two-factor authentication is {state}.")
        expect(card).to_be_focused()
        expect(page.get_by_role("region", name="Two-Factor Authentication")).to_be_focused()


def test_the_proof_is_asked_in_place_and_keeps_the_switch(server: Server, windows: Windows, adds: Adds, off: None):
    alice = adds("Administrator")
    windows.expect_refusals(422)
    page = alice.signs_in(windows.open(server), "/general-settings/security")
    proof_is_long_ago(server, alice)
    loads = Loads(page)
    card = page.locator("#security-settings")
    card.get_by_role("link", name="Edit").click()
    card.get_by_role("switch").check()
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_label("Password", exact=True)).to_be_focused()
    expect(card.get_by_role("switch")).to_be_checked()
    expect(card.get_by_role("textbox", name="Code")).to_have_count(0)
    card.get_by_label("Password", exact=True).fill("not this one")
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_role("alert")).to_contain_text("The password is wrong. Nothing has changed.")
    expect(card.get_by_role("switch")).to_be_checked()
    card.get_by_label("Password", exact=True).fill(alice.password)
    card.get_by_role("button", name="Save").click()
    expect(card.locator(".state")).to_have_text("On")
    expect(card).to_be_focused()
    loads.assert_none()


def test_the_proof_asks_for_a_code_too_and_keeps_the_reason(server: Server, windows: Windows, adds: Adds, on: None):
    alice, other = adds("Administrator", phone=True), adds(phone=True)
    assert alice.phone is not None
    windows.expect_refusals(422)
    page = alice.signs_in(windows.open(server), f"/users/{other.id}")
    page.get_by_role("link", name="Reset two-factor authentication").click()
    proof_is_long_ago(server, alice)
    card = page.locator("#user-security")
    card.get_by_label("Reason").fill("Her phone fell into the harbour.")
    card.get_by_role("button", name="Reset two-factor authentication").click()
    expect(card.get_by_label("Password", exact=True)).to_be_focused()
    expect(card.get_by_label("Reason")).to_have_value("Her phone fell into the harbour.")
    card.get_by_label("Password", exact=True).fill(alice.password)
    card.get_by_role("textbox", name="Code").fill(alice.phone.code())
    card.get_by_role("button", name="Reset two-factor authentication").click()
    expect(card.get_by_role("status")).to_be_focused()
    expect(card.get_by_role("status")).to_contain_text("is reset")
    expect(card.locator(".card-head .state")).to_have_text("Not set up")
    expect(page.locator("#shown-user-header .two-keys")).to_have_count(0)


def test_the_proof_for_an_address_keeps_the_profile(server: Server, windows: Windows, adds: Adds, off: None):
    alice = adds()
    windows.expect_refusals(422)
    page = alice.signs_in(windows.open(server), "/my-user")
    proof_is_long_ago(server, alice)
    card = page.locator("#profile")
    card.get_by_label("Name", exact=True).fill("Alice Arden")
    card.get_by_label("E-mail address").fill("alice.arden@example.org")
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_label("Password", exact=True)).to_be_focused()
    expect(card.get_by_label("Name", exact=True)).to_have_value("Alice Arden")
    expect(card.get_by_label("E-mail address")).to_have_value("alice.arden@example.org")
    card.get_by_label("Password", exact=True).fill(alice.password)
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_role("status")).to_have_text("Saved.")
    expect(page.locator("#user-header .user-name")).to_have_text("Alice Arden")


# ---------------------------------------------------------------------------------------------------------- the set-up


def test_a_wrong_code_is_answered_in_place(server: Server, windows: Windows, adds: Adds, on: None):
    windows.expect_refusals(422)
    page = adds().signs_in(windows.open(server), "/my-user")
    card = page.locator("#two-factor")
    card.get_by_role("button", name="Set up two-factor authentication").click()
    key = bare(card.locator("#two-factor-key").inner_text())
    phone, code = Phone.with_key(key), card.get_by_role("textbox", name="Code")
    loads = Loads(page)
    code.fill(wrong_code(phone))
    card.get_by_role("button", name="Confirm").click()
    expect(card).to_contain_text("This code is wrong. 4 tries are left.")
    expect(code).to_be_focused()
    expect(code).to_have_attribute("aria-invalid", "true")
    assert bare(card.locator("#two-factor-key").inner_text()) == key, "a wrong code makes no new key"
    code.fill(phone.code_at(int(time.time()) - 4 * 30))
    card.get_by_role("button", name="Confirm").click()
    expect(card).to_contain_text(re.compile(r"Your phone's clock is about 1\d\d seconds slow"))
    code.fill(phone.code())
    card.get_by_role("button", name="Confirm").click()
    expect(card.locator(".recovery-code")).to_have_count(10)
    loads.assert_none()


def wrong_code(phone: Phone) -> str:
    """Six digits that are no code of this phone within the hour."""
    now = int(time.time())
    near = {phone.code_at(now + step * 30) for step in range(-12, 13)}
    return next(code for code in ("123456", "654321", "246810") if code not in near)


def test_the_set_up_survives_a_reload_and_ends_by_cancelling(server: Server, windows: Windows, adds: Adds, on: None):
    page = adds().signs_in(windows.open(server), "/my-user")
    card = page.locator("#two-factor")
    card.get_by_role("button", name="Set up two-factor authentication").click()
    key = bare(card.locator("#two-factor-key").inner_text())
    page.reload()
    assert bare(card.locator("#two-factor-key").inner_text()) == key
    loads = Loads(page)
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_role("status")).to_contain_text("The set-up is cancelled.")
    expect(card.locator("#two-factor-key")).to_have_count(0)
    expect(page.locator("#notification a")).to_be_visible()
    loads.assert_none()


def test_another_phone_is_added_renamed_and_removed_in_place(server: Server, windows: Windows, adds: Adds, on: None):
    alice = adds(phone=True)
    page = alice.signs_in(windows.open(server), "/my-user")
    card = page.locator("#two-factor")
    loads = Loads(page)
    card.get_by_role("link", name="Set up on another phone").click()
    expect(card.get_by_role("radio", name="Keep it, and add another")).to_be_checked()
    card.get_by_role("button", name="Show the QR code").click()
    expect(card.get_by_label("Name of this phone")).to_have_value("Phone 2")
    phone = Phone.with_key(bare(card.locator("#two-factor-key").inner_text()))
    card.get_by_role("textbox", name="Code").fill(phone.code())
    page.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Confirm")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_role("status")).to_contain_text("Phone 2 is added.")
    expect(card.get_by_role("status")).to_be_focused()

    card.locator("summary", has_text="Rename").nth(1).click()
    card.get_by_label("New name").nth(1).fill("Tablet")
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_role("status")).to_have_text("Renamed.")
    card.get_by_role("link", name="Remove Tablet").click()
    card.get_by_role("textbox", name="Code").fill(alice.recovery_codes[0])
    card.get_by_role("button", name="Remove this phone").click()
    expect(card.get_by_role("status")).to_contain_text("Tablet is removed.")
    expect(card.locator(".phones li")).to_have_count(1)
    expect(page.locator("#user-header .two-keys")).to_be_visible()
    loads.assert_none()


def test_the_key_is_selected_by_one_click_and_copied_by_a_button(
    server: Server, windows: Windows, adds: Adds, on: None
):
    page = adds().signs_in(windows.open(server, permissions=CLIPBOARD), "/my-user")
    page.get_by_role("button", name="Set up two-factor authentication").click()
    key = page.locator("#two-factor-key")
    expect(key.locator("span")).to_have_count(8)
    groups = key.locator("span").all_inner_texts()
    assert [len(group) for group in groups] == [4] * 8
    key.click(position={"x": 30, "y": 15})
    assert bare(selection(page)) == "".join(groups)
    address = page.get_by_role("link", name="Open in your authenticator app").get_attribute("href") or ""
    assert address.startswith("otpauth://totp/Acme:")
    assert f"secret={''.join(groups)}" in address
    page.locator("#two-factor").get_by_role("button", name="Copy").click()
    expect(page.locator("#two-factor").get_by_role("button", name="Copied")).to_be_visible()
    assert bare(clipboard(page)) == "".join(groups)
    assert "\n" not in clipboard(page), "an app's field for the key takes one line"
    expect(page.locator("#two-factor").get_by_role("button", name="Copy", exact=True)).to_be_visible()


def test_the_recovery_codes_can_be_selected_copied_downloaded_and_printed(
    server: Server, windows: Windows, adds: Adds, on: None
):
    alice = adds()
    page = alice.signs_in(windows.open(server, permissions=CLIPBOARD), "/my-user")
    page.get_by_role("button", name="Set up two-factor authentication").click()
    phone = Phone.with_key(bare(page.locator("#two-factor-key").inner_text()))
    page.get_by_role("textbox", name="Code").fill(phone.code())
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".recovery-code")).to_have_count(10)
    card, codes = page.locator("#two-factor"), page.locator(".recovery-code").all_inner_texts()
    assert all(re.fullmatch(r"\d{5} \d{5} \d{5} \d{5}", code) for code in codes)

    page.locator(".recovery-code").nth(4).click()
    assert [line for line in selection(page).splitlines() if line] == codes
    card.get_by_role("button", name="Copy").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    assert [line for line in clipboard(page).splitlines() if line] == codes
    with page.expect_download() as downloading:
        card.get_by_role("link", name="Download").click()
    assert downloading.value.suggested_filename == "recovery-codes.txt"
    written = downloading.value.path().read_text("utf-8").splitlines()
    assert {"For: Acme", f"Sign in at: {server.address}/login", f"Username: {alice.username}"} <= set(written)
    assert [line[4:] for line in written if line[:2].strip().isdecimal()] == codes
    assert unquote(card.get_by_role("link", name="Download").get_attribute("href") or "").startswith("data:text/plain")
    page.evaluate("() => { window.print = () => { window.printed = true } }")
    card.get_by_role("button", name="Print").click()
    assert page.evaluate("() => window.printed")


def test_the_recovery_codes_are_what_is_printed(server: Server, windows: Windows, adds: Adds, on: None):
    page = adds().signs_in(windows.open(server), "/my-user")
    page.get_by_role("button", name="Set up two-factor authentication").click()
    phone = Phone.with_key(bare(page.locator("#two-factor-key").inner_text()))
    page.get_by_role("textbox", name="Code").fill(phone.code())
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".recovery-code")).to_have_count(10)
    page.emulate_media(media="print")
    for code in page.locator(".recovery-code").all():
        expect(code).to_be_visible()
    # whose they are
    expect(page.locator("#user-header .user-name")).to_be_visible()
    for other in ("nav", ".sign-out", "#profile", "#sessions", ".acts"):
        for element in page.locator(other).all():
            expect(element).to_be_hidden()
