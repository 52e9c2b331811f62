"""What a name looks like: skeletons of UTS 39, and which scripts its letters are of."""

import unicodedata
from functools import cache
from pathlib import Path

from accounts import visible


def skeleton(name: str) -> str:
    """Two names with one skeleton can be taken for each other (UTS 39, 4), whether in capitals or in small letters."""
    shape, before = name, ""
    while shape != before:
        small = shape.casefold()
        before, shape = shape, _shown(small if small.isascii() else "".join(map(_small, small)))
    return shape


def _shown(name: str) -> str:
    shown = visible.IGNORABLE.sub("", unicodedata.normalize("NFD", name))
    return unicodedata.normalize("NFD", shown.translate(_shapes()))


# As capitals alone: UTS 39 has I look like l.
_LISU_I = "\ua4f2"


def _small(letter: str) -> str:
    """The letter that a small capital looks like."""
    if letter.isascii():
        return letter
    if letter == _LISU_I:
        return "i"
    small = unicodedata.name(letter, "").removeprefix("LATIN LETTER SMALL CAPITAL ")
    return small.lower() if len(small) == 1 else letter


@cache
def _shapes() -> dict[int, str]:
    lines = Path(__file__).with_name("confusables.txt").read_text("utf-8").splitlines()
    shapes: dict[int, str] = {}
    for line in lines:
        if not line.startswith("#"):
            prototype, _, alike = line.partition(":")
            shape = "".join(chr(int(number, 16)) for number in prototype.split())
            shapes |= dict.fromkeys((int(number, 16) for number in alike.split()), shape)
    return shapes


# Of no script, or of several: the first words of their names.
_COMMON = {"COMBINING", "MODIFIER", "KATAKANA-HIRAGANA", "VEDIC", "IDEOGRAPHIC"}
_HAN = {"CJK"}
# Written together, without the Latin letters that UTS 39, 5.2 (highly restrictive), would add.
_TOGETHER = (_HAN | {"HIRAGANA", "KATAKANA"}, _HAN | {"BOPOMOFO"}, _HAN | {"HANGUL"})


def is_of_one_script(name: str) -> bool:
    """Whether all letters are of one script, or of those that Japanese, Chinese and Korean write together.

    A character's name begins with its script.
    """
    scripts = {_script(letter) for letter in name if unicodedata.category(letter)[0] in "LM"} - _COMMON
    return len(scripts) <= 1 or any(scripts <= some for some in _TOGETHER)


def has_one_kind_of_digits(name: str) -> bool:
    """Whether all digits are of one system."""
    return len({ord(letter) - unicodedata.decimal(letter) for letter in name if letter.isdecimal()}) <= 1


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
