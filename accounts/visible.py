"""Text that people see as it is: nothing that turns the direction of what follows, nothing without a shape alone."""

import re
import unicodedata

# Default_Ignorable_Code_Point of Unicode, whatever the category: also variation selectors and Hangul fillers.
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Counted by Unicode as symbols and letters, but without ink: a Braille cell without dots, a note without a head, the
# blanks of hieroglyphs.
_BLANK = "\u2800\U0001d159\U00013441\U00013442"
_JOINERS = "\u200c\u200d"
# Controls, formats (Bidi_Control among them), surrogates, separators of lines and paragraphs.
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def has_hidden(text: str) -> bool:
    """Whether a line of text has a character that is not seen but changes it, other than a joiner between letters."""
    return not text.isprintable() and any(
        unicodedata.category(letter) in _HIDDEN and not _joins(text, at) for at, letter in enumerate(text)
    )


def is_unseen(letter: str) -> bool:
    """Whether a single character, other than a space, shows nothing."""
    return letter in _BLANK or bool(IGNORABLE.match(letter)) or unicodedata.category(letter) in (*_HIDDEN, "Cn", "Co")


def _joins(text: str, at: int) -> bool:
    """Whether a joiner (ZWJ, ZWNJ) is between letters: Persian, Indian and other scripts are not written without."""
    around = text[at - 1 : at] + text[at + 1 : at + 2]
    return text[at] in _JOINERS and len(around) == 2 and all(unicodedata.category(each)[0] in "LM" for each in around)


def is_seen(text: str) -> bool:
    """Whether there is a letter, digit, symbol or punctuation that has a shape."""
    return any(unicodedata.category(letter)[0] in "LNPS" and letter not in _BLANK for letter in IGNORABLE.sub("", text))
