"""What is wrong with the fields that describe a user: name, company, unit, e-mail address, time zone."""

import re
from collections.abc import Mapping
from typing import Literal

from accounts import email_addresses, visible
from settings.time_zones import known_time_zone

# Name, company, unit.
LONGEST_TEXT = 200
# RFC 5321 4.5.3.1.3: a path of 256 octets with its angle brackets.
LONGEST_EMAIL = 254

TextProblem = Literal["", "too_long", "bad_characters"]
EmailProblem = Literal["", "too_long", "bad_address", "local_part_beyond_ascii"]
Problem = Literal["empty", "too_long", "bad_characters", "bad_address", "local_part_beyond_ascii", "unknown_zone"]


def problems_with(fields: Mapping[str, str]) -> dict[str, Problem]:
    """Field → what is wrong with it, for those of name, company, unit, email and time_zone that are given."""
    found = {name: _problem_with(name, value) for name, value in fields.items()}
    return {name: problem for name, problem in found.items() if problem}


def _problem_with(name: str, value: str) -> Literal["", Problem]:
    if name == "email":
        return problem_with_email(value)
    if name == "time_zone":
        return "" if not value or known_time_zone(value) else "unknown_zone"
    if name == "name" and not value.strip():
        return "empty"
    return problem_with_text(value)


def problem_with_text(text: str, longest: int = LONGEST_TEXT) -> TextProblem:
    """What is wrong with a name, a reason or another line of text that others read."""
    if len(text) > longest:
        return "too_long"
    if visible.has_hidden(text) or (text.strip() and not visible.is_seen(text)):
        return "bad_characters"
    return ""


_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+\.[^@\s<>()\[\],;:\\\".]+")


def problem_with_email(address: str) -> EmailProblem:
    """What is wrong with how an e-mail address is written; whether it exists, only an e-mail can tell."""
    if len(address) > LONGEST_EMAIL:
        return "too_long"
    if not address:
        return ""
    if not (_ADDRESS.fullmatch(address) and address.isprintable()):
        return "bad_address"
    deliverable = email_addresses.in_ascii(address)
    if deliverable is None:
        return "bad_address"
    if len(deliverable) > LONGEST_EMAIL:
        return "too_long"
    if not email_addresses.is_possible(deliverable):
        return "bad_address"
    return "" if email_addresses.has_ascii_local_part(deliverable) else "local_part_beyond_ascii"
