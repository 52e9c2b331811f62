"""A file of users: CSV, a user a row. What each row says, or what is wrong with it; the database is not asked."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from accounts import fields, spreadsheets, usernames
from accounts.user_import import decoding
from accounts.user_import.decoding import GUESSES, Chunks, Encoding
from accounts.user_import.headings import MOST_SHOWN, Columns, Field, Part, columns_of
from accounts.user_import.records import Record, Splitter

COLUMNS: tuple[Field, ...] = ("username", "name", "email", "company", "unit", "role", "login_method")
TEXTS: tuple[Field, ...] = ("name", "email", "company", "unit")
Method = Literal["", "password", "sso"]
METHODS: dict[str, Method] = {"": "", "password": "password", "sso": "sso"}
# As spreadsheets write a number of twelve digits and more: the last ones are lost.
SHORTENED_NUMBER = re.compile("[0-9](?:[.,][0-9]+)?E\\+[0-9]{2,3}", re.IGNORECASE)

BadProblem = Literal[
    "bad_address",
    "column_twice",
    "empty",
    "gives_more",
    "holds_more",
    "last_administrator",
    "line_break",
    "line_too_long",
    "local_part_beyond_ascii",
    "lookalike",
    "address_of_another",
    "username_of_another",
    "method_differs",
    "no_provider",
    "no_username_column",
    "no_users",
    "not_csv",
    "not_text",
    "not_utf8",
    "own_address",
    "number_of_cells",
    "roles_not_yours",
    "too_many_lines",
    "twice",
    "unknown_method",
    "unknown_role",
    "workbook",
    usernames.Problem,
]
OF_THE_HEADING = ("column_twice", "no_username_column")


@dataclass(frozen=True)
class Bad:
    """A row that cannot be imported. `line` 0: the file as a whole. `value`: what the cell holds, shortened."""

    line: int
    problem: BadProblem
    column: str = ""
    value: str = ""

    @property
    def is_of_the_file(self) -> bool:
        """Whether no row can be imported because of it."""
        return not self.line or self.problem in OF_THE_HEADING

    @property
    def kind(self) -> str:
        """The same for rows with the same mistake, whatever their cells hold."""
        return f"{self.problem} {self.value if self.is_of_the_file else self.column}"


@dataclass(frozen=True)
class Understood:
    """How the file was read. `columns`: heading and what it becomes, "" if it is passed over; the first ones."""

    encoding: Encoding
    separator: str
    columns: list[tuple[str, Part | Literal[""]]]

    @property
    def is_guess(self) -> bool:
        """Whether another encoding would be possible."""
        return self.encoding in GUESSES


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
    # The username as the file has it, if a spreadsheet has shortened a number.
    shortened: str = ""


Found = Line | Bad | Understood


async def read(chunks: Chunks, encoding: Encoding) -> AsyncIterator[list[Found]]:
    """How the heading was understood, and what each row says. After a bad heading, or a line that never ends, nothing
    follows.
    """
    reading = _Reading(encoding)
    async for lines in decoding.lines(chunks, encoding):
        yield reading.found(lines)
        if reading.has_stopped:
            return
        # Rows that are all bad ask the database nothing: others would wait for all of them.
        await asyncio.sleep(0)
    yield reading.found([], last=True)


class _Reading:
    def __init__(self, encoding: Encoding) -> None:
        self.has_stopped = False
        self._encoding = encoding
        self._splitter = Splitter()
        self._columns: Columns | None = None

    def found(self, lines: list[str], *, last: bool = False) -> list[Found]:
        found: list[Found] = []
        for record in self._splitter.split(lines, last=last):
            found += self._said_by(record)
            if self.has_stopped:
                return found
        return [*found, Bad(0, "empty")] if last and self._columns is None else found

    def _said_by(self, record: Record) -> list[Found]:
        if record.problem:
            self.has_stopped = record.problem == "line_too_long" or self._columns is None
            return [Bad(record.number, record.problem)]
        if self._columns is not None:
            return [_line(record, self._columns)]
        headings = _without_empty_end(record.cells)
        columns = columns_of(headings)
        if not isinstance(columns, Columns):
            self.has_stopped = True
            return [Bad(record.number, wrong.problem, value=short(wrong.value)) for wrong in columns]
        self._columns = columns
        named = [(short(heading.strip()), part) for heading, part in zip(headings, columns.parts, strict=True)]
        return [Understood(self._encoding, self._splitter.separator, named[:MOST_SHOWN])]


def _without_empty_end(cells: list[str]) -> list[str]:
    """Spreadsheets write separators for columns that are empty."""
    number = len(cells)
    while number and not cells[number - 1].strip():
        number -= 1
    return cells[:number]


def _line(record: Record, columns: Columns) -> Line | Bad:
    number, cells, wanted = record.number, record.cells, len(columns.parts)
    if len(cells) < wanted or any(cell.strip() for cell in cells[wanted:]):
        return Bad(number, "number_of_cells", value=f"{len(cells)}, {wanted}")
    values = {field: _value(cells, places) for field, places in columns.places.items()}
    if broken := [field for field, text in values.items() if "\n" in text]:
        return Bad(number, "line_break", broken[0], short(values[broken[0]].replace("\n", " ")))
    typed = values["username"]
    username = usernames.canonical(typed)
    if username is None:
        return Bad(number, usernames.problem_with(typed) or "not usable", "username", short(typed))
    texts: dict[str, str] = {name: values[name] for name in TEXTS if name in values}
    for name, text in texts.items():
        problem = fields.problem_with_email(text) if name == "email" else fields.problem_with_text(text)
        if problem:
            return Bad(number, problem, name, short(text))
    method = METHODS.get(values.get("login_method", "").lower())
    if method is None:
        return Bad(number, "unknown_method", "login_method", short(values["login_method"].lower()))
    shortened = short(typed) if SHORTENED_NUMBER.fullmatch(typed) else ""
    return Line(number, username, texts, _roles(values.get("role")), method, shortened)


def _value(cells: list[str], places: tuple[int, ...]) -> str:
    """The text of a field: of several columns if the name stands in two."""
    texts = (spreadsheets.plain(cells[place].strip()) for place in places)
    return " ".join(text for text in texts if text)


def _roles(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = (name.strip() for name in text.split(";"))
    return tuple(dict.fromkeys(name for name in names if name))


def short(text: str) -> str:
    """What was typed, to be quoted: its beginning, on one line."""
    shown = re.sub(r"[^\S ]|[^ -\U0010ffff]|[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
