"""A damaged log is still a log: whatever is in a row, the page shows the others, and the command names it."""

import csv
import io
from dataclasses import fields

import pytest

from accounts.activity import chain, kinds
from accounts.activity import log as activities
from accounts.activity.chain import Broken, Verified
from accounts.context import COMMAND_LINE
from db.activity import Entry
from db.activity_head import Head
from tests.browser import Installation, Page, _text
from tests.mailing import Mailing
from tests.people import Person, somebody, switch

UNREADABLE = "This entry cannot be read: it was damaged, or changed outside the program."
TEXT = {"a blob": "x'ff00'", "not UTF-8": "CAST(x'41ff' AS TEXT)", "a number": "CAST(7 AS INTEGER)"}
NUMBER = {
    "text": "'soon'",
    "a blob": "x'ff00'",
    "a fraction": "1.5",
    "negative": "-1",
    "huge": "9223372036854775807",
    "larger than a number": "9e99",
    "beyond every calendar": "253402300800",
    "not UTF-8": "CAST(x'ff' AS TEXT)",
}
BLOB = {"text": "'soon'", "not UTF-8": "CAST(x'ff' AS TEXT)", "a number": "7"}
# What is no damage of the type: the entry is shown, or not, but nothing fails.
DETAILS = {
    "no JSON": "'{'",
    "a list": "'[1]'",
    "nothing": "''",
    "deep": f"'{'[' * 50_000}'",
    "NaN": "'NaN'",
}
ODD_DETAILS = {
    "no facts": "'{}'",
    "numbers": """'{"number": 7, "cause": null, "factor": ["x"], "left": {}, "filter": true}'""",
    "huge": "'" + '{"number": "' + "9" * 5000 + '", "left": "1e9999", "holders": "-9"}' + "'",
    "surrogates": """'{"reason": "\\ud800", "cause": "\\ud800", "filter": "\\ud800"}'""",
}
KINDS = {"number": {}, "at": NUMBER, "actor_id": NUMBER, "subject_id": NUMBER, "mac": BLOB}
DAMAGES = [
    pytest.param(column, value, id=f"{column}: {name}")
    for column in Entry.__dataclass_fields__
    for name, value in KINDS.get(column, TEXT).items()
    # SQLite turns a number in a column of text into text.
    if not (name == "a number" and column != "mac")
    if not (column.endswith("_id") and name == "beyond every calendar")
] + [pytest.param("detail", value, id=f"detail: {name}") for name, value in DETAILS.items()]
# Entries of the fixture: the third is about Alice.
ENTRIES = 6


@pytest.fixture
def log(installation: Installation, bob: Person, alice: Person) -> Person:
    """Bob, signed in; of the entries, the third is in the middle and about a refused sign-in of Alice."""
    alice.types(password="wrong")
    alice.types(password="wrong")
    alice.signs_in()
    bob.signs_in()
    return bob


def damage(installation: Installation, *statements: str) -> None:
    async def act(context):
        async with context.db.transaction():
            for statement in statements:
                await context.db.execute(statement)

    installation.run(act)


def verified(installation: Installation) -> Verified | Broken:
    return installation.run(chain.verify)


def shown(page: Page) -> dict[int, str]:
    """Number → sentence."""
    assert page.status == 200
    cells = [_text(cell) for cell in page.all("td")]
    return {int(number): what for _, what, _, number in zip(*[iter(cells)] * 4, strict=True)}


def exported(person: Person) -> dict[int | str, dict[str, str]]:
    answer = person.browser.client.get("/activity-log.csv")
    assert answer.status_code == 200
    return {_number(row["number"]): row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}


def _number(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdigit() else text


PAGES = ("/", "/activity-log", "/activity-log?action=login.refused", "/activity-log?from=2026-11-01&to=2026-11-30")


def everything_opens(person: Person, alice: Person) -> None:
    for path in (*PAGES, "/activity-log?before=4", "/activity-log?actor=alice", f"/users/{alice.user_id}"):
        assert person.browser.get(path).status == 200, path


@pytest.mark.parametrize(("column", "value"), DAMAGES)
def test_a_damaged_entry_is_named_and_shown_as_unreadable_and_the_others_as_ever(log, alice, column, value):
    installation = log.installation
    before = shown(log.browser.get("/activity-log"))
    damage(installation, f"UPDATE activity SET {column} = {value} WHERE number = 3")
    page = log.browser.get("/activity-log")
    assert shown(page) == before | {3: UNREADABLE}
    assert UNREADABLE in log.browser.get("/").text
    everything_opens(log, alice)
    rows = exported(log)
    assert rows.pop(3) == {
        **dict.fromkeys(("time", "actor", "subject", "before", "after", "address", "detail"), ""),
        "number": "3",
        "action": "unreadable",
    }
    assert all(row["time"].endswith("Z") and row["action"] != "unreadable" for row in rows.values())
    found = verified(installation)
    assert isinstance(found, Broken)
    assert 3 in [finding.number for finding in found.findings]
    assert {finding.number for finding in found.findings} <= {3, 4}


@pytest.mark.parametrize("column", ["before", "after", "detail"])
@pytest.mark.parametrize("action", ["user.changed", "profile.changed"])
@pytest.mark.parametrize("deep", ["[" * 20_000, '{"x":' * 20_000, "9" * 5_000], ids=["lists", "objects", "digits"])
def test_deep_json_in_every_column_that_is_read_breaks_no_page(log, alice, column, action, deep):
    value = '{"name":' + deep
    damage(log.installation, f"UPDATE activity SET {column} = '{value}', action = '{action}' WHERE number = 3")
    everything_opens(log, alice)
    assert shown(log.browser.get("/activity-log"))[3] == UNREADABLE, "and not raw"
    assert exported(log)[3]["action"] == "unreadable"
    assert isinstance(verified(log.installation), Broken)


def one_of_each_kind(installation: Installation) -> None:
    async def act(context):
        every = [kind(*("x" for each in fields(kind) if not each.kw_only)) for kind in kinds.Activity.__subclasses__()]
        async with context.db.transaction():
            await activities.record_all(context, ((each, COMMAND_LINE) for each in every), COMMAND_LINE)

    installation.run(act)


@pytest.mark.parametrize("value", ODD_DETAILS.values(), ids=ODD_DETAILS)
def test_odd_facts_break_no_sentence_of_any_kind(log, alice, value):
    one_of_each_kind(log.installation)
    damage(
        log.installation, f"UPDATE activity SET detail = {value}", "UPDATE activity SET action = '' WHERE number = 2"
    )
    everything_opens(log, alice)
    newest = 1 + max(shown(log.browser.get("/activity-log")))
    every = [shown(log.browser.get(f"/activity-log?before={before}")) for before in range(newest, 1, -50)]
    assert len({number for page in every for number in page}) == newest - 1
    assert len(exported(log)) == newest
    assert isinstance(verified(log.installation), Broken)


@pytest.mark.parametrize("number", [-5, ENTRIES + 1, ENTRIES + 2, 1000, 2**62, 2**63 - 1])
def test_a_row_outside_is_named_and_does_not_keep_the_log_from_going_on(log, alice, number):
    columns = ", ".join(name for name in Entry.__dataclass_fields__ if name != "number")
    damage(
        log.installation, f"INSERT INTO activity (number, {columns}) SELECT {number}, {columns} FROM activity LIMIT 1"
    )
    found = verified(log.installation)
    assert isinstance(found, Broken)
    assert [finding.number for finding in found.findings] == [number]
    before = shown(log.browser.get("/activity-log"))
    assert {each for each, what in before.items() if what == UNREADABLE} <= {number}
    everything_opens(log, alice)
    for on in (True, False):
        switch(log.installation, on)
    after = verified(log.installation)
    assert isinstance(after, Broken)
    assert [abs(finding.number) for finding in after.findings] == [abs(number)]
    assert set(shown(log.browser.get("/activity-log"))) >= set(range(1, ENTRIES + 3))


HEADS = [
    pytest.param(f"{column} = {value}", id=f"{column}: {name}")
    for column in Head.__dataclass_fields__
    for name, value in {"number": NUMBER, "key_id": TEXT}.get(column, BLOB).items()
    if not (name == "a number" and column == "key_id")
]
HEADS += map(pytest.param, ("number = 2", "number = number + 10", "signature = x''", "turns = 'x'"))


@pytest.mark.parametrize("change", HEADS)
def test_a_damaged_head_is_named_and_no_later_entry_covers_it_up(log, alice, change):
    """The head has no valid signature any more, and is never given one again."""
    damage(log.installation, f"UPDATE activity_head SET {change}")
    assert isinstance(verified(log.installation), Broken)
    # the counter goes on from what it was
    harmless = change.startswith("turns")
    everything_opens(log, alice)
    for on in (True, False):
        switch(log.installation, on)
    alice.browser = log.installation.browser()
    assert alice.types(password="wrong").status == 422
    alice.signs_in()
    assert isinstance(verified(log.installation), Verified if harmless else Broken)
    everything_opens(log, alice)


def test_a_log_without_a_head_goes_on(log, alice):
    damage(log.installation, "DELETE FROM activity_head")
    everything_opens(log, alice)
    switch(log.installation, True)
    found = verified(log.installation)
    assert isinstance(found, Broken)
    assert "signature of the head" in found.why
    assert max(shown(log.browser.get("/activity-log"))) == ENTRIES + 1


def test_entries_cut_off_with_the_head_set_back_stay_found_when_the_log_goes_on(log):
    """The program itself must not sign what somebody without the key left over."""
    damage(
        log.installation,
        "UPDATE activity_head SET number = 4, mac = (SELECT mac FROM activity WHERE number = 4)",
        "DELETE FROM activity WHERE number > 4",
    )
    for on in (True, False, True):
        switch(log.installation, on)
    assert isinstance(verified(log.installation), Broken)


def test_every_bad_entry_is_named(log):
    damage(
        log.installation,
        "UPDATE activity SET actor = 'eve' WHERE number = 2",
        "UPDATE activity SET at = 'soon' WHERE number = 5",
    )
    found = verified(log.installation)
    assert isinstance(found, Broken)
    assert [finding.number for finding in found.findings] == [2, 5]


@pytest.mark.parametrize("value", ["at = 'soon'", "at = -1", "detail = x'00'", "actor = CAST(x'ff' AS TEXT)"])
def test_e_mails_about_other_entries_leave(mailing: Mailing, value: str):
    alice = somebody(mailing.installation, "alice")
    mailing.delivered()
    alice.types(password="wrong")
    number = mailing.rows("SELECT max(number) FROM activity")[0][0]
    alice.signs_in()
    page = {"current_password": alice.password, "new_password": "nine blue kettles in a row"}
    alice.browser.post("/my-user/password", page)
    mailing.damage(f"UPDATE activity SET {value} WHERE number = {number}")
    assert [letter.subject for letter in mailing.delivered()] == ["Your password was changed"]


REBUILT = "CREATE TABLE rebuilt AS SELECT * FROM {0}; DROP TABLE {0}; ALTER TABLE rebuilt RENAME TO {0}; "


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (REBUILT.format("activity_head") + "INSERT INTO activity_head SELECT * FROM activity_head", "a second head"),
        ("UPDATE activity_head SET turns = 9223372036854775807", "the counter of the head"),
        (REBUILT.format("activity") + "UPDATE activity SET number = 'x' WHERE number = 3", "'x' for a number"),
        (REBUILT.format("activity") + "UPDATE activity SET number = NULL WHERE number = 3", "None for a number"),
    ],
)
def test_a_table_that_was_built_anew_is_named(log, change, said):
    for statement in change.split("; "):
        damage(log.installation, statement)
    found = verified(log.installation)
    assert isinstance(found, Broken)
    assert any(said in finding.why for finding in found.findings), found


WRONG = {
    "a blob": "x'ff00'",
    "text": "'soon'",
    "nothing": "NULL",
    "a huge number": "9223372036854775807",
    "a negative number": "-3",
    "a fraction": "3.5",
    "endless": "9e999",
    "not UTF-8": "CAST(x'41ff' AS TEXT)",
}


CASES = [("number", name) for name in WRONG] + [
    (name, "a blob") for name in Entry.__dataclass_fields__ if name != "number"
]


@pytest.mark.parametrize(("column", "what"), CASES)
def test_a_table_that_was_built_anew_without_its_constraints_opens_everywhere(log, alice, column, what):
    """Then any column holds anything, that of the number included, and the log goes on."""
    for statement in REBUILT.format("activity").split("; "):
        damage(log.installation, statement)
    damage(log.installation, f"UPDATE activity SET {column} = {WRONG[what]} WHERE number = 3")
    everything_opens(log, alice)
    for asked in ("person=al", "q=wrong", "address=203.0.113.7", "numbers=1-9"):
        assert log.browser.get(f"/activity-log?{asked}").status == 200, asked
        assert log.browser.client.get(f"/activity-log.csv?{asked}").status_code == 200, asked
    rows = exported(log)
    assert isinstance(verified(log.installation), Broken)
    assert {1, 2, 4, 5, 6} <= rows.keys(), "the others"
    # A negative number is that of a row which was moved away, and a blob may be a wrong HMAC.
    named = [number for number, row in rows.items() if row["action"] == "unreadable"]
    assert len(named) == (0 if what == "a negative number" or column == "mac" else 1)
    switch(log.installation, True)
