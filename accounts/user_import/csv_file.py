"""A file of users: CSV, a user a line, read as it comes. What each line says, or what is wrong with it; the database is
not asked.
"""

import csv
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from accounts import fields, usernames

COLUMNS = ("username", "name", "email", "company", "unit", "role", "login_method")
Method = Literal["", "password", "sso"]
METHODS: dict[str, Method] = {"": "", "password": "password", "sso": "sso"}
LONGEST_LINE_BYTES = 16 * 1024
# lines at a time: some 4 ms of work between two looks at anything else
PORTION = 100

# the file from its beginning, each time it is called; some lines at a time
Lines = Callable[[], AsyncIterator[list[bytes]]]


BadProblem = Literal[
    "bad_address",
    "bad_characters",
    "column_twice",
    "empty",
    "gives_more",
    "holds_more",
    "last_administrator",
    "line_too_long",
    "lookalike",
    "method_differs",
    "no_username_column",
    "no_users",
    "not usable",
    "not_csv",
    "not_utf8",
    "own_address",
    "number_of_cells",
    "roles_not_yours",
    "semicolons",
    "too_long",
    "too_many_lines",
    "twice",
    "unknown_column",
    "unknown_method",
    "unknown_role",
]


@dataclass(frozen=True)
class Bad:
    """A row that cannot be imported. `line` 0: the file as a whole. `value`: what the cell holds, shortened."""

    line: int
    problem: BadProblem
    column: str = ""
    value: str = ""


@dataclass(frozen=True)
class Line:
    number: int
    # canonical
    username: str
    # name, email, company, unit: those that the file has
    texts: dict[str, str]
    # None: the file does not say
    roles: tuple[str, ...] | None
    # "": the file does not say
    login_method: Method


def portions(file: BinaryIO) -> Iterator[list[bytes]]:
    """The lines of an open file, some at a time. One that is too long comes in pieces; the reader stops at the
    first.
    """
    while True:
        some = [line for _ in range(PORTION) if (line := file.readline(LONGEST_LINE_BYTES + 1))]
        if not some:
            return
        yield some


async def read(lines: Lines) -> AsyncIterator[list[Line | Bad]]:
    """What each line says. After a bad heading, or a line that never ends, nothing follows."""
    columns: list[str] = []
    number = 0
    async for portion in lines():
        found: list[Line | Bad] = []
        for raw in portion:
            number += 1
            if len(raw) > LONGEST_LINE_BYTES:
                yield [*found, Bad(number, "line_too_long")]
                return
            cells = _cells(raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw, number)
            if isinstance(cells, Bad):
                found.append(cells)
            elif not columns and cells:
                columns = [cell.strip().lower() for cell in cells]
                if wrong := _wrong_heading(columns, number):
                    yield wrong
                    return
            elif cells:
                found.append(_line(number, columns, cells))
        yield found
    if not columns:
        yield [Bad(0, "empty")]


def _cells(raw: bytes, number: int) -> list[str] | Bad:
    try:
        rows = list(csv.reader([raw.decode("utf-8").rstrip("\r\n")], strict=True))
    except UnicodeDecodeError:
        return Bad(number, "not_utf8")
    except csv.Error:
        return Bad(number, "not_csv")
    return rows[0] if rows and any(cell.strip() for cell in rows[0]) else []


def _wrong_heading(columns: list[str], number: int) -> list[Line | Bad]:
    if len(columns) == 1 and ";" in columns[0]:
        return [Bad(number, "semicolons")]
    wrong = [Bad(number, "unknown_column", value=short(name)) for name in columns if name not in COLUMNS]
    wrong += [Bad(number, "column_twice", value=name) for name in COLUMNS if columns.count(name) > 1]
    if "username" not in columns:
        wrong.append(Bad(number, "no_username_column"))
    return list(wrong)


def _line(number: int, columns: list[str], cells: list[str]) -> Line | Bad:
    if len(cells) != len(columns):
        return Bad(number, "number_of_cells", value=f"{len(cells)}, {len(columns)}")
    values = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    username = usernames.canonical(values["username"])
    if username is None:
        return Bad(number, "not usable", "username", short(values["username"]))
    texts: dict[str, str] = {name: values[name] for name in ("name", "email", "company", "unit") if name in values}
    for name, text in texts.items():
        problem = fields.problem_with_email(text) if name == "email" else fields.problem_with_text(text)
        if problem:
            return Bad(number, problem, name, short(text))
    method = METHODS.get(values.get("login_method", "").lower())
    if method is None:
        return Bad(number, "unknown_method", "login_method", short(values["login_method"].lower()))
    names = [name.strip() for name in values["role"].split(";")] if "role" in values else None
    roles = None if names is None else tuple(dict.fromkeys(name for name in names if name))
    return Line(number, username, texts, roles, method)


def short(text: str) -> str:
    """What was typed, to be quoted: its beginning, on one line."""
    shown = re.sub(r"[^\S ]|[^ -\U0010ffff]|[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
