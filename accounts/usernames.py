"""Usernames and what else people type about themselves: one canonical form, clear limits."""

import re
import string
import unicodedata
from typing import Literal

LONGEST = 128
LONGEST_FIELD = 200  # name, company, unit
LONGEST_EMAIL = 254  # RFC 5321 4.5.3.1.3: a path of 256 octets with its angle brackets
RESERVED = ("command line", "system", "unknown user")  # actors in the activity log


TextProblem = Literal["too_long", "bad_characters"]
EmailProblem = Literal["too_long", "bad_address"]


def canonical(typed: str) -> str | None:
    """A username as it is stored and compared: NFKC, case-folded; None if it cannot be one.

    Letters, marks, digits, punctuation (all of ASCII's, so also `+` and `$`) and single inner blanks. The length is checked
    before it is normalised.
    """
    if len(typed) > LONGEST:
        return None
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed.strip()).casefold())
    if not name or len(name) > LONGEST or name in RESERVED or "  " in name or name != name.strip():
        return None
    return name if all(letter == " " or _may_stand(letter) for letter in name) else None


def _may_stand(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMNP" or letter in string.punctuation


def problem_with_text(text: str, longest: int = LONGEST_FIELD) -> TextProblem | Literal[""]:
    """What is wrong with a name or another line of text."""
    if len(text) > longest:
        return "too_long"
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        return "bad_characters"
    return ""


_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+\.[^@\s<>()\[\],;:\\\".]+")


def problem_with_email(address: str) -> EmailProblem | Literal[""]:
    """What is wrong with an e-mail address. Whether it exists only a message to it can tell."""
    if len(address) > LONGEST_EMAIL:
        return "too_long"
    if address and not (_ADDRESS.fullmatch(address) and address.isprintable()):
        return "bad_address"
    return ""
