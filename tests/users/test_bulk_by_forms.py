"""Acts on many users as a browser without JavaScript does them, from the overview to the way back: by forms and links
alone.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from accounts.context import Context
from db import roles as stored_roles
from tests.browser import Browser, Page, _text
from tests.mail_server import MailServer
from tests.mailing import Mailing
from tests.people import Person, somebody
from tests.users.test_bulk import ADMINISTRATOR, MANAGER, MINUTES, confirms, entries, reached, reasons
from tests.users.test_users import usernames

SORTED = "sort=unit&order=desc&size=3&show_role=on&q=example"


@pytest.fixture
def mailing(mailing_switched_on: Mailing) -> Mailing:
    return mailing_switched_on


@pytest.fixture
def people(mailing: Mailing) -> dict[str, Person]:
    """Bob and Ada administer; Dora, Erna and Max manage users; the others are members. All but Gina are signed in."""
    roles = {"bob": "Administrator", "ada": "Administrator", "max": "User manager"}
    roles |= dict.fromkeys(("dora", "erna"), "User manager") | {"alice": "Member", "gina": "Member"}
    made = {
        name: somebody(mailing.installation, name, role, unit=name[0].upper()) for name, role in sorted(roles.items())
    }
    for name, person in made.items():
        if name != "gina":
            person.signs_in()
    mailing.delivered()
    return made


@dataclass
class Overview:
    """What one fills in and presses on it."""

    browser: Browser
    page: Page

    def asks(self, act: str, *chosen: Person) -> Page:
        """Chooses the act, ticks the boxes (or none of them: all who match) and presses the button."""
        assert act in [option.get("value") for option in self.page.all("#bulk-act option")]
        filled = {**self.page.fields("/users/bulk"), "act": act}
        boxes = {box.get("value", "") for box in self.page.all("[name=user]") if box.get("form") == "bulk"}
        assert {str(one.user_id) for one in chosen} <= boxes
        del filled["all"]
        pressed = {"user": [str(one.user_id) for one in chosen]} if chosen else {"all": "on"}
        return self.browser.get(f"/users/bulk?{urlencode({**filled, **pressed}, doseq=True)}")


def overview(person: Person, query: str = "") -> Overview:
    return Overview(person.browser, person.browser.get(f"/users?{query}"))


def chooses(browser: Browser, page: Page, **chosen: str) -> Page:
    """Sends the form that asks for a role or unit."""
    (form,) = [each for each in page.all("main form") if each.get("method") == "get"]
    fields = [(each.get("name", ""), each.get("value", "")) for each in form.iter("input")]
    return browser.get(f"/users/bulk?{urlencode([*fields, *chosen.items()])}")


def holders(mailing: Mailing, role: str) -> list[str]:
    sql = "SELECT u.username FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role_id = "
    return [str(name) for (name,) in mailing.rows(f"{sql}{role} ORDER BY 1")]


def signed_in(mailing: Mailing) -> list[str]:
    sql = "SELECT DISTINCT u.username FROM sessions s JOIN users u ON u.id = s.user_id ORDER BY 1"
    return [str(name) for (name,) in mailing.rows(sql)]


# ------------------------------------------------------------------------------------------------------- take a role


def test_a_role_is_taken_from_many(mailing: Mailing, people: dict[str, Person], server: MailServer):
    bob = people["bob"].browser
    mailing.installation.clock.forward(11 * MINUTES)
    page = overview(people["bob"], f"role={MANAGER}").asks("take-role")
    assert "Take a role" in page.words("h1")
    assert not page.all("[aria-labelledby=reached]"), "first the role"
    preview = chooses(bob, page, to_role=MANAGER)
    assert reached(preview) == ["dora", "erna", "max"]
    asked = confirms(bob, preview)
    assert (asked.status, holders(mailing, MANAGER)) == (422, ["dora", "erna", "max"]), "who one is comes first"
    wrong = confirms(bob, asked, password="not mine")
    assert (wrong.status, holders(mailing, MANAGER)) == (422, ["dora", "erna", "max"])
    done = bob.get(confirms(bob, wrong, password=people["bob"].password).location)
    assert "3 users do not have the role any more." in done.text
    assert holders(mailing, MANAGER) == []
    assert people["max"].browser.get("/users").status == 403, "from the next click"
    assert people["max"].browser.get("/").status == 200, "still signed in"
    taken = entries(mailing, "role.taken")
    assert [subject for subject, _ in taken] == ["dora", "erna", "max"]
    assert all('"bulk": "3"' in detail for _, detail in taken)
    (link,) = [each for each in done.all("main .acts a") if _text(each) == "Back to the list"]
    assert "No user matches." in bob.get(link.get("href", "")).text, "nobody has the role any more"


def test_who_does_not_have_the_role_is_left_out(mailing: Mailing, people: dict[str, Person]):
    page = overview(people["bob"]).asks("take-role", people["alice"], people["max"])
    preview = chooses(people["bob"].browser, page, to_role=MANAGER)
    assert (reached(preview), reasons(preview)) == (["max"], {"without_role": "1"})
    assert confirms(people["bob"].browser, preview).status == 303
    assert holders(mailing, MANAGER) == ["dora", "erna"]


def test_a_role_is_not_taken_from_the_last_administrator(mailing: Mailing, people: dict[str, Person]):
    bob = people["bob"].browser
    page = overview(people["bob"]).asks("take-role", people["ada"], people["bob"])
    done = bob.get(confirms(bob, chooses(bob, page, to_role=ADMINISTRATOR)).location)
    assert "1 administrator was left out" in done.text
    assert len(holders(mailing, ADMINISTRATOR)) == 1


def test_only_a_role_that_is_given_ends_ways_in(mailing: Mailing, people: dict[str, Person]):
    mailing.damage(f"UPDATE users SET email_set_by = {people['alice'].user_id} WHERE username = 'max'")
    bob = people["bob"].browser
    for act, name, marks in (("give-role", ADMINISTRATOR, 1), ("take-role", MANAGER, 0)):
        page = chooses(bob, overview(people["bob"]).asks(act, people["max"]), to_role=name)
        assert reached(page) == ["max"]
        assert len(page.all(".people .tag")) == marks, act


@pytest.mark.parametrize("change", ["deleted", "more permissions", "taken already"])
def test_a_role_that_changed_since_is_not_taken(mailing: Mailing, people: dict[str, Person], change: str):
    bob = people["bob"].browser
    page = overview(people["bob"]).asks("take-role", people["dora"], people["erna"])
    preview = chooses(bob, page, to_role=MANAGER)
    if change == "deleted":
        mailing.damage("DELETE FROM user_roles WHERE role_id = 2")
        mailing.damage("DELETE FROM role_permissions WHERE role_id = 2")
        mailing.damage("DELETE FROM roles WHERE id = 2")
    elif change == "more permissions":
        mailing.damage("DELETE FROM role_permissions WHERE role_id = 1 AND permission = 'activity_log.view'")
        mailing.damage("INSERT INTO role_permissions (role_id, permission) VALUES (2, 'activity_log.view')")
    else:
        mailing.damage(f"DELETE FROM user_roles WHERE role_id = 2 AND user_id = {people['erna'].user_id}")
    refused = confirms(bob, preview)
    assert refused.status == {"deleted": 422, "more permissions": 403, "taken already": 409}[change]
    assert not entries(mailing, "role.taken")
    if change == "taken already":
        assert "The list has changed" in refused.text
        assert (reached(refused), confirms(bob, refused).status) == (["dora"], 303)


def test_who_edits_users_alone_takes_no_role(mailing: Mailing, people: dict[str, Person]):
    max_ = people["max"]
    assert "take-role" not in [option.get("value") for option in overview(max_).page.all("#bulk-act option")]
    values = {"act": "take-role", "user": str(people["dora"].user_id), "to_role": MANAGER}
    assert max_.browser.post("/users/bulk", values).status == 403
    assert holders(mailing, MANAGER) == ["dora", "erna", "max"]


# ------------------------------------------------------------------------------------------------------ end sessions


def test_sessions_of_many_are_ended(mailing: Mailing, people: dict[str, Person], server: MailServer):
    bob = people["bob"].browser
    mailing.installation.clock.forward(11 * MINUTES)
    preview = overview(people["bob"], "signed_in=yes").asks("end-sessions")
    assert (reached(preview), reasons(preview)) == (["ada", "alice", "dora", "erna", "max"], {"own": "1"})
    asked = confirms(bob, preview)
    assert (asked.status, len(signed_in(mailing))) == (422, 6)
    done = bob.get(confirms(bob, asked, password=people["bob"].password).location)
    assert "5 users are signed out everywhere." in done.text
    assert signed_in(mailing) == ["bob"]
    for name in ("ada", "alice", "dora", "erna", "max"):
        answer = people[name].browser.get("/my-user")
        assert (answer.status, answer.location) == (303, "/login?next=/my-user")
    ended = entries(mailing, "sessions.ended")
    assert [subject for subject, _ in ended] == ["ada", "alice", "dora", "erna", "max"]
    assert all('"bulk": "5"' in detail and '"number": "1"' in detail for _, detail in ended)
    mailing.deliver()
    assert {each.to[0].split("@")[0] for each in server.received} >= {"ada", "alice", "dora", "erna", "max"}
    people["alice"].signs_in()
    (link,) = [each for each in done.all("main .acts a") if _text(each) == "Back to the list"]
    assert usernames(bob.get(link.get("href", ""))) == ["alice", "bob"]


def test_who_has_no_session_or_holds_more_keeps_theirs(mailing: Mailing, people: dict[str, Person]):
    max_ = people["max"].browser
    preview = overview(people["max"]).asks("end-sessions", people["ada"], people["gina"], people["dora"], people["max"])
    assert reasons(preview) == {"own": "1", "beyond": "1", "nothing_to_end": "1"}
    assert confirms(max_, preview).status == 303
    assert signed_in(mailing) == ["ada", "alice", "bob", "erna", "max"]
    nobody = overview(people["max"]).asks("end-sessions", people["ada"], people["gina"])
    assert "It reaches nobody" in nobody.text
    assert not nobody.offers("/users/bulk")
    values = {"act": "end-sessions", "user": str(people["ada"].user_id)}
    assert max_.post("/users/bulk", values).status == 409
    assert "ada" in signed_in(mailing)


def test_without_the_permission_by_now_nothing_ends(mailing: Mailing, people: dict[str, Person]):
    preview = overview(people["max"]).asks("end-sessions", people["alice"])

    async def take(context: Context) -> None:
        async with context.db.transaction():
            await stored_roles.take(context.db, people["max"].user_id, int(MANAGER))

    mailing.installation.run(take)
    assert confirms(people["max"].browser, preview).status == 403
    assert "alice" in signed_in(mailing)


def test_nobody_chosen_is_said_and_leads_back(people: dict[str, Person]):
    bob = people["bob"].browser
    shown = overview(people["bob"], "sort=name&order=desc")
    fields = {name: value for name, value in shown.page.fields("/users/bulk").items() if name != "all"}
    page = bob.get(f"/users/bulk?{urlencode({**fields, 'act': 'end-sessions'})}")
    assert "Choose at least one user." in page.text
    (link,) = [each for each in page.all("main a") if _text(each) == "Back to the list"]
    assert usernames(bob.get(link.get("href", ""))) == usernames(shown.page)


# ------------------------------------------------------------------------------------------------------ the way back


def second_page(person: Person) -> Overview:
    first = overview(person, SORTED).page
    (link,) = [each for each in first.all(".paging a") if _text(each) == "Next page"]
    return overview(person, link.get("href", "").partition("?")[2])


def leads_back(browser: Browser, page: Page, to: Page) -> None:
    """Every link of the page to the overview shows it as it was."""
    links = {link.get("href", "") for link in page.all("main a") if link.get("href", "").partition("?")[0] == "/users"}
    assert links, page.text
    for link in links - {"/users?two_factor=off", "/users?joined=no"}:
        again = browser.get(link)
        assert (usernames(again), again.words("#users-count")) == (usernames(to), to.words("#users-count")), link
        assert again.words("thead") == to.words("thead")
        assert [_text(each) for each in again.all(".paging a")] == [_text(each) for each in to.all(".paging a")]


WAYS = [*((act, True) for act in ("set-unit", "take-role", "end-sessions", "invite", "remind")), ("disable", False)]


@pytest.mark.parametrize(("act", "chosen"), [*WAYS, ("take-role", False), ("invite", False), ("remind", False)])
def test_back_to_the_list_shows_the_same_view_of_it(
    mailing: Mailing, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch, act: str, chosen: bool
):
    monkeypatch.setattr("routes.users.view.SIZES", (3, 25, 50, 100))
    if act == "invite":
        mailing.damage("UPDATE users SET password_hash = NULL, password_set_at = NULL WHERE username = 'dora'")
    bob, shown = people["bob"].browser, second_page(people["bob"])
    assert usernames(shown.page) == ["dora", "bob", "alice"]
    assert shown.page.words("#users-count") == "4–6 of 7 users, by unit, from Z to A"
    page = shown.asks(act, *([people["dora"]] if chosen else []))
    leads_back(bob, page, shown.page)
    if act in ("set-unit", "take-role"):
        page = chooses(bob, page, **({"to_unit": "D2"} if act == "set-unit" else {"to_role": MANAGER}))
        leads_back(bob, page, shown.page)
    if act != "remind":
        mailing.installation.clock.forward(11 * MINUTES)
        page = confirms(bob, page)
        assert page.status == 422
        leads_back(bob, page, shown.page)
    done = confirms(bob, page, password=people["bob"].password)
    assert done.status == 303, done.text
    leads_back(bob, bob.get(done.location), shown.page)


@pytest.mark.parametrize(
    "back", ["//example.com", "https://example.com/?q=x", "javascript:alert(1)", "%", "&", "a=%ff"]
)
def test_the_way_back_leads_nowhere_else(people: dict[str, Person], back: str):
    bob = people["bob"].browser
    pages = ("bulk?act=disable&user=1", "bulk/done?act=disable&number=1", "reminders?all=on", "invitations?")
    for page in pages:
        shown = bob.get(f"/users/{page}&{urlencode({'back': back})}")
        assert shown.find(".back a").get("href") == "/users", page
