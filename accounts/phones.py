"""Several phones: up to five authenticators of one user, their names, and the removal of one of them.

Whatever depends on how many there are takes the user's row first (users.hold): two requests at once cannot make a sixth
phone, or take the last one away as if another were left.
"""

from dataclasses import dataclass
from typing import Literal

from accounts import activity, usernames
from accounts.codes import MOST_AUTHENTICATORS
from accounts.desk import Desk
from accounts.sessions import Current, hold
from db import authenticators, sessions, users
from db.authenticators import Authenticator
from db.users import User

LONGEST_NAME = 40

NameProblem = Literal["", "too_long", "bad_characters"]


def problem_with_name(name: str) -> NameProblem:
    """What is wrong with a phone's name: up to 40 printable characters, or none at all."""
    if len(name) > LONGEST_NAME:
        return "too_long"
    return "" if name.isprintable() and not usernames.problem_with_text(name) else "bad_characters"


async def problem_with_adding(desk: Desk, user: User) -> Literal["full", "blocked"] | None:
    """Why this user can add no phone: a block ends only by a replacement or a reset; and five are the most there can be.

    In the transaction that holds the user.
    """
    if user.codes_blocked_at is not None:
        return "blocked"
    return "full" if await authenticators.number(desk.db, user.id) >= MOST_AUTHENTICATORS else None


@dataclass(frozen=True)
class Gone:
    """There is no such phone (any more)."""


@dataclass(frozen=True)
class Renamed:
    changed: bool


async def rename(desk: Desk, current: Current, phone_id: int, name: str) -> Renamed | Gone | NameProblem:
    """Gives one of one's own phones another name; nothing is logged if it has it already."""
    name = name.strip()
    problem = problem_with_name(name)
    if problem:
        return problem
    async with desk.db.transaction():
        await hold(desk, current)
        phone = await _own(desk, current, phone_id)
        if phone is None:
            return Gone()
        if phone.name == name:
            return Renamed(changed=False)
        await authenticators.rename(desk.db, phone.id, name)
        renamed = activity.TwoFactorPhoneRenamed(phone.name, name)
        await activity.record(desk, renamed, current.person, current.person)
    return Renamed(changed=True)


async def _own(desk: Desk, current: Current, phone_id: int) -> Authenticator | None:
    await users.hold(desk.db, current.session.user_id)
    phones = await authenticators.of_user(desk.db, current.session.user_id)
    return next((phone for phone in phones if phone.id == phone_id), None)


@dataclass(frozen=True)
class Removed:
    phone: Authenticator


@dataclass(frozen=True)
class LastOne:
    """It is the only phone: with it the whole second factor goes (enrollment.remove)."""


async def remove(desk: Desk, current: Current, phone_id: int) -> Removed | LastOne | Gone:
    """Removes one of several phones, after its proof: the second factor and its recovery codes stay, other sessions end."""
    async with desk.db.transaction():
        await hold(desk, current)
        phone = await _own(desk, current, phone_id)
        if phone is None:
            return Gone()
        if await authenticators.number(desk.db, current.session.user_id) == 1:
            return LastOne()
        await authenticators.delete(desk.db, phone.id)
        await users.raise_access_version(desk.db, current.session.user_id)
        await sessions.end_others(desk.db, current.session.user_id, current.session.id)
        await sessions.has_phone(desk.db, current.session.id)
        removed = activity.TwoFactorPhoneRemoved(phone.name)
        await activity.record(desk, removed, current.person, current.person)
    return Removed(phone)
