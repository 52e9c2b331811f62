"""A user's second factor: set-up, confirmation, removal, reset; what each entails, in order."""

from dataclasses import dataclass
from typing import Literal

from accounts.activity import kinds, log
from accounts.context import Context
from accounts.limits import SET_UP_SECONDS, SET_UP_WRONG_CODES
from accounts.sessions import Current, hold, rotate
from accounts.two_factor import attempts, recovery_codes, totp
from accounts.two_factor import authenticators as account_authenticators
from accounts.vault import Unreadable
from db import authenticators, code_attempts, sessions, users
from db import recovery_codes as stored_codes
from db.authenticators import SetUp


@dataclass(frozen=True)
class Pending:
    """A set-up under way: the QR step."""

    key: str  # base32
    address: str  # otpauth://…
    tries_left: int
    purpose: Literal["first", "replace", "add"]
    name: str | None  # of the phone, as it was typed before; None: not yet


Purpose = Literal["replace", "add"]  # the first set-up replaces nothing


@dataclass(frozen=True)
class Confirmed:
    codes: tuple[str, ...]  # shown once
    session_token: str  # the confirming code is a proof, and each proof changes the token


@dataclass(frozen=True)
class Added:
    """One more phone; the recovery codes are those that there were."""

    name: str
    session_token: str


@dataclass(frozen=True)
class WrongCode:
    problem: Literal["wrong", "malformed", "clock"]
    clock_seconds: int  # with "clock": how far the phone's clock is fast (+) or slow (−)


@dataclass(frozen=True)
class WrongName:
    """The phone cannot be called that; the code was not looked at."""

    problem: account_authenticators.NameProblem


@dataclass(frozen=True)
class Ended:
    """No set-up is under way (any more)."""

    why: Literal["none", "too_many_wrong", "confirmed", "added"]


@dataclass(frozen=True)
class NotNow:
    """It does not fit how things stand."""

    why: Literal["function_off", "exempt", "full", "blocked"]


async def start(context: Context, current: Current, purpose: Purpose = "replace") -> Pending | NotNow:
    """Starts a set-up in this session, in place of one under way. Nothing is in force before its code is confirmed.

    `purpose`: whether the phone joins those that there are or takes their place. Where there is none, it is the first.
    """
    if current.session.login_method != "password":
        return NotNow("exempt")
    if not current.function_on:
        return NotNow("function_off")
    key = totp.new_key()
    key_id, sealed = context.vault.encrypt(key.encode(), attempts.associated_data(current.session.user_id))
    async with context.db.transaction():
        await hold(context, current)
        user = await users.hold(context.db, current.session.user_id)
        adds = purpose == "add" and user is not None and user.two_factor_at is not None
        if user is not None and adds and (problem := await account_authenticators.problem_with_adding(context, user)):
            return NotNow(problem)
        if not await authenticators.start_set_up(
            context.db,
            current.session.id,
            current.session.user_id,
            key_id,
            sealed,
            "add" if adds else "replace",
            context.now,
        ):
            return NotNow("function_off")
        await sessions.mark_set_up_confirmed(context.db, current.session.id, None)
    return _pending(context, current, key, 0, "add" if adds else "replace")


def pending(context: Context, current: Current, set_up: SetUp | None) -> Pending | None:
    """The set-up under way in this session as it was fetched: the same key until it is confirmed, cancelled or over.

    One whose key cannot be read is over, too, and one that adds a phone while they are blocked.
    """
    if set_up is None or not current.function_on or set_up.started_at <= context.now - SET_UP_SECONDS:
        return None
    if set_up.purpose == "add" and current.session.codes_blocked_at is not None:
        return None
    key = _key(context, set_up)
    return _pending(context, current, key, set_up.wrong_codes, set_up.purpose, set_up.name or None) if key else None


def _key(context: Context, set_up: SetUp) -> str | None:
    try:
        return context.vault.decrypt(
            set_up.key_id, set_up.encrypted_key, attempts.associated_data(set_up.user_id)
        ).decode()
    except Unreadable:
        return None


def _pending(
    context: Context, current: Current, key: str, wrong_codes: int, purpose: str, name: str | None = None
) -> Pending:
    address = totp.uri(key, current.session.username, context.organisation)
    kind: Literal["first", "replace", "add"] = "first"
    if current.set_up:
        kind = "add" if purpose == "add" else "replace"
    return Pending(key, address, SET_UP_WRONG_CODES - wrong_codes, kind, name)


async def confirm(
    context: Context, current: Current, typed_code: str, name: str | None = None
) -> Confirmed | Added | WrongCode | WrongName | Ended | NotNow:
    """Confirms the set-up with a code of the new authenticator: from now on it is demanded, and this code is spent.

    `name`: what to call the phone; None: what was typed before, if anything. It is kept when the code is wrong.
    """
    if current.session.login_method != "password":
        return NotNow("exempt")
    if not current.function_on:
        return NotNow("function_off")
    set_up = await authenticators.set_up_of(context.db, current.session.id, context.now - SET_UP_SECONDS)
    if set_up is None:
        return await _ended(context, current)
    name = set_up.name if name is None else name.strip()
    if problem := account_authenticators.problem_with_name(name):
        return WrongName(problem)
    kind, digits = totp.read(typed_code)
    if kind != "code":
        async with context.db.transaction():
            await authenticators.name_set_up(context.db, set_up, name)
        return WrongCode("malformed", 0)
    key = _key(context, set_up)
    if key is None:
        return Ended("none")
    step = totp.matching_step(key, digits, context.now)
    if step is None:
        return await _wrong(context, set_up, name, totp.clock_seconds(key, digits, context.now))
    try:
        return await _in_force(context, current, set_up, name, step)
    except _Overtaken:
        return await _ended(context, current)


class _Overtaken(Exception):
    """Another request ended or confirmed the set-up first; what this one wrote is rolled back."""


async def _ended(context: Context, current: Current) -> Ended:
    purpose = await sessions.confirmed_purpose(context.db, current.session.id)
    return Ended("added" if purpose == "add" else "confirmed" if purpose else "none")


async def _wrong(context: Context, set_up: SetUp, name: str, clock_seconds: int | None) -> WrongCode | Ended:
    async with context.db.transaction():
        await authenticators.name_set_up(context.db, set_up, name)
        wrong_codes = await authenticators.count_wrong_code(context.db, set_up)
        if wrong_codes is not None and wrong_codes >= SET_UP_WRONG_CODES:
            await authenticators.end_set_up(context.db, set_up)
    if wrong_codes is None:
        return Ended("none")
    if wrong_codes >= SET_UP_WRONG_CODES:
        return Ended("too_many_wrong")
    return WrongCode("wrong", 0) if clock_seconds is None else WrongCode("clock", clock_seconds)


async def _in_force(
    context: Context, current: Current, set_up: SetUp, name: str, step: int
) -> Confirmed | Added | NotNow:
    """What a confirmation entails. One that adds a phone changes nothing about the others, recovery codes and sessions."""
    async with context.db.transaction():
        await hold(context, current)
        user = await users.hold(context.db, set_up.user_id)
        if not await authenticators.end_set_up(context.db, set_up):
            raise _Overtaken
        if set_up.purpose != "add" or user is None or user.two_factor_at is None:
            return await _replace(context, current, set_up, name, step)
        if problem := await account_authenticators.problem_with_adding(context, user):
            return NotNow(problem)
        session_token = await _proved(context, current, "add")
        await authenticators.add(context.db, user.id, set_up.key_id, set_up.encrypted_key, step, context.now, name)
        await log.record(context, kinds.TwoFactorPhoneAdded(name), current.principal, current.principal)
    return Added(name, session_token)


async def _replace(context: Context, current: Current, set_up: SetUp, name: str, step: int) -> Confirmed:
    """The phones before it end, new recovery codes, no wrong codes and no block, other sessions and their set-ups end."""
    user_id = set_up.user_id
    replaced = await authenticators.delete_all(context.db, user_id)
    await authenticators.add(context.db, user_id, set_up.key_id, set_up.encrypted_key, step, context.now, name)
    await users.set_two_factor(context.db, user_id, context.now)
    new_codes = await recovery_codes.replace(context, user_id)
    await code_attempts.delete_all(context.db, user_id)
    await authenticators.end_set_ups(context.db, user_id)
    await sessions.end_others(context.db, user_id, current.session.id)
    session_token = await _proved(context, current, "replace")
    await log.record(context, kinds.TwoFactorSetUp("yes" if replaced else ""), current.principal, current.principal)
    return Confirmed(new_codes, session_token)


async def _proved(context: Context, current: Current, purpose: Purpose) -> str:
    """The confirming code is a proof: the session's new token."""
    session_token = await rotate(context, current)
    await sessions.mark_proved(context.db, current.session.id, password=False, code=True, now=context.now)
    await sessions.clear_recovery(context.db, current.session.id)
    await sessions.mark_set_up_confirmed(context.db, current.session.id, context.now, purpose)
    return session_token


async def cancel(context: Context, current: Current) -> bool:
    """Ends the set-up under way in this session; False if there is none."""
    set_up = await authenticators.set_up_of(context.db, current.session.id, 0)
    if set_up is None:
        return False
    async with context.db.transaction():
        return await authenticators.end_set_up(context.db, set_up)


async def remove(context: Context, current: Current) -> bool:
    """Removes one's own second factor, after its proof; False if there is none."""
    async with context.db.transaction():
        await hold(context, current)
        if not await delete_second_factor(context, current.session.user_id):
            return False
        await sessions.end_others(context.db, current.session.user_id, current.session.id)
        await log.record(context, kinds.TwoFactorRemoved(), current.principal, current.principal)
    return True


async def delete_second_factor(context: Context, user_id: int) -> bool:
    """Deletes authenticators, codes and counts of a user; False if there were none. Expects a transaction."""
    user = await users.hold(context.db, user_id)
    if user is None or user.two_factor_at is None:
        return False
    await authenticators.delete_all(context.db, user_id)
    await authenticators.end_set_ups(context.db, user_id)
    await stored_codes.delete_all(context.db, user_id)
    await code_attempts.delete_all(context.db, user_id)
    await users.set_two_factor(context.db, user_id, None)
    return True
