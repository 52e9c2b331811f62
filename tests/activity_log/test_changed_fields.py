"""Changed fields in the log: a value cannot imitate the next field, and entries from before are read on."""

import csv
import io

import pytest

from accounts.activity import changed_fields, kinds, log
from accounts.context import COMMAND_LINE, Context
from tests.people import Person

IMITATING = [
    "Mallory; email alice@example.org",
    '", "email": "alice@example.org',
    "Mallory\\",
    "{}",
    "\u05d3\u05d5\u05d3 12",
]


@pytest.mark.parametrize("name", IMITATING)
def test_a_name_cannot_look_like_another_field(alice: Person, bob: Person, name: str):
    alice.signs_in()
    values = alice.browser.get("/my-user").fields("/my-user/profile")
    assert alice.browser.post("/my-user/profile", values | {"name": name}).status == 303
    page = bob.signs_in().get("/activity-log?action=profile.changed")
    shown = [element.text for element in page.all("#activity-log [dir=auto]")]
    assert shown == ["Alice", name]
    (row,) = csv.DictReader(io.StringIO(bob.browser.get("/activity-log.csv?action=profile.changed").html))
    assert changed_fields.read(row["after"]) == {"name": name}


def test_an_entry_from_before_is_shown_as_it_is(installation, bob: Person):
    async def act(context: Context) -> None:
        async with context.db.transaction():
            old = kinds.ProfileChanged("name Alice; time_zone \u2014", "name Alice Arden; time_zone UTC")
            await log.record(context, old, COMMAND_LINE)

    installation.run(act)
    words = bob.signs_in().get("/activity-log").words("#activity-log")
    assert "from name Alice; time zone \u2014 to name Alice Arden; time zone UTC" in words


@pytest.mark.parametrize("text", ["", "name {", "{", "{]", "[1]", "{}x"])
def test_what_is_no_object_is_one_text(text: str):
    assert changed_fields.read(text) is None


@pytest.mark.parametrize("name", IMITATING)
def test_what_is_written_is_read(name: str):
    assert changed_fields.read(changed_fields.written({"name": name, "unit": ""})) == {"name": name, "unit": ""}
