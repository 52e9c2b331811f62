"""From the link that is handed over to the first sign-in, and what is done to the account: with JavaScript and
without.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.chromium.people import Person, somebody, type_login
from tests.chromium.server import Server
from tests.chromium.windows import Loads, Windows

PASSWORD = "a quiet pond with green frogs"


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_life_of_an_account(tmp_path: Path, windows: Windows, javascript: bool):
    with Server(tmp_path / "data") as server:
        bob = somebody(server, "bob", "Administrator")
        admin = windows.open(server, java_script_enabled=javascript)
        dora = windows.open(server, java_script_enabled=javascript)
        link = bob_adds_dora(bob, admin, javascript)
        dora_chooses_a_password_and_signs_in(dora, link)
        bob_changes_dora_in_place(admin, javascript)
        bob_disables_and_deletes_dora(admin, javascript)
        dora.reload()
        expect(dora).to_have_url(f"{server.address}/login")


def bob_adds_dora(bob: Person, page: Page, javascript: bool) -> str:
    bob.signs_in(page, "/users")
    page.get_by_role("link", name="Add user").click()
    page.get_by_label("Username").fill("dora")
    page.get_by_label("Name (optional)", exact=True).fill("Dora Diaz")
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invitation for Dora Diaz")
    link = page.locator("#handed-link").inner_text()
    if javascript:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("() => navigator.clipboard.readText()") == link
    else:
        expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    # the browser sends the form again
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("was already added")
    expect(page.locator("#handed-link")).to_have_count(0)
    page.get_by_role("link", name="Go to Dora Diaz").click()
    expect(page.locator("#user-account .state")).to_have_text("Invited")
    return link


def dora_chooses_a_password_and_signs_in(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_label("Username")).to_have_value("dora")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_role("status")).to_have_text("Your password is saved. Sign in with it.")
    type_login(page, "dora", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Dora Diaz")


def bob_changes_dora_in_place(page: Page, javascript: bool) -> None:
    page.reload()
    card = page.locator("#user-account")
    expect(card.locator(".state")).to_have_text("Active")
    loads = Loads(page, javascript)
    card.get_by_role("link", name="Edit").click()
    card.get_by_label("Organisational unit").fill("Archive")
    card.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("Archive")
    expect(page.locator("#shown-user-header")).to_contain_text("Archive")
    loads.assert_none()


def bob_disables_and_deletes_dora(page: Page, javascript: bool) -> None:
    card = page.locator("#user-account")
    loads = Loads(page, javascript)
    card.get_by_role("link", name="Disable").click()
    if javascript:
        expect(card.get_by_role("link", name="Cancel")).to_be_focused()
    card.get_by_role("button", name="Disable Dora Diaz").click()
    expect(card.locator(".state")).to_have_text("Disabled")
    card.get_by_role("link", name="Delete").click()
    expect(card).to_contain_text("This cannot be undone.")
    loads.assert_none()
    card.get_by_role("button", name="Delete Dora Diaz for good").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Users")
    expect(page.locator("#users")).not_to_contain_text("Dora Diaz")
