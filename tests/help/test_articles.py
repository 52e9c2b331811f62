"""The two help articles: readable without signing in, reached from where their question comes up."""

import pytest

from gallery import emails
from routes.mail import renderer
from tests.browser import Page
from tests.people import switch

USERS, ADMINISTRATORS = "/help/two-factor-user", "/help/two-factor-admin"
TITLES = {
    USERS: "Two-Factor Authentication – enable as a user",
    ADMINISTRATORS: "Two-Factor Authentication – enable or disable as an admin",
}


def leads_to(page: Page, path: str) -> bool:
    return any(link.get("href") == path for link in page.all("a"))


@pytest.mark.parametrize("path", TITLES)
def test_an_article_can_be_read_before_and_after_signing_in(path, installation, alice):
    for page in (installation.browser().get(path), alice.signs_in().get(path)):
        assert page.status == 200
        assert page.words("h1") == TITLES[path]
        assert leads_to(page, USERS if path == ADMINISTRATORS else ADMINISTRATORS)


def test_the_list_leads_to_both(installation):
    page = installation.browser().get("/help")
    assert leads_to(page, USERS)
    assert leads_to(page, ADMINISTRATORS)


@pytest.mark.parametrize("path", TITLES)
def test_its_pictures_are_there_and_say_what_they_show(path, installation):
    browser = installation.browser()
    pictures = browser.get(path).all("img")
    assert len(pictures) >= 2
    for picture in pictures:
        answer = browser.client.get(picture.get("src") or "")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert answer.content.startswith(b"\x89PNG")
        assert len(picture.get("alt") or "") > 15


def test_who_may_not_go_there_is_not_sent_there(installation, alice, bob):
    assert leads_to(bob.signs_in().get(ADMINISTRATORS), "/general-settings/security")
    assert not leads_to(alice.signs_in().get(ADMINISTRATORS), "/general-settings/security")
    assert leads_to(installation.browser().get(USERS), "/login?next=/my-user")


def test_sign_in_set_up_switch_and_reminder_lead_there(installation, alice, bob):
    assert not leads_to(installation.browser().get("/login"), USERS), "the field is not there"
    for path in ("/general-settings/security", "/general-settings/security/edit", "/users"):
        assert leads_to(bob.signs_in().get(path), ADMINISTRATORS), path
    switch(installation, True)
    assert leads_to(installation.browser().get("/login"), USERS)
    assert leads_to(alice.signs_in().get("/my-user"), USERS)


def test_the_reminder_leads_there(installation):
    reminder = renderer(installation.config, installation.app.state.templates)(emails.SAMPLES["e-mail, reminder"])
    assert f"http://localhost:8000{USERS}" in reminder.text
    assert f"http://localhost:8000{USERS}" in reminder.html
