"""The signal is never drowned: what a repeated request can write is capped, and one kind hides no other."""

import json
from collections import Counter
from collections.abc import Callable

import pytest

import routes
from accounts.activity import kinds, log
from accounts.limits import DISTINCT_LOGGED_AN_HOUR, REPEATS_LOGGED_AN_HOUR
from tests.browser import Installation
from tests.mailing import Mailing, the_one
from tests.people import Person, somebody, switch
from tests.web.test_permissions import requests

HOUR = 3600
TIMES = 200
# Of exports and refused access.
MOST_OF_A_KIND = DISTINCT_LOGGED_AN_HOUR + REPEATS_LOGGED_AN_HOUR - 1
WRONG = "not the right password"
SWITCH = "/general-settings/security"


def entries(installation: Installation) -> list[tuple[str, dict[str, str]]]:
    """Action and facts of each entry, oldest first."""

    async def act(context):
        rows = await context.db.fetch_all("SELECT action, detail FROM activity WHERE number > 0 ORDER BY number")
        return [(row["action"], json.loads(row["detail"])) for row in rows]

    return installation.run(act)


class Crowd:
    """Bob, an administrator, and Alice, a member, signed in and with phones; every request is repeated."""

    def __init__(self, installation: Installation) -> None:
        switch(installation, True)
        self.installation = installation
        self.alice, self.bob = somebody(installation, "alice"), somebody(installation, "bob", "Administrator")
        for person in (self.alice, self.bob):
            person.signs_in()
            person.sets_up()

    def wrong_password(self) -> None:
        form = {"username": "alice", "password": WRONG, "code": ""}
        assert self.installation.browser().post("/login", form).status == 422

    def wrong_code(self) -> None:
        assert self.alice.phone is not None
        form = {"username": "alice", "password": self.alice.password, "code": self.alice.phone.wrong_code()}
        assert self.installation.browser().post("/login", form).status == 422

    def unknown_user(self) -> None:
        assert self.installation.browser().post("/login", {"username": "nobody", "password": WRONG}).status == 422

    def wrong_proof(self) -> None:
        assert self.bob.browser.post(SWITCH, {"password": WRONG, "code": "123456"}).status in (422, 429)

    def wrong_code_of_a_proof(self) -> None:
        assert self.bob.phone is not None
        form = {"password": self.bob.password, "code": self.bob.phone.wrong_code()}
        assert self.bob.browser.post(SWITCH, form).status in (422, 429)

    def refused_access(self) -> None:
        assert self.alice.browser.get("/users").status == 403

    def refused_head(self) -> None:
        assert self.alice.browser.client.head("/activity-log").status_code == 403

    def exports_users(self) -> None:
        assert self.bob.browser.client.get("/users.csv").status_code == 200

    def exports_log(self) -> None:
        assert self.bob.browser.client.get("/activity-log.csv?actor=alice").status_code == 200

    def exports_addresses(self) -> None:
        assert self.bob.browser.client.get("/users/reminders.csv").status_code == 200


# Each repeatable activity: what is repeated → the action, and whether with the right password.
WAYS: dict[Callable[[Crowd], None], tuple[str, str]] = {
    Crowd.wrong_password: ("login.refused", ""),
    Crowd.wrong_code: ("login.refused", "right"),
    Crowd.unknown_user: ("login.refused", ""),
    Crowd.wrong_proof: ("proof.refused", ""),
    Crowd.wrong_code_of_a_proof: ("proof.refused", "right"),
    Crowd.refused_access: ("access.refused", ""),
    Crowd.refused_head: ("access.refused", ""),
    Crowd.exports_users: ("users.exported", ""),
    Crowd.exports_log: ("activity_log.exported", ""),
    Crowd.exports_addresses: ("reminders.exported", ""),
}


def test_every_repeatable_activity_is_repeated_here():
    repeatable = {kind.name for kind in kinds.Activity.__subclasses__() if kind.repeatable}
    assert {action for action, _ in WAYS.values()} == repeatable


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_of_200_requests_in_an_hour_ten_get_an_entry_and_the_others_one_with_their_number(installation, way):
    crowd, (action, password) = Crowd(installation), WAYS[way]
    # The sign-ins of the set-up no longer prove anything.
    installation.clock.forward(11 * 60)
    before = len(entries(installation))
    for _ in range(TIMES):
        way(crowd)
        installation.clock.forward(15)
    listed = [entry for entry in entries(installation)[before:] if entry[0] == action]
    # With the right password each cause has its own ten: the thief's attempts come to wait, or block.
    per_cause = Counter(facts.get("cause", "") if password else "" for _, facts in listed)
    assert max(per_cause.values()) == REPEATS_LOGGED_AN_HOUR
    others = {each for each, _ in entries(installation)[before:]} - {action}
    assert others <= {"two_factor.blocked", "login.username_waits"}
    installation.clock.forward(HOUR)
    for _ in range(2):
        installation.run(log.record_counts)
    counted = [entry for entry in entries(installation)[before:] if entry[0].endswith("counted")]
    ((name, facts),) = counted
    assert name == ("login.refusals_counted" if action == "login.refused" else "repeats.counted")
    assert (facts.get("of", action), facts.get("password", "")) == (action, password)
    assert 0 < int(facts["number"]) <= TIMES - len(listed)
    if action != "proof.refused":
        assert int(facts["number"]) == TIMES - len(listed)


def test_the_next_one_after_the_hour_writes_the_number_too(installation):
    crowd = Crowd(installation)
    for _ in range(15):
        crowd.refused_access()
    installation.clock.forward(HOUR)
    crowd.alice.browser = installation.browser()
    crowd.alice.signs_in()
    crowd.refused_access()
    assert entries(installation)[-2:] == [
        ("repeats.counted", {"of": "access.refused", "number": "5"}),
        ("access.refused", {"route": "GET /users"}),
    ]


def test_no_other_activity_is_written_by_a_request_that_only_reads(installation):
    """Every GET and HEAD there is, asked twice, by a member and by an administrator."""
    crowd = Crowd(installation)
    before = len(entries(installation))
    listed = {path for method, path in requests(routes.ALL) if method == "GET"}
    assert len(listed) > 30
    for person in (crowd.alice, crowd.bob):
        for path in sorted(listed) * 2:
            person.browser.client.get(path)
            person.browser.client.head(path)
    repeatable = {kind.name for kind in kinds.Activity.__subclasses__() if kind.repeatable}
    written = [action for action, _ in entries(installation)[before:]]
    assert "access.refused" in written
    assert set(written) <= repeatable
    assert all(written.count(action) <= 2 * MOST_OF_A_KIND for action in written)


@pytest.mark.parametrize("path", ["/users.csv", "/activity-log.csv", "/users/reminders.csv"])
def test_a_head_of_an_export_exports_nothing(installation, path):
    crowd = Crowd(installation)
    before = len(entries(installation))
    answer = crowd.bob.browser.client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(entries(installation)) == before


EXPORTS = {"/activity-log.csv?actor": "activity_log.exported", "/users.csv?q": "users.exported"}


@pytest.mark.parametrize(("path", "action"), EXPORTS.items())
def test_harmless_exports_do_not_hide_one_with_another_filter(installation, path, action):
    crowd = Crowd(installation)
    get = crowd.bob.browser.client.get
    for _ in range(40):
        assert get(f"{path}=harmless").status_code == 200
    assert get(f"{path}=bob").status_code == 200
    filters = [facts["filter"] for name, facts in entries(installation) if name == action]
    assert ["harmless" in each for each in filters] == [True] * REPEATS_LOGGED_AN_HOUR + [False]
    for number in range(DISTINCT_LOGGED_AN_HOUR + REPEATS_LOGGED_AN_HOUR):
        assert get(f"{path}={number}x").status_code == 200
    assert len([name for name, _ in entries(installation) if name == action]) == MOST_OF_A_KIND


def test_refusals_at_one_route_do_not_hide_those_at_others(installation):
    crowd = Crowd(installation)
    for _ in range(40):
        crowd.refused_access()
    crowd.refused_head()
    routes_named = [facts["route"] for name, facts in entries(installation) if name == "access.refused"]
    assert len(set(routes_named)) == 2
    assert len(routes_named) == REPEATS_LOGGED_AN_HOUR + 1


@pytest.mark.parametrize(
    "path", ["/my-user/sessions/end-others", "/users/{alice}/end-sessions", "/users/{alice}/let-try-again"]
)
def test_what_ends_nothing_writes_nothing_and_is_answered_as_ever(installation, path):
    crowd = Crowd(installation)
    asked = path.format(alice=crowd.alice.user_id)
    for _ in range(10):
        crowd.wrong_password()
    first = crowd.bob.browser.post(asked)
    installation.browser("198.51.100.9").post("/login", {"username": "alice", "password": WRONG})
    crowd.bob.browser.post(asked)
    before = len(entries(installation))
    for _ in range(3):
        again = crowd.bob.browser.post(asked)
        assert (again.status, again.location) == (first.status, first.location)
    assert len(entries(installation)) == before


# ------------------------------------------------------------------------------ a thief who has the password, and noise


def thief(mailing: Mailing, person: Person, times: int) -> None:
    assert person.phone is not None
    for _ in range(times):
        browser = mailing.installation.browser("198.51.100.9")
        form = {"username": person.username, "password": person.password, "code": person.phone.wrong_code()}
        assert browser.post("/login", form).status == 422


def noise(mailing: Mailing, times: int) -> None:
    for number in range(times):
        browser = mailing.installation.browser(f"203.0.113.{100 + number // 5}")
        assert browser.post("/login", {"username": "alice", "password": WRONG}).status == 422


@pytest.fixture
def owner(mailing: Mailing) -> Person:
    """Alice, with a phone, signed out."""
    alice = somebody(mailing.installation, "alice")
    switch(mailing.installation, True)
    alice.signs_in()
    alice.sets_up()
    alice.browser.post("/logout")
    mailing.delivered()
    return alice


@pytest.mark.parametrize("loud", [0, 10, 60])
def test_wrong_passwords_hide_neither_the_cause_nor_the_e_mail_of_wrong_codes(mailing, owner, loud):
    noise(mailing, loud)
    thief(mailing, owner, 3)
    causes = [facts["cause"] for action, facts in entries(mailing.installation) if action == "login.refused"]
    assert causes[-3:] == ["wrong code"] * 3
    letter = the_one(mailing.delivered())
    assert letter.subject == "Wrong codes after your right password"
    assert "3 wrong codes in a row" in letter.text
    assert "IP address: 198.51.100.9" in letter.text


def test_a_thief_cannot_hide_wrong_codes_behind_attempts_without_a_code(mailing, owner):
    """Ten entries of the other cause are used up by the thief's own attempts."""
    for _ in range(12):
        form = {"username": "alice", "password": owner.password, "code": ""}
        mailing.installation.browser("198.51.100.9").post("/login", form)
    thief(mailing, owner, 3)
    causes = [facts["cause"] for action, facts in entries(mailing.installation) if action == "login.refused"]
    assert (causes.count("no code"), causes.count("wrong code")) == (REPEATS_LOGGED_AN_HOUR, 3)
    assert the_one(mailing.delivered()).subject == "Wrong codes after your right password"


def test_a_success_of_the_owner_in_between_hides_nothing(mailing, owner):
    thief(mailing, owner, 3)
    owner.signs_in()
    assert [letter.subject for letter in mailing.delivered()] == ["Wrong codes after your right password"]
    mailing.installation.clock.forward(HOUR + 1)
    assert mailing.delivered() == []


def test_two_wrong_codes_and_a_right_one_are_no_news(mailing, owner):
    for _ in range(3):
        thief(mailing, owner, 2)
        mailing.installation.clock.forward(30)
        owner.signs_in()
        owner.browser.post("/logout")
        mailing.installation.clock.forward(1)
    assert mailing.delivered() == []


def test_what_came_after_the_e_mail_is_told_an_hour_later(mailing, owner):
    thief(mailing, owner, 3)
    the_one(mailing.delivered())
    mailing.installation.clock.forward(60)
    thief(mailing, owner, 2)
    assert mailing.delivered() == []
    mailing.installation.clock.forward(HOUR)
    assert "5 wrong codes in a row" in the_one(mailing.delivered()).text
    mailing.installation.clock.forward(HOUR)
    assert mailing.delivered() == []


def test_wrong_codes_of_a_session_are_told_as_well(mailing, owner):
    owner.signs_in()
    mailing.installation.clock.forward(11 * 60)
    mailing.delivered()
    for _ in range(3):
        form = {"password": owner.password, "code": owner.phone.wrong_code()}
        assert owner.browser.post("/my-user/recovery-codes", form).status == 422
    assert the_one(mailing.delivered()).subject == "Wrong codes after your right password"
