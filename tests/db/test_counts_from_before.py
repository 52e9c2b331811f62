"""Migration 0016: repeated activities are counted without the ten that got an entry. Before, they were counted, too."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests import old_databases
from tests.server import command


def counts(file: Path) -> dict[str, int]:
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute("SELECT whose, number FROM refusals"))


def test_the_ten_that_have_an_entry_are_taken_from_each_count(tmp_path):
    file = tmp_path / "data" / "two_keys.sqlite3"
    before = {"none": 0, "one": 1, "ten": 10, "eleven": 11, "many": 1905}
    old_databases.make(file, "0015")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO refusals (whose, since, number, subject, action, password)"
            " VALUES (?, 1795000000, ?, 'alice', 'login.refused', '')",
            before.items(),
        )
    assert command(tmp_path / "data", "migrate").status == 0
    assert counts(file) == {"none": 0, "one": 0, "ten": 0, "eleven": 1, "many": 1895}
