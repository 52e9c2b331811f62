"""A file of users as text: its encoding, and its lines."""

import codecs
import io
import re
from collections.abc import AsyncIterator, Callable
from typing import Literal

# The file from its beginning, each time it is called, in pieces of any size.
Chunks = Callable[[], AsyncIterator[bytes]]
# The last two are guesses: in them any bytes are text.
Encoding = Literal["UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "Windows-1252", "Mac Roman"]
GUESSES: tuple[Encoding, ...] = ("Windows-1252", "Mac Roman")

LONGEST_LINE = 16 * 1024
# Lines at a time: some 4 ms of work, after which the event loop serves others.
PORTION = 100

_CODECS: dict[Encoding, str] = {
    "UTF-8": "utf-8-sig",
    "UTF-16": "utf-16",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "Windows-1252": "cp1252",
    "Mac Roman": "mac_roman",
}
# Zip, as .xlsx and .ods are; and the container of .xls.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# Bytes that are not UTF-8, as `surrogateescape` decodes them, and letters that are.
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_PATTERNS = {"not UTF-8": _NOT_UTF8, "letter": re.compile("[^\x00-\x7f\udc80-\udcff]")}


async def encoding_of(chunks: Chunks) -> Encoding | Literal["workbook"]:
    """By the byte order mark, else UTF-8 if all of the file is, else one byte a character, as old spreadsheets save it.

    A file that has letters of UTF-8 and bytes that are not is UTF-8 with bad lines.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    seen: set[str] = set()
    async for chunk in chunks():
        if not seen and (told := _told_by_beginning(chunk)):
            return told
        seen |= _marks(decoder.decode(chunk))
    seen |= _marks(decoder.decode(b"", True))
    if "letter" in seen or "not UTF-8" not in seen:
        return "UTF-8"
    return "Windows-1252" if "line feed" in seen else "Mac Roman"


def _marks(text: str) -> set[str]:
    found = {"some"}
    if "\n" in text:
        found.add("line feed")
    if not text.isascii():
        found |= {name for name, pattern in _PATTERNS.items() if pattern.search(text)}
    return found


def _told_by_beginning(chunk: bytes) -> Encoding | Literal["workbook"] | None:
    if chunk.startswith(_WORKBOOKS):
        return "workbook"
    if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    head = chunk[:64]
    several = max(1, len(head) // 4)
    if head[1::2].count(0) > several:
        return "UTF-16LE"
    return "UTF-16BE" if head[0::2].count(0) > several else None


async def lines(chunks: Chunks, encoding: Encoding) -> AsyncIterator[list[str]]:
    """The lines without their ends (LF, CR LF or CR), a portion at a time. After one that is too long, nothing follows.

    Bytes that are no text in this encoding: see `problem_with`.
    """
    errors = "surrogateescape" if encoding == "UTF-8" else "replace"
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(_CODECS[encoding])(errors), translate=True)
    rest = ""
    async for chunk in chunks():
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        for start in range(0, len(whole), PORTION):
            yield whole[start : start + PORTION]
        if len(rest) > LONGEST_LINE:
            yield [rest]
            return
    yield (rest + decoder.decode(b"", final=True)).split("\n")


def problem_with(line: str) -> Literal["", "line_too_long", "not_utf8", "not_text"]:
    """What is wrong with a line before it is looked at as CSV."""
    if len(line) > LONGEST_LINE:
        return "line_too_long"
    if line.isascii():
        return ""
    if _NOT_UTF8.search(line):
        return "not_utf8"
    return "not_text" if "\N{REPLACEMENT CHARACTER}" in line else ""
