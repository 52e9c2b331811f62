"""Text as it is searched, and usernames as they were stored before: without differences of letter case."""

import unicodedata

# Letters that Unicode does not take apart into a letter and a mark.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})


def former(username: str) -> str:
    """As a username was stored before PRECIS: `straße` was `strasse`. One of these has one user at most."""
    if username.isascii():
        return username.lower()
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username).casefold())
    # Of the Turkish capital İ case folding leaves a second dot, which is not seen.
    return name.replace("i\u0307", "i")


def folded(text: str) -> str:
    """`Jürgen Müller` is `jurgen muller`. Of texts that are at most some hundred characters long."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_PLAIN)
