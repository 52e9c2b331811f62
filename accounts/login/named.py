"""Whom a typed username or e-mail address names. A username wins; an address that several users have names none."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts import email_addresses, fields, usernames
from db.reads.login import MOST_CANDIDATES, Candidate, Sought

# No user has it: what is looked up in place of an address where none was typed, so that the query is the same.
NO_ADDRESS = "@"


@dataclass(frozen=True)
class Name:
    """What was typed, read both ways."""

    # Canonical; "" if it cannot be one.
    username: str
    # "" if it cannot be one.
    address: str

    @property
    def sought(self) -> Sought:
        """For the query, which has as many parameters for every name."""
        found = sorted({each.casefold() for each in email_addresses.spellings(self.address or NO_ADDRESS)})
        first, second, third, *_ = [*found, NO_ADDRESS, NO_ADDRESS]
        return Sought(self.username, (first, second, third))


def read(typed: str) -> Name:
    address = typed.strip() if len(typed) <= fields.LONGEST_EMAIL else ""
    return Name(usernames.canonical(typed) or "", address if "@" in address and address.isprintable() else "")


def who(name: Name, candidates: Sequence[Candidate]) -> Candidate | None:
    """The user with that username; else the one active user with a password who has that address."""
    if by_username := next((each for each in candidates if not each.by_address), None):
        return by_username
    by_address = [each for each in candidates if email_addresses.same(each.email, name.address)]
    return by_address[0] if len(by_address) == 1 and len(candidates) < MOST_CANDIDATES else None
