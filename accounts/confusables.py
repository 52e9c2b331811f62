"""What a name looks like: skeletons of UTS 39, and which scripts its letters are of."""

import unicodedata
from functools import cache
from pathlib import Path

from accounts import visible


def skeleton(name: str) -> str:
    """Two names with one skeleton can be taken for each other (UTS 39, 4)."""
    shapes = _shapes()
    shown = visible.IGNORABLE.sub("", unicodedata.normalize("NFD", name))
    return unicodedata.normalize("NFD", shown.translate(shapes))


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
# Written together (UTS 39, 5.2: highly restrictive).
_TOGETHER = (_HAN | {"HIRAGANA", "KATAKANA", "LATIN"}, _HAN | {"BOPOMOFO", "LATIN"}, _HAN | {"HANGUL", "LATIN"})


def is_of_one_script(name: str) -> bool:
    """Whether all letters are of one script, or of those that Japanese, Chinese and Korean write together, and all
    digits of one system.

    A character's name begins with its script.
    """
    scripts = {_script(letter) for letter in name if unicodedata.category(letter)[0] in "LM"} - _COMMON
    zeros = {ord(letter) - unicodedata.decimal(letter) for letter in name if letter.isdecimal()}
    return len(zeros) <= 1 and (len(scripts) <= 1 or any(scripts <= some for some in _TOGETHER))


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
