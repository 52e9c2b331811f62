"""Cells that no spreadsheet runs, and back (OWASP: CSV Injection)."""

import re

# Signs with which a formula begins, also full-width, and what may stand before them. An apostrophe is among these, so
# that taking one off again is exact.
_RUN = "(?=[\\s\"']*[=+\\-@\uff1d\uff0b\uff0d\uff20])"
# At the start of a cell or of what becomes one if the file is read with a semicolon or a tab between its cells.
_START = "(^|[,;\t\r\n])"
_RUNS = re.compile(f"{_START}{_RUN}|^(?=[\t\r\n])")
_NEUTRALISED = re.compile(f"{_START}'{_RUN}")


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs, whichever separator it reads the file with: with apostrophes before signs."""
    return _RUNS.sub(lambda found: f"{found[0]}'", text)


def plain(cell: str) -> str:
    """What `harmless` was given, without the apostrophes."""
    return _NEUTRALISED.sub(r"\1", cell) if "'" in cell else cell
