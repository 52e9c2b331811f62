"""Single Sign-On in Chromium, against a real provider: there and back, in and out, by links (the CSP forbids forms that
lead elsewhere).
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.chromium.people import somebody, switch
from tests.chromium.server import Server, free_port
from tests.chromium.windows import Windows
from tests.identity_provider import Account, IdentityProvider


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, provider: IdentityProvider) -> Iterator[Server]:
    """The program, a client of the real provider; the function is on."""
    address = f"http://localhost:{free_port()}"
    settings = provider.settings(address) | {"TWO_KEYS_BASE_URL": address}
    with Server(tmp_path_factory.mktemp("server") / "data", **settings) as running:
        switch(running, True)
        yield running


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def window(request, windows: Windows, server: Server, provider: IdentityProvider) -> Page:
    """A window that may go to the provider and back."""
    windows.expect_requests_to(provider.issuer)
    return windows.open(server, java_script_enabled=request.param)


def types_at_the_provider(page: Page, account: Account) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("The provider")
    page.get_by_label("Login").fill(account.login)
    page.get_by_label("Password").fill(account.password)
    page.get_by_role("button", name="Go on").click()


def test_there_and_back_in_and_out(request, window: Page, server: Server, provider: IdentityProvider):
    username = "cleo" if "without" in request.node.callspec.id else "clara"
    somebody(server, username, name="Cleo Carter", login_method="sso", password=None, email=f"{username}@example.org")
    with provider.account(username, name="Cleo Carter") as account:
        window.goto(f"{server.address}/my-user")
        window.get_by_role("link", name="Sign in with Acme ID").click()
        types_at_the_provider(window, account)
        expect(window.get_by_role("heading", level=1)).to_have_text("My User")
        assert window.url == f"{server.address}/my-user"
        expect(window.locator("#user-header")).to_contain_text("Cleo Carter")
        expect(window.locator("#notification a")).to_have_count(0)
        expect(window.locator(".two-keys")).to_have_count(0)
        expect(window.get_by_text("Single Sign-On").first).to_be_visible()

        window.get_by_role("button", name="Sign out", exact=True).click()
        expect(window.get_by_role("heading", level=1)).to_have_text("You are signed out")
        window.get_by_role("link", name="Sign out at Acme ID too").click()
        expect(window).to_have_url(re.compile(rf"^{re.escape(provider.issuer)}/"))
        window.get_by_role("button", name="Yes, sign me out").click()
        expect(window).to_have_url(re.compile(rf"^{re.escape(server.address)}/"))
        window.goto(f"{server.address}/my-user")
        window.get_by_role("link", name="Sign in with Acme ID").click()
        expect(window.get_by_role("heading", level=1)).to_have_text("The provider")


def test_a_proof_in_another_tab_keeps_what_was_entered(
    request, window: Page, windows: Windows, server: Server, provider: IdentityProvider
):
    windows.expect_refusals(422)
    username = "dana" if "without" in request.node.callspec.id else "dora"
    address = f"{username}@example.org"
    somebody(server, username, "Administrator", login_method="sso", password=None, email=address)
    with provider.account(username) as account:
        window.goto(f"{server.address}/login?next=/general-settings/security/edit")
        window.get_by_role("link", name="Sign in with Acme ID").click()
        types_at_the_provider(window, account)
        card = window.locator("#security-settings")
        card.get_by_role("switch", name="Two-Factor Authentication").uncheck()
        card.get_by_role("button", name="Save").click()
        with window.context.expect_page() as opened:
            card.get_by_role("link", name="Sign in again at Acme ID").click()
        tab = opened.value
        types_at_the_provider(tab, account)
        expect(tab.get_by_role("main")).to_contain_text("You have confirmed it is you.")
        tab.close()
        expect(card.get_by_role("switch", name="Two-Factor Authentication")).not_to_be_checked()
        card.get_by_role("button", name="Save").click()
        expect(card.locator(".state")).to_have_text("Off")
    switch(server, True)


def test_who_cancels_there_comes_back_to_a_clear_page(window: Page, windows: Windows, server: Server):
    windows.expect_refusals(400)
    window.goto(f"{server.address}/login")
    window.get_by_role("link", name="Sign in with Acme ID").click()
    window.get_by_role("link", name="Cancel").click()
    expect(window).to_have_url(re.compile(rf"^{re.escape(server.address)}/sso/callback"))
    expect(window.get_by_role("link", name=re.compile("again|Sign in")).first).to_be_visible()


def test_whom_nobody_knows_here_is_told_whom_to_ask(
    window: Page, windows: Windows, server: Server, provider: IdentityProvider
):
    windows.expect_refusals(403)
    with provider.account("eve") as account:
        window.goto(f"{server.address}/login")
        window.get_by_role("link", name="Sign in with Acme ID").click()
        types_at_the_provider(window, account)
        expect(window.get_by_role("main")).to_contain_text(re.compile("administrator", re.IGNORECASE))
        expect(window.locator("#user-header")).to_have_count(0)
