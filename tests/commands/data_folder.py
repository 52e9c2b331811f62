"""What is in a data folder, and what commands say when they refuse."""

import sqlite3
from pathlib import Path

from tests.server import command

PASSWORD = "correct horse battery staple"


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "two_keys.sqlite3")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def changes(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "two_keys.sqlite3", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def refused(folder: Path, *arguments: str, typed: str = "", status: int = 1, **more: str) -> str:
    """What a command says when it refuses: one line on standard error, nothing on standard output."""
    done = command(folder, *arguments, typed=typed, **more)
    assert (done.status, done.out) == (status, ""), done
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err
    return done.err
