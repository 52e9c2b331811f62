"""Lines of text that others read: each kind of them goes through the one rule, and cells of exports run nowhere."""

import csv
import io
import unicodedata
from pathlib import Path

import pytest

from accounts import fields, spreadsheets, visible
from accounts.two_factor.authenticators import problem_with_name
from accounts.users.roles import _is_name
from accounts.users.two_factor_reset import problem_with_reason
from routes.web import csv_export

FIELD = Path(__file__).parent.parent / "field" / "names-direction.txt"


def from_the_field() -> list[str]:
    lines = FIELD.read_text("utf-8").splitlines()
    return [line.encode().decode("unicode_escape") for line in lines if not line.startswith("#")]


FORMATS = [chr(number) for number in range(0x110000) if unicodedata.category(chr(number)) == "Cf"]
# What people type, and what is wrong with it, "" for nothing.
LINES = {
    "name": lambda text: fields.problems_with({"name": text}).get("name", ""),
    "company": lambda text: fields.problems_with({"company": text}).get("company", ""),
    "unit": lambda text: fields.problems_with({"unit": text}).get("unit", ""),
    "phone": problem_with_name,
    "reason": lambda text: problem_with_reason(text) or "",
    "role": lambda text: "" if _is_name(text) else "bad_characters",
}


@pytest.mark.parametrize("line", LINES)
def test_no_line_holds_a_format_character(line: str):
    assert len(FORMATS) > 100
    for letter in FORMATS:
        assert LINES[line](f"Mallory {letter}ecila") == "bad_characters", hex(ord(letter))
        assert LINES[line](letter) == "bad_characters", hex(ord(letter))


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("text", from_the_field())
def test_the_names_from_the_field_are_refused(line: str, text: str):
    assert LINES[line](text) == "bad_characters"


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("text", ["\u3164", "\ufe0f", "\u034f\u034f", "\u17b4", "\u2800", "\u2800 \u2800"])
def test_something_must_be_seen(line: str, text: str):
    assert LINES[line](text) == "bad_characters"


def shows_nothing(letter: str) -> bool:
    """By its name: Unicode has no property for what has no ink."""
    words = unicodedata.name(letter, "").split()
    is_filler = "FILLER" in words and letter.isalpha()
    return is_filler or words[-1:] == ["BLANK"] or "INVISIBLE" in words or words[:3] == ["MUSICAL", "SYMBOL", "NULL"]


@pytest.mark.parametrize("line", LINES)
def test_no_character_without_ink_counts_as_seen(line: str):
    blanks = [
        letter for letter in map(chr, range(0x110000)) if shows_nothing(letter) or visible.IGNORABLE.match(letter)
    ]
    assert {"\u2800", "\u115f", "\u1160", "\u3164", "\uffa0", "\U0001d159"} <= set(blanks)
    for letter in blanks:
        assert LINES[line](letter) == LINES[line](f"{letter} {letter}") == "bad_characters", hex(ord(letter))


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("text", ["Zoë O’Brien-Müller", "דוד 12", "山田 太郎", "محمد", "Ana ☕\ufe0f", "1"])
def test_names_of_people_are_accepted(line: str, text: str):
    assert LINES[line](text) == ""


def test_a_joiner_is_accepted_between_letters_alone():
    persian = "علی\u200cرضا"
    assert not visible.has_hidden(persian)
    for text in ("\u200c" + persian, persian + "\u200d", "a \u200d b", "1\u200d2"):
        assert visible.has_hidden(text), ascii(text)


SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("before", ["", "Smith;", "Smith\t", "Smith,", "Smith\n", "Smith; ", 'Smith;"', "a;b\t ", '";'])
def test_no_cell_runs_whichever_separator_a_spreadsheet_reads_with(separator: str, before: str):
    for sign in SIGNS:
        file = csv_export.written([["1", spreadsheets.harmless(f"{before}{sign}cmd()"), "x"]])
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            for row in csv.reader(io.StringIO(file), delimiter=separator, quoting=quoting):
                assert not any(cell.lstrip(' \t\r\n"').startswith(tuple(SIGNS)) for cell in row), (sign, row)


@pytest.mark.parametrize("text", ["Anna-Lena", "a+b@example.org", "R&D; sales", '{"name": "=x"}', "2 - 1"])
def test_a_cell_that_runs_nowhere_stays_as_it_is(text: str):
    assert spreadsheets.harmless(text) == text
