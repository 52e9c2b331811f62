"""A user's authenticators (on pages: phones), at most five: their names, and the removal of one of them.

What depends on their number locks the user's row first: two requests at once neither add a sixth nor remove the last.
"""

from dataclasses import dataclass
from typing import Literal

from accounts import fields
from accounts.activity import kinds, log
from accounts.context import Context
from accounts.limits import AUTHENTICATORS
from accounts.sessions import Current, lock_session
from db import authenticators, sessions, users
from db.authenticators import Authenticator
from db.users import User

LONGEST_NAME = 40

NameProblem = Literal["", "too_long", "bad_characters"]


def problem_with_name(name: str) -> NameProblem:
    """What is wrong with a name: up to LONGEST_NAME printable characters, or none."""
    if len(name) > LONGEST_NAME:
        return "too_long"
    return "" if name.isprintable() and not fields.problem_with_text(name) else "bad_characters"


async def problem_with_adding(context: Context, user: User) -> Literal["full", "blocked"] | None:
    """Why the user cannot add one. A lock ends only by a replacement or a reset. Expects the user's row locked."""
    if user.codes_blocked_at is not None:
        return "blocked"
    return "full" if await authenticators.number(context.db, user.id) >= AUTHENTICATORS else None


@dataclass(frozen=True)
class Gone:
    """The user has no such authenticator, or no longer."""


@dataclass(frozen=True)
class Renamed:
    changed: bool


async def rename(context: Context, current: Current, phone_id: int, name: str) -> Renamed | Gone | NameProblem:
    """Renames one of the user's own authenticators; records nothing if the name is the same."""
    name = name.strip()
    if problem := problem_with_name(name):
        return problem
    async with context.db.transaction():
        await lock_session(context, current)
        phone = await _own(context, current, phone_id)
        if phone is None:
            return Gone()
        if phone.name == name:
            return Renamed(changed=False)
        await authenticators.rename(context.db, phone.id, name)
        renamed = kinds.TwoFactorPhoneRenamed(phone.name, name)
        await log.record(context, renamed, current.principal, current.principal)
    return Renamed(changed=True)


async def _own(context: Context, current: Current, phone_id: int) -> Authenticator | None:
    await users.lock(context.db, current.session.user_id)
    phones = await authenticators.of_user(context.db, current.session.user_id)
    return next((phone for phone in phones if phone.id == phone_id), None)


@dataclass(frozen=True)
class Removed:
    phone: Authenticator


@dataclass(frozen=True)
class LastOne:
    """It is the only one: with it the whole second factor is removed (removal.remove)."""


async def remove(context: Context, current: Current, phone_id: int) -> Removed | LastOne | Gone:
    """Removes one of several, after reauthentication. Second factor and recovery codes stay, other sessions end."""
    async with context.db.transaction():
        await lock_session(context, current)
        phone = await _own(context, current, phone_id)
        if phone is None:
            return Gone()
        if await authenticators.number(context.db, current.session.user_id) == 1:
            return LastOne()
        await authenticators.delete(context.db, phone.id)
        await users.raise_access_versions(context.db, [current.session.user_id])
        await sessions.end_others(context.db, current.session.user_id, current.session.id)
        await sessions.clear_recovery(context.db, current.session.id)
        removed = kinds.TwoFactorPhoneRemoved(phone.name)
        await log.record(context, removed, current.principal, current.principal)
    return Removed(phone)
