"""Usernames that can be told apart: every way to get one goes through one rule; names from before it go on working."""

import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from accounts import confusables, usernames
from accounts.context import COMMAND_LINE, Context
from accounts.sso.id_token import Identity
from accounts.sso.users import Begun, NotMatched, match_identity
from accounts.user_import import apply
from accounts.user_import.reader import Source
from accounts.users import adding, users
from commands import words
from tests import old_databases
from tests.people import Person, session_of
from tests.server import command

TEMPLATES = Path(__file__).parent.parent.parent / "templates"
FIELD = Path(__file__).parent.parent / "field" / "usernames-invisible.txt"


def from_the_field() -> list[str]:
    lines = FIELD.read_text("utf-8").splitlines()
    return [line.encode().decode("unicode_escape") for line in lines if not line.startswith("#")]


# What is typed, and why it cannot be a new username.
REFUSED = {
    "x" * 129: "too_long",
    "x\u2800": "bad_characters",
    "x\u3164y": "bad_characters",
    "": "no_letter",
    ".": "no_letter",
    "-_-": "no_letter",
    "system": "reserved",
    "d\u2019angelo": "apostrophe",
    "d\u2018angelo": "apostrophe",
    "\u0301a": "marks",
    "-\u0301a": "marks",
    "anna \u0301b": "marks",
    "a" + 5 * "\u0301": "marks",
    "a" + 40 * "\u0301": "marks",
    "lee\u674e": "mixed_scripts",
    "\u0430lice": "mixed_scripts",
    "\uae40 kim": "mixed_scripts",
    "\u3055\uae40": "mixed_scripts",
    "1\u0663": "mixed_digits",
    "\u0663\u0623\u062d\u0645\u062f": "direction",
    "1\u05d9\u05d5\u05e1\u05d9": "direction",
    "x\u2665": "not usable",
    "a  b": "not usable",
    "x\u2026y\u2e2e": "not usable",
    "systern": "like_reserved",
    "command l1ne": "like_reserved",
    "command-Iine": "like_reserved",
}
# Not acceptable beside a user `alice`, each for another reason.
NOT_USABLE = [
    *from_the_field(),
    "al\u0456ce",
    "\u0430lice",
    "systern",
    "cornrnand line",
    "command line\u034f",
    "unkn\u043ewn user",
    "\u05d9\u05d5\u05e1\u05d9a",
    "1\u05d9\u05d5\u05e1\u05d9",
    "user\u0663 1",
    "a\u0301\u200db",
    *(name for name in REFUSED if 0 < len(name) < 129),
]
LOOKALIKES = ["a1ice", "a|ice", "\uff41\uff11ice", "\ua4ee\ua4e1\ua4f2\ua4da\ua4f0", "al\u026ace", "b0b", "\u0299ob"]
ACCEPTED = [
    "zo\u00eb",
    "m\u00fcller",
    "\u5c71\u7530\u592a\u90ce",
    "\u30e4\u30de\u30c0-\u5c71",
    "\uae40\ucca0\uc218",
    "\u0142ukasz",
    "\u5f20\u4f1f",
    "\u0438\u0432\u0430\u043d",
    "\u0623\u062d\u0645\u062f",
    "o'brien",
    "jos\u00e9-mar\u00eda",
    "anna.m\u00fcller",
    "x2",
    "\u738b\u5c0f\u660e",
    "\u3055\u304f\u3089\u82b1\u5b50",
    "\u0939\u093f\u0928\u094d\u0926\u0940",
    "\u0e15\u0e31\u0e49\u0e07",
    "syst\u00e8me",
    "\u05d9\u05d5\u05e1\u05d9",
    "\u0430\u043d\u043d\u0430",
    "user 007",
    "o'neil, mary-ann",
    # They look alike in capitals, in which no username is shown.
    "victim",
    "vict1m",
    "kai",
    "kal",
]


async def by_command(context: Context, username: str, _: object) -> object:
    return await users.create(context, users.New(username), COMMAND_LINE)


async def by_page(context: Context, username: str, bob: Person) -> object:
    return await adding.add(context, users.New(username), await session_of(context, bob))


async def by_import(context: Context, username: str, _: object) -> object:
    async def lines() -> AsyncIterator[bytes]:
        yield f'username\n"{username}"\n'.encode()

    report = await apply.run(context, Source(lines), None)
    assert report is not None
    return report.problems[0].problem if report.problems else "added"


async def by_single_sign_on(context: Context, username: str, _: object) -> object:
    async with context.db.transaction():
        identity = Identity("https://id.example.org", username, username, "Alice", "", None, "", "", None)
        return await match_identity(context, identity, Begun(1), True)


WAYS = [by_command, by_page, by_import, by_single_sign_on]


def is_refused(outcome: object) -> bool:
    return isinstance(outcome, users.Refused | NotMatched) or outcome in (*get_args(usernames.Problem), "lookalike")


@pytest.fixture
def outcome(installation, alice, bob):
    bob.signs_in()
    return lambda way, username: installation.run(lambda context: way(context, username, bob))


@pytest.mark.parametrize("way", WAYS)
def test_no_way_gives_a_name_that_cannot_be_told_apart(outcome, way):
    for username in [*NOT_USABLE, *LOOKALIKES]:
        assert is_refused(outcome(way, username)), ascii(username)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_names_in_any_script(outcome, way):
    for username in ACCEPTED:
        assert not is_refused(outcome(way, username)), ascii(username)


def test_the_reason_is_said(outcome):
    assert [outcome(by_command, name).problem for name in ("alice", "a1ice", "\u0430lice")] == [
        "taken",
        "lookalike",
        "mixed_scripts",
    ]
    assert [outcome(by_import, name) for name in ("a1ice", "\u0430lice")] == ["lookalike", "mixed_scripts"]


@pytest.mark.parametrize("typed", REFUSED, ids=ascii)
def test_the_reason_is_the_true_one(typed: str):
    assert usernames.problem_with(typed) == REFUSED[typed]


def test_every_reason_is_walked_and_has_words_of_its_own(outcome):
    assert set(REFUSED.values()) == set(get_args(usernames.Problem))
    assert len({words.USERNAME[problem] for problem in get_args(usernames.Problem)}) == len(set(REFUSED.values()))
    for template in ("users/_field_problem.html", "users/import/reason.html"):
        text = (TEMPLATES / template).read_text("utf-8")
        assert [problem for problem in get_args(usernames.Problem) if f'== "{problem}"' not in text] == []
    for typed, problem in REFUSED.items():
        assert outcome(by_command, typed).problem == problem
        assert outcome(by_page, typed).problem == problem
        if typed:
            assert outcome(by_import, typed) == problem


@pytest.mark.parametrize("between", ["", " ", "-", "_", ".", " - ", "'", "+"])
@pytest.mark.parametrize("actor", usernames.RESERVED)
def test_no_separator_makes_a_reserved_name_another(actor: str, between: str):
    joined = actor.replace(" ", between)
    for typed in (joined, joined.upper(), f"{joined}-", f"-{joined}", between.join(joined) if between else joined):
        if "  " not in typed:
            assert usernames.problem_with(typed) == "reserved", typed


@cache
def twins_of() -> dict[str, list[str]]:
    """Skeleton → the characters of Unicode that have it."""
    twins: dict[str, list[str]] = defaultdict(list)
    for letter in map(chr, range(0x110000)):
        if unicodedata.category(letter)[0] not in "CZ" and not "\u3400" <= letter <= "\ud7ff":
            twins[confusables.skeleton(letter)].append(letter)
    return twins


@pytest.mark.parametrize("actor", usernames.RESERVED)
def test_nothing_that_looks_like_a_letter_of_a_reserved_name_makes_it_another(actor: str):
    """Every character that is no letter of the name, but has the shape of one."""
    tried = 0
    for letter in set(actor) - {" "}:
        for twin in twins_of()[confusables.skeleton(letter)]:
            if twin.lower() != letter:
                tried += 1
                assert usernames.problem_with(actor.replace(letter, twin)) != "", (letter, ascii(twin))
                assert usernames.problem_with(actor.replace(" ", "").replace(letter, twin)) != "", (letter, ascii(twin))
    assert tried > 20


# A user and somebody who wants to be taken for them, in small letters or in capitals.
TWINS = [
    ("bob", "b0b"),
    ("olga", "0lga"),
    ("login", "l0gin"),
    ("login", "1ogin"),
    ("boss", "\u0299\u1d0fss"),
    ("boss", "\ua4d0\ua4f3\ua4e2\ua4e2"),
    ("boss", "\u0432\u043e\u0455\u0455"),
    ("o'brien", "o\u02bcbrien"),
    ("m\u00fcller", "mu\u0308ller"),
]


@pytest.mark.parametrize(("first", "twin"), TWINS, ids=ascii)
def test_twins_have_one_skeleton_whoever_came_first(first: str, twin: str):
    names = [usernames.canonical(name) for name in (first, twin)]
    assert None not in names
    assert len({confusables.skeleton(name) for name in names if name}) == 1


def test_every_small_capital_looks_like_its_letter():
    tried = 0
    for number in range(0x110000):
        letter = unicodedata.name(chr(number), "").removeprefix("LATIN LETTER SMALL CAPITAL ")
        if len(letter) == 1:
            tried += 1
            assert confusables.skeleton(chr(number)) == confusables.skeleton(letter), letter
    assert tried >= 20


# ------------------------------------------------------------------------------------------- names from before the rule


OLD = [
    "alice",
    "al\u0456ce",
    "admin\ufe0f",
    "a1ice",
    "i\u0307rfan",
    "zo\u00eb",
    "b0b",
    "bob",
    "command-line",
    "lee\u674e",
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database from before the migration."""
    folder = tmp_path / "data"
    users = [{"username": name, "search_text": name} for name in ("admin", *OLD)]
    old_databases.make(folder / "two_keys.sqlite3", "0012", *users)
    return folder


def test_names_from_before_go_on_and_are_listed(old):
    assert command(old, "migrate").status == 0
    said = command(old, "check-usernames")
    assert said.status == 1
    assert said.out.splitlines() == [
        "'al\\u0456ce' (al\u0456ce): looks like 'alice'",
        "'admin\\ufe0f' (admin\ufe0f): looks like 'admin'",
        "'a1ice' (a1ice): looks like 'alice'",
        "'bob' (bob): looks like 'b0b'",
        "'command-line' (command-line): is reserved: the activity log uses it",
        "'lee\\u674e' (lee\u674e): mixes letters of several scripts",
    ]
    for name in OLD:
        assert command(old, "disable-user", name).status == 0, ascii(name)
    assert "looks like the username of another user" in command(old, "create-user", "a|ice").err


def test_a_name_that_looks_like_one_from_before_is_refused_even_when_the_first_is_gone(old):
    assert command(old, "migrate").status == 0
    connection = sqlite3.connect(old / "two_keys.sqlite3")
    with connection:
        connection.execute("DELETE FROM users WHERE username = 'alice'")
    connection.close()
    assert command(old, "create-user", "alice").status == 1


def test_without_any_the_command_says_so(tmp_path):
    command(tmp_path / "data", "create-user", "alice")
    assert command(tmp_path / "data", "check-usernames").out == "All usernames can be told apart.\n"
