"""Usernames: one canonical form, clear limits."""

import string
import unicodedata

LONGEST = 128
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
