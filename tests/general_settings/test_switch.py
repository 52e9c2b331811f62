"""The switch: one setting for everybody, on the tab Security, for those who may edit general settings."""

import pytest

from tests.browser import Installation, Page, _text
from tests.people import Person, somebody, switch

MINUTE = 60
SECURITY, EDIT = "/general-settings/security", "/general-settings/security/edit"


def flips(person: Person, on: bool, **more: str) -> Page:
    """What htmx sends: a checkbox that is not ticked is not in the form."""
    return person.browser.post(SECURITY, {**({"two_factor": "on"} if on else {}), **more}, part=True)


def is_on(installation: Installation) -> bool:
    return installation.browser().get("/login").has("#two-factor-field input")


@pytest.fixture
def admin(bob: Person) -> Person:
    """Bob, signed in."""
    bob.signs_in()
    return bob


# ---------------------------------------------------------------------------------------------------------- the setting


def test_on_a_fresh_installation_it_is_off(installation):
    assert not is_on(installation)


def test_it_stands_on_the_tab_security_of_general_settings(admin):
    page = admin.browser.get("/general-settings")
    assert page.words("h1") == "General Settings"
    assert SECURITY in page.links()
    page = admin.browser.get(SECURITY)
    assert "Two-Factor Authentication" in page.words("#security-settings")
    assert EDIT in page.links(), "the edit icon"
    assert not page.has("#security-settings form")


def test_the_edit_icon_opens_it_in_place_and_as_a_page(admin):
    page = admin.browser.get(EDIT)
    assert page.offers(SECURITY)
    assert page.words("h1") == "General Settings"
    part = admin.browser.get(EDIT, part=True)
    assert part.offers(SECURITY)
    assert not part.has("h1")
    assert part.find("#security-settings form").get("data-hx-post") == SECURITY


def test_the_change_is_made_in_place_and_takes_notification_and_header_along(installation, admin):
    page = flips(admin, True)
    assert page.status == 200
    assert "Two-factor authentication is on" in page.words("#security-settings")
    assert page.find("#notification a").get("href") == "/my-user"
    assert page.has("#user-header")
    assert is_on(installation)
    page = flips(admin, False)
    assert "Two-factor authentication is off" in page.words("#security-settings")
    assert page.words("#notification") == ""
    assert not is_on(installation)


def test_the_address_bar_has_the_page_again_once_the_form_is_gone(admin):
    browser, page = admin.browser, "/general-settings/security"
    form = {"HX-Current-URL": f"http://localhost:8000{page}/edit"}
    assert browser.post(page, {"two_factor": "maybe"}, part=True, **form).headers.get("HX-Replace-Url") is None
    assert browser.get(page, part=True, **form).headers["HX-Replace-Url"] == page, "Cancel"
    assert browser.post(page, {"two_factor": "on"}, part=True, **form).headers["HX-Replace-Url"] == page
    for here in (f"http://localhost:8000{page}", "", "http://[", "x"):
        assert (
            "HX-Replace-Url"
            not in browser.post(page, {"two_factor": "on"}, part=True, **{"HX-Current-URL": here}).headers
        ), here
    mine = {"HX-Current-URL": "http://localhost:8000/my-user?act=set-up&tab=a+b"}
    assert browser.post("/my-user/two-factor", part=True, **mine).headers["HX-Replace-Url"] == "/my-user?tab=a+b"


def test_without_javascript_it_is_a_form_that_leads_back(installation, admin):
    page = admin.browser.submit(admin.browser.get(EDIT), SECURITY, two_factor="on")
    assert (page.status, page.location) == (303, SECURITY)
    assert is_on(installation)
    page = admin.browser.get(EDIT)
    assert page.find("[name=two_factor]").get("checked") is not None
    page = admin.browser.post(SECURITY, {})
    assert page.status == 303
    assert not is_on(installation)


def test_it_is_in_force_at_once_for_everybody(installation, admin, alice):
    alice.signs_in()
    flips(admin, True)
    assert alice.browser.get("/").has("#notification a")
    flips(admin, False)
    assert not alice.browser.get("/").has("#notification a")


def test_before_saving_it_says_whom_it_concerns(installation, admin, alice, cleo):
    dora = somebody(installation, "dora")
    switch(installation, True)
    dora.signs_in()
    dora.sets_up()
    assert "1 user will sign in with the password alone" in admin.browser.get(EDIT).words("#security-settings")
    flips(admin, False)
    said = admin.browser.get(EDIT).words("#security-settings")
    assert "2 users will see a notification" in said, "Alice and Bob"
    assert said.split("notification")[1].count("1 ") == 2, "Dora has it set up, Cleo signs in by SSO"


def test_what_it_says_follows_the_switch_and_leaves_out_nobody(admin):
    """Both sentences are there; the style sheet shows one of them, by the position of the switch."""
    form = admin.browser.get(EDIT)
    assert _text(form.find(".when-off")) == "If you switch this on: 1 user will see a notification. Nobody is forced."
    assert _text(form.find(".when-on")) == "Once you save: 1 user will see a notification. Nobody is forced."
    said = flips(admin, True).words("#security-settings [role=status]")
    assert said == "Saved. Two-factor authentication is on. 1 user sees a notification. Nobody is forced."
    form = admin.browser.get(EDIT)
    assert _text(form.find(".when-on")).startswith("If you switch this off: Nobody has set it up")
    assert _text(form.find(".when-off")).startswith("Once you save: Nobody has set it up")


def test_saving_it_as_it_was_says_that_nothing_has_changed(admin):
    assert "Nothing has changed" in flips(admin, False).words("#security-settings [role=status]")
    assert "by Single Sign-On" not in admin.browser.get(SECURITY).words("#security-settings"), "there is none"


# ---------------------------------------------------------------------------------------------------------- who may


@pytest.mark.parametrize("roles", [("Member",), ("Auditor",), ("User manager",), ("Member", "Auditor", "User manager")])
@pytest.mark.parametrize("part", [False, True])
def test_a_forged_request_is_refused_and_changes_nothing(installation, roles, part: bool):
    mallory = somebody(installation, "mallory", *roles)
    browser = mallory.signs_in()
    for path in ("/general-settings", SECURITY, EDIT):
        assert browser.get(path).status == 403
        assert path not in browser.get("/").links()
    page = browser.post(SECURITY, {"two_factor": "on", "password": mallory.password}, part=part)
    assert page.status == 403
    assert not is_on(installation)


def test_a_refused_request_is_in_the_log(admin, alice):
    alice.signs_in().post(SECURITY, {"two_factor": "on"})
    assert "alice was refused access to POST /general-settings/security" in admin.browser.get("/activity-log").text


def test_any_role_that_holds_the_permission_will_do(installation):
    async def permit(context):
        async with context.db.transaction():
            await context.db.execute(
                "INSERT INTO role_permissions (role_id, permission)"
                " SELECT id, 'general_settings.edit' FROM roles WHERE name = 'Auditor'"
            )

    ina = somebody(installation, "ina", "Member", "Auditor")
    ina.signs_in()
    assert flips(ina, True).status == 403
    installation.run(permit)
    assert flips(ina, True).status == 200, "roles are data, read with each request"
    assert is_on(installation)


def test_a_permission_that_was_taken_away_is_gone_at_once(installation, admin):
    async def forbid(context):
        async with context.db.transaction():
            await context.db.execute("DELETE FROM role_permissions WHERE permission = 'general_settings.edit'")

    installation.run(forbid)
    assert flips(admin, True).status == 403
    assert not is_on(installation)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_request_from_another_site_is_refused_and_changes_nothing(installation, admin, headers: dict[str, str]):
    assert admin.browser.post(SECURITY, {"two_factor": "on"}, **headers).status == 403
    assert not is_on(installation)


def test_nobody_signed_in_changes_nothing(installation):
    page = installation.browser().post(SECURITY, {"two_factor": "on"})
    assert (page.status, page.location) == (303, "/login")
    assert not is_on(installation)


def test_after_ten_minutes_it_needs_a_proof_and_keeps_the_wanted_position(installation, admin):
    installation.clock.forward(10 * MINUTE)
    page = flips(admin, True)
    assert page.status == 422
    assert page.find("[name=two_factor]").get("checked") is not None
    assert not is_on(installation)
    page = admin.browser.submit(page, SECURITY, part=True, password="not his password")
    assert page.status == 422
    assert not is_on(installation)
    assert admin.browser.submit(page, SECURITY, part=True, password=admin.password).status == 200
    assert is_on(installation)


def test_who_has_a_second_factor_in_force_needs_a_code_to_switch_it_off(installation, admin):
    switch(installation, True)
    admin.sets_up()
    installation.clock.forward(10 * MINUTE)
    assert flips(admin, False, password=admin.password).status == 422
    assert is_on(installation)
    assert flips(admin, False, password=admin.password, code=admin.phone.code()).status == 200
    assert not is_on(installation)


# ------------------------------------------------------------------------------------------------------- what is sent


@pytest.mark.parametrize("value", ["off", "", "ON", "true", "1", "on ", "toggle"])
@pytest.mark.parametrize("before", [False, True])
def test_any_other_value_is_refused_and_changes_nothing(installation, admin, value: str, before: bool):
    switch(installation, before)
    page = admin.browser.post(SECURITY, {"two_factor": value}, part=True)
    assert page.status == 422
    assert is_on(installation) == before


@pytest.mark.parametrize("values", [["on", "on"], ["on", "off"], ["", "on"]])
@pytest.mark.parametrize("before", [False, True])
def test_the_field_twice_is_refused_and_changes_nothing(installation, admin, values: list[str], before: bool):
    switch(installation, before)
    page = admin.browser.post(SECURITY, {"two_factor": values}, part=True)
    assert page.status == 422
    assert is_on(installation) == before


@pytest.mark.parametrize("before", [False, True])
def test_a_file_in_its_place_is_refused_and_changes_nothing(installation, admin, before: bool):
    switch(installation, before)
    answer = admin.browser.client.post(
        SECURITY, files={"two_factor": ("on.txt", b"on")}, headers={"Origin": installation.config.base_url}
    )
    assert answer.status_code == 400
    assert is_on(installation) == before


# ------------------------------------------------------------------------------------------------------------ the log


def switches(admin: Person) -> list[str]:
    page = admin.browser.get("/activity-log?action=two_factor.switched")
    return [" ".join("".join(cell.itertext()).split()) for cell in page.all(".what")]


def test_the_log_records_every_change_with_who_when_and_from_what_to_what(installation, admin):
    flips(admin, True)
    installation.clock.forward(5 * MINUTE)
    flips(admin, False)
    assert switches(admin) == [
        "bob switched Two-Factor Authentication from on to off",
        "bob switched Two-Factor Authentication from off to on",
    ]
    page = admin.browser.get("/activity-log?action=two_factor.switched")
    assert [element.get("datetime") for element in page.all("#activity-log time")] == [
        "2026-11-24 12:05:00",
        "2026-11-24 12:00:00",
    ]
    assert "203.0.113.7" in page.words("#activity-log")


def test_the_value_that_it_has_changes_nothing_and_logs_nothing(installation, admin):
    assert flips(admin, False).status == 200
    assert switches(admin) == []
    flips(admin, True)
    assert flips(admin, True).status == 200
    assert len(switches(admin)) == 1
    assert is_on(installation)


def test_the_command_line_is_named_in_the_log(installation, admin):
    switch(installation, True)
    assert switches(admin) == ["The command line switched Two-Factor Authentication from off to on"]


def test_the_card_says_who_changed_it_last(installation, admin):
    flips(admin, True)
    said = admin.browser.get(SECURITY).words("#security-settings")
    assert "bob" in said
    assert "24 Nov 2026, 12:00" in said


def test_refused_changes_log_no_switch(installation, admin):
    admin.browser.post(SECURITY, {"two_factor": "toggle"}, part=True)
    installation.clock.forward(10 * MINUTE)
    flips(admin, True)
    assert switches(admin) == []


# ---------------------------------------------------------------------------------------------------- what it entails


def elsewhere(person: Person) -> Person:
    return Person(person.username, person.user_id, person.installation, person.installation.browser(), person.phone)


@pytest.fixture
def all_set_up(installation, admin, alice: Person) -> Person:
    """Alice and Bob have it set up; then it is switched off and both are signed out."""
    switch(installation, True)
    alice.signs_in()
    for person in (alice, admin):
        person.sets_up()
        person.browser.post("/logout")
    switch(installation, False)
    return alice


def test_sessions_without_a_code_end_when_it_is_switched_on_but_not_ones_own(installation, all_set_up, bob):
    alice, bob_elsewhere = all_set_up, elsewhere(bob)
    for person in (alice, bob, bob_elsewhere):
        person.signs_in(code="")
    assert flips(bob, True).status == 200
    assert bob.browser.get("/").status == 200
    assert alice.browser.get("/").status == 303
    assert bob_elsewhere.browser.get("/").status == 303


def test_sessions_of_those_who_have_not_set_it_up_go_on(installation, admin, alice, cleo):
    alice.signs_in()
    cleo.arrives_by_sso()
    flips(admin, True)
    assert alice.browser.get("/").status == 200
    assert cleo.browser.get("/").status == 200


def test_sessions_that_were_opened_with_a_code_go_on_through_off_and_on(installation, admin, alice):
    switch(installation, True)
    alice.signs_in()
    alice.sets_up()
    flips(admin, False)
    flips(admin, True)
    assert alice.browser.get("/").status == 200


def test_set_ups_under_way_end_when_it_is_switched_off(installation, admin, alice):
    flips(admin, True)
    page = alice.signs_in().post("/my-user/two-factor", part=True)
    assert page.has("#two-factor-qr")
    flips(admin, False)
    flips(admin, True)
    assert not alice.browser.get("/my-user").has("#two-factor-qr")


def test_while_it_is_off_everyone_signs_in_as_before_and_the_set_ups_are_kept(installation, all_set_up, bob):
    alice = all_set_up
    assert alice.types(code="").status == 303
    assert alice.browser.get("/").has("#user-header .two-keys"), "the symbol stays"
    assert "kept" in alice.browser.get("/my-user").words("#two-factor")
    assert bob.types(code="").status == 303
    assert bob.browser.get("/users?two_factor=on").has(".two-keys")
    alice.browser.post("/logout")
    flips(bob, True)
    assert alice.types(code="").status == 422
    assert alice.types().status == 303


def test_it_concerns_every_password_user_and_no_sso_user(installation, admin, alice, cleo):
    flips(admin, True)
    for person, concerned in ((alice, True), (admin, True), (cleo, False)):
        browser = person.arrives_by_sso() if person is cleo else person.signs_in()
        assert browser.get("/").has("#notification a") == concerned, person.username
        assert browser.get("/my-user").offers("/my-user/two-factor") == concerned, person.username


def test_on_my_user_nothing_and_nobody_is_forced(installation, admin, alice):
    flips(admin, True)
    page = alice.types(code="")
    assert (page.status, page.location) == (303, "/")
    assert alice.browser.get("/").status == 200
