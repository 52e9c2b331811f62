"""Usernames: one canonical form, clear limits."""

import string
import unicodedata

LONGEST = 128
RESERVED = ("command line", "system", "unknown user")  # actors in the activity log


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
