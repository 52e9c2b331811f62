"""Usernames that can be told apart: every way to get one goes through one rule; names from before it go on working."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from accounts import confusables, usernames
from accounts.context import COMMAND_LINE, Context
from accounts.sso.id_token import Identity
from accounts.sso.users import NotMatched, match_identity
from accounts.user_import import apply
from accounts.user_import.reader import Source
from accounts.users import administration, users
from db import schema
from tests.people import Person, session_of
from tests.server import command

FIELD = Path(__file__).parent.parent / "field" / "usernames-invisible.txt"


def from_the_field() -> list[str]:
    lines = FIELD.read_text("utf-8").splitlines()
    return [line.encode().decode("unicode_escape") for line in lines if not line.startswith("#")]


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
    "o\u2019brien",
]
LOOKALIKES = ["a1ice", "a|ice", "\uff41\uff11ice"]
ACCEPTED = [
    "zo\u00eb",
    "m\u00fcller",
    "\u5c71\u7530\u592a\u90ce",
    "\u30e4\u30de\u30c0-\u5c71",
    "\uae40\ucca0\uc218 kim",
    "\u05d9\u05d5\u05e1\u05d9",
    "\u0430\u043d\u043d\u0430",
    "user 007",
    "o'neil, mary-ann",
]


async def by_command(context: Context, username: str, _: object) -> object:
    return await users.create(context, users.New(username), COMMAND_LINE)


async def by_page(context: Context, username: str, bob: Person) -> object:
    return await administration.add(context, users.New(username), await session_of(context, bob))


async def by_import(context: Context, username: str, _: object) -> object:
    async def lines() -> AsyncIterator[bytes]:
        yield f'username\n"{username}"\n'.encode()

    report = await apply.run(context, Source(lines), None)
    assert report is not None
    return report.problems[0].problem if report.problems else "added"


async def by_single_sign_on(context: Context, username: str, _: object) -> object:
    async with context.db.transaction():
        identity = Identity("https://id.example.org", username, username, "Alice", "", None, "", "", None)
        return await match_identity(context, identity, None, True)


WAYS = [by_command, by_page, by_import, by_single_sign_on]


def is_refused(outcome: object) -> bool:
    return isinstance(outcome, users.Refused | NotMatched) or outcome in ("not usable", "lookalike")


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
        "not usable",
    ]
    assert [outcome(by_import, name) for name in ("a1ice", "\u0430lice")] == ["lookalike", "not usable"]


def test_two_lines_of_a_file_that_look_alike_are_refused(installation):
    async def lines() -> AsyncIterator[bytes]:
        yield b"username\ncornelia\ncomelia\n"

    report = installation.run(lambda context: apply.run(context, Source(lines), None))
    assert [(bad.line, bad.problem) for bad in report.problems] == [(3, "lookalike")]


def test_who_was_added_as_irfan_signs_in_as_a_turkish_phone_writes_it():
    assert usernames.canonical("\u0130rfan") == usernames.canonical("irfan") == "irfan"


# ------------------------------------------------------------------------------------------- names from before the rule


OLD = ["alice", "al\u0456ce", "admin\ufe0f", "a1ice", "i\u0307rfan", "zo\u00eb"]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database from before the migration."""
    folder = tmp_path / "data"
    assert command(folder, "create-user", "admin").status == 0
    connection = sqlite3.connect(folder / "two_keys.sqlite3")
    connection.executescript(
        "DROP INDEX users_skeleton; ALTER TABLE users DROP COLUMN skeleton; ALTER TABLE users DROP COLUMN skeleton_of;"
        "DROP INDEX activity_by_subject_name; DROP INDEX activity_by_subject_name_action;"
        "DROP INDEX activity_by_address;"
        "UPDATE alembic_version SET version_num = '0012'"
    )
    connection.row_factory = sqlite3.Row
    model = dict(connection.execute("SELECT * FROM users").fetchone())
    for number, name in enumerate(OLD, 2):
        row = model | {"id": number, "username": name, "search_text": name}
        connection.execute(
            f"INSERT INTO users ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", (*row.values(),)
        )
    connection.commit()
    connection.close()
    return folder


def test_names_from_before_go_on_and_are_listed(old):
    assert schema.migrate(old / "two_keys.sqlite3", confusables.skeleton)
    said = command(old, "check-usernames")
    assert said.status == 0
    assert said.out.splitlines() == [
        "'al\\u0456ce' (al\u0456ce): looks like 'alice'",
        "'admin\\ufe0f' (admin\ufe0f): looks like 'admin'",
        "'a1ice' (a1ice): looks like 'alice'",
    ]
    for name in OLD:
        assert command(old, "disable-user", name).status == 0, ascii(name)
    assert "looks like the username of another user" in command(old, "create-user", "a|ice").err


def test_a_name_that_looks_like_one_from_before_is_refused_even_when_the_first_is_gone(old):
    command(old, "migrate")
    connection = sqlite3.connect(old / "two_keys.sqlite3")
    with connection:
        connection.execute("DELETE FROM users WHERE username = 'alice'")
    connection.close()
    assert command(old, "create-user", "alice").status == 1


def test_without_any_the_command_says_so(tmp_path):
    command(tmp_path / "data", "create-user", "alice")
    assert command(tmp_path / "data", "check-usernames").out == "All usernames can be told apart.\n"
