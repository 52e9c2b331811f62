"""One act on many users: it reaches those who were shown, says why it leaves others out, and is the single act for
each of them.
"""

from dataclasses import replace

import pytest

from accounts.bulk import run
from accounts.bulk.acts import ALL, Doing
from accounts.context import Context
from db import roles as stored_roles
from db.bulk import Whom
from db.reads.user_filter import Filter
from routes.users.bulk_wanted import BY_NAME
from tests import acts
from tests.browser import Browser, Page, _text
from tests.mailing import Mailing
from tests.people import Person, session_of, somebody, switch
from tests.users.test_users import usernames

MINUTES = 60
ADMINISTRATOR, MANAGER, AUDITOR, MEMBER = "1", "2", "3", "4"


@pytest.fixture
def mailing(mailing_switched_on: Mailing) -> Mailing:
    return mailing_switched_on


@pytest.fixture
def people(mailing: Mailing) -> dict[str, Person]:
    """Bob and Ada administer, Max manages users; of the others each stands differently."""
    installation = mailing.installation
    made = {"bob": somebody(installation, "bob", "Administrator", unit="IT")}
    made["ada"] = somebody(installation, "ada", "Administrator", unit="IT")
    made["max"] = somebody(installation, "max", "User manager", unit="IT")
    for name in ("alice", "dora", "erna"):
        made[name] = somebody(installation, name, unit="Sales")
    made["cleo"] = somebody(installation, "cleo", sso=True)
    made["fred"] = somebody(installation, "fred")
    installation.run(lambda context: acts.disable(context, "fred"))
    made["gina"] = somebody(installation, "gina")
    mailing.damage("UPDATE users SET email = '' WHERE username = 'gina'")
    made["nina"] = somebody(installation, "nina")
    mailing.damage("UPDATE users SET password_hash = NULL, password_set_at = NULL WHERE username = 'nina'")
    made["alice"].signs_in()
    made["bob"].signs_in()
    mailing.delivered()
    return made


def url(act: str, people: dict[str, Person], *names: str, **more: str) -> str:
    users = "".join(f"&user={people[name].user_id}" for name in names)
    return f"/users/bulk?act={act}{users}" + "".join(f"&{name}={value}" for name, value in more.items())


def confirms(browser: Browser, page: Page, **changed: str) -> Page:
    """Presses the button of the preview."""
    users = [each.get("value", "") for each in page.all("[name=user]")]
    values: dict[str, object] = {**page.fields("/users/bulk"), **({"user": users} if users else {}), **changed}
    return browser.post("/users/bulk", values)


def reached(page: Page) -> list[str]:
    return [_text(each) for each in page.all("[aria-labelledby=reached] .people .muted")]


def reasons(page: Page) -> dict[str, str]:
    """Reason → how many."""
    return {
        each.get("data-reason", ""): _text(each).split()[0]
        for each in page.all("#reasons li")
        if each.get("data-reason")
    }


def entries(mailing: Mailing, action: str) -> list[tuple[str, str]]:
    found = mailing.rows(f"SELECT subject, detail FROM activity WHERE action = '{action}' ORDER BY number")
    return [(str(subject), str(detail)) for subject, detail in found]


# ------------------------------------------------------------------------------------------- whom each act reaches

EVERYBODY = ("bob", "ada", "max", "alice", "dora", "erna", "cleo", "fred", "gina", "nina")
REACH = {
    "remind": (
        {},
        ["ada", "alice", "bob", "dora", "erna", "max"],
        {"disabled": "1", "sso": "1", "not_joined": "1", "no_address": "1"},
        "Send 6 e-mails",
    ),
    "invite": ({}, ["nina"], {"disabled": "1", "joined": "7", "no_provider": "1"}, "Send 1 e-mail"),
    "disable": (
        {},
        ["ada", "alice", "cleo", "dora", "erna", "gina", "max", "nina"],
        {"disabled": "1", "own": "1"},
        "Disable 8 users",
    ),
    "enable": ({}, ["fred"], {"active": "9"}, "Enable 1 user"),
    "give-role": (
        {"to_role": AUDITOR},
        ["ada", "alice", "bob", "cleo", "dora", "erna", "fred", "gina", "max", "nina"],
        {},
        "Give the role to 10 users",
    ),
    "take-role": (
        {"to_role": MEMBER},
        ["alice", "cleo", "dora", "erna", "fred", "gina", "nina"],
        {"without_role": "3"},
        "Take the role from 7 users",
    ),
    "set-unit": (
        {"to_unit": "Sales"},
        ["ada", "bob", "max"],
        {"in_unit": "7"},
        "Set the unit of 3 users",
    ),
    "end-sessions": ({}, ["alice"], {"nothing_to_end": "8", "own": "1"}, "Sign 1 user out everywhere"),
}


@pytest.mark.parametrize("act", REACH)
def test_it_says_whom_it_reaches_and_why_not_and_then_does_just_that(mailing, people, act):
    more, who, left_out, button = REACH[act]
    browser = people["bob"].browser
    chosen = browser.get(url(act, people, *EVERYBODY, **more))
    page = browser.get(url(act, people, all="on", **more))
    assert (reached(page), reasons(page)) == (reached(chosen), reasons(chosen)) == (who, left_out)
    (form,) = [
        each for each in page.all("form") if each.get("method") == "post" and each.get("action") == "/users/bulk"
    ]
    assert button in _text(form)
    before = mailing.rows("SELECT count(*) FROM activity")
    done = confirms(browser, page)
    assert done.status == 303, done.text
    names = {
        "remind": "reminder.sent",
        "invite": "user.invited",
        "disable": "user.disabled",
        "enable": "user.enabled",
        "give-role": "role.given",
        "take-role": "role.taken",
        "set-unit": "user.changed",
        "end-sessions": "sessions.ended",
    }
    found = entries(mailing, names[act])[-len(who) :]
    assert sorted(subject for subject, _ in found) == who
    assert all(f'"bulk": "{len(who)}"' in detail for _, detail in found)
    written = mailing.rows("SELECT count(*) FROM activity")[0][0] - before[0][0]
    assert written == len(who) + (act == "remind")
    assert browser.get(done.location).status == 200
    again = browser.get(url(act, people, *EVERYBODY, **more))
    assert reached(again) == []
    assert "It reaches nobody" in again.text


def test_what_they_do_is_what_the_single_acts_do(mailing, people, server):
    browser = people["bob"].browser

    def does(act: str, *names: str, **more: str) -> None:
        page = browser.get(url(act, people, *names, **more))
        assert confirms(browser, page).status == 303

    does("set-unit", "alice", "gina", to_unit="Einkauf Öst")
    assert usernames(browser.get("/users?q=einkauf+ost")) == ["alice", "gina"]
    assert usernames(browser.get("/users?q=sales")) == ["cleo", "dora", "erna", "fred", "nina"]
    assert "organisational unit from Sales to" in browser.get("/activity-log?action=user.changed").text.replace(
        "\n", " "
    )
    does("give-role", "alice", to_role=MANAGER)
    assert people["alice"].browser.get("/users").status == 200
    does("take-role", "alice", to_role=MANAGER)
    assert people["alice"].browser.get("/users").status == 403
    does("end-sessions", "alice")
    assert people["alice"].browser.get("/my-user").status == 303
    people["alice"].signs_in()
    does("disable", "alice", "dora")
    assert people["alice"].browser.get("/my-user").status == 303
    assert people["dora"].types().status == 422
    does("enable", "dora")
    assert people["dora"].types().status == 303
    does("invite", "nina")
    does("remind", "erna")
    mailing.deliver()
    subjects = [(letter.to[0].split("@")[0], letter.subject) for letter in server.received]
    assert [who for who, subject in subjects if "Choose a password" in subject or "hoose" in subject] == ["nina"]
    assert ("erna", "Set up two-factor authentication at Acme") in subjects
    assert reasons(browser.get(url("remind", people, "erna"))) == {"reminded": "1"}
    assert reasons(browser.get(url("invite", people, "nina"))) == {"invited": "1"}


def test_all_who_match_are_those_of_the_filter(mailing, people):
    browser = people["bob"].browser
    overview = browser.get("/users?two_factor=off&unit=Sales&q=example")
    assert "For all 5 users who match" in overview.text
    fields = overview.fields("/users/bulk")
    assert {name: fields[name] for name in ("two_factor", "unit", "q")} == {
        "two_factor": "off",
        "unit": "Sales",
        "q": "example",
    }
    page = browser.get("/users/bulk?act=remind&all=on&two_factor=off&unit=Sales&q=example")
    assert (reached(page), reasons(page)) == (
        ["alice", "dora", "erna"],
        {"no_address": "1", "not_joined": "1"},
    )
    assert confirms(browser, page).status == 303
    reminded = mailing.rows("SELECT username FROM users WHERE last_reminded_at IS NOT NULL ORDER BY username")
    assert reminded == [("alice",), ("dora",), ("erna",)]


def test_the_overview_offers_what_one_may_do(mailing, people):
    boxes = people["bob"].browser.get("/users").all("[name=user]")
    assert len(boxes) == len(EVERYBODY)
    assert {box.get("form") for box in boxes} == {"bulk"}
    offered = [option.get("value") for option in people["bob"].browser.get("/users").all("#bulk-act option")]
    assert offered == list(ALL)
    manager = people["max"].signs_in()
    offered = [option.get("value") for option in manager.get("/users").all("#bulk-act option")]
    assert offered == ["remind", "invite", "disable", "enable", "set-unit", "end-sessions"]
    switch(mailing.installation, False)
    assert not manager.get("/users").all("option[value=remind]")
    auditor = somebody(mailing.installation, "otto", "Auditor").signs_in()
    assert not auditor.get("/users").all("[name=user]")


# ------------------------------------------------------------------------------------------------------ who may not


@pytest.mark.parametrize("act", REACH)
def test_without_the_permission_it_is_refused(mailing, people, act):
    otto = somebody(mailing.installation, "otto", "Auditor").signs_in()
    address = url(act, people, "alice", **REACH[act][0])
    assert otto.get(address).status == 403
    values = {"act": act, "user": str(people["alice"].user_id), **REACH[act][0]}
    assert otto.post("/users/bulk", values).status == 403
    assert people["dora"].signs_in().get(address).status == 403


@pytest.mark.parametrize("act", ["disable", "enable", "set-unit", "end-sessions", "invite"])
def test_who_holds_more_is_left_out(mailing, people, act):
    if act == "enable":
        mailing.installation.run(lambda context: acts.disable(context, "ada"))
    if act == "end-sessions":
        people["ada"].signs_in()
    if act == "invite":
        mailing.damage("UPDATE users SET password_hash = NULL, password_set_at = NULL WHERE username = 'ada'")
    more = {"to_unit": "Zoo"} if act == "set-unit" else {}
    browser = people["max"].signs_in()
    page = browser.get(url(act, people, "ada", **more))
    assert reasons(page) == {"beyond": "1"}
    values = {"act": act, "user": str(people["ada"].user_id), **more}
    assert browser.post("/users/bulk", values).status == 409
    assert not mailing.rows("SELECT 1 FROM activity WHERE subject = 'ada' AND actor = 'max'")


def test_a_role_that_allows_more_than_ones_own_is_not_given(mailing, people):
    mailing.damage("INSERT INTO role_permissions (role_id, permission) VALUES (2, 'roles.edit')")
    browser = people["max"].signs_in()
    page = browser.get(url("give-role", people, "alice"))
    assert [_text(each) for each in page.all("#to-role option")] == ["Choose a role", "User manager", "Member"]
    assert browser.get(url("give-role", people, "alice", to_role=ADMINISTRATOR)).status == 403
    values = {"act": "take-role", "user": str(people["ada"].user_id), "to_role": ADMINISTRATOR}
    assert browser.post("/users/bulk", values).status == 403


@pytest.mark.parametrize("act", [act for act in REACH if act != "remind"])
def test_it_asks_who_one_is_as_the_single_acts_that_hand_something_over(mailing, people, act):
    people["bob"].signs_in()
    mailing.installation.clock.forward(11 * MINUTES)
    people["alice"].signs_in()
    browser, more = people["bob"].browser, REACH[act][0]
    page = browser.get(url(act, people, *EVERYBODY, **more))
    asked = confirms(browser, page)
    assert asked.status == 422
    assert asked.has("[name=password]")
    assert reached(asked) == REACH[act][1]
    done = confirms(browser, asked, password=people["bob"].password)
    assert done.status == 303, done.text


def test_reminders_do_not_ask(mailing, people):
    mailing.installation.clock.forward(11 * MINUTES)
    browser = people["bob"].browser
    assert confirms(browser, browser.get(url("remind", people, "alice"))).status == 303


# --------------------------------------------------------------------------------------------- the last administrator


@pytest.mark.parametrize("way", ["chosen", "filtered"])
def test_an_administrator_who_can_sign_in_remains(mailing, people, way):
    browser = people["bob"].browser
    whom = url("take-role", people, "ada", "bob", to_role=ADMINISTRATOR)
    if way == "filtered":
        whom = url("take-role", people, all="on", role=ADMINISTRATOR, to_role=ADMINISTRATOR)
    page = browser.get(whom)
    assert reasons(page) == {"last_administrator": "1"}
    assert "Take the role from 1 user" in page.html
    done = confirms(browser, page)
    assert done.status == 303
    assert "number=1&kept=1" in (done.location or "")
    left = mailing.rows("SELECT u.username FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role_id = 1")
    assert len(left) == 1


def test_of_administrators_who_cannot_sign_in_the_one_who_can_remains(mailing, people):
    """Max may edit users and holds all, but has no password of an administrator who counts."""
    mailing.damage("UPDATE users SET password_hash = NULL WHERE username = 'bob'")
    browser = people["bob"].browser
    page = browser.get(url("disable", people, "ada", "alice"))
    assert reasons(page) == {"last_administrator": "1"}
    done = confirms(browser, page)
    assert (done.status, browser.get(done.location or "").text.count("administrator was left out")) == (303, 1)
    assert mailing.rows("SELECT username FROM users WHERE disabled_at IS NOT NULL ORDER BY 1") == [
        ("alice",),
        ("fred",),
    ]


# ---------------------------------------------------------------------------------------------------- what was shown


def test_if_the_list_is_another_by_now_nothing_is_done(mailing, people):
    browser = people["bob"].browser
    page = browser.get("/users/bulk?act=disable&all=on&unit=Sales")
    mailing.installation.run(lambda context: acts.disable(context, "alice"))
    mailing.damage("UPDATE users SET unit = 'Sales' WHERE username = 'max'")
    refused = confirms(browser, page)
    assert refused.status == 409
    assert "The list has changed" in refused.text
    assert "max" in reached(refused)
    assert "alice" not in reached(refused)
    assert not entries(mailing, "user.disabled")[2:]
    assert confirms(browser, refused).status == 303


def test_a_role_says_before_what_ends_and_ends_it(mailing, people):
    browser = people["bob"].browser
    alice = people["alice"].user_id
    mailing.damage(f"UPDATE users SET sign_in_made_by = {people['max'].user_id} WHERE id = {alice}")
    page = browser.get(url("give-role", people, "alice", "dora", to_role=AUDITOR))
    assert "1 of them has a password" in page.text
    assert [_text(tag) for tag in page.all(".people .tag")] == ["ways in end"]
    assert confirms(browser, page).status == 303
    assert [subject for subject, _ in entries(mailing, "ways_in.ended")] == ["alice"]
    assert people["alice"].types().status == 422
    assert people["dora"].types().status == 303
    assert "ways in end" not in browser.get(url("give-role", people, "erna", to_role=AUDITOR)).text


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, 422),
        ({"act": "explode", "all": "on"}, 422),
        ({"act": "disable"}, 422),
        ({"act": "disable", "all": "yes"}, 422),
        ({"act": "disable", "user": "x"}, 422),
        ({"act": "disable", "user": "999"}, 409),
        ({"act": "give-role", "all": "on"}, 422),
        ({"act": "give-role", "all": "on", "to_role": "77"}, 422),
        ({"act": "give-role", "all": "on", "to_role": "x"}, 422),
        ({"act": "set-unit", "all": "on"}, 422),
        ({"act": "set-unit", "all": "on", "to_unit": "x" * 201}, 422),
        ({"act": "set-unit", "all": "on", "to_unit": "\u200b"}, 422),
        ({"act": "disable", "all": "on", "two_factor": "perhaps"}, 422),
    ],
)
def test_a_form_that_makes_no_sense_changes_nothing(mailing, people, values, status):
    before = mailing.rows("SELECT count(*) FROM activity")
    assert people["bob"].browser.post("/users/bulk", values).status == status
    assert mailing.rows("SELECT count(*) FROM activity") == before


def test_nobody_chosen_is_said(mailing, people):
    page = people["bob"].browser.get("/users/bulk?act=disable&unit=Sales")
    assert "Choose at least one user." in page.text
    assert "/users?unit=Sales" in page.links()


def test_without_mail_server_or_function_no_email_is_promised(installation, bob, alice):
    browser = bob.signs_in()
    values = {"user": str(alice.user_id)}
    assert "no mail server" in browser.get(f"/users/bulk?act=invite&user={alice.user_id}").text
    assert browser.post("/users/bulk", {"act": "invite", **values}).status == 409
    assert "switched off" in browser.get(f"/users/bulk?act=remind&user={alice.user_id}").text
    assert browser.post("/users/bulk", {"act": "remind", **values}).status == 409
    switch(installation, True)
    assert (
        f"/users/reminders?user={alice.user_id}" in browser.get(f"/users/bulk?act=remind&user={alice.user_id}").links()
    )
    assert browser.post("/users/bulk", {"act": "remind", **values}).status == 409


# ---------------------------------------------------------------------------------------------------------- in batches


@pytest.fixture
def slowly(monkeypatch):
    """Two users a request."""
    monkeypatch.setitem(ALL, "disable", replace(ALL["disable"], batch=2))
    monkeypatch.setitem(BY_NAME, "disable", ALL["disable"])
    monkeypatch.setattr(run, "COUNTED", 3)
    monkeypatch.setattr(run, "BY_HAND_SECONDS", 0.0)
    monkeypatch.setattr(run, "BY_ITSELF_SECONDS", 0.0)


def disabled(mailing: Mailing) -> int:
    return len(mailing.rows("SELECT 1 FROM users WHERE disabled_at IS NOT NULL"))


def test_it_goes_on_where_a_long_one_stopped(mailing, people, slowly):
    browser = people["bob"].browser
    page = browser.get("/users/bulk?act=disable&all=on&q=example")
    assert "Disable 8 users" in page.html
    said = []
    while page.status == 200:
        page = confirms(browser, page)
        said += [page.words("#bulk-progress-title")] if page.status == 200 else []
    assert said == ["2 of 8", "3 of 8", "5 of 8", "6 of 8"]
    assert page.location == "/users/bulk/done?act=disable&number=8&q=example"
    assert disabled(mailing) == 9
    many = [detail for _, detail in entries(mailing, "user.disabled")[1:]]
    assert all('"bulk": "8"' in detail for detail in many), "each says how many they were in all"


def test_it_goes_on_by_itself(mailing, people, slowly, monkeypatch):
    monkeypatch.setattr(run, "BY_HAND_SECONDS", 20.0)
    browser = people["bob"].browser
    page = confirms(browser, browser.get("/users/bulk?act=disable&all=on&q=example"), by_hand="")
    for words in ("3 of 8", "5 of 8", "6 of 8"):
        (form,) = page.all("#bulk-progress form")
        assert form.get("data-hx-trigger") == "every 500ms, submit"
        page = browser.post(str(form.get("data-hx-post")), page.fields("/users/bulk"), part=True)
        assert (page.status, page.words("#bulk-progress-title")) == (200, words)
        assert not page.all("h1"), "the part alone"
    done = browser.post("/users/bulk", page.fields("/users/bulk"), part=True)
    assert done.headers["HX-Redirect"] == "/users/bulk/done?act=disable&number=8&q=example"
    assert disabled(mailing) == 9


def test_before_it_goes_on_it_asks_again_who_one_is(mailing, people, slowly):
    browser = people["bob"].browser
    page = confirms(browser, browser.get("/users/bulk?act=disable&all=on&q=example"))
    mailing.installation.clock.forward(11 * MINUTES)
    asked = browser.post("/users/bulk", page.fields("/users/bulk"), part=True)
    assert (asked.status, asked.words("#bulk-progress-title"), disabled(mailing)) == (422, "2 of 8", 3)
    assert asked.all("#bulk-progress form")[0].get("data-hx-trigger") == "submit", "not by itself"
    values = {**asked.fields("/users/bulk"), "password": people["bob"].password}
    assert browser.post("/users/bulk", values, part=True).words("#bulk-progress-title") == "3 of 8"


def test_of_a_long_one_nobody_is_reached_who_came_in_the_middle(mailing, people, slowly):
    browser = people["bob"].browser
    page = confirms(browser, browser.get("/users/bulk?act=disable&all=on&unit=Sales"))
    while page.status == 200:
        mailing.damage("UPDATE users SET unit = 'Sales' WHERE username = 'max'")
        page = confirms(browser, page)
    assert "number=6&" in (page.location or ""), "as many as were shown"


def test_a_mail_server_that_is_gone_in_the_middle_is_said(mailing, people):
    browser = people["bob"].browser
    values = {"act": "remind", "all": "on", "two_factor": "off", "after": "alice", "done": "2", "left": "4"}
    switch(mailing.installation, False)
    answer = browser.post("/users/bulk", values, part=True)
    assert answer.headers["HX-Redirect"] == "/users/bulk?act=remind&all=on&two_factor=off"
    assert "switched off" in browser.get(answer.headers["HX-Redirect"]).text


def test_without_javascript_a_request_does_more(mailing, people, slowly, monkeypatch):
    """What stands in <noscript> is sent by browsers without JavaScript alone."""
    monkeypatch.setattr(run, "BY_HAND_SECONDS", 20.0)
    browser = people["bob"].browser
    page = browser.get("/users/bulk?act=disable&all=on&q=example")
    assert page.all("noscript [name=by_hand]")
    assert confirms(browser, page, by_hand="on").status == 303
    assert disabled(mailing) == 9


def test_no_more_are_reached_than_were_shown(mailing, people):
    """Newcomers in the middle of it are not reached."""

    async def act(context: Context) -> run.Done:
        doing = Doing(context, await session_of(context, people["bob"]))
        return await run.run(run.Job(ALL["disable"], doing, Whom(Filter(unit="Sales"))), most=2)

    assert mailing.installation.run(act).number == 2
    assert mailing.rows("SELECT username FROM users WHERE disabled_at IS NOT NULL ORDER BY 1") == [
        *(("alice",), ("cleo",), ("fred",))
    ]


def test_a_permission_that_is_taken_in_the_middle_stops_it(mailing, people):
    async def act(context: Context) -> None:
        doing = Doing(context, await session_of(context, people["max"]))
        async with context.db.transaction():
            await stored_roles.take(context.db, people["max"].user_id, int(MANAGER))
        with pytest.raises(run.NotAllowed):
            await run.run(run.Job(ALL["disable"], doing, Whom(Filter(unit="Sales"))), most=9)

    mailing.installation.run(act)
    assert mailing.rows("SELECT username FROM users WHERE disabled_at IS NOT NULL") == [("fred",)]


def test_the_log_says_that_it_was_done_to_many(mailing, people):
    browser = people["bob"].browser
    confirms(browser, browser.get(url("disable", people, "alice", "dora")))
    log = browser.get("/activity-log?person=alice&action=user.disabled").text
    assert "bob disabled alice" in log
    assert "2 users at once" in log
    assert "at once" not in browser.get("/activity-log?person=fred&action=user.disabled").text


@pytest.mark.parametrize("act", ["disable", "take-role"])
def test_what_they_made_for_others_ends_with_their_permissions(mailing, people, act):
    maker = people["max"].user_id
    mailing.damage(f"UPDATE users SET email_set_by = {maker} WHERE username = 'alice'")
    browser = people["bob"].browser
    more = {"to_role": MANAGER} if act == "take-role" else {}
    assert confirms(browser, browser.get(url(act, people, "max", **more))).status == 303
    assert mailing.rows("SELECT email_set_with FROM users WHERE username = 'alice'") == [(0,)]


def test_no_role_is_chosen_before_somebody_chooses_one(people):
    browser = people["bob"].signs_in()
    for to_role in ({}, {"to_role": ""}):
        page = browser.get(url("give-role", people, "alice", **to_role))
        assert page.find("#to-role").get("required") is not None
        assert page.all("#to-role option")[0].get("value") == ""
        assert page.fields("/users/bulk")["to_role"] == ""
