"""Adding a user: roles at once, units that there are, what is optional, and another one after it."""

import pytest

from tests.browser import Installation, Page
from tests.people import Person, somebody


def roles_of(page: Page) -> dict[str, bool]:
    """The roles that the form offers, and whether they are ticked."""
    labels = {label.get("for"): "".join(label.itertext()).strip() for label in page.all("label")}
    return {labels[box.get("id")]: box.get("checked") is not None for box in page.all("[name=role]")}


def user_id(installation: Installation, username: str) -> int:
    async def read(context) -> int:
        row = await context.db.fetch_one("SELECT id FROM users WHERE username = :name", {"name": username})
        return int(row["id"]) if row else 0

    return installation.run(read)


@pytest.fixture
def bob(bob: Person) -> Person:
    bob.signs_in()
    return bob


def test_the_form_offers_the_roles_that_one_may_give_with_member_ticked(bob):
    offered = roles_of(bob.browser.get("/users/new"))
    assert offered == {"Administrator": False, "User manager": False, "Auditor": False, "Member": True}


def test_who_may_not_give_roles_is_offered_none_and_adds_members(installation):
    erna = somebody(installation, "erna", "User manager")
    assert roles_of(erna.signs_in().get("/users/new")) == {}
    erna.browser.post("/users", {"username": "dora"})
    assert "Member" in erna.browser.get(f"/users/{user_id(installation, 'dora')}").words("#user-account")
    assert erna.browser.post("/users", {"username": "mallory", "role": "3"}).status == 403
    assert user_id(installation, "mallory") == 0


def test_who_gives_roles_offers_and_gives_no_more_than_they_hold(installation):
    async def permit(context) -> None:
        async with context.db.transaction():
            await context.db.execute("INSERT INTO role_permissions (role_id, permission) VALUES (2, 'roles.edit')")

    erna = somebody(installation, "erna", "User manager")
    installation.run(permit)
    assert set(roles_of(erna.signs_in().get("/users/new"))) == {"User manager", "Member"}
    assert erna.browser.post("/users", {"username": "mallory", "role": "1"}).status == 403
    assert user_id(installation, "mallory") == 0


def test_the_ticked_roles_are_given_and_logged(installation, bob):
    assert bob.browser.post("/users", {"username": "dora", "role": ["3", "4"], "with_roles": "on"}).status == 200
    words = bob.browser.get(f"/users/{user_id(installation, 'dora')}").words("#user-account")
    assert "Auditor, Member" in words
    assert "bob created the user dora, roles: Auditor, Member" in bob.browser.get("/activity-log").text


def test_no_role_ticked_is_none_and_a_form_without_roles_is_member(installation, bob):
    bob.browser.post("/users", {"username": "dora", "with_roles": "on"})
    assert "RolesNone" in bob.browser.get(f"/users/{user_id(installation, 'dora')}").words("#user-account")
    bob.browser.post("/users", {"username": "erik"})
    assert "RolesMember" in bob.browser.get(f"/users/{user_id(installation, 'erik')}").words("#user-account")


def test_a_role_that_is_gone_adds_nobody(installation, bob):
    page = bob.browser.post("/users", {"username": "dora", "role": "99", "with_roles": "on"})
    assert page.status == 409
    assert "One of the roles has just been deleted" in page.text
    assert user_id(installation, "dora") == 0


def test_the_roles_that_were_ticked_are_kept_when_it_asks_who_one_is(installation, bob):
    installation.clock.forward(11 * 60)
    asked = bob.browser.post("/users", {"username": "dora", "role": "3", "with_roles": "on"})
    assert asked.status == 422
    assert roles_of(asked) == {"Administrator": False, "User manager": False, "Auditor": True, "Member": False}


def test_units_that_there_are_are_suggested_when_adding_and_changing(installation, bob, alice):
    somebody(installation, "erik", unit="Works")
    for path in ("/users/new", f"/users/{alice.user_id}/edit"):
        page = bob.browser.get(path)
        assert [option.get("value") for option in page.all("datalist option")] == ["IT", "Sales", "Works"]
        assert page.find("[name=unit]").get("list") == "units"


def test_the_form_says_what_is_optional(bob):
    page = bob.browser.get("/users/new")
    optional = {label.get("for") for label in page.all("label") if "(optional)" in "".join(label.itertext())}
    assert optional == {"new-name", "new-email", "new-company", "new-unit"}
    assert "Enter something here." in bob.browser.post("/users", {"username": ""}).words(".problem")


def test_another_one_can_be_added_right_after_in_the_same_company_and_unit(installation, bob):
    shown = bob.browser.post("/users", {"username": "dora", "name": "Dora", "company": "Acme", "unit": "Works"})
    another = f"/users/new?added={user_id(installation, 'dora')}"
    assert another in shown.links()
    page = bob.browser.get(another)
    assert page.words("[role=status]").startswith("Dora is added.")
    fields = page.fields("/users")
    assert (fields["company"], fields["unit"], fields["username"], fields["name"]) == ("Acme", "Works", "", "")
    assert bob.browser.get("/users/new?added=999").status == 200


def test_with_a_mail_server_a_button_of_its_own_leads_to_the_next(mailing):
    bob = somebody(mailing.installation, "bob", "Administrator")
    page = bob.signs_in().get("/users/new")
    assert [button.get("formaction") for button in page.all("button") if button.get("formaction")] == [
        "/users?then=another"
    ]
    done = bob.browser.post("/users?then=another", {"username": "dora", "email": "dora@example.org"})
    assert done.location == f"/users/new?added={user_id(mailing.installation, 'dora')}"
