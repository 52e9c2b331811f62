"""What people type to find users, as SQL: each word somewhere in username, name, e-mail address or unit."""

import re
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from db.dialect import like_pattern
from db.folding import folded

# The full-text index holds groups of three letters.
SHORTEST_FULL_TEXT = 3
# Each is one condition more; with more of them, the text is looked for as it was typed.
MOST_WORDS = 8
# Words too short for the index are looked for side by side, in each order.
MOST_SHORT_WORDS = 3


@dataclass(frozen=True)
class Search:
    """`lookup`: a query for the ids of all hits. `fits`: the same as a condition on one user. `asked`: the values.

    `also`: conditions that the lookup cannot answer, or "".
    """

    lookup: str
    fits: str
    asked: dict[str, Any]
    also: str = ""


def words_of(q: str) -> list[str]:
    """The words, folded; "Müller, Jürgen" has the same as "jurgen muller"."""
    words = list(dict.fromkeys(word for word in re.split(r"[\s,]+", folded(q)) if word))
    return words if 0 < len(words) <= MOST_WORDS else [folded(q)]


def full_text(sqlite: bool, words: list[str], asked: dict[str, Any]) -> Search:
    """A search for words of which one has at least SHORTEST_FULL_TEXT letters, or which are several."""
    long = [word for word in words if len(word) >= SHORTEST_FULL_TEXT]
    if long:
        short = [word for word in words if len(word) < SHORTEST_FULL_TEXT]
        search = _containing(sqlite, long, "AND", asked)
        values = {f"short{number}": word for number, word in enumerate(short)}
        also = " AND ".join(f"instr(u.search_text, :{name}) > 0" for name in values)
        return Search(search.lookup, search.fits, search.asked | values, also)
    orders = permutations(words) if len(words) <= MOST_SHORT_WORDS else [words]
    return _containing(sqlite, [" ".join(order) for order in orders], "OR", asked)


def _containing(sqlite: bool, texts: list[str], joined: str, asked: dict[str, Any]) -> Search:
    """Users in whose search text are all of these ("AND") or one of them ("OR")."""
    values = {f"text{number}": text for number, text in enumerate(texts)}
    phrases = ('"' + text.replace('"', '""') + '"' for text in texts)
    fits = f" {joined} ".join(f"instr(u.search_text, :{name}) > 0" for name in values)
    if sqlite:
        lookup = "SELECT rowid AS id FROM users_search WHERE users_search MATCH :phrases"
    else:
        values |= {f"like{number}": f"%{like_pattern(text)}%" for number, text in enumerate(texts)}
        likes = f" {joined} ".join(f"search_text LIKE :like{number}" for number in range(len(texts)))
        lookup = f"SELECT id FROM users WHERE ({likes})"
    return Search(lookup, f"({fits})", {**asked, **values, "phrases": f" {joined} ".join(phrases)})
