"""Usernames: one canonical form, clear limits, and what a new one must satisfy to be told apart from all others."""

import re
import string
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Literal

from accounts import confusables, visible

LONGEST = 128
# They are actors in the activity log.
RESERVED = ("command line", "system", "unknown user")
# In a row: no language writes more.
MOST_MARKS = 4
# As phones and word processors set them.
_APOSTROPHES = "\u2018\u2019\u201b"
_DOTTED = re.compile("i\u0307+")

Problem = Literal[
    "too_long",
    "bad_characters",
    "no_letter",
    "reserved",
    "apostrophe",
    "not usable",
    "marks",
    "mixed_scripts",
    "mixed_digits",
    "direction",
    "like_reserved",
]


def canonical(typed: str) -> str | None:
    """A username as it is stored and compared; None if it cannot be one.

    Letters, marks, digits, punctuation (all of ASCII's, so also `+` and `$`) and single inner spaces. The length is
    checked before normalisation. Names that were stored before go on working: the database also finds their former
    form (`db.folding.former`).
    """
    if len(typed) > LONGEST:
        return None
    name = lowered(typed)
    return name if name and len(name) <= LONGEST and name not in RESERVED and _is_written_right(name) else None


def lowered(typed: str) -> str:
    """What PRECIS UsernameCaseMapped (RFC 8265) maps, in the order of RFC 8264, 7: width, letter case, NFC.

    Two mappings are our own: any blank is a space, and no dot is left of the Turkish capital İ, where it is not seen.
    """
    if typed.isascii():
        return typed.lower().strip()
    narrow = "".join(map(_of_usual_width, typed)).strip()
    return unicodedata.normalize("NFC", _DOTTED.sub("i", narrow.lower()))


def _of_usual_width(letter: str) -> str:
    if unicodedata.category(letter) == "Zs":
        return " "
    kind, _, number = unicodedata.decomposition(letter).partition(" ")
    return chr(int(number, 16)) if kind in ("<wide>", "<narrow>") else letter


def _is_written_right(name: str) -> bool:
    return "  " not in name and name == name.strip() and all(letter == " " or _is_allowed(letter) for letter in name)


def _is_allowed(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMNP" or letter in string.punctuation


def problem_with(typed: str) -> Literal["", Problem]:
    """Why what was typed cannot be the name of a new user, the first cause in the order of `_BROKEN`; "" if it can."""
    if len(typed) > LONGEST or len(name := lowered(typed)) > LONGEST:
        return "too_long"
    return next((problem for problem, is_broken in _BROKEN.items() if is_broken(name)), "")


def _has_unseen(name: str) -> bool:
    return not (name.isascii() and name.isprintable()) and any(visible.is_unseen(letter) for letter in name)


def _has_no_letter(name: str) -> bool:
    return not any(letter.isalnum() for letter in name)


def _is_reserved(name: str) -> bool:
    return _joined(name) in _JOINED


def _is_like_reserved(name: str) -> bool:
    return _shape(name) in _reserved_shapes()


@cache
def _reserved_shapes() -> frozenset[str]:
    return frozenset(map(_shape, RESERVED))


def _shape(name: str) -> str:
    """Here `i` looks like `l` and `1`, as in capitals. Between users it does not: there are Kai and Kal."""
    return _joined(confusables.skeleton(name)).replace("i", "l")


def _joined(name: str) -> str:
    """Without what stands between words."""
    return "".join(letter for letter in name if letter.isalnum() or unicodedata.category(letter)[0] == "M")


def _has_loose_marks(name: str) -> bool:
    """Whether a mark has no letter or digit to stand on, or many stand on one."""
    marks, before = 0, " "
    for letter in unicodedata.normalize("NFD", name):
        kind = unicodedata.category(letter)[0]
        marks = marks + 1 if kind == "M" else 0
        if marks > MOST_MARKS or (kind == "M" and before not in "LMN"):
            return True
        before = kind
    return False


def _breaks_bidi_rule(name: str) -> bool:
    return any("bidi_rule" in refusal for refusal in _refusals(name))


def _breaks_profile(name: str) -> bool:
    return not _is_written_right(name) or bool(_refusals(name))


def _refusals(name: str) -> list[str]:
    """What PRECIS UsernameCaseMapped (RFC 8265) says of the parts between spaces (3.5); nothing of ASCII."""
    if name.isascii():
        return []
    # It takes 80 ms, and most names are ASCII.
    from precis_i18n import get_profile

    refusals = []
    for part in name.split(" "):
        try:
            if part and not part.isascii():
                get_profile("UsernameCaseMapped").enforce(part)
        except UnicodeEncodeError as error:
            refusals.append(error.reason)
    return refusals


_JOINED = frozenset(_joined(name) for name in RESERVED)


def _beyond_ascii(rule: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda name: not name.isascii() and rule(name)


_BROKEN: dict[Problem, Callable[[str], bool]] = {
    "bad_characters": _has_unseen,
    "no_letter": _has_no_letter,
    "reserved": _is_reserved,
    "apostrophe": _beyond_ascii(lambda name: any(letter in _APOSTROPHES for letter in name)),
    "marks": _beyond_ascii(_has_loose_marks),
    "mixed_scripts": _beyond_ascii(lambda name: not confusables.is_of_one_script(name)),
    "mixed_digits": _beyond_ascii(lambda name: not confusables.has_one_kind_of_digits(name)),
    "direction": _breaks_bidi_rule,
    "not usable": _breaks_profile,
    "like_reserved": _is_like_reserved,
}
