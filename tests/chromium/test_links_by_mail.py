"""With a mail server: the way back in after a forgotten password, and a new address, with JavaScript and without."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.chromium.people import somebody, type_login
from tests.chromium.server import Server
from tests.chromium.windows import Windows
from tests.mail_server import MailServer, wait_until

PASSWORD = "a quiet pond with green frogs"


def link(mail: MailServer, address: str) -> str:
    """The link in the newest letter to an address, when there is one."""
    wait_until(lambda: bool(mail.to(address)))
    found = re.search(r"http://\S+/(?:login/reset|new-address)/\S+", mail.to(address)[-1].text)
    assert found
    return found[0]


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_forgotten_password_and_a_new_address(tmp_path: Path, windows: Windows, javascript: bool):
    with MailServer() as mail:
        sender = {
            "TWO_KEYS_SMTP_URL": f"smtp://localhost:{mail.port}",
            "TWO_KEYS_MAIL_FROM": "keys@example.org",
        }
        with Server(tmp_path / "data", **sender) as server:
            somebody(server, "alice", email="alice@example.org")
            page = windows.open(server, java_script_enabled=javascript)
            forgets_the_password(page)
            page.goto(link(mail, "alice@example.org"))
            page.get_by_label("New password").fill(PASSWORD)
            page.get_by_role("button", name="Save password").click()
            type_login(page, "alice", PASSWORD)
            page.get_by_role("button", name="Sign in", exact=True).click()
            expect(page.locator("#user-header")).to_be_visible()
            enters_a_new_address(page, "typo@example.org")
            page.get_by_role("button", name="Cancel the new address").click()
            expect(page.locator("#profile")).not_to_contain_text("Waiting for confirmation")
            # A field of type email would send the link to strasse.example.
            enters_a_new_address(page, "new@straße.example")
            page.goto(link(mail, "new@xn--strae-oqa.example"))
            page.get_by_role("button", name="Confirm this address").click()
            expect(page.locator("#profile [role=status]")).to_have_text("Your new e-mail address is saved.")
            expect(page.get_by_label("E-mail address")).to_have_value("new@straße.example")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_all_who_were_imported_are_invited_in_one_act(tmp_path: Path, windows: Windows, javascript: bool):
    file = tmp_path / "users.csv"
    file.write_text("username,name,email\n" + "".join(f"u{n},User {n},u{n}@example.org\n" for n in range(300)))
    with MailServer() as mail:
        sender = {"TWO_KEYS_SMTP_URL": f"smtp://localhost:{mail.port}", "TWO_KEYS_MAIL_FROM": "keys@example.org"}
        with Server(tmp_path / "data", **sender) as server:
            page = windows.open(server, java_script_enabled=javascript)
            somebody(server, "bob", "Administrator").signs_in(page, "/users/import")
            page.get_by_label("CSV file").set_input_files(file)
            page.get_by_role("button", name="Preview").click()
            page.get_by_role("button", name="Import 300 users").click()
            page.get_by_role("link", name="Invite the new users").click()
            page.get_by_role("button", name="Send 300 e-mails").click()
            expect(page.get_by_role("main")).to_contain_text("300 users are invited")
            mail.wait_for(300)
            assert {letter.to[0] for letter in mail.received} == {f"u{n}@example.org" for n in range(300)}
            if not javascript:
                page.reload()
            expect(page.locator("#progress-words")).to_contain_text("300 of 300 e-mails are sent")
            expect(page.get_by_role("button", name="Send")).to_have_count(0)


def forgets_the_password(page: Page) -> None:
    page.goto("/login")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Username").fill("Alice")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("status")).to_contain_text("an e-mail is on its way")
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("an e-mail is on its way")


def enters_a_new_address(page: Page, address: str) -> None:
    page.goto("/my-user")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#profile")).to_contain_text(f"Waiting for confirmation: {address}")
