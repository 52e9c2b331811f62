"""A login method changed in a real browser: asked in place, the focus kept, the proof asked for, the link shown
once.
"""

import re

from playwright.sync_api import expect

from tests.chromium.people import somebody
from tests.chromium.server import Server
from tests.chromium.test_roles import proof_is_long_ago
from tests.chromium.windows import Windows


def test_a_user_of_single_sign_on_gets_a_password(server: Server, windows: Windows):
    windows.expect_refusals(422)
    keeper = somebody(server, "methods_keeper", "Administrator", name="Mona Keeper")
    other = somebody(server, "methods_other", name="Otto Methods", login_method="sso", password=None)
    page = keeper.signs_in(windows.open(server), f"/users/{other.id}")
    page.get_by_role("link", name="Change the login method").click()
    expect(page.locator("#user-account")).to_contain_text(
        "From then on Otto Methods signs in with username and password"
    )
    expect(page).to_have_url(re.compile(rf"/users/{other.id}$"))
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("#user-account-login-method")).to_be_focused()
    page.get_by_role("link", name="Change the login method").click()
    change = page.get_by_role("button", name="Change to username/password")
    expect(change).to_be_visible()
    proof_is_long_ago(server, keeper.id)
    change.click()
    password = page.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    password.fill(keeper.password)
    page.get_by_role("button", name="Change to username/password").click()
    expect(page.locator("#handed-link")).to_have_text(re.compile(r"/invitation/[\w-]{43}$"))
    page.reload()
    expect(page.locator("#handed-link")).to_have_count(0)
    expect(page.get_by_role("status")).to_contain_text("The link was shown once")
