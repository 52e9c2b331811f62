"""Reauthentication: proving password and code again before a sensitive action, under the limits of the login.

A user of Single Sign-On signs in again at the provider instead (accounts/sso/callback.py). Refusals name their reason.
"""

from dataclasses import dataclass
from typing import Literal

from accounts import places, sessions
from accounts.activity import kinds, log
from accounts.context import Context
from accounts.limits import REAUTHENTICATION_SECONDS
from accounts.login import throttle
from accounts.passwords import LONGEST
from accounts.sessions import Current
from accounts.two_factor import attempts, totp
from accounts.two_factor.attempts import Outcome
from db import clock
from db import sessions as stored_sessions
from db.reads import login as reads
from db.reads.login import LoginFacts

Problem = Literal["", "missing", "wrong", "used", "waiting", "blocked"]

PROBLEM_OF: dict[Outcome, Problem] = {
    "wrong code": "wrong",
    "wrong recovery code": "wrong",
    "used code": "used",
    "used recovery code": "used",
    "blocked": "blocked",
    "recovery codes refused": "blocked",
}


@dataclass(frozen=True)
class Typed:
    password: str
    code: str


@dataclass(frozen=True)
class Reauthenticated:
    # The session's new token; None if the last reauthentication still counts.
    session_token: str | None


@dataclass(frozen=True)
class Needed:
    """What to ask for, and why what was typed is not enough."""

    password: bool
    code: bool
    problem: Problem = ""
    wait_seconds: int = 0


@dataclass(frozen=True)
class Missing:
    password: bool
    code: bool


@dataclass(frozen=True)
class PasswordRight:
    pass


@dataclass(frozen=True)
class PasswordRefused:
    problem: Literal["wrong", "waiting"]
    wait_seconds: int = 0


def missing(context: Context, current: Current, always_code: bool = False) -> Missing:
    """What this session has not proved within REAUTHENTICATION_SECONDS.

    `always_code`: however recent the last code is.
    """
    recent = context.now - REAUTHENTICATION_SECONDS
    session = current.session
    code_demanded = current.set_up and (current.function_on or always_code)
    return Missing(
        password=not clock.is_since(session.password_proved_at, recent, context.now),
        code=code_demanded and (always_code or not clock.is_since(session.code_proved_at, recent, context.now)),
    )


async def reauthenticate(
    context: Context, current: Current, typed: Typed, always_code: bool = False
) -> Reauthenticated | Needed:
    """Checks what is missing. A code is spent, or counted as wrong, only with a right password or one that was right
    lately.
    """
    lacks = missing(context, current, always_code)
    if not lacks.password and not lacks.code:
        return Reauthenticated(None)
    if current.session.login_method == "sso":
        return Needed(lacks.password, lacks.code, "missing" if typed.code else "")
    if _is_incomplete(lacks, typed):
        asked_before = bool(typed.password or typed.code)
        return Needed(lacks.password, lacks.code, "missing" if asked_before else "")
    facts = await reads.facts(context.db, current.session.username)
    if lacks.password:
        checked = await _check_password(context, current, facts, typed.password)
        if isinstance(checked, PasswordRefused):
            return Needed(lacks.password, lacks.code, checked.problem, checked.wait_seconds)
    if not lacks.code:
        return await _accept(context, current, password=True)
    return await _check_code(context, current, facts, lacks, typed.code)


def _is_incomplete(lacks: Missing, typed: Typed) -> bool:
    return (lacks.password and not typed.password) or (lacks.code and totp.read(typed.code)[0] == "empty")


async def check_password(context: Context, current: Current, password: str) -> PasswordRight | PasswordRefused:
    """Whether the password is the user's current one, under the limits of the login. Raises places.Full."""
    facts = await reads.facts(context.db, current.session.username)
    return await _check_password(context, current, facts, password)


async def _check_password(
    context: Context, current: Current, facts: LoginFacts, password: str
) -> PasswordRight | PasswordRefused:
    async with context.hasher.place(places.of_user(current.session.username)):
        async with context.db.transaction():
            counted = await throttle.count(context, current.session.username)
        if counted.waiting_until:
            return PasswordRefused("waiting", counted.waiting_until - context.now)
        password_hash = facts.user.password_hash if facts.user else None
        right = await context.hasher.verify(password_hash, password) and len(password) <= LONGEST
    async with context.db.transaction():
        await throttle.give_back(context, counted, right)
        if not right:
            refusal = kinds.ProofRefused("wrong password")
            await log.record(context, refusal, current.principal, current.principal)
    return PasswordRight() if right else PasswordRefused("wrong")


async def _check_code(
    context: Context, current: Current, facts: LoginFacts, lacks: Missing, typed_code: str
) -> Reauthenticated | Needed:
    kind, digits = totp.read(typed_code)
    if kind == "other" or facts.user is None:
        return Needed(lacks.password, lacks.code, "wrong")
    if kind == "code" and facts.user.codes_blocked_at is not None:
        return Needed(lacks.password, lacks.code, "blocked")
    attempt = await attempts.count(context, facts.user.id, kind)
    matched = attempts.match(context, facts.user.id, facts.keys, digits)
    async with context.db.transaction():
        outcome = await attempts.spend(context, attempt, matched)
        await attempts.settle(context, attempt, outcome, current.principal)
        if outcome == "accepted" and attempt.kind == "recovery":
            await attempts.record_recovery_code_used(context, current.principal)
        if outcome != "accepted":
            refused = kinds.ProofRefused(outcome)
            await log.record(context, refused, current.principal, current.principal, password_right=True)
    if outcome != "accepted":
        return Needed(lacks.password, lacks.code, PROBLEM_OF[outcome])
    return await _accept(context, current, password=lacks.password, code=True, authenticator=attempt.kind == "code")


async def accept_sign_in(context: Context, current: Current, proved_at: int) -> str:
    """Accepts a fresh sign-in at the identity provider.

    Returns the session's new token. Expects a transaction. Raises SessionEnded.
    """
    session_token = await sessions.rotate(context, current)
    await stored_sessions.mark_proved(context.db, current.session.id, password=True, code=False, now=proved_at)
    return session_token


async def _accept(
    context: Context, current: Current, *, password: bool = False, code: bool = False, authenticator: bool = False
) -> Reauthenticated:
    async with context.db.transaction():
        session_token = await sessions.rotate(context, current)
        await stored_sessions.mark_proved(context.db, current.session.id, password, code, context.now)
        if authenticator:
            await stored_sessions.clear_recovery(context.db, current.session.id)
    return Reauthenticated(session_token)
