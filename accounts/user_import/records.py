"""Lines of CSV as rows of cells, whichever separator a spreadsheet wrote between them."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from accounts.user_import.decoding import LONGEST_LINE, problem_with

SEPARATORS = (",", ";", "\t")
# A cell may have lines of its own, such as an address.
MOST_LINES = 20

# What Excel writes into the first line, or reads from it.
_SEPARATOR_LINE = re.compile('"?sep=([,;\t|])"?', re.IGNORECASE)
_QUOTED = re.compile('"[^"]*"?')


@dataclass(frozen=True)
class Record:
    """A row: its cells, or what is wrong with it. `number`: of its first line."""

    number: int
    cells: list[str]
    problem: Literal["", "line_too_long", "not_utf8", "not_text", "not_csv"] = ""


class Splitter:
    """Makes rows of lines that come in portions. The first line that is not blank tells the separator."""

    def __init__(self) -> None:
        # "": not known yet
        self.separator = ""
        # Lines that are rows by now.
        self._number = 0
        # Those of a row that goes on in the next portion.
        self._waiting: list[str] = []

    def split(self, lines: list[str], *, last: bool = False) -> Iterator[Record]:
        """The rows that are complete; blank lines are left out."""
        lines = self._waiting + lines
        start = 0
        while start < len(lines):
            found = self._next(lines, start, last)
            if found is None:
                break
            record, start = found
            if record.problem or any(cell.strip() for cell in record.cells):
                yield record
        self._waiting = lines[start:]
        self._number += start

    def _next(self, lines: list[str], start: int, last: bool) -> tuple[Record, int] | None:
        """The row that begins with a line, and where the next one begins; None if more lines are needed."""
        line, number = lines[start], self._number + start + 1
        if not line.strip():
            return Record(number, []), start + 1
        if problem := problem_with(line):
            return Record(number, [], problem), start + 1
        if not self.separator:
            if declared := _SEPARATOR_LINE.fullmatch(line.strip(" ")):
                self.separator = declared[1]
                return Record(number, []), start + 1
            self.separator = _separator_of(line)
        if '"' not in line:
            return Record(number, line.split(self.separator)), start + 1
        return self._quoted(lines, start, last)

    def _quoted(self, lines: list[str], start: int, last: bool) -> tuple[Record, int] | None:
        """The same for a line with quotation marks, within which the row may go on in the next lines.

        If they never close, only this line is bad: those after it are rows of their own.
        """
        number, text = self._number + start + 1, ""
        for end in range(start + 1, start + MOST_LINES + 1):
            if end > len(lines):
                if not last:
                    return None
                break
            text = f"{text}\n{lines[end - 1]}" if text else lines[end - 1]
            if len(text) > LONGEST_LINE or problem_with(lines[end - 1]):
                break
            cells = self._cells(text) if '"' in lines[end - 1] else "open"
            if cells == "not_csv":
                break
            if cells != "open":
                return Record(number, cells), end
        return Record(number, [], "not_csv"), start + 1

    def _cells(self, text: str) -> list[str] | Literal["open", "not_csv"]:
        """ "open": the text ends within quotation marks."""
        try:
            (cells,) = csv.reader([text], delimiter=self.separator, strict=True)
        except csv.Error as error:
            return "open" if "unexpected end of data" in str(error) else "not_csv"
        return cells


def _separator_of(heading: str) -> str:
    return max(SEPARATORS, key=_QUOTED.sub("", heading).count)
