"""A user's second factor: set-up, confirmation, removal, reset; what each entails, in order."""

from dataclasses import dataclass
from typing import Literal

from accounts import activity, codes, recovery_codes, totp
from accounts.desk import COMMAND_LINE, Desk, Person
from accounts.permissions import covers
from accounts.sessions import Current, hold, rotate
from accounts.vault import Unreadable
from db import adoption, authenticators, code_attempts, sessions, users
from db import recovery_codes as stored_codes
from db.authenticators import SetUp

LIVES_SECONDS = 30 * 60
WRONG_CODES = 5
LONGEST_REASON = 500


@dataclass(frozen=True)
class Pending:
    """A set-up under way: the QR step."""

    key: str  # base32
    address: str  # otpauth://…
    tries_left: int
    replaces: bool


@dataclass(frozen=True)
class Confirmed:
    codes: tuple[str, ...]  # shown once
    session_token: str  # the confirming code is a proof, and each proof changes the token


@dataclass(frozen=True)
class WrongCode:
    problem: Literal["wrong", "malformed", "clock"]
    clock_seconds: int  # with "clock": how far the phone's clock is fast (+) or slow (−)


@dataclass(frozen=True)
class Ended:
    """No set-up is under way (any more)."""

    why: Literal["none", "too_many_wrong", "confirmed"]


@dataclass(frozen=True)
class NotNow:
    """It does not fit how things stand."""

    why: Literal["function_off", "exempt"]


async def start(desk: Desk, current: Current) -> Pending | NotNow:
    """Starts a set-up in this session, in place of one under way. Nothing is in force before its code is confirmed."""
    if current.session.login_method != "password":
        return NotNow("exempt")
    if not current.function_on:
        return NotNow("function_off")
    key = totp.new_key()
    key_id, sealed = desk.vault.encrypt(key.encode(), codes.bound_to(current.session.user_id))
    async with desk.db.transaction():
        await hold(desk, current)
        if not await authenticators.start_set_up(
            desk.db, current.session.id, current.session.user_id, key_id, sealed, desk.now
        ):
            return NotNow("function_off")
        await sessions.set_up_confirmed(desk.db, current.session.id, None)
    return _pending(desk, current, key, 0)


def pending(desk: Desk, current: Current, set_up: SetUp | None) -> Pending | None:
    """The set-up under way in this session as it was fetched: the same key until it is confirmed, cancelled or over.

    One whose key cannot be read is over, too.
    """
    if set_up is None or not current.function_on or set_up.started_at <= desk.now - LIVES_SECONDS:
        return None
    key = _key(desk, set_up)
    return _pending(desk, current, key, set_up.wrong_codes) if key else None


async def _under_way(desk: Desk, current: Current) -> SetUp | None:
    if not current.function_on or current.session.login_method != "password":
        return None
    return await authenticators.set_up_of(desk.db, current.session.id, desk.now - LIVES_SECONDS)


def _key(desk: Desk, set_up: SetUp) -> str | None:
    try:
        return desk.vault.decrypt(set_up.key_id, set_up.encrypted_key, codes.bound_to(set_up.user_id)).decode()
    except Unreadable:
        return None


def _pending(desk: Desk, current: Current, key: str, wrong_codes: int) -> Pending:
    address = totp.address(key, current.session.username, desk.organisation)
    return Pending(key, address, WRONG_CODES - wrong_codes, current.set_up)


async def confirm(desk: Desk, current: Current, typed_code: str) -> Confirmed | WrongCode | Ended | NotNow:
    """Confirms the set-up with a code of the new authenticator: from now on it is demanded, and this code is spent."""
    if current.session.login_method != "password":
        return NotNow("exempt")
    if not current.function_on:
        return NotNow("function_off")
    set_up = await _under_way(desk, current)
    if set_up is None:
        return await _ended(desk, current)
    kind, digits = totp.read(typed_code)
    if kind != "code":
        return WrongCode("malformed", 0)
    key = _key(desk, set_up)
    if key is None:
        return Ended("none")
    step = totp.matching_step(key, digits, desk.now)
    if step is None:
        return await _wrong(desk, set_up, totp.clock_seconds(key, digits, desk.now))
    try:
        return await _in_force(desk, current, set_up, step)
    except _Overtaken:
        return await _ended(desk, current)


class _Overtaken(Exception):
    """Another request ended or confirmed the set-up first; what this one wrote is rolled back."""


async def _ended(desk: Desk, current: Current) -> Ended:
    return Ended("confirmed" if await sessions.was_set_up_confirmed(desk.db, current.session.id) else "none")


async def _wrong(desk: Desk, set_up: SetUp, clock_seconds: int | None) -> WrongCode | Ended:
    async with desk.db.transaction():
        wrong_codes = await authenticators.count_wrong_code(desk.db, set_up)
        if wrong_codes is not None and wrong_codes >= WRONG_CODES:
            await authenticators.end_set_up(desk.db, set_up)
    if wrong_codes is None:
        return Ended("none")
    if wrong_codes >= WRONG_CODES:
        return Ended("too_many_wrong")
    return WrongCode("wrong", 0) if clock_seconds is None else WrongCode("clock", clock_seconds)


async def _in_force(desk: Desk, current: Current, set_up: SetUp, step: int) -> Confirmed | Ended:
    """What a confirmation entails: the old phone ends, new recovery codes, no wrong codes and no block, other sessions end."""
    user_id, new_codes = set_up.user_id, recovery_codes.make()
    async with desk.db.transaction():
        session_token = await rotate(desk, current)
        if not await authenticators.end_set_up(desk.db, set_up):
            raise _Overtaken
        replaced = await authenticators.delete_all(desk.db, user_id)
        await authenticators.add(desk.db, user_id, set_up.key_id, set_up.encrypted_key, step, desk.now)
        await users.set_two_factor(desk.db, user_id, desk.now)
        if not replaced:
            await adoption.change(desk.db, set_up=1, not_set_up=-1)
        await _new_codes(desk, user_id, new_codes)
        await code_attempts.delete_all(desk.db, user_id)
        await authenticators.end_set_ups(desk.db, user_id)
        await sessions.end_others(desk.db, user_id, current.session.id)
        await sessions.proved(desk.db, current.session.id, password=False, code=True, now=desk.now)
        await sessions.set_up_confirmed(desk.db, current.session.id, desk.now)
        await activity.record(desk, activity.TwoFactorSetUp("yes" if replaced else ""), current.person, current.person)
    return Confirmed(tuple(recovery_codes.written(code) for code in new_codes), session_token)


async def _new_codes(desk: Desk, user_id: int, new_codes: list[str]) -> None:
    user = await users.by_id(desk.db, user_id)
    assert user is not None
    await users.next_generation(desk.db, user_id, user.codes_generation)
    hashes = [recovery_codes.stored(desk.vault, user_id, code) for code in new_codes]
    await stored_codes.replace(desk.db, user_id, desk.vault.key_id, hashes, desk.now)


async def cancel(desk: Desk, current: Current) -> bool:
    """Ends the set-up under way in this session; False if there is none."""
    set_up = await authenticators.set_up_of(desk.db, current.session.id, 0)
    if set_up is None:
        return False
    async with desk.db.transaction():
        return await authenticators.end_set_up(desk.db, set_up)


async def remove(desk: Desk, current: Current) -> bool:
    """Removes one's own second factor, after its proof; False if there is none."""
    async with desk.db.transaction():
        await hold(desk, current)
        if not await _take_away(desk, current.session.user_id):
            return False
        await sessions.end_others(desk.db, current.session.user_id, current.session.id)
        await activity.record(desk, activity.TwoFactorRemoved(), current.person, current.person)
    return True


async def _take_away(desk: Desk, user_id: int) -> bool:
    """All that belongs to a second factor; False if there was none."""
    user = await users.by_id(desk.db, user_id)
    if user is None or user.two_factor_at is None:
        return False
    await authenticators.delete_all(desk.db, user_id)
    await authenticators.end_set_ups(desk.db, user_id)
    await stored_codes.delete_all(desk.db, user_id)
    await code_attempts.delete_all(desk.db, user_id)
    await users.set_two_factor(desk.db, user_id, None)
    if user.disabled_at is None:
        await adoption.change(desk.db, set_up=-1, not_set_up=1)
    return True


@dataclass(frozen=True)
class NewCodes:
    codes: tuple[str, ...]  # shown once


async def make_recovery_codes(desk: Desk, current: Current, generation: int | None) -> NewCodes | Ended | NotNow:
    """New recovery codes in place of the old. `generation` is the set that the page showed: sent again, nothing changes."""
    if current.session.login_method != "password":
        return NotNow("exempt")
    if not current.function_on:
        return NotNow("function_off")
    user_id, new_codes = current.session.user_id, recovery_codes.make()
    async with desk.db.transaction():
        await hold(desk, current)
        user = await users.by_id(desk.db, user_id)
        if user is None or user.two_factor_at is None:
            return Ended("none")
        if generation is not None and generation != user.codes_generation:
            return Ended("confirmed")
        await _new_codes(desk, user_id, new_codes)
        await code_attempts.delete_kind(desk.db, user_id, "recovery")
        await sessions.end_others(desk.db, user_id, current.session.id)
        await activity.record(desk, activity.RecoveryCodesMade(), current.person, current.person)
    return NewCodes(tuple(recovery_codes.written(code) for code in new_codes))


ResetRefusal = Literal["no_reason", "reason_too_long", "not_set_up", "own", "holds_more"]


def problem_with_reason(reason: str) -> Literal["no_reason", "reason_too_long"] | None:
    """What is wrong with the reason of a reset."""
    if not reason.strip():
        return "no_reason"
    return "reason_too_long" if len(reason) > LONGEST_REASON else None


async def reset(desk: Desk, user_id: int, reason: str, current: Current | None) -> ResetRefusal | None:
    """Resets another user's second factor and ends their sessions; why not, or None when done.

    `current`: the session of the one who resets; None for the command line, which may reset whoever it is.
    """
    problem = problem_with_reason(reason)
    if problem:
        return problem
    if current is not None and current.session.user_id == user_id:
        return "own"
    async with desk.db.transaction():
        if current is not None:
            await hold(desk, current)
        user = await users.by_id(desk.db, user_id)
        if user is None or user.two_factor_at is None:
            return "not_set_up"
        if current is not None and not covers(current.permissions, await users.permissions(desk.db, user_id)):
            return "holds_more"
        await _take_away(desk, user_id)
        await sessions.end_all(desk.db, user_id)
        by = current.person if current else COMMAND_LINE
        await activity.record(desk, activity.TwoFactorReset(reason.strip()), by, Person(user_id, user.username))
    return None
