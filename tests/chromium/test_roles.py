"""Roles in a real browser: a role made, changed, given and deleted in place, with the proof asked for once."""

import sqlite3

from playwright.sync_api import expect

from tests.chromium.people import somebody
from tests.chromium.server import Server
from tests.chromium.windows import Windows


def proof_is_long_ago(server: Server, user_id: int) -> None:
    database = sqlite3.connect(server.data_dir / "two_keys.sqlite3", timeout=20)
    with database:
        database.execute(
            "UPDATE sessions SET password_proved_at = password_proved_at - 660 WHERE user_id = ?", (user_id,)
        )
    database.close()


def test_a_role_is_made_changed_given_and_deleted(server: Server, windows: Windows):
    windows.expect_refusals(422)
    keeper = somebody(server, "roles_keeper", "Administrator", name="Kim Keeper")
    other = somebody(server, "roles_other", name="Otto Other")
    page = keeper.signs_in(windows.open(server), "/roles")
    page.get_by_role("link", name="Add role").click()
    page.get_by_label("Name", exact=True).fill("Front desk")
    page.get_by_label("See users", exact=True).check()
    proof_is_long_ago(server, keeper.id)
    page.get_by_role("button", name="Add role").click()
    password = page.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    expect(page.get_by_label("See users", exact=True)).to_be_checked()
    password.fill(keeper.password)
    page.get_by_role("button", name="Add role").click()
    expect(page.get_by_role("heading", name="Front desk")).to_be_visible()

    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("#role-edit")).to_be_focused()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("See the activity log", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#role-card")).to_contain_text("Saved.")
    expect(page.locator("#role-card dt")).to_have_text(["See users", "See the activity log"])

    page.get_by_label("Give it to").fill("nobody here")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#role-holders")).to_contain_text("No user has this name, username or e-mail address.")
    page.get_by_label("Give it to").fill(other.username)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Roles of Otto Other")).to_be_visible()
    expect(page.get_by_label("Front desk", exact=True)).to_be_checked()
    page.get_by_role("button", name="Save roles").click()
    expect(page.locator("#user-roles")).to_contain_text("Saved.")

    page.get_by_role("link", name="Roles", exact=True).click()
    page.get_by_role("link", name="Front desk").click()
    expect(page.locator("#role-holders")).to_contain_text("Otto Other")
    page.get_by_role("link", name="Delete role").click()
    page.get_by_role("button", name="Delete role, 1 user loses it").click()
    expect(page.get_by_role("heading", name="Roles", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Front desk")).to_have_count(0)
