"""What is refused, to whom and how: every route, for nobody, for a member, for those who hold one permission."""

import pytest
from starlette.routing import Route

import routes
from accounts.durations import HOUR_SECONDS
from accounts.limits import REPEATS_LOGGED_AN_HOUR
from tests import acts
from tests.browser import Installation
from tests.people import Person, by_single_sign_on, somebody

PERMITTED = [
    *(("general_settings.edit", route) for route in routes.GENERAL_SETTINGS_EDIT),
    *(("users.view", route) for route in routes.USERS_VIEW),
    *(("users.edit", route) for route in routes.USERS_EDIT),
    *(("roles.edit", route) for route in routes.ROLES_EDIT),
    *(("activity_log.view", route) for route in routes.ACTIVITY_LOG_VIEW),
]
BEHIND_THE_LOGIN = [*routes.SIGNED_IN, *routes.SIGNED_IN_WITH_PASSWORD, *(route for _, route in PERMITTED)]
BY_THEMSELVES = (
    "/users/invitations/progress",
    "/users/reminders/progress",
    "/notification",
)


def method_of(route: Route) -> str:
    return min((route.methods or set()) - {"HEAD"})


def requests(listed) -> list[tuple[str, str]]:
    """Method and address of each route."""
    return [
        (method_of(route), route.path.replace("{id:int}", "1").replace("{session_id:int}", "1")) for route in listed
    ]


def asks(person: Person, method: str, path: str, *, part: bool = False):
    return person.browser.get(path, part=part) if method == "GET" else person.browser.post(path, {}, part=part)


def test_the_lists_hold_what_they_should():
    assert {permission for permission, _ in PERMITTED} == {
        "general_settings.edit",
        "users.view",
        "users.edit",
        "roles.edit",
        "activity_log.view",
    }
    assert len(BEHIND_THE_LOGIN) >= 24


def test_a_member_is_refused_and_the_log_says_so(bob, alice):
    for number, (method, path) in enumerate(requests(route for _, route in PERMITTED)):
        if number % REPEATS_LOGGED_AN_HOUR == 0:
            # The log holds so many an hour, and counts the rest.
            alice.installation.clock.forward(HOUR_SECONDS)
            alice.browser = alice.installation.browser()
            alice.signs_in()
        page = asks(alice, method, path)
        assert page.status == 403, (method, path)
        assert page.words("h1") == "Not allowed"
        assert "Your roles do not include the permission for this. Nothing has changed." in page.text
    bob.signs_in()
    log = bob.browser.client.get("/activity-log.csv?actor=alice&action=access.refused").text
    for permission, route in PERMITTED:
        method = method_of(route)
        assert f'""{method} {route.path}""' in log, (permission, method, route.path)
    assert "alice was refused access to GET /users" in bob.browser.get("/activity-log?actor=alice").text


def test_a_forged_switch_changes_nothing(bob, alice):
    page = alice.signs_in().post("/general-settings/security", {"two_factor": "on"}, part=True)
    assert page.status == 403
    assert not page.has("#security-settings")
    assert not alice.browser.get("/login/two-factor-field?shown=off").html.strip()
    assert "switched Two-Factor Authentication" not in bob.signs_in().get("/activity-log").text


def test_nobody_is_led_to_the_login(installation, alice):
    for method, path in requests(BEHIND_THE_LOGIN):
        page = asks(alice, method, path)
        if path in BY_THEMSELVES:
            assert page.status == 204, (method, path)
            continue
        assert page.status == 303, (method, path)
        expected = f"/login?next={path}" if method == "GET" and path != "/" else "/login"
        assert page.location == expected, (method, path)


def test_nobody_is_told_by_htmx_to_go_to_the_login(installation, alice):
    for method, path in requests(BEHIND_THE_LOGIN):
        page = asks(alice, method, path, part=True)
        if path in BY_THEMSELVES:
            assert page.status == 204, (method, path)
            continue
        assert page.status == 401, (method, path)
        assert page.headers["HX-Redirect"].startswith("/login"), (method, path)
        assert not page.html


def test_the_login_leads_on_to_the_page_that_was_asked_for(bob):
    page = bob.browser.get("/users?q=bob&two_factor=off")
    assert page.location == "/login?next=/users%3Fq%3Dbob%26two_factor%3Doff"
    login = bob.browser.get(page.location)
    assert login.fields("/login")["next"] == "/users?q=bob&two_factor=off"
    signed_in = bob.browser.submit(login, "/login", username="bob", password=bob.password)
    assert signed_in.location == "/users?q=bob&two_factor=off"


@pytest.mark.parametrize(
    "next_path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\/evil.example",
        "evil",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "/%0d%0aX: y\r\nX: y",
        "/" + "x" * 70_00,
    ],
)
def test_the_login_leads_only_to_paths_of_this_site(bob, next_path):
    answer = bob.browser.post("/login", {"username": "bob", "password": bob.password, "code": "", "next": next_path})
    assert answer.status == 303
    assert answer.location == "/"


MAY = {
    "Member": set(),
    "Auditor": {"users.view", "activity_log.view"},
    "User manager": {"users.view", "users.edit"},
    "Administrator": {"users.view", "users.edit", "roles.edit", "activity_log.view", "general_settings.edit"},
}


@pytest.mark.parametrize("role", MAY)
def test_a_role_allows_what_it_holds_and_the_menu_shows_it(installation, role):
    person = somebody(installation, "erna", role)
    other = somebody(installation, "alice")
    person.signs_in()
    for permission, route in PERMITTED:
        method, path = requests([route])[0]
        page = asks(person, method, path.replace("/1", f"/{other.user_id}"))
        assert (page.status != 403) == (permission in MAY[role]), (role, method, path, page.status)
    links = person.browser.get("/").links()
    for permission, link in {
        "users.view": "/users",
        "roles.edit": "/roles",
        "activity_log.view": "/activity-log",
        "general_settings.edit": "/general-settings",
    }.items():
        assert (link in links) == (permission in MAY[role]), (role, link)


def test_several_roles_add_up(installation):
    person = somebody(installation, "erna", "Auditor", "User manager")
    person.signs_in()
    assert person.browser.get("/activity-log").status == 200
    assert person.browser.post("/users/1/let-try-again").status == 303
    assert person.browser.get("/general-settings").status == 403


def test_a_permission_that_is_taken_ends_at_once(installation, bob):
    """Roles and their permissions are data; they are read with each request."""
    browser = bob.signs_in()
    assert browser.get("/activity-log").status == 200

    async def take(context):
        async with context.db.transaction():
            await context.db.execute("DELETE FROM role_permissions WHERE permission = 'activity_log.view'")

    installation.run(take)
    assert browser.get("/activity-log").status == 403
    assert "/activity-log" not in browser.get("/").links()


def test_those_who_use_single_sign_on_are_offered_nothing_that_needs_a_password(installation: Installation, cleo):
    browser = by_single_sign_on(cleo)
    assert browser.get("/").status == 200
    for method, path in requests(routes.SIGNED_IN_WITH_PASSWORD):
        assert asks(cleo, method, path).status == 403, (method, path)


def test_a_disabled_user_is_out_at_once(installation, alice, bob):

    alice.signs_in()
    installation.run(lambda context: acts.disable(context, "alice"))
    assert alice.browser.get("/").location == "/login"
