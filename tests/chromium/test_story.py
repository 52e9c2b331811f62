"""The story, from an empty folder to the second key: once with JavaScript and once without."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.chromium.people import choose_password, type_login, written_moment
from tests.chromium.phone import Phone, read_qr
from tests.chromium.server import Server, one_time_password
from tests.chromium.windows import Loads, Windows

ADMIN_PASSWORD = "seven wet umbrellas on a tram"
DORA_PASSWORD = "a quiet pond with green frogs"


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_story(tmp_path: Path, windows: Windows, javascript: bool):
    with Server(tmp_path / "data") as server:
        admin = windows.open(server, java_script_enabled=javascript)
        admin_signs_in_and_chooses_a_password(admin, server)
        admin_switches_the_function_on(admin, javascript)

        printed = server.command("create-user", "dora", "--name", "Dora Diaz", "--unit", "Accounting")
        dora = windows.open(server, java_script_enabled=javascript)
        dora_signs_in_and_chooses_a_password(dora, one_time_password(printed, "dora"))
        phone = dora_sets_her_phone_up(dora, javascript)
        dora_signs_in_with_a_code(dora, phone)

        admin_sees_who_has_set_it_up(admin)
        admin_reads_who_switched_what_when(admin)


def admin_signs_in_and_chooses_a_password(page: Page, server: Server) -> None:
    page.goto(server.address)
    expect(page.get_by_label("Two-Factor Authentication")).to_have_count(0)
    type_login(page, "admin", server.one_time_password("admin"))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a password")
    choose_password(page, ADMIN_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Administrator")
    expect(page.locator("#notification")).to_be_empty()


def admin_switches_the_function_on(page: Page, javascript: bool) -> None:
    page.get_by_role("link", name="General Settings").click()
    page.get_by_role("link", name="Security").click()
    card = page.locator("#security-settings")
    expect(card.locator(".state")).to_have_text("Off")
    loads = Loads(page, javascript)
    card.get_by_role("link", name="Edit").click()
    expect(card).to_contain_text("Nobody is forced.")
    card.get_by_role("switch", name="Two-Factor Authentication").check()
    card.get_by_role("button", name="Save").click()
    expect(card.locator(".state")).to_have_text("On")
    expect(card).to_contain_text("Changed by admin")
    expect(page.locator("#notification a")).to_have_attribute("href", "/my-user")
    loads.assert_none()


def dora_signs_in_and_chooses_a_password(page: Page, password: str) -> None:
    page.goto("/")
    type_login(page, "dora", password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#notification")).to_have_count(0)
    choose_password(page, DORA_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Dora Diaz")


def dora_sets_her_phone_up(page: Page, javascript: bool) -> Phone:
    expect(page.locator("#notification")).to_contain_text("Two-factor authentication is available.")
    expect(page.locator("#user-header .two-keys")).to_have_count(0)
    page.locator("#notification").get_by_role("link", name="Set it up on My User").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My User")
    loads = Loads(page, javascript)
    card = page.locator("#two-factor")
    card.get_by_role("button", name="Set up two-factor authentication").click()
    expect(card.locator("#two-factor-qr svg")).to_be_visible()
    card.locator("#two-factor-qr").scroll_into_view_if_needed()
    phone = Phone(read_qr(page.screenshot()))
    assert ":dora@localhost-" in phone.label
    assert phone.key == "".join(card.locator("#two-factor-key").inner_text().split())

    card.get_by_role("textbox", name="Code").fill(phone.code())
    card.get_by_role("button", name="Confirm").click()
    expect(card.locator(".recovery-code")).to_have_count(10)
    expect(page.locator("#notification")).to_be_empty()
    expect(page.locator("#user-header .two-keys")).to_be_visible()
    loads.assert_none()
    name, keys = page.locator("#user-header .user-name").bounding_box(), page.locator(".two-keys").bounding_box()
    assert name is not None
    assert keys is not None
    assert keys["y"] > name["y"] + name["height"] / 2, "the two keys stand under the name"

    codes = card.locator(".recovery-code").all_inner_texts()
    assert len(set(codes)) == 10
    card.get_by_role("link", name="I have saved them").click()
    expect(card.locator(".recovery-code")).to_have_count(0)
    expect(card).to_contain_text("10 left")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    return phone


def dora_signs_in_with_a_code(page: Page, phone: Phone) -> None:
    page.get_by_role("link", name="Sign in again").click()
    type_login(page, "dora", DORA_PASSWORD, phone.code())
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Dora Diaz")
    expect(page.locator("#notification")).to_be_empty()
    expect(page.locator("#user-header .two-keys")).to_be_visible()


def admin_sees_who_has_set_it_up(page: Page) -> None:
    page.get_by_role("link", name="Users", exact=True).click()
    rows = page.locator("#users tbody tr")
    expect(rows).to_have_count(2)
    dora, admin = rows.filter(has_text="Dora Diaz"), rows.filter(has_text="Administrator")
    expect(dora.locator(".two-keys")).to_be_visible()
    expect(dora).to_contain_text("Username/password")
    expect(admin.locator(".two-keys")).to_have_count(0)
    page.get_by_role("link", name="Without two-factor", exact=True).click()
    expect(rows).to_have_count(1)
    expect(admin).to_be_visible()
    assert "two_factor=off" in page.url


def admin_reads_who_switched_what_when(page: Page) -> None:
    page.get_by_role("link", name="Activity log", exact=True).click()
    switched = page.locator("#activity-log tr", has_text="admin switched Two-Factor Authentication from off to on")
    expect(switched).to_have_count(1)
    expect(switched.locator("time")).to_be_visible()
    expect(page.locator("#activity-log .day")).to_have_count(1)
    expect(page.locator("#activity-log tr", has_text="dora set up two-factor authentication")).to_have_count(1)
    page.goto("/general-settings/security")
    expect(page.locator("#security-settings")).to_contain_text(written_moment())
