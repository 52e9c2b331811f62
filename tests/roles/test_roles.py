"""Roles: what they allow and who holds them; adding, changing and deleting them, giving and taking them."""

from collections.abc import Iterable

import pytest

from accounts.context import Context
from accounts.users.roles import Wanted, problem_with
from db import roles as rows
from db.reads import role_holders
from db.reads.counted_roles import Counted
from db.reads.user_source import SELECTIVE, SORTABLE
from tests import acts
from tests.browser import Installation, Page, _text
from tests.people import Person, somebody, switch

MINUTE = 60
ADMINISTRATOR, USER_MANAGER, AUDITOR, MEMBER = 1, 2, 3, 4


@pytest.fixture
def admin(bob: Person) -> Person:
    """Bob, signed in. He is the only administrator."""
    bob.signs_in()
    return bob


@pytest.fixture
def ina(installation: Installation) -> Person:
    """Signed in; edits roles and sees users, and nothing else."""
    person = somebody(installation, "ina", made(installation, "Role keeper", "roles.edit", "users.view"))
    person.signs_in()
    return person


def made(installation: Installation, name: str, *permissions: str) -> str:
    """A role that is there already; its name."""

    async def act(context):
        async with context.db.transaction():
            await rows.permit(context.db, await rows.add(context.db, name), permissions)

    installation.run(act)
    return name


def number_of(installation: Installation, name: str) -> int:
    number = installation.run(lambda context: rows.id_by_name(context.db, name))
    assert number is not None
    return number


def allowed(installation: Installation, name: str) -> set[str]:
    """What a role allows."""
    number = number_of(installation, name)
    role = installation.run(lambda context: rows.by_id(context.db, number))
    assert role is not None
    return set(role.permissions)


def held(installation: Installation, person: Person) -> set[str]:
    """The roles of somebody, by name."""

    async def names(context: Context) -> set[str]:
        ids = await rows.of_user(context.db, person.user_id)
        return {role.name for role in await rows.everyone(context.db) if role.id in ids}

    return installation.run(names)


def saves(
    person: Person, number: int, name: str, permissions: Iterable[str], *, part: bool = True, **more: str
) -> Page:
    """Sends the form of a role."""
    return person.browser.post(f"/roles/{number}", {"name": name, "permission": list(permissions), **more}, part=part)


def gives(person: Person, to: Person, *roles: int, part: bool = True, **more: str) -> Page:
    """Sends the form of a user's roles: these, and no others."""
    return person.browser.post(f"/users/{to.user_id}/roles", {"role": [str(role) for role in roles], **more}, part=part)


def log(person: Person, action: str) -> list[str]:
    """The sentences of one activity, the latest first."""
    page = person.browser.get(f"/activity-log?action={action}")
    return [_text(cell) for cell in page.all("td") if cell.get("class") == "what"]


# ------------------------------------------------------------------------------------------------------------- the list


def test_it_lists_the_roles_with_what_they_allow_and_how_many_hold_them(admin, alice, cleo):
    page = admin.browser.get("/roles")
    assert page.words("h1") == "Roles"
    assert [[_text(cell) for cell in row if cell.tag in ("th", "td")] for row in page.all("tbody tr")] == [
        [
            "Administrator",
            "See users · Edit users · Edit roles · Edit general settings · See the activity log",
            "1 user",
        ],
        ["User manager", "See users · Edit users", "nobody"],
        ["Auditor", "See users · See the activity log", "nobody"],
        ["Member", "Nothing beyond one’s own account", "2 users"],
    ]


def test_the_bar_shows_it_between_users_and_general_settings_to_those_who_may(admin, alice):
    bar = [_text(link) for link in admin.browser.get("/roles").all("nav li a")]
    assert bar == ["Home", "My User", "Users", "Roles", "General Settings", "Activity log"]
    assert "/roles" not in alice.signs_in().get("/").links()


def test_of_very_many_holders_the_list_says_how_many_and_the_form_that_deletes_more_than(installation, admin):
    async def crowd(context):
        async with context.db.transaction():
            await context.db.execute(
                "INSERT INTO users (username, name, email, name_beginning, email_beginning, search_text, company, unit,"
                " login_method, time_zone, created_at, codes_generation, access_version) VALUES "
                + ", ".join(
                    f"('crowd{number:04}', 'Crowd {number}', '', '', '', '', '', '', 'password', '', 0, 0, 0)"
                    for number in range(1, 1201)
                )
            )
            await context.db.execute(
                "INSERT INTO user_roles (user_id, role_id) SELECT id, 3 FROM users WHERE username LIKE 'crowd%'"
            )

    installation.run(crowd)
    assert "1,200 users" in admin.browser.get("/roles").text
    page = admin.browser.get(f"/roles/{AUDITOR}?act=delete")
    assert "More than 1,000 users hold it." in page.text
    assert page.words("#role-card form button") == "Delete role, more than 1,000 users lose it"
    seen: list[str] = []
    url = f"/roles/{AUDITOR}"
    while url:
        page = admin.browser.get(url, part=bool(seen))
        seen += [_text(name) for name in page.all("#role-holders li .grow .muted")]
        url = next((link.get("href", "") for link in page.all("#role-holders nav a") if _text(link) == "Next page"), "")
    assert seen == [f"crowd{number:04}" for number in range(1, 1201)]
    installation.run(lambda context: acts.disable(context, "crowd0001"))
    assert "Disabled" in admin.browser.get(f"/roles/{AUDITOR}").words("#role-holders")


def test_pages_of_few_holders_of_some_and_of_many_are_read_differently_and_are_the_same(installation, admin):
    for name in ("carl", "alice", "dora"):
        somebody(installation, name, "Auditor")
    role = installation.run(lambda context: rows.by_id(context.db, AUDITOR))
    assert role is not None
    for of in (Counted(role, 3), Counted(role, SELECTIVE), Counted(role, SORTABLE)):
        found = [
            installation.run(lambda context, of=of, after=after: role_holders.page(context.db, of, after, 2))
            for after in ("", "carl")
        ]
        assert [[each.username for each in page] for page in found] == [["alice", "carl"], ["dora"]]


# ---------------------------------------------------------------------------------------------------------- one role


def test_a_roles_page_says_in_plain_words_what_it_allows_and_who_holds_it(admin, alice):
    page = admin.browser.get(f"/roles/{ADMINISTRATOR}")
    assert page.words("h1") == "Administrator"
    assert "Switch Two-Factor Authentication on and off for everyone." in page.words("#role-card")
    assert page.words("#role-holders li") == "Bob bob IT"
    assert f"/users/{admin.user_id}/roles" in page.links()
    assert "users with no other role see Home and My User" in admin.browser.get(f"/roles/{MEMBER}").words("#role-card")


@pytest.mark.parametrize("path", ["/roles/99", "/roles/0", "/roles/99?act=delete", "/users/99/roles", "/roles/99/give"])
def test_there_is_no_such_role(admin, path):
    assert admin.browser.get(path).status == 404


def test_it_is_given_from_its_page_by_username(admin, alice):
    page = admin.browser.get(f"/roles/{AUDITOR}")
    page = admin.browser.get(f"/roles/{AUDITOR}/give?username=+ALICE+")
    assert page.status == 303
    page = admin.browser.get(page.location)
    assert page.words("h1") == "Roles of Alice"
    assert page.find(f"#role-{AUDITOR}").get("checked") is not None
    assert "Not saved yet." in page.words(f"#role-{AUDITOR}-hint")
    assert held(admin.installation, alice) == {"Member"}
    assert gives(admin, alice, MEMBER, AUDITOR, part=False).location == f"/users/{alice.user_id}"
    assert held(admin.installation, alice) == {"Member", "Auditor"}


@pytest.mark.parametrize("part", [False, True])
def test_an_unknown_username_is_said(admin, part: bool):
    page = admin.browser.get(f"/roles/{AUDITOR}/give?username=nobody", part=part)
    assert page.status == 422
    assert "No user has this name, username or e-mail address." in page.words("#role-holders")
    assert page.find("#give-username").get("value") == "nobody"


@pytest.mark.parametrize("part", [False, True])
def test_a_part_of_a_name_leads_to_a_choice(admin, alice, part: bool):
    page = admin.browser.get(f"/roles/{AUDITOR}/give?username=Ali", part=part)
    assert page.status == 200
    assert "Whom do you mean? Alice alice" in page.words("#role-holders")
    assert f"/users/{alice.user_id}/roles?role={AUDITOR}" in page.links()
    assert held(admin.installation, alice) == {"Member"}


def test_who_does_not_see_users_gives_by_username_alone(installation, alice):
    iris = somebody(installation, "iris", made(installation, "Giver", "roles.edit"))
    iris.signs_in()
    page = iris.browser.get(f"/roles/{MEMBER}/give?username=Ali")
    assert page.status == 422
    assert "There is no user with this username." in page.words("#role-holders")
    assert "Alice" not in page.words("#role-holders .give")
    assert "Whom do you mean?" not in page.text


# ------------------------------------------------------------------------------------------------------------ adding


def test_a_role_is_added_with_a_form(installation, admin):
    page = admin.browser.get("/roles/new")
    assert {label.get("for"): _text(label) for label in page.all("#new-role label")}["new-role-1"] == "See users"
    page = admin.browser.post("/roles", {"name": "  Help   desk ", "permission": ["users.view", "users.edit"]})
    number = number_of(installation, "Help desk")
    assert (page.status, page.location) == (303, f"/roles/{number}")
    assert admin.browser.get(page.location).words("h1") == "Help desk"
    assert allowed(installation, "Help desk") == {"users.view", "users.edit"}
    assert log(admin, "role.created") == ["bob created the role Help desk, which allows: Edit users · See users"]


def test_htmx_is_led_to_the_new_role(installation, admin):
    page = admin.browser.post("/roles", {"name": "Door"}, part=True)
    assert page.headers["HX-Redirect"] == f"/roles/{number_of(installation, 'Door')}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Enter a name."),
        ("   ", "Enter a name."),
        ("x" * 65, "This name is too long: at most 64 characters."),
        ("a\tb", "This name contains characters that cannot be seen, a comma or a semicolon."),
        ("a\u202eb", "This name contains characters that cannot be seen, a comma or a semicolon."),
        ("Sales; Support", "This name contains characters that cannot be seen, a comma or a semicolon."),
        ("Sales, Support", "This name contains characters that cannot be seen, a comma or a semicolon."),
        ("AUDITOR", "Another role has this name."),
        ("ａｕｄｉｔｏｒ", "Another role has this name."),
        ("üBERSICHT", "Another role has this name."),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_what_was_entered_is_kept(installation, admin, name, words):
    made(installation, "Übersicht")
    page = admin.browser.post("/roles", {"name": name, "permission": "users.view"}, part=True)
    assert page.status == 422
    assert words in page.words("#new-role-name-problem")
    assert page.find("#new-role-1").get("checked") is not None
    page = saves(admin, AUDITOR, name if name.lower() != "auditor" else "Member", ["users.view"])
    # that is this role itself
    if name != "ａｕｄｉｔｏｒ":
        assert page.status == 422
        assert page.has("#role-name-problem")
    assert log(admin, "role.created") == []


def test_sixty_four_characters_are_a_name(admin):
    assert admin.browser.post("/roles", {"name": "x" * 64}).status == 303


def test_a_permission_that_does_not_exist_is_refused(installation, admin):
    for page in (
        admin.browser.post("/roles", {"name": "Door", "permission": "doors.open"}, part=True),
        saves(admin, AUDITOR, "Auditor", ["doors.open"]),
    ):
        assert page.status == 422
        assert "One of the permissions that were sent does not exist." in page.text
    assert allowed(installation, "Auditor") == {"users.view", "activity_log.view"}


def test_there_is_a_limit(installation, admin):
    for number in range(60):
        made(installation, f"Role {number}")
    page = admin.browser.post("/roles", {"name": "One more"}, part=True)
    assert page.status == 409
    assert "There are already 64 roles" in page.words("#new-role")
    assert "/roles/new" not in admin.browser.get("/roles").links()
    assert admin.browser.get(f"/users/{admin.user_id}/roles").status == 200


# ---------------------------------------------------------------------------------------------------------- changing


def test_permissions_are_changed_in_place_and_in_force_with_the_next_request(installation, admin):
    erna = somebody(installation, "erna", "Auditor")
    assert erna.signs_in().get("/users").status == 200
    page = admin.browser.get(f"/roles/{AUDITOR}?act=edit", part=True)
    assert [box.get("value") for box in page.all("[name=permission]") if box.get("checked") is not None] == [
        "users.view",
        "activity_log.view",
    ]
    page = saves(admin, AUDITOR, "Auditor", ["activity_log.view"])
    assert page.status == 200
    assert "Saved." in page.words("#role-card")
    assert erna.browser.get("/users").status == 403
    assert erna.browser.get("/activity-log").status == 200
    assert log(admin, "role.changed") == ["bob changed what the role Auditor allows: See users removed"]


def test_without_javascript_it_is_a_form_that_leads_back(installation, admin):
    page = admin.browser.get(f"/roles/{MEMBER}?act=edit")
    page = admin.browser.submit(page, f"/roles/{MEMBER}", permission="users.view")
    assert (page.status, page.location) == (303, f"/roles/{MEMBER}")
    assert allowed(installation, "Member") == {"users.view"}
    assert saves(admin, MEMBER, "Member", [], part=False).status == 303
    assert allowed(installation, "Member") == set()


def test_renaming_is_logged_by_itself_and_renews_the_page(installation, admin):
    page = saves(admin, AUDITOR, "Inspector", ["users.view", "activity_log.view"])
    assert page.headers["HX-Redirect"] == f"/roles/{AUDITOR}"
    assert admin.browser.get(f"/roles/{AUDITOR}").words("h1") == "Inspector"
    assert log(admin, "role.renamed") == ["bob renamed the role Auditor to Inspector"]
    assert log(admin, "role.changed") == []
    assert saves(admin, AUDITOR, "INSPECTOR", ["users.view", "activity_log.view"]).status == 204, "its own name, too"


def test_saving_what_it_is_already_changes_and_logs_nothing(admin, alice):
    assert saves(admin, AUDITOR, "Auditor", ["users.view", "activity_log.view"]).status == 200
    assert gives(admin, alice, MEMBER).status == 200
    page = admin.browser.get("/activity-log")
    assert "role Auditor" not in page.text
    assert "the role Member" not in page.text


def test_administrator_is_a_role_like_any_other(installation, admin):
    everything = sorted(allowed(installation, "Administrator"))
    assert saves(admin, ADMINISTRATOR, "Boss", everything).status == 204
    somebody(installation, "second", "Boss")
    assert saves(admin, ADMINISTRATOR, "Boss", [name for name in everything if name != "users.view"]).status == 204
    assert admin.browser.get("/users").status == 403


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(installation, admin, alice):
    role = admin.browser.get(f"/roles/{AUDITOR}?act=edit")
    roles = admin.browser.get(f"/users/{alice.user_id}/roles")
    assert saves(admin, AUDITOR, "Auditor", ["users.view"]).status == 200
    assert gives(admin, alice, MEMBER, USER_MANAGER).status == 200
    page = admin.browser.submit(role, f"/roles/{AUDITOR}")
    assert page.status == 409
    assert "This role has changed since you opened the page" in page.text
    assert page.find("#role-5").get("checked") is None, "as it stands now"
    page = admin.browser.submit(roles, f"/users/{alice.user_id}/roles")
    assert page.status == 409
    assert "These roles have changed since you opened the page" in page.text
    assert held(installation, alice) == {"Member", "User manager"}
    assert allowed(installation, "Auditor") == {"users.view"}


# ---------------------------------------------------------------------------------------------------------- deleting


def test_before_a_role_is_deleted_it_says_how_many_lose_it(installation, admin, alice, cleo):
    page = admin.browser.get(f"/roles/{MEMBER}?act=delete")
    assert "2 users hold it." in page.words("#role-card")
    assert page.words("#role-card form button") == "Delete role, 2 users lose it"
    assert held(installation, alice) == {"Member"}, "looking deletes nothing"
    page = admin.browser.submit(page, f"/roles/{MEMBER}/delete")
    assert (page.status, page.location) == (303, "/roles")
    assert held(installation, alice) == set()
    assert "Member" not in admin.browser.get("/roles").text
    assert log(admin, "role.deleted") == [
        "bob deleted the role Member, which 2 users held; it allowed: nothing beyond one’s own account"
    ]


def test_a_role_that_nobody_holds_is_deleted_too(admin):
    page = admin.browser.get(f"/roles/{AUDITOR}?act=delete", part=True)
    assert page.words("form button") == "Delete role"
    assert admin.browser.post(f"/roles/{AUDITOR}/delete", part=True).headers["HX-Redirect"] == "/roles"
    assert admin.browser.post(f"/roles/{AUDITOR}/delete").status == 404


# ------------------------------------------------------------------------------------------------- giving and taking


def test_roles_are_given_and_taken_and_each_is_logged(installation, admin, alice):
    alice.signs_in()
    page = gives(admin, alice, AUDITOR, USER_MANAGER)
    assert page.status == 200
    assert "Saved." in page.words("#user-roles")
    assert held(installation, alice) == {"Auditor", "User manager"}
    assert alice.browser.get("/activity-log").status == 200, "with the next request"
    assert gives(admin, alice).status == 200
    assert alice.browser.get("/activity-log").status == 403
    assert log(admin, "role.given") == ["bob gave alice the role Auditor", "bob gave alice the role User manager"]
    assert log(admin, "role.taken")[-1] == "bob took the role Member from alice"
    assert len(log(admin, "role.taken")) == 3


def test_a_users_page_leads_there(admin, alice):
    assert f"/users/{alice.user_id}/roles" in admin.browser.get(f"/users/{alice.user_id}").links()


def test_it_does_not_lead_there_for_those_who_may_not(installation, alice):
    erna = somebody(installation, "erna", "User manager")
    assert f"/users/{alice.user_id}/roles" not in erna.signs_in().get(f"/users/{alice.user_id}").links()


@pytest.mark.parametrize("role", ["99", "x", "-1", "", "٣", "9" * 30])
def test_a_role_that_does_not_exist_cannot_be_given(installation, admin, alice, role):
    page = admin.browser.post(f"/users/{alice.user_id}/roles", {"role": ["4", role]}, part=True)
    assert page.status == 422
    assert "One of the roles that were sent does not exist" in page.words("#user-roles")
    assert held(installation, alice) == {"Member"}


def test_who_gives_up_the_permission_is_led_out(installation, admin):
    second = somebody(installation, "second", "Administrator")
    page = gives(admin, admin, MEMBER, part=True)
    assert page.headers["HX-Redirect"] == "/"
    assert admin.browser.get("/roles").status == 403
    assert "bob gave up the role Administrator" in log(
        Person("second", 0, installation, second.signs_in()), "role.taken"
    )


# ------------------------------------------------------------------------------------------------ who may, and proof


@pytest.mark.parametrize("part", [False, True])
def test_nobody_gives_takes_or_changes_what_they_do_not_hold(installation, ina, alice, bob, part: bool):
    def refused(page: Page) -> bool:
        return page.status == 403 and page.words("h1") == "Not allowed"

    keeper = number_of(installation, "Role keeper")
    assert refused(ina.browser.post("/roles", {"name": "Trick", "permission": "users.edit"}, part=part))
    assert refused(saves(ina, AUDITOR, "Auditor", ["users.view"], part=part)), "before the change"
    assert refused(saves(ina, AUDITOR, "Renamed", ["users.view", "activity_log.view"], part=part))
    assert refused(saves(ina, keeper, "Role keeper", ["roles.edit", "users.view", "users.edit"], part=part)), "after it"
    assert refused(ina.browser.post(f"/roles/{AUDITOR}/delete", part=part))
    assert refused(gives(ina, alice, MEMBER, AUDITOR, part=part))
    assert refused(gives(ina, ina, keeper, ADMINISTRATOR, part=part))
    assert refused(gives(ina, bob, MEMBER, part=part))
    assert refused(ina.browser.get(f"/roles/{AUDITOR}?act=edit", part=part))
    assert refused(ina.browser.get(f"/roles/{AUDITOR}?act=delete", part=part))
    assert allowed(installation, "Auditor") == {"users.view", "activity_log.view"}
    assert held(installation, alice) == {"Member"}
    assert held(installation, bob) == {"Administrator"}
    assert "ina was refused access to POST /roles" in bob.signs_in().get("/activity-log?actor=ina").text


def test_who_holds_less_is_shown_why_and_keeps_what_they_may_not_touch(installation, ina, bob):
    page = ina.browser.get(f"/roles/{AUDITOR}")
    assert "It allows more than your own roles do" in page.words("#role-card")
    assert not page.has("#role-edit")
    page = ina.browser.get("/roles/new")
    assert [box.get("value") for box in page.all("[name=permission]") if box.get("disabled") is None] == [
        "users.view",
        "roles.edit",
    ]
    page = ina.browser.get(f"/users/{bob.user_id}/roles")
    assert page.find(f"#role-{ADMINISTRATOR}").get("disabled") is not None
    sent = [("role", field.get("value", "")) for field in page.all("[name=role]") if field.get("type") == "hidden"]
    assert sent == [("role", str(ADMINISTRATOR))], "a disabled checkbox is not sent"
    assert gives(ina, bob, ADMINISTRATOR, MEMBER).status == 200
    assert held(installation, bob) == {"Administrator", "Member"}


def test_every_change_asks_for_a_proof_when_the_last_one_is_old(installation, admin, alice):
    installation.clock.forward(11 * MINUTE)
    asked = [
        admin.browser.post("/roles", {"name": "Door", "permission": "users.view"}, part=True),
        saves(admin, AUDITOR, "Inspector", ["users.view"]),
        gives(admin, alice, AUDITOR),
        admin.browser.post(f"/roles/{AUDITOR}/delete", part=True),
    ]
    for page in asked:
        assert page.status == 422
        assert page.has("[name=password]")
        assert not page.has("[name=code]")
    assert asked[0].find("#new-role-name").get("value") == "Door"
    assert asked[0].find("#new-role-1").get("checked") is not None
    assert asked[1].find("#role-name").get("value") == "Inspector"
    assert asked[1].find("#role-5").get("checked") is None
    assert asked[2].find(f"#role-{AUDITOR}").get("checked") is not None
    assert asked[2].find(f"#role-{MEMBER}").get("checked") is None
    assert log(admin, "role.created") == []
    page = admin.browser.post(f"/roles/{AUDITOR}/delete", {"password": "wrong"}, part=True)
    assert "The password is wrong. Nothing has changed." in page.text
    page = admin.browser.get(f"/roles/{AUDITOR}?act=delete")
    assert page.has("[name=password]"), "the page that asks whether to delete asks at once"
    assert gives(admin, alice, AUDITOR, password=admin.password).status == 200
    assert saves(admin, AUDITOR, "Inspector", ["users.view"]).status == 204, "proved a moment ago"
    assert held(installation, alice) == {"Inspector"}


def test_who_has_a_second_factor_proves_it_too(installation, admin, alice):
    switch(installation, True)
    admin.sets_up()
    installation.clock.forward(11 * MINUTE)
    page = gives(admin, alice, AUDITOR)
    assert page.has("[name=code]")
    assert gives(admin, alice, AUDITOR, password=admin.password, code=admin.phone.wrong_code()).status == 422
    installation.clock.forward(MINUTE)
    assert gives(admin, alice, AUDITOR, password=admin.password, code=admin.phone.code()).status == 200


# ----------------------------------------------------------------------------------------- nobody locks everyone out


LAST = "at least one user who can sign in must be able to edit general settings and roles"


@pytest.mark.parametrize("part", [False, True])
def test_the_last_administrator_cannot_be_stripped(installation, admin, alice, part: bool):
    everything = allowed(installation, "Administrator")
    for page in (
        gives(admin, admin, MEMBER, part=part),
        admin.browser.post(f"/roles/{ADMINISTRATOR}/delete", part=part),
        saves(admin, ADMINISTRATOR, "Administrator", everything - {"roles.edit"}, part=part),
        saves(admin, ADMINISTRATOR, "Chief", everything - {"general_settings.edit"}, part=part),
    ):
        assert page.status == 409
        assert LAST in page.text
    assert held(installation, admin) == {"Administrator"}
    assert allowed(installation, "Administrator") == everything
    for action in ("role.taken", "role.deleted", "role.changed", "role.renamed"):
        assert log(admin, action) == []


def test_somebody_disabled_does_not_count_as_left(installation, admin):
    second = somebody(installation, "second", "Administrator")
    installation.run(lambda context: acts.disable(context, "second"))
    assert gives(admin, admin, MEMBER).status == 409
    installation.run(lambda context: acts.enable(context, "second"))
    assert gives(admin, second, MEMBER).status == 200
    assert gives(admin, admin, MEMBER).status == 409


def test_both_permissions_may_come_from_different_roles(installation, admin):
    second = somebody(
        installation, "second", made(installation, "A", "general_settings.edit"), made(installation, "B", "roles.edit")
    )
    assert gives(admin, admin, USER_MANAGER).status == 204
    browser = second.signs_in()
    for name in ("A", "B"):
        page = browser.post(f"/roles/{number_of(installation, name)}/delete", part=True)
        assert page.status == 409, "each alone is needed"
        assert LAST in page.text


def test_who_keeps_both_through_another_role_may_lose_one(installation, admin):
    spare = number_of(installation, made(installation, "Spare", *allowed(installation, "Administrator")))
    assert gives(admin, admin, ADMINISTRATOR, spare).status == 200
    assert gives(admin, admin, spare).status == 200
    assert admin.browser.post(f"/roles/{ADMINISTRATOR}/delete").location == "/roles"


def test_a_role_named_before_the_rule_keeps_its_name(installation, admin):
    role = number_of(installation, made(installation, "Sales, Support", "users.view"))
    wanted = Wanted("Sales, Support", frozenset({"users.view", "activity_log.view"}))
    assert installation.run(lambda context: problem_with(context, wanted, role)) is None
    assert installation.run(lambda context: problem_with(context, wanted, None)) == "taken"
