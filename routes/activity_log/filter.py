"""Which entries the log and its export are asked for: the filters as typed in the URL, and what they mean."""

import ipaddress
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request

from accounts import permissions, usernames
from accounts.activity import kinds
from db import users
from db.activity import LARGEST_NUMBER
from db.folding import former
from db.reads import activity_people
from db.reads.activity_log import Crowd, Filter
from db.reads.activity_people import Person
from routes.web.me import me_of
from routes.web.numbers import row_number
from routes.web.request import config_of, context_of, current_of
from routes.web.templates import Templates
from routes.web.time_zones import zone_of

NAMES = ("actor", "action", "from", "to", "person", "subject", "address", "q", "numbers")
LONGEST_TEXT = 128
Problem = Literal["action", "address", "before", "from", "numbers", "q", "to"]


@dataclass(frozen=True)
class Asked:
    """The filters as typed in the URL, what they mean, and which were not understood."""

    values: dict[str, str]
    filter: Filter
    before: int | None
    problems: tuple[Problem, ...]
    # Whom `person` may mean.
    people: tuple[Person, ...] = ()

    def url(self, path: str = "/activity-log", /, **changed: str) -> str:
        """An address with the same filters but for those changed; "" takes one away."""
        query = {name: value for name, value in {**self.values, **changed}.items() if value}
        return path + (f"?{urlencode(query)}" if query else "")


async def asked_of(request: Request) -> Asked:
    """The filters of a request."""
    values = {name: request.query_params.get(name, "").strip() for name in NAMES}
    values["q"] = "".join(letter for letter in values["q"] if letter.isprintable())
    before = request.query_params.get("before", "")
    number = row_number(before)
    which, problems = _understood(request, values)
    if before and number is None:
        problems.append("before")
    which = replace(which, actor=await _stored(request, which.actor), subject=await _stored(request, which.subject))
    asked = Asked(values, which, number, tuple(problems))
    return await _with_people(request, asked) if values["person"] and not problems else asked


def _understood(request: Request, values: dict[str, str]) -> tuple[Filter, list[Problem]]:
    zone = zone_of(config_of(request), me_of(current_of(request)))
    since, until = _day(values["from"]), _day(values["to"])
    numbers, address = _numbers(values["numbers"]), _address(values["address"])
    wrong: dict[Problem, bool] = {
        "from": since is None,
        "to": until is None,
        "action": bool(values["action"]) and values["action"] not in kinds.NAMES,
        "address": address is None,
        "numbers": numbers is None,
        "q": len(values["q"]) > LONGEST_TEXT,
    }
    which = Filter(
        actor=_username(values["actor"]),
        action=values["action"],
        since=_begins(since, zone) if values["from"] and since else None,
        until=_begins(until + timedelta(days=1), zone) if values["to"] and until else None,
        subject=_username(values["subject"]),
        address=address or "",
        numbers=numbers or Filter.numbers,
    )
    problems = [name for name, bad in wrong.items() if bad]
    return which if problems else _with_text(request, which, values["q"]), problems


def _username(typed: str) -> str:
    return (usernames.canonical(typed) or typed.lower()) if typed else ""


async def _stored(request: Request, username: str) -> str:
    """As the log has it: in its former form if that is a user's."""
    if username == former(username):
        return username
    user = await users.by_username(context_of(request).db, username)
    return user.username if user else username


def _day(text: str) -> date | None:
    """A day as it is written in an address, 2026-11-24; any for an empty one, None if it is not understood."""
    if not text:
        return date(2000, 1, 1)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None


def _begins(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())


def _numbers(text: str) -> tuple[int, int] | None:
    """Entries as they are written in an address, 120-257; all for an empty text, None if it is not understood."""
    if not text:
        return 1, LARGEST_NUMBER
    first, last = map(row_number, (text if "-" in text else f"{text}-{text}").split("-", 1))
    return (first, last) if first and last else None


def _address(text: str) -> str | None:
    """An IP address as the log has it; None if it is none."""
    if not text:
        return ""
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _with_text(request: Request, which: Filter, text: str) -> Filter:
    """Entries in which the text stands, or of an activity that people know by it."""
    if not text:
        return which
    folded = text.casefold()
    actions = tuple(name for name, words in _words(request).items() if folded in words.casefold())
    return replace(which, texts=_cases(unicodedata.normalize("NFC", text)), text_actions=actions)


def _cases(text: str) -> tuple[str, ...]:
    """The database knows upper and lower case of ASCII alone."""
    return (text,) if text.isascii() else tuple(dict.fromkeys((text, text.lower(), text.upper(), text.title())))


def _words(request: Request) -> dict[str, str]:
    """Activity → what people read for it."""
    templates: Templates = request.app.state.templates
    groups = templates.shipped.get_template("activity_log/_kinds.html").module.groups  # type: ignore[attr-defined]  # because a template's module has the variables that it sets
    return {name: words for group in groups.values() for name, words in group.items()}


async def _with_people(request: Request, asked: Asked) -> Asked:
    people = await people_of(request, asked.values["person"])
    if len(people) > activity_people.MOST:
        sees_names = permissions.USERS_VIEW in current_of(request).permissions
        which = replace(asked.filter, crowd=Crowd(beginnings(asked.values["person"]), sees_names))
    else:
        which = replace(asked.filter, people=tuple(person.username for person in people))
    return replace(asked, filter=which, people=people[: activity_people.MOST])


async def people_of(request: Request, typed: str) -> tuple[Person, ...]:
    """Whom it may mean, one more than MOST at most. By their names only for those who may see users."""
    sees_names = permissions.USERS_VIEW in current_of(request).permissions
    found: dict[Person, None] = {}
    for text in beginnings(typed):
        found |= dict.fromkeys(await activity_people.beginning(context_of(request).db, text, sees_names))
    return tuple(list(found)[: activity_people.MOST + 1])


def beginnings(typed: str) -> tuple[str, ...]:
    """How usernames and names begin that are meant: as they are stored, and as they were before; () of what none can
    begin with.
    """
    if len(typed) > usernames.LONGEST or not typed.isprintable():
        return ()
    text = usernames.lowered(typed)
    return tuple(dict.fromkeys((text, former(text)))) if text else ()
