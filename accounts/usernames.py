"""Usernames: one canonical form, clear limits, and what a new one must satisfy to be told apart from all others."""

import string
import unicodedata
from functools import cache

from accounts import confusables

LONGEST = 128
# They are actors in the activity log.
RESERVED = ("command line", "system", "unknown user")


def canonical(typed: str) -> str | None:
    """A username as it is stored and compared: NFKC, case-folded; None if it cannot be one.

    Letters, marks, digits, punctuation (all of ASCII's, so also `+` and `$`) and single inner spaces. The length is
    checked before normalisation. Names that were stored before `is_acceptable` go on working.
    """
    if len(typed) > LONGEST:
        return None
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed.strip()).casefold())
    # Of the Turkish capital İ case folding leaves a second dot, which is not seen.
    name = name.replace("i\u0307", "i")
    if not name or len(name) > LONGEST or name in RESERVED or "  " in name or name != name.strip():
        return None
    return name if all(letter == " " or _is_allowed(letter) for letter in name) else None


def _is_allowed(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMNP" or letter in string.punctuation


def is_acceptable(name: str) -> bool:
    """Whether a canonical name may be given to a new user.

    PRECIS UsernameCaseMapped (RFC 8265), which refuses what is not seen and breaks the Bidi Rule; letters of one
    script; not like an actor of the log.
    """
    if name.isascii():
        return confusables.skeleton(name) not in _reserved()
    return (
        confusables.is_of_one_script(name)
        and all(_is_user_part(part) for part in name.split(" "))
        and confusables.skeleton(name) not in _reserved()
    )


@cache
def _reserved() -> frozenset[str]:
    return frozenset(confusables.skeleton(name) for name in RESERVED)


def _is_user_part(part: str) -> bool:
    """Whether a part between spaces (RFC 8265, 3.5) is what the profile makes of it; all of ASCII is."""
    # It takes 80 ms, and most names are ASCII.
    from precis_i18n import get_profile

    if part.isascii():
        return True
    try:
        return bool(get_profile("UsernameCaseMapped").enforce(part))
    except UnicodeEncodeError:
        return False
