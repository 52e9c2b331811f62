"""The set-up of an authenticator: start, confirm, cancel; what a confirmation entails, in order."""

from dataclasses import dataclass
from typing import Literal

from accounts.activity import kinds, log
from accounts.context import Context
from accounts.limits import SET_UP_SECONDS, SET_UP_WRONG_CODES
from accounts.sessions import Current, lock_session, rotate
from accounts.two_factor import attempts, recovery_codes, totp
from accounts.two_factor import authenticators as account_authenticators
from accounts.two_factor.qr_step import Pending, Step, key_of, pending_step
from db import authenticators, code_attempts, sessions, users
from db.authenticators import Purpose, SetUp


@dataclass(frozen=True)
class Confirmed:
    # Shown once.
    codes: tuple[str, ...]
    session_token: str
    # Whether other authenticators ended.
    replaced: bool


@dataclass(frozen=True)
class Added:
    """One more authenticator; the recovery codes stay."""

    name: str
    session_token: str


@dataclass(frozen=True)
class WrongCode:
    problem: Literal["wrong", "malformed", "clock"]
    # With "clock": by how much the phone's clock is fast (+) or slow (−).
    clock_seconds: int


@dataclass(frozen=True)
class WrongName:
    """The name cannot be used; the code was not checked."""

    problem: account_authenticators.NameProblem


@dataclass(frozen=True)
class Ended:
    """No set-up is pending, or no longer."""

    why: Literal["none", "too_many_wrong", "confirmed", "added"]


@dataclass(frozen=True)
class NotNow:
    """The state of the function or of the user does not allow it."""

    why: Literal["function_off", "exempt", "full", "blocked"]


async def start(
    context: Context, current: Current, purpose: Purpose = "replace", name: str = ""
) -> Pending | NotNow | WrongName:
    """Starts a set-up in this session, in place of a pending one. Nothing changes before its code is confirmed.

    `purpose`: whether the authenticator joins the user's others or replaces them. `name`: of the phone, if it is known.
    """
    name = name.strip()
    if name_problem := account_authenticators.problem_with_name(name):
        return WrongName(name_problem)
    if problem := _not_now(current):
        return problem
    key = totp.new_key()
    key_id, sealed = context.vault.encrypt(key.encode(), attempts.associated_data(current.session.user_id))
    async with context.db.transaction():
        await lock_session(context, current)
        user = await users.lock(context.db, current.session.user_id)
        adds = purpose == "add" and user is not None and user.two_factor_at is not None
        if user is not None and adds and (why := await account_authenticators.problem_with_adding(context, user)):
            return NotNow(why)
        purpose = "add" if adds else "replace"
        others = await authenticators.number(context.db, current.session.user_id)
        ids = (current.session.id, current.session.user_id)
        new = authenticators.NewSetUp(*ids, key_id, sealed, purpose, context.now, name)
        if not await authenticators.start_set_up(context.db, new):
            return NotNow("function_off")
        await sessions.mark_set_up_confirmed(context.db, current.session.id, None)
    return pending_step(context, current, key, Step(purpose, name, 0, others))


def _not_now(current: Current) -> NotNow | None:
    if current.session.login_method != "password":
        return NotNow("exempt")
    return None if current.function_on else NotNow("function_off")


async def confirm(
    context: Context, current: Current, typed_code: str, name: str | None = None
) -> Confirmed | Added | WrongCode | WrongName | Ended | NotNow:
    """Confirms the set-up with a code of the new authenticator, which is spent.

    `name`: of the phone; None: as it was typed with an earlier code. It is kept when the code is wrong.
    """
    if problem := _not_now(current):
        return problem
    set_up = await authenticators.set_up_of(context.db, current.session.id, context.now - SET_UP_SECONDS, context.now)
    if set_up is None:
        return await _ended(context, current)
    name = set_up.name if name is None else name.strip()
    if name_problem := account_authenticators.problem_with_name(name):
        return WrongName(name_problem)
    step = await _step(context, set_up, name, typed_code)
    if not isinstance(step, int):
        return step
    try:
        return await _activate(context, current, set_up, name, step)
    except _Conflict:
        return await _ended(context, current)


class _Conflict(Exception):
    """Another request ended or confirmed the set-up first; what this one wrote is rolled back."""


async def _ended(context: Context, current: Current) -> Ended:
    purpose = await sessions.confirmed_purpose(context.db, current.session.id)
    return Ended("added" if purpose == "add" else "confirmed" if purpose else "none")


async def _step(context: Context, set_up: SetUp, name: str, typed_code: str) -> int | WrongCode | Ended:
    """The time step that the code belongs to."""
    kind, digits = totp.read(typed_code)
    if kind != "code":
        async with context.db.transaction():
            await authenticators.name_set_up(context.db, set_up, name)
        return WrongCode("malformed", 0)
    key = key_of(context, set_up)
    if key is None:
        return Ended("none")
    step = totp.matching_step(key, digits, context.now)
    if step is not None:
        return step
    return await _count_wrong_code(context, set_up, name, totp.clock_seconds(key, digits, context.now))


async def _count_wrong_code(context: Context, set_up: SetUp, name: str, clock_seconds: int | None) -> WrongCode | Ended:
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


async def _activate(
    context: Context, current: Current, set_up: SetUp, name: str, step: int
) -> Confirmed | Added | NotNow:
    """One that is added leaves other authenticators, recovery codes and sessions as they are. Raises _Conflict."""
    async with context.db.transaction():
        await lock_session(context, current)
        user = await users.lock(context.db, set_up.user_id)
        if not await authenticators.end_set_up(context.db, set_up):
            raise _Conflict
        if set_up.purpose != "add" or user is None or user.two_factor_at is None:
            return await _replace(context, current, set_up, name, step)
        if problem := await account_authenticators.problem_with_adding(context, user):
            return NotNow(problem)
        session_token = await _start_new_token(context, current, "add")
        await authenticators.add(context.db, _confirmed(set_up, name, step), context.now)
        await log.record(context, kinds.TwoFactorPhoneAdded(name), current.principal, current.principal)
    return Added(name, session_token)


def _confirmed(set_up: SetUp, name: str, step: int) -> authenticators.New:
    return authenticators.New(set_up.user_id, name, set_up.key_id, set_up.encrypted_key, step)


async def _replace(context: Context, current: Current, set_up: SetUp, name: str, step: int) -> Confirmed:
    """Ends older authenticators, recovery codes, counts, locks, and the user's other sessions with their set-ups."""
    user_id = set_up.user_id
    replaced = await authenticators.delete_all(context.db, user_id)
    await authenticators.add(context.db, _confirmed(set_up, name, step), context.now)
    await users.set_two_factor(context.db, user_id, context.now)
    new_codes = await recovery_codes.replace(context, user_id)
    await code_attempts.delete_all(context.db, user_id)
    await authenticators.end_set_ups(context.db, user_id)
    await sessions.end_others(context.db, user_id, current.session.id)
    session_token = await _start_new_token(context, current, "replace")
    await log.record(context, kinds.TwoFactorSetUp("yes" if replaced else ""), current.principal, current.principal)
    return Confirmed(new_codes, session_token, replaced)


async def _start_new_token(context: Context, current: Current, purpose: Purpose) -> str:
    """The session's new token: the confirming code is a reauthentication, and each one changes the token."""
    session_token = await rotate(context, current)
    await sessions.mark_proved(context.db, current.session.id, password=False, code=True, now=context.now)
    await sessions.clear_recovery(context.db, current.session.id)
    await sessions.mark_set_up_confirmed(context.db, current.session.id, context.now, purpose)
    return session_token


async def cancel(context: Context, current: Current) -> bool:
    """Ends the session's pending set-up; False without one."""
    set_up = await authenticators.set_up_of(context.db, current.session.id, 0, context.now)
    if set_up is None:
        return False
    async with context.db.transaction():
        return await authenticators.end_set_up(context.db, set_up)
