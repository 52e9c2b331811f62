"""Proof before the acts marked †: the password and, of those who have 2FA set up while it is on, a code or recovery code,
unless it was given within the last 10 minutes. It counts only for what it contained. Who uses Single Sign-On signs in afresh
at the provider instead (accounts/sso.py). The limits are those of the login;
here, where the person is signed in, refusals say why.
"""

from dataclasses import dataclass
from typing import Literal

from accounts import sessions
from accounts.activity import kinds, log
from accounts.context import Context
from accounts.login import throttle
from accounts.passwords import LONGEST, Full
from accounts.sessions import Current
from accounts.two_factor import attempts, totp
from db import sessions as stored_sessions
from db import users
from db.users import LoginFacts

GOOD_FOR_SECONDS = 10 * 60


@dataclass(frozen=True)
class Typed:
    password: str
    code: str


@dataclass(frozen=True)
class Proved:
    session_token: str | None  # the session's new token; None if the earlier proof still counts


@dataclass(frozen=True)
class Needed:
    """What to ask for, and why what came was not enough."""

    password: bool
    code: bool
    problem: Literal["", "missing", "wrong", "used", "waiting", "blocked"] = ""
    wait_seconds: int = 0


@dataclass(frozen=True)
class Missing:
    password: bool
    code: bool


def missing(context: Context, current: Current, always_code: bool = False) -> Missing:
    """Which parts of the proof are not given in this session, or too long ago."""
    recent = context.now - GOOD_FOR_SECONDS
    session = current.session
    code_demanded = current.set_up and (current.function_on or always_code)
    return Missing(
        password=(session.password_proved_at or 0) <= recent,
        code=code_demanded and (always_code or (session.code_proved_at or 0) <= recent),
    )


async def prove(context: Context, current: Current, typed: Typed, always_code: bool = False) -> Proved | Needed:
    """Checks what is missing of the proof. `always_code`: for the removal, a code is asked for however recent the last one is.

    A code is spent, and a wrong one counted, only together with a right password or one proved lately.
    """
    lacks = missing(context, current, always_code)
    if not lacks.password and not lacks.code:
        return Proved(None)
    if current.session.login_method == "sso":  # there is nothing to type: a fresh sign-in at the provider is the proof
        return Needed(lacks.password, lacks.code, "missing" if typed.code else "")
    if (lacks.password and not typed.password) or (lacks.code and totp.read(typed.code)[0] == "empty"):
        asked_before = bool(typed.password or typed.code)
        return Needed(lacks.password, lacks.code, "missing" if asked_before else "")
    facts = await users.for_login(context.db, current.session.username)
    if lacks.password:
        refused = await _check_password(context, current, facts, typed.password)
        if refused is not None:
            return Needed(lacks.password, lacks.code, refused[0], refused[1])
    if not lacks.code:
        return await _accept(context, current, password=True)
    return await _check_code(context, current, facts, lacks, typed.code)


async def check_password(
    context: Context, current: Current, password: str
) -> tuple[Literal["wrong", "waiting"], int] | None:
    """Whether a current password is right, under the login's limits; the problem and how long to wait, or None."""
    facts = await users.for_login(context.db, current.session.username)
    return await _check_password(context, current, facts, password)


async def _check_password(
    context: Context, current: Current, facts: LoginFacts, password: str
) -> tuple[Literal["wrong", "waiting"], int] | None:
    async with context.hasher.place():
        async with context.db.transaction():
            counted = await throttle.count(context, current.session.username)
        if counted.waiting_until:
            return "waiting", counted.waiting_until - context.now
        hash_ = facts.user.password_hash if facts.user else None
        right = await context.hasher.verify(hash_, password) and len(password) <= LONGEST
    async with context.db.transaction():
        await throttle.give_back(context, counted, right)
        if not right:
            refusal = kinds.ProofRefused("wrong password")
            await log.record_refusal(context, refusal, current.principal, current.principal)
    return None if right else ("wrong", 0)


async def _check_code(
    context: Context, current: Current, facts: LoginFacts, lacks: Missing, typed_code: str
) -> Proved | Needed:
    kind, digits = totp.read(typed_code)
    if kind == "other" or facts.user is None:
        return Needed(lacks.password, lacks.code, "wrong")
    if kind == "code" and facts.user.codes_blocked_at is not None:
        return Needed(lacks.password, lacks.code, "blocked")
    attempt = await attempts.count(context, facts.user.id, kind)
    judged = attempts.judge(context, facts.user.id, facts.keys, digits)
    async with context.db.transaction():
        spent = await attempts.spend(context, attempt, judged)
        await attempts.settle(context, attempt, spent, current.principal)
        if spent == "accepted" and attempt.kind == "recovery":
            await attempts.recovery_code_used(context, current.principal)
        if spent != "accepted":
            await log.record_refusal(context, kinds.ProofRefused(spent), current.principal, current.principal)
    if spent != "accepted":
        problem: Literal["used", "blocked", "wrong"] = "wrong"
        if spent in ("used code", "used recovery code"):
            problem = "used"
        elif spent in ("blocked", "recovery codes refused"):
            problem = "blocked"
        return Needed(lacks.password, lacks.code, problem)
    return await _accept(context, current, password=lacks.password, code=True, phone=attempt.kind == "code")


async def accept_sign_in(context: Context, current: Current, proved_at: int) -> str:
    """Takes a fresh sign-in at the identity provider as the proof; the session's new token. Inside a transaction. Raises Over."""
    session_token = await sessions.rotate(context, current)
    await stored_sessions.mark_proved(context.db, current.session.id, password=True, code=False, now=proved_at)
    return session_token


async def _accept(
    context: Context, current: Current, *, password: bool = False, code: bool = False, phone: bool = False
) -> Proved:
    async with context.db.transaction():
        session_token = await sessions.rotate(context, current)
        await stored_sessions.mark_proved(context.db, current.session.id, password, code, context.now)
        if phone:
            await stored_sessions.clear_recovery(context.db, current.session.id)
    return Proved(session_token)


__all__ = ["Full", "Missing", "Needed", "Proved", "Typed", "accept_sign_in", "check_password", "missing", "prove"]
