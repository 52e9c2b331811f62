"""Whose password it is: names and addresses that an attacker tries first, and that count as nothing in it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from accounts import email_addresses, password_strength

PRODUCT = "Two Keys"
# Shorter ones are in many words.
SHORTEST_WORD = 3
_BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Owner:
    username: str
    name: str
    email: str
    organisation: str
    # Of the base URL, with its port.
    host: str

    def words(self) -> set[str]:
        """Names and addresses as they are, without what separates their words, and each word; in lower case."""
        facts = (self.username, self.name, self.organisation, self.host, PRODUCT, *_written(self.email))
        return {word for fact in facts for word in _words(fact) if len(word) >= SHORTEST_WORD}


def _written(email: str) -> Iterator[str]:
    """The address in each spelling: as a whole, its local part, its domain."""
    for address in email_addresses.spellings(email):
        local, _, domain = address.rpartition("@")
        yield from (address, local, domain)


def _words(fact: str) -> Iterator[str]:
    lower = unicodedata.normalize("NFKC", fact).lower().strip()
    words = _BETWEEN.split(lower)
    yield from (lower, "".join(words), *words)


def remaining(lower: str, owner: Owner) -> int:
    """How many characters remain of a password, in lower case, without its owner's words: read as it is, backwards, and
    out of l33t.
    """
    words = sorted(owner.words(), key=len, reverse=True)
    return min(len(_without(read, words)) for read in (lower, lower[::-1], *password_strength.out_of_leet(lower)))


def _without(text: str, words: Iterable[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text.strip()
