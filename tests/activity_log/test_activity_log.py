"""The activity log: who changed what, when; searched, read page by page, and taken along as CSV."""

import csv
import io
from datetime import UTC, datetime
from itertools import chain
from typing import get_args

import pytest

from accounts.activity import kinds
from accounts.context import COMMAND_LINE
from accounts.users import users
from tests import acts
from tests.browser import Installation, Page, _text
from tests.people import Person, somebody, switch
from tests.raw import ask

HOUR = 3600


def entries(page: Page) -> list[str]:
    """The sentences, the latest first."""
    return [_text(cell) for cell in page.all("td") if cell.get("class") == "what"]


def numbers(page: Page) -> list[int]:
    return [int(_text(cell)) for cell in page.all("td") if "number" in (cell.get("class") or "")]


def at(text: str) -> int:
    """A moment in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


# ----------------------------------------------------------------------------------------------------- the sentences


def test_it_says_who_switched_what_when_from_which_value_to_which(bob):
    bob.signs_in()
    page = bob.browser.get("/general-settings/security/edit")
    assert bob.browser.submit(page, "/general-settings/security", two_factor="on").status == 303
    bob.installation.clock.forward(60)
    bob.browser.post("/general-settings/security", {})
    page = bob.browser.get("/activity-log?action=two_factor.switched")
    assert entries(page) == [
        "bob switched Two-Factor Authentication from on to off",
        "bob switched Two-Factor Authentication from off to on",
    ]
    times = page.all("tbody time")
    assert [time.get("datetime") for time in times] == ["2026-11-24 12:01:00", "2026-11-24 12:00:00"]
    assert "24 Nov 2026" in page.words(".day")


def test_switching_to_the_value_that_it_has_is_not_logged(bob):
    bob.signs_in()
    for _ in range(2):
        bob.browser.post("/general-settings/security", {"two_factor": "on"})
    assert len(entries(bob.browser.get("/activity-log?action=two_factor.switched"))) == 1


def test_what_people_do_stands_there_as_sentences(installation, function_on, bob, alice):
    alice.signs_in()
    alice.sets_up()
    alice.browser.post("/my-user/recovery-codes")
    alice.browser.post("/my-user/profile", {"name": "Alice Liddell", "email": "alice@example.org", "time_zone": "UTC"})
    alice.browser.get("/users")
    alice.browser.post("/my-user/two-factor/remove", {"code": alice.phone.code()})
    alice.browser.post(
        "/my-user/password", {"current_password": alice.password, "new_password": "eleven green bottles on a wall"}
    )
    alice.browser.post("/logout")
    installation.browser().post("/login", {"username": "no such person", "password": "x", "code": ""})
    installation.run(lambda context: acts.disable(context, "alice"))
    installation.run(lambda context: acts.enable(context, "alice"))
    assert entries(bob.signs_in().get("/activity-log"))[:13] == [
        "bob signed in with the password alone",
        "The command line enabled alice",
        "The command line disabled alice",
        "A sign-in was refused. No such user.",
        "alice signed out",
        "alice changed their password",
        "alice removed their two-factor authentication",
        "alice was refused access to GET /users",
        "alice changed their profile: name from Alice to Alice Liddell; time zone from none to UTC",
        "alice made new recovery codes",
        "alice set up two-factor authentication",
        "alice signed in with the password alone",
        "The command line created the user alice, roles: Member",
    ]


@pytest.mark.parametrize("cause", get_args(kinds.Cause))
def test_every_cause_of_a_refusal_has_a_sentence(installation, cause):
    sentences = installation.app.state.templates.shipped.get_template("activity_log/_sentences.html").module
    said = str(sentences.cause(cause)).strip()
    assert said.endswith(".")
    assert said != cause


def test_an_unknown_username_is_never_kept_as_typed(installation, bob):
    installation.browser().post("/login", {"username": "my-secret-password-by-mistake", "password": "x", "code": ""})
    bob.signs_in()
    assert "my-secret-password" not in bob.browser.get("/activity-log").html
    assert "my-secret-password" not in bob.browser.client.get("/activity-log.csv").text
    folder = installation.config.data_dir
    assert all(b"my-secret-password" not in path.read_bytes() for path in folder.iterdir())


def test_refused_logins_after_the_tenth_in_an_hour_are_counted(installation, bob, alice):
    for _ in range(14):
        alice.types(password="wrong")
    installation.clock.forward(HOUR)
    alice.types(password="wrong")
    sentences = entries(bob.signs_in().get("/activity-log?from=2026-11-24"))
    assert sum(sentence.startswith("A sign-in as alice was refused.") for sentence in sentences) == 11
    assert "4 more sign-ins as alice were refused and not listed one by one" in sentences


def test_what_was_typed_is_shown_as_text(bob, installation, function_on):
    dora = somebody(installation, "dora")
    dora.signs_in()
    dora.sets_up()
    bob.signs_in().post(f"/users/{dora.user_id}/reset-two-factor", {"reason": '<b>lost</b> & "found"'})
    page = bob.browser.get("/activity-log?action=two_factor.reset")
    assert entries(page) == ['bob reset the two-factor authentication of dora. Reason: <b>lost</b> & "found"']


def test_looking_is_not_logged(bob):
    bob.signs_in()
    before = numbers(bob.browser.get("/activity-log"))
    assert numbers(bob.browser.get("/activity-log")) == before


# ------------------------------------------------------------------------------------------------------- the filters


def test_it_filters_by_actor(bob, alice):
    alice.signs_in()
    bob.signs_in()
    assert entries(bob.browser.get("/activity-log?actor=alice")) == ["alice signed in with the password alone"]
    assert entries(bob.browser.get("/activity-log?actor=+ALICE+")) == ["alice signed in with the password alone"]
    assert len(entries(bob.browser.get("/activity-log?actor=command+line"))) == 2
    nobody = bob.browser.get("/activity-log?actor=alic")
    assert entries(nobody) == []
    assert "No entry matches." in nobody.words("#activity-log")


def test_it_filters_by_action_and_offers_every_one_there_is(bob, alice):
    from accounts.activity import kinds

    alice.types(password="wrong")
    page = bob.signs_in().get("/activity-log?action=login.refused")
    assert entries(page) == ["A sign-in as alice was refused. The password was wrong."]
    offered = [option.get("value") for option in page.all("select option")]
    assert offered[0] == ""
    assert sorted(map(str, offered[1:])) == sorted(kind.name for kind in kinds.Activity.__subclasses__())
    chosen = [option.get("value") for option in page.all("option") if option.get("selected") is not None]
    assert chosen == ["login.refused"]


def test_filters_add_up(installation, bob, alice):
    alice.signs_in()
    installation.clock.forward(24 * HOUR)
    alice.browser = installation.browser()
    alice.signs_in()
    bob.signs_in()
    page = bob.browser.get("/activity-log?actor=alice&action=login.succeeded&from=2026-11-25&to=2026-11-25")
    assert numbers(page) == [4]
    assert page.fields("/activity-log") == {
        "actor": "alice",
        "action": "login.succeeded",
        "from": "2026-11-25",
        "to": "2026-11-25",
        "person": "",
        "address": "",
        "q": "",
    }


@pytest.fixture
def edges(installation: Installation, bob: Person) -> Person:
    """Bob, signed in, and entries on both sides of midnight in Berlin and in UTC: disable and enable by turns."""
    for number, moment in enumerate(
        (
            # the last second of the 24th in Berlin
            "2026-11-24T22:59:59",
            # the first of the 25th there
            "2026-11-24T23:00:00",
            "2026-11-24T23:59:59",
            "2026-11-25T00:00:00",
            "2026-11-25T22:59:59",
            "2026-11-25T23:00:00",
        )
    ):
        installation.clock.now = at(moment)
        switch(installation, on=number % 2 == 0)
    bob.signs_in()
    return bob


def times(page: Page) -> list[str]:
    return [str(time.get("datetime")) for time in page.all("tbody time")]


SWITCHED = "/activity-log?action=two_factor.switched"


def test_a_day_is_a_day_in_utc_without_a_zone_of_ones_own(edges):
    page = edges.browser.get(f"{SWITCHED}&from=2026-11-25&to=2026-11-25")
    assert times(page) == ["2026-11-25 23:00:00", "2026-11-25 22:59:59", "2026-11-25 00:00:00"]
    assert times(edges.browser.get(f"{SWITCHED}&to=2026-11-24"))[0] == "2026-11-24 23:59:59"
    assert len(times(edges.browser.get(f"{SWITCHED}&from=2026-11-24"))) == 6
    assert times(edges.browser.get(f"{SWITCHED}&from=2026-11-26")) == []


def test_a_day_is_a_day_in_the_readers_zone(edges):
    edges.browser.post("/my-user/profile", {"name": "Bob", "email": "bob@example.org", "time_zone": "Europe/Berlin"})
    page = edges.browser.get(f"{SWITCHED}&from=2026-11-25&to=2026-11-25")
    assert times(page) == [
        "2026-11-25 23:59:59",
        "2026-11-25 01:00:00",
        "2026-11-25 00:59:59",
        "2026-11-25 00:00:00",
    ]
    assert times(edges.browser.get(f"{SWITCHED}&to=2026-11-24")) == ["2026-11-24 23:59:59"]
    assert times(edges.browser.get(f"{SWITCHED}&from=2026-11-26")) == ["2026-11-26 00:00:00"]


def test_a_day_on_which_the_clocks_change_has_25_hours(installation, bob):
    for number, moment in enumerate(
        ("2026-10-24T21:59:59", "2026-10-24T22:00:00", "2026-10-25T22:59:59", "2026-10-25T23:00:00")
    ):
        installation.clock.now = at(moment)
        switch(installation, on=number % 2 == 0)
    bob.signs_in()
    bob.browser.post("/my-user/profile", {"name": "Bob", "email": "bob@example.org", "time_zone": "Europe/Berlin"})
    page = bob.browser.get(f"{SWITCHED}&from=2026-10-25&to=2026-10-25")
    assert times(page) == ["2026-10-25 23:59:59", "2026-10-25 00:00:00"]


def test_a_time_that_ends_before_it_begins_is_empty(bob):
    page = bob.signs_in().get("/activity-log?from=2026-11-25&to=2026-11-23")
    assert entries(page) == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=yesterday", "Enter a date like 2026-11-24."),
        ("to=2026-13-45", "Enter a date like 2026-11-24."),
        ("from=2026-02-30", "Enter a date like 2026-11-24."),
        ("from=0000-00-00", "Enter a date like 2026-11-24."),
        ("to=99999-01-01", "Enter a date like 2026-11-24."),
        ("to=9999-12-31", "Enter a date like 2026-11-24."),
        ("from=24.11.2026", "Enter a date like 2026-11-24."),
        ("from=2026-11-24T00:00", "Enter a date like 2026-11-24."),
        ("from=%00", "Enter a date like 2026-11-24."),
        ("action=world.ended", "There is no such action."),
    ],
)
def test_nonsense_is_said_and_shows_nothing(bob, query, words):
    page = bob.signs_in().get(f"/activity-log?{query}")
    assert page.status == 422
    assert words in page.words(".problem")
    assert entries(page) == []
    assert bob.browser.client.get(f"/activity-log.csv?{query}").status_code == 422


@pytest.mark.parametrize("before", ["x", "-1", "1e9", "%00", "²", "9" * 40])
def test_nonsense_in_the_address_of_a_further_page_is_refused(bob, before):
    assert bob.signs_in().get(f"/activity-log?before={before}").status == 422


@pytest.mark.parametrize("actor", ["x" * 5000, "%F0%9F%90%99", "%00", "'", "%25", "%ff%fe"])
def test_any_text_may_stand_in_actor(bob, actor):
    page = bob.signs_in().get(f"/activity-log?actor={actor}")
    assert page.status == 200
    assert entries(page) == []


# ------------------------------------------------------------------------------------------------------------ paging


def switches_and_disables(installation: Installation, number: int) -> None:
    """Two entries: on and off by turns, and Alice disabled and enabled."""
    switch(installation, on=number % 2 == 0)
    if number % 2 == 0:
        installation.run(lambda context: acts.disable(context, "alice"))
    else:
        installation.run(lambda context: acts.enable(context, "alice"))


@pytest.fixture
def long_log(installation: Installation, bob: Person, alice: Person) -> Person:
    """Bob, signed in, with 122 switches and as many entries about Alice in between."""
    for number in range(122):
        installation.clock.forward(1)
        switches_and_disables(installation, number)
    bob.signs_in()
    return bob


def all_pages(person: Person, path: str) -> list[list[int]]:
    pages = []
    while path:
        page = person.browser.get(path)
        pages.append(numbers(page))
        older = [link.get("href", "") for link in page.all(".paging a") if _text(link) == "Older"]
        path = older[0] if older else ""
    return pages


def test_paging_shows_every_entry_once_the_latest_first(long_log):
    pages = all_pages(long_log, "/activity-log")
    assert [len(page) for page in pages] == [50, 50, 50, 50, 47]
    assert list(chain(*pages)) == list(range(247, 0, -1))


def test_paging_keeps_the_filter(long_log):
    pages = all_pages(long_log, "/activity-log?action=two_factor.switched&actor=command+line&from=2026-11-24")
    assert [len(page) for page in pages] == [50, 50, 22]
    assert list(chain(*pages)) == list(range(245, 2, -2))


def test_paging_is_by_key_so_that_new_entries_shift_nothing(installation, long_log):
    first = long_log.browser.get("/activity-log")
    for _ in range(3):
        switch(installation, on=True)
        switch(installation, on=False)
    older = next(link for link in first.all(".paging a"))
    page = long_log.browser.get(older.get("href"))
    assert numbers(page)[0] == numbers(first)[-1] - 1
    assert "Latest" in [_text(link) for link in page.all(".paging a")]


def test_paging_and_filter_answer_with_the_part(long_log):
    older = next(link for link in long_log.browser.get("/activity-log").all(".paging a"))
    assert older.get("data-hx-target") == "#activity-log"
    page = long_log.browser.get(older.get("data-hx-get"), part=True)
    latest, oldest = numbers(page)[0], numbers(page)[-1]
    assert f"50 entries, from number {latest} down to {oldest}, and there are older ones." in page.text
    assert page.html.lstrip().startswith('<div id="activity-log" tabindex="-1">')
    assert len(numbers(page)) == 50
    assert not page.has("#user-header")


def test_an_old_day_is_found_in_a_long_log(long_log):
    assert numbers(long_log.browser.get("/activity-log?to=2026-11-24"))[0] == 247
    assert numbers(long_log.browser.get("/activity-log?to=2026-11-23")) == []


# --------------------------------------------------------------------------------------------------------------- CSV


def table(person: Person, query: str = "") -> list[dict[str, str]]:
    answer = person.browser.client.get(f"/activity-log.csv{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_csv_has_its_columns_and_times_in_utc(bob):
    bob.signs_in()
    bob.browser.post("/my-user/profile", {"name": "Bob", "email": "bob@example.org", "time_zone": "Asia/Tokyo"})
    bob.browser.post("/general-settings/security", {"two_factor": "on"})
    answer = bob.browser.client.get("/activity-log.csv")
    assert answer.text.splitlines()[0] == "\ufeffnumber,time,actor,action,subject,before,after,address,detail"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="activity-log-2026-11-24.csv"'
    switched = next(row for row in table(bob) if row["action"] == "two_factor.switched")
    assert switched == {
        "number": "4",
        "time": "2026-11-24T12:00:00Z",
        "actor": "bob",
        "action": "two_factor.switched",
        "subject": "",
        "before": "off",
        "after": "on",
        "address": "203.0.113.7",
        "detail": "{}",
    }


def test_csv_names_actor_and_subject_by_username(bob, alice):
    rows = table(Person("bob", bob.user_id, bob.installation, bob.signs_in()), "?action=user.created")
    assert [(row["actor"], row["subject"]) for row in rows] == [("command line", "alice"), ("command line", "bob")]


def test_csv_takes_the_filters(edges):
    rows = table(edges, "?action=two_factor.switched&from=2026-11-25&to=2026-11-25")
    assert [row["time"] for row in rows] == ["2026-11-25T23:00:00Z", "2026-11-25T22:59:59Z", "2026-11-25T00:00:00Z"]


def test_the_page_leads_to_the_csv_with_the_same_filters(bob, alice):
    page = bob.signs_in().get("/activity-log?actor=command+line&action=user.created")
    link = next(link for link in page.all("a") if _text(link) == "Export CSV")
    assert link.get("href") == "/activity-log.csv?actor=command+line&action=user.created"
    assert len(table(bob, link.get("href", "").removeprefix("/activity-log.csv"))) == 2


def test_cells_that_a_spreadsheet_would_run_are_neutralised(installation, bob):
    for username in ("=1+1", "+1", "-1", "@sum(a1)"):
        new = users.New(username, login_method="sso")
        assert isinstance(
            installation.run(lambda context, new=new: users.create(context, new, COMMAND_LINE)), users.Created
        )
    bob.signs_in()
    subjects = [row["subject"] for row in table(bob, "?action=user.created")]
    assert subjects == ["'@sum(a1)", "'-1", "'+1", "'=1+1", "bob"]
    for row in table(bob):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), row


def test_an_export_is_logged_before_it_begins(bob):
    bob.signs_in()
    assert table(bob)[0]["action"] == "activity_log.exported"
    table(bob, "?actor=bob&from=2026-11-01")
    sentences = entries(bob.browser.get("/activity-log?action=activity_log.exported"))
    assert sentences[1] == "bob exported the activity log"
    assert sentences[0].startswith("bob exported the activity log: ")
    assert "actor=bob" in sentences[0]
    assert "from=2026-11-01" in sentences[0]


def test_csv_is_streamed_in_portions(installation, long_log):
    for _ in range(3):
        for number in range(122):
            switches_and_disables(installation, number)
    cookies = "; ".join(f"{name}={value}" for name, value in long_log.browser.client.cookies.items())
    headers = [(b"host", b"localhost:8000"), (b"cookie", cookies.encode())]
    bodies = [piece for piece in ask(installation, path="/activity-log.csv", headers=headers).pieces if piece]
    assert len(bodies) >= 3
    assert max(map(len, bodies)) < 100_000
    rows = list(csv.DictReader(io.StringIO(b"".join(bodies).decode("utf-8-sig"))))
    assert [int(row["number"]) for row in rows] == list(range(len(rows), 0, -1))
    assert len(rows) == 247 + 3 * 244 + 1


@pytest.mark.parametrize("path", ["/activity-log", "/activity-log.csv"])
def test_without_the_permission_it_is_refused(installation, path):
    manager = somebody(installation, "erna", "User manager")
    manager.signs_in()
    page = manager.browser.get(path)
    assert page.status == 403
    assert "erna" not in page.text
