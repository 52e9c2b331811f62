"""The contact: whom people ask for help, on the sign-in page, on pages of errors and refusals, and in e-mails."""

import pytest

import db
from accounts.system import contact
from db import settings
from tests.browser import Browser, Installation, Page
from tests.people import Person, somebody, switch

CONTACT, EDIT = "/general-settings/contact", "/general-settings/contact/edit"
HELPDESK = {"name": "IT Helpdesk", "email": "help@example.org", "telephone": "+49 30 12345"}
WORDS = "IT Helpdesk · help@example.org · +49 30 12345"


@pytest.fixture
def admin(bob: Person) -> Person:
    """Bob, signed in."""
    bob.signs_in()
    return bob


def saves(browser: Browser, **values: str) -> Page:
    """Opens the form, fills it in and sends it, without JavaScript."""
    return browser.post(CONTACT, browser.get(EDIT).fields(CONTACT) | values)


def test_on_a_fresh_installation_there_is_none_and_pages_say_administrator(installation, function_on, admin):
    assert "None" in admin.browser.get("/general-settings").words("#contact")
    lost = installation.browser().get("/login").words("#lost-phone")
    assert "Ask your administrator for a reset" in lost
    assert "Need help?" not in installation.browser().get("/nowhere").text


def test_it_is_saved_in_place_and_as_a_page(admin):
    part = admin.browser.post(CONTACT, {**HELPDESK, "version": contact.NONE.version}, part=True)
    assert part.status == 200
    assert "Saved." in part.words("[role=status]")
    assert WORDS in part.words("#contact")
    assert not part.has("h1")
    assert "mailto:help@example.org" in part.links()
    answer = saves(admin.browser, name="Service Desk")
    assert (answer.status, answer.location) == (303, "/general-settings")
    assert "Service Desk · help@example.org" in admin.browser.get("/general-settings").words("#contact")


@pytest.mark.parametrize("field", sorted(HELPDESK))
def test_each_is_optional(admin, installation, field: str):
    saves(admin.browser, **{field: HELPDESK[field]})
    assert installation.browser().get("/login").words(".contact") == f"Need help? Ask: {HELPDESK[field]}"
    saves(admin.browser, **dict.fromkeys(HELPDESK, ""))
    assert not installation.browser().get("/login").has(".contact")


def test_it_is_shown_where_people_need_help(installation, admin):
    saves(admin.browser, **HELPDESK)
    stranger = installation.browser()
    for path in ("/login", "/nowhere", "/login/reset", "/invitation/x", "/sso/callback?state=x"):
        assert WORDS in stranger.get(path).text, path
    assert WORDS in somebody(installation, "alice").signs_in().get("/users").text, "403"
    switch(installation, True)
    lost = installation.browser().get("/login").words("#lost-phone")
    assert lost.startswith("Lost your phone?")
    assert "recovery codes" in lost
    assert lost.endswith(WORDS)


@pytest.mark.parametrize(("error", "status"), [(db.Unavailable("gone"), 503), (ValueError("a bug"), 500)])
def test_without_a_database_error_pages_still_say_it(installation, admin, monkeypatch, error, status):
    saves(admin.browser, **HELPDESK)

    async def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr("db.Database.fetch_all", fails)
    monkeypatch.setattr("db.Database.fetch_one", fails)
    stranger = installation.browser()
    # the answer, where the error would be raised here
    stranger.client._transport.raise_server_exceptions = False
    page = stranger.get("/login")
    assert page.status == status
    assert WORDS in page.text


def test_who_may_not_edit_general_settings_sees_no_form(installation, alice):
    alice.signs_in()
    assert alice.browser.get(EDIT).status == 403
    assert alice.browser.post(CONTACT, HELPDESK).status == 403
    assert installation.run(contact.now) == contact.NONE


def test_it_needs_reauthentication_and_keeps_what_was_typed(installation, admin):
    installation.clock.forward(600)
    asked = saves(admin.browser, **HELPDESK)
    assert asked.status == 422
    assert "Confirm it is you" in asked.text
    assert asked.fields(CONTACT)["name"] == "IT Helpdesk"
    assert installation.run(contact.now) == contact.NONE
    done = admin.browser.submit(asked, CONTACT, password=admin.password)
    assert done.status == 303
    assert installation.run(contact.now).name == "IT Helpdesk"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "x" * 201, "too long"),
        ("name", "Help\u202edesk", "characters that cannot be used"),
        ("email", "helpdesk", "not an e-mail address"),
        ("email", "hilfe@-example.org", "not an e-mail address"),
        ("email", "hülfe@example.org", "letters without accents"),
        ("name", "Help at evil.example/login", "looks like a link"),
        ("name", "help@evil.example", "looks like a link"),
        ("telephone", "javascript:alert(1)", "looks like a link"),
        ("telephone", "www", "looks like a link"),
        ("telephone", "0" * 61, "too long"),
        ("telephone", "030\u200b12345", "characters that cannot be used"),
    ],
)
def test_what_cannot_be_shown_is_refused_and_stays_in_the_form(
    installation, admin, field: str, value: str, problem: str
):
    page = saves(admin.browser, **(HELPDESK | {field: value}))
    assert page.status == 422
    assert problem in page.words(f"#contact-{field}-problem")
    assert page.fields(CONTACT)[field] == value
    assert installation.run(contact.now) == contact.NONE


def test_of_two_who_opened_the_form_the_first_counts(installation, admin):
    dora = somebody(installation, "dora", "Administrator")
    mine, hers = admin.browser.get(EDIT), dora.signs_in().get(EDIT)
    assert admin.browser.submit(mine, CONTACT, name="Mine").status == 303
    late = dora.browser.submit(hers, CONTACT, name="Hers")
    assert late.status == 409
    assert "nothing was saved" in late.words("#contact")
    assert "Mine" in late.words("#contact")
    assert dora.browser.submit(hers, CONTACT, name="Mine").status == 303, "the same is no conflict"


def test_the_log_has_the_old_and_new_fields(admin):
    saves(admin.browser, **HELPDESK)
    saves(admin.browser, **(HELPDESK | {"name": "Service Desk", "telephone": ""}))
    saves(admin.browser, **(HELPDESK | {"name": "Service Desk", "telephone": ""}))
    log = admin.browser.get("/activity-log?action=contact.changed").text
    changes = "name from IT Helpdesk to Service Desk; telephone from +49 30 12345 to none"
    assert f"bob changed the contact: {changes}" in log
    assert log.count("changed the contact") == 2, "what changes nothing has no entry"


def test_markup_in_it_does_nothing(installation, admin):
    saves(admin.browser, name='<b id="bold">Help</b>', email="a&b'c@example.org")
    page = installation.browser().get("/login")
    assert not page.has("#bold")
    assert "a&b'c@example.org" in page.words(".contact")
    assert "mailto:a%26b%27c@example.org" in page.links()


@pytest.mark.parametrize("stored", ["", "x", "[]", '{"name": 1}', '{"other": "x"}'])
def test_a_damaged_setting_is_none(stored: str):
    assert contact.read(stored) == contact.NONE


def test_every_process_reads_it_with_the_login_page(installation: Installation, admin):
    """As another process saves it; pages of errors follow."""

    async def elsewhere(context) -> None:
        async with context.db.transaction():
            await settings.put(context.db, contact.SETTING, contact.written(contact.Contact("Elsewhere")))

    installation.run(elsewhere)
    stranger = installation.browser()
    assert "Elsewhere" in stranger.get("/login").text
    assert "Elsewhere" in stranger.get("/nowhere").text
