"""Databases as an older version of the program left them."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from accounts import confusables
from db import sqlite_schema

USER = {
    "name": "",
    "email": "",
    "name_beginning": "",
    "email_beginning": "",
    "search_text": "",
    "company": "",
    "unit": "",
    "login_method": "password",
    "time_zone": "",
    "created_at": 1_795_000_000,
    "codes_generation": 0,
    "access_version": 0,
}


def make(file: Path, revision: str, *users: Mapping[str, object]) -> None:
    """A database with the schema of that revision and these users, each with a username and what differs from USER."""
    file.parent.mkdir(mode=0o700)
    file.touch(mode=0o600)
    sqlite_schema.run(file, confusables.skeleton, revision)
    with closing(sqlite3.connect(file)) as connection, connection:
        for user in users:
            row = {**USER, **user}
            connection.execute(
                f"INSERT INTO users ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", [*row.values()]
            )
