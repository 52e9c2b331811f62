"""Usernames and other texts about a user: one canonical form, one length, one set of characters."""

import re
import string
import unicodedata

LONGEST = 128
# Name, company, unit.
LONGEST_FIELD = 200
# RFC 5321 4.5.3.1.3: a path of 256 octets with its angle brackets.
LONGEST_EMAIL = 254
# They are actors in the activity log.
RESERVED = ("command line", "system", "unknown user")


def canonical(typed: str) -> str | None:
    """A username as it is stored and compared: NFKC, case-folded; None if it cannot be one.

    Letters, marks, digits, punctuation (all of ASCII's, so also `+` and `$`) and single inner spaces. The length is
    checked before normalisation.
    """
    if len(typed) > LONGEST:
        return None
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed.strip()).casefold())
    if not name or len(name) > LONGEST or name in RESERVED or "  " in name or name != name.strip():
        return None
    return name if all(letter == " " or _is_allowed(letter) for letter in name) else None


def _is_allowed(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMNP" or letter in string.punctuation


def problem_with_text(text: str, longest: int = LONGEST_FIELD) -> str:
    """What is wrong with a name or another line of text: "" | "too_long" | "bad_characters"."""
    if len(text) > longest:
        return "too_long"
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        return "bad_characters"
    return ""


_EMAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+\.[^@\s<>()\[\],;:\\\".]+")


def problem_with_email(email: str) -> str:
    """What is wrong with the syntax of an e-mail address: "" | "too_long" | "bad_address"."""
    if len(email) > LONGEST_EMAIL:
        return "too_long"
    if email and not (_EMAIL.fullmatch(email) and email.isprintable()):
        return "bad_address"
    return ""
