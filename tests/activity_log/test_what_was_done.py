"""What was done to somebody: people, IP addresses and words are found in the log, and it leads to people and back."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from accounts.activity import kinds, log
from accounts.context import COMMAND_LINE, Context, Principal
from db.reads import activity_log, activity_people
from tests.browser import Installation, Page, _text
from tests.people import Person, somebody


def entries(page: Page) -> list[str]:
    return [_text(cell) for cell in page.all("td") if cell.get("class") == "what"]


def numbers(page: Page) -> list[int]:
    return [int(_text(cell)) for cell in page.all("td") if "number" in (cell.get("class") or "")]


def suggested(page: Page) -> list[tuple[str, str]]:
    return [(str(option.get("value")), _text(option)) for option in page.all("datalist option")]


def writes(
    installation: Installation, *happened: tuple[kinds.Activity, Principal, Principal], address: str = ""
) -> None:
    """Writes entries: what, by whom, to whom."""

    async def write(context: Context) -> None:
        from_there = replace(context, client=replace(context.client, ip_address=address))
        async with context.db.transaction():
            for what, by, to in happened:
                await log.record(from_there, what, by, to)

    installation.run(write)


def stores(installation: Installation, sql: str) -> None:
    """Changes the database from outside."""

    async def store(context: Context) -> None:
        async with context.db.transaction():
            await context.db.execute(sql)

    installation.run(store)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for all tests here: they add to it and change nothing."""
    with Installation(tmp_path_factory.mktemp("log") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def story(installation: Installation) -> Person:
    """Bob, signed in. Karim did something, something was done to him, and Karin and Vera have nothing to do with it."""
    bob = somebody(installation, "bob", "Administrator")
    karim = somebody(installation, "karim.rossi", name="Karim Rossi")
    karin = somebody(installation, "karin", name="Anna Karinsson")
    vera = somebody(installation, "vera", name="Vera Lindqvist")
    by = {person.username: Principal(person.user_id, person.username) for person in (karim, karin, vera)}
    writes(
        installation,
        (kinds.TwoFactorReset("Phone lost on the Müggelsee ferry"), by["vera"], by["karim.rossi"]),
        (kinds.TwoFactorBlocked(), by["karim.rossi"], by["karim.rossi"]),
        (kinds.UserDisabled(), by["vera"], by["karin"]),
        (kinds.PasswordChanged(), by["karim.rossi"], by["karim.rossi"]),
        address="198.51.100.7",
    )
    bob.signs_in()
    return bob


RESET = "vera reset the two-factor authentication of karim.rossi. Reason: Phone lost on the Müggelsee ferry"
BLOCKED = "The authenticator app of karim.rossi was blocked after too many wrong codes"
CHANGED = "karim.rossi changed their password"
CREATED = "The command line created the user karim.rossi, roles: Member"


def of(person: Person, query: str) -> list[str]:
    page = person.browser.get(f"/activity-log?{query}")
    assert page.status == 200
    return entries(page)


# -------------------------------------------------------------------------------------------------------- the people


@pytest.mark.parametrize(
    "typed", ["karim.rossi", "karim", "KARIM", " Karim ", "Karim Rossi", "karim ro", "rossi", "Rossi", "ros", "RÖSSI"]
)
def test_one_field_finds_who_did_it_and_to_whom_by_how_username_and_name_begin(story, typed):
    found = of(story, f"person={quote(typed)}")
    assert found[0] == CHANGED
    assert found[1] == BLOCKED
    assert found[2] == RESET
    assert found[3:] == [CREATED]


def test_several_people_may_begin_so(story):
    found = of(story, "person=kari")
    assert "vera disabled karin" in found
    assert RESET in found
    assert of(story, "person=k&action=user.disabled") == ["vera disabled karin"]


@pytest.mark.parametrize("typed", ["arim", "imsson", "zzz", "karim.rossi.", "%", "_", "x" * 5000, "%00", "\U0001f419"])
def test_nobody_begins_so(story, typed):
    page = story.browser.get(f"/activity-log?person={typed if typed == '%00' else quote(typed)}")
    assert (page.status, entries(page)) == (200, [])
    assert "No entry matches." in page.words("#activity-log")


def test_those_who_are_not_users_any_more_and_the_command_line_are_found(story, installation):
    gone = somebody(installation, "gone")
    writes(installation, (kinds.UserDisabled(), COMMAND_LINE, Principal(gone.user_id, "gone")))
    stores(installation, "DELETE FROM users WHERE username = 'gone'")
    assert "The command line disabled gone" in of(story, "person=gon")
    assert "The command line disabled gone" in of(story, "person=command")


def test_what_somebody_did_and_what_was_done_to_them_are_told_apart(story):
    assert of(story, "actor=vera") == ["vera disabled karin", RESET]
    done_to = of(story, "subject=karim.rossi")
    assert RESET in done_to
    assert CREATED in done_to
    assert of(story, "subject=karim") == []
    assert of(story, "actor=vera&subject=karim.rossi") == [RESET]


@pytest.mark.parametrize("name", ["actor", "subject", "numbers"])
def test_a_filter_without_a_field_is_shown_stays_and_can_be_taken_away(story, name):
    value = {"actor": "vera", "subject": "karin", "numbers": "1-7"}[name]
    page = story.browser.get(f"/activity-log?{name}={value}&action=user.disabled")
    assert page.fields("/activity-log")[name] == value
    chip = page.find(".chips a")
    assert value in _text(chip)
    assert chip.get("href") == "/activity-log?action=user.disabled"


def test_without_the_permission_to_see_users_names_are_not_learnt(story, installation):
    reader = somebody(installation, "reader", "Auditor")
    auditors = "(SELECT id FROM roles WHERE name = 'Auditor')"
    stores(installation, f"DELETE FROM role_permissions WHERE permission = 'users.view' AND role_id = {auditors}")
    reader.signs_in()
    assert of(reader, "person=rossi") == []
    assert RESET in of(reader, "person=karim")
    assert suggested(reader.browser.get("/activity-log/people?person=karim", part=True)) == [("karim.rossi", "")]
    links = reader.browser.get("/activity-log").links()
    assert not [link for link in links if link.startswith("/users")]


# ------------------------------------------------------------------------------------------------------- suggestions


def test_the_field_suggests_those_whom_the_page_names_without_javascript(story):
    page = story.browser.get("/activity-log")
    assert page.find("#log-person").get("list") == page.find("datalist").get("id")
    assert {"karim.rossi", "karin", "vera", "bob", "command line"} <= {name for name, _ in suggested(page)}
    assert suggested(story.browser.get("/activity-log?person=kari")) == [
        ("karim.rossi", "Karim Rossi"),
        ("karin", "Anna Karinsson"),
    ]


def test_what_is_typed_suggests_those_who_begin_so_and_not_all_of_many(story, installation):
    assert suggested(story.browser.get("/activity-log/people?person=lind", part=True)) == [("vera", "Vera Lindqvist")]
    assert suggested(story.browser.get("/activity-log/people?person=", part=True)) == []
    for number in range(activity_people.MOST + 5):
        somebody(installation, f"many-{number:02}")
    assert len(suggested(story.browser.get("/activity-log/people?person=many", part=True))) == activity_people.MOST


# --------------------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize("typed", ["198.51.100.7", " 198.51.100.7 ", "::ffff:198.51.100.7"])
def test_it_filters_by_address(story, typed):
    found = of(story, f"address={quote(typed)}")
    assert len(found) == 4
    assert found[2] == BLOCKED
    assert of(story, "address=198.51.100.7&action=two_factor.reset") == [RESET]
    assert of(story, "address=198.51.100.7&person=karin") == ["vera disabled karin"]
    assert of(story, "address=198.51.100.8") == []


def test_ipv6_is_found_however_it_is_written(story, installation):
    writes(installation, (kinds.SignedOut(), COMMAND_LINE, COMMAND_LINE), address="2001:db8::7")
    assert of(story, "address=2001:0DB8:0:0:0:0:0:7") == ["The command line signed out"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("address=here", "Enter an IP address like 192.0.2.17."),
        ("address=192.0.2", "Enter an IP address like 192.0.2.17."),
        ("address=%00", "Enter an IP address like 192.0.2.17."),
        ("numbers=x", "Enter numbers of entries like 120-257."),
        ("numbers=1-2-3", "Enter numbers of entries like 120-257."),
        ("numbers=" + "9" * 40, "Enter numbers of entries like 120-257."),
        ("q=" + "x" * 129, "At most 128 characters."),
    ],
)
def test_nonsense_is_said_and_shows_nothing(story, query, words):
    page = story.browser.get(f"/activity-log?{query}")
    assert page.status == 422
    assert words in page.words(".problem")
    assert entries(page) == []
    assert story.browser.client.get(f"/activity-log.csv?{query}").status_code == 422


# -------------------------------------------------------------------------------------------------------------- text


@pytest.mark.parametrize("typed", ["ferry", "FERRY", "Phone lost", "müggelsee", "MÜGGELSEE", "the Müggelsee f"])
def test_text_is_found_in_any_case(story, typed):
    assert of(story, f"q={quote(typed)}") == [RESET]


def test_text_is_found_by_the_words_that_people_read_for_an_activity(story):
    assert of(story, "q=Second+factor+reset") == [RESET]
    assert of(story, "q=user+disabled&person=karin") == ["vera disabled karin"]


@pytest.mark.parametrize("typed", ["%", "_erry", "\\", '"', "{", "reason", "f%y", "zzz"])
def test_signs_of_the_pattern_and_of_how_it_is_stored_are_no_text(story, typed):
    assert of(story, f"q={quote(typed)}") == []


@pytest.mark.parametrize("reason", ['said "now"', "100 % sure", "a_b", "back\\slash"])
def test_such_signs_are_found_where_they_are(story, installation, reason):
    writes(installation, (kinds.TwoFactorReset(reason), COMMAND_LINE, COMMAND_LINE))
    (found,) = of(story, f"q={quote(reason)}")
    assert found.endswith(f"Reason: {reason}")


# ------------------------------------------------------------------------------------------------------ by and large

QUERIES = (
    "person=p", "person=person", "person=pet", "person=person-7", "q=ferry", "q=ferry&person=person-12",
    "address=192.0.2.3", "address=192.0.2.2&action=two_factor.reset", "subject=person-18&action=two_factor.reset",
    "actor=person-7&q=person", "person=p&address=192.0.2.0&q=ferry", "person=person-1&action=two_factor.reset",
    "numbers=60-90", "person=p&to=2026-11-24", "person=p&from=2026-11-25&q=person", "numbers=60-90&person=p",
)  # fmt: skip
# By the one who reads the log.
READING = ("activity_log.exported", "login.succeeded")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Bob, signed in, among more people than are named one by one."""
    with Installation(tmp_path_factory.mktemp("crowd") / "data") as running:
        people = []
        for number in range(activity_people.MOST + 4):
            name = f"Petra {number}" if number % 3 else f"Ada Petri {number}"
            person = somebody(running, f"person-{number}", name=name)
            people.append(Principal(person.user_id, person.username))
        for number in range(120):
            by, to = people[number * 7 % len(people)], people[number * 5 % len(people)]
            reason = kinds.TwoFactorReset("on a ferry" if number % 12 == 0 else "lost")
            if number == 60:
                running.clock.forward(86_400)
            what: kinds.Activity = kinds.UserEnabled() if number % 6 else reason
            writes(running, (what, by, to), address=f"192.0.2.{number % 4}")
        bob = somebody(running, "bob", "Administrator")
        bob.signs_in()
        yield bob


def exported(person: Person, query: str = "") -> list[dict[str, str]]:
    answer = person.browser.client.get(f"/activity-log.csv?{query}")
    assert answer.status_code == 200
    lines = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    return [row for row in lines if row["action"] not in READING]


def paged(person: Person, query: str) -> list[int]:
    seen, path = [], f"/activity-log?{query}"
    while path:
        page = person.browser.get(path)
        seen += numbers(page)
        links = {_text(link): link.get("href", "") for link in page.all(".paging a")}
        path = links.get("Older") or links.get("Search older entries") or ""
    return seen


def fits(row: dict[str, str], asked: dict[str, str]) -> bool:
    """What each filter means, said once more."""
    person, text = asked.get("person", ""), asked.get("q", "")
    names = (row["actor"], row["subject"])
    first, last = map(int, asked.get("numbers", "1-999999").split("-"))
    # Everybody in the crowd has a name of which a word begins so.
    named = person == "pet" and any(name.startswith("person-") for name in names)
    return (
        (named or any(name.startswith(person) for name in names))
        and all(row[name] == asked[name] for name in ("action", "address", "actor", "subject") if name in asked)
        and asked.get("from", "") <= row["time"][:10] <= asked.get("to", "9999")
        and first <= int(row["number"]) <= last
        and any(text in row[name] for name in ("actor", "subject", "before", "after", "detail", "address"))
    )


@pytest.mark.parametrize("query", QUERIES)
def test_every_filter_finds_all_and_only_what_it_means_on_its_pages_and_in_the_export(crowd, monkeypatch, query):
    monkeypatch.setattr(activity_log, "LOOKED_AT", 30)
    asked = dict(each.split("=") for each in query.split("&"))
    everything = exported(crowd)
    wanted = [int(row["number"]) for row in everything if fits(row, asked)]
    assert 0 < len(wanted) < len(everything), "the case takes some and leaves some"
    assert [int(row["number"]) for row in exported(crowd, query)] == wanted
    known = {int(row["number"]) for row in everything}
    assert [number for number in paged(crowd, query) if number in known] == wanted


def test_it_says_down_to_where_it_searched(crowd, monkeypatch):
    monkeypatch.setattr(activity_log, "LOOKED_AT", 30)
    page = crowd.browser.get("/activity-log?q=nowhere")
    assert entries(page) == []
    assert "Older ones have not been searched yet." in page.words("#activity-log-count")
    assert "Search older entries" in [_text(link) for link in page.all(".paging a")]


# ------------------------------------------------------------------------------------- links, kinds, number of results


def test_an_entry_leads_to_its_people_who_are_still_there_and_to_its_address(story, installation):
    page = story.browser.get("/activity-log?person=vera&action=two_factor.reset")
    links = {_text(link): link.get("href") for link in page.all("td a")}
    assert links["198.51.100.7"] == "/activity-log?address=198.51.100.7"
    assert story.browser.get(str(links["karim.rossi"])).words("h1") == "Karim Rossi"
    assert story.browser.get(str(links["vera"])).words("h1") == "Vera Lindqvist"
    passing = somebody(installation, "passing")
    writes(installation, (kinds.UserDisabled(), COMMAND_LINE, Principal(passing.user_id, "passing")), address="::1")
    stores(installation, "DELETE FROM users WHERE username = 'passing'")
    page = story.browser.get("/activity-log?subject=passing&action=user.disabled")
    assert entries(page) == ["The command line disabled passing"]
    assert [_text(link) for link in page.all("td a")] == ["::1"]


def test_a_users_page_leads_to_both_directions(story):
    karim = story.browser.get("/activity-log?person=vera&action=two_factor.reset").all("td a")[1].get("href")
    page = story.browser.get(str(karim))
    found = {
        _text(link): link.get("href", "") for link in page.all("a") if link.get("href", "").startswith("/activity-log?")
    }
    assert set(found) == {"What Karim Rossi did", "What was done to Karim Rossi", "Both"}
    did, done, both = (entries(story.browser.get(path)) for path in found.values())
    assert CHANGED in did
    assert RESET not in did
    assert RESET in done
    assert set(did) | set(done) == set(both)


def test_kinds_are_in_groups_each_in_the_order_of_its_words(story):
    groups = story.browser.get("/activity-log").all("optgroup")
    assert len(groups) > 3
    for group in groups:
        words = [_text(option) for option in group.iter("option")]
        assert words == sorted(words, key=str.casefold), group.get("label")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("person=karin", "2 entries, from number {0} down to {1}."),
        ("q=ferry", "1 entry, number {0}."),
        ("person=zzz", "No entry matches."),
    ],
)
def test_the_number_of_results_is_said_in_a_live_region_that_stays(story, query, said):
    page = story.browser.get(f"/activity-log?{query}")
    said = said.format(*(_text(cell) for cell in page.all("td") if "number" in (cell.get("class") or "").split()))
    regions = [each for each in page.all("div") if each.get("role") == "status"]
    assert [_text(region) for region in regions] == [said]
    part = story.browser.get(f"/activity-log?{query}", part=True)
    assert 'hx-target="#activity-log-count"' in part.html
    assert said in part.text
    assert 'role="status"' not in part.html
