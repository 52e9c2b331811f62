"""Proof before the acts marked †: the password and, of those who have 2FA set up while it is on, a code or recovery code,
unless it was given within the last 10 minutes. It counts only for what it contained. Who uses Single Sign-On signs in afresh
at the provider instead (accounts/sso.py). The limits are those of the login;
here, where the person is signed in, refusals say why.
"""

from dataclasses import dataclass
from typing import Literal

from accounts import activity, codes, sessions, throttle, totp
from accounts.desk import Desk
from accounts.passwords import LONGEST, Full
from accounts.sessions import Current
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


def missing(desk: Desk, current: Current, always_code: bool = False) -> Missing:
    """Which parts of the proof are not given in this session, or too long ago."""
    recent = desk.now - GOOD_FOR_SECONDS
    session = current.session
    code_demanded = current.set_up and (current.function_on or always_code)
    return Missing(
        password=(session.password_proved_at or 0) <= recent,
        code=code_demanded and (always_code or (session.code_proved_at or 0) <= recent),
    )


async def prove(desk: Desk, current: Current, typed: Typed, always_code: bool = False) -> Proved | Needed:
    """Checks what is missing of the proof. `always_code`: for the removal, a code is asked for however recent the last one is.

    A code is spent, and a wrong one counted, only together with a right password or one proved lately.
    """
    lacks = missing(desk, current, always_code)
    if not lacks.password and not lacks.code:
        return Proved(None)
    if current.session.login_method == "sso":  # there is nothing to type: a fresh sign-in at the provider is the proof
        return Needed(lacks.password, lacks.code, "missing" if typed.code else "")
    if (lacks.password and not typed.password) or (lacks.code and totp.read(typed.code)[0] == "empty"):
        asked_before = bool(typed.password or typed.code)
        return Needed(lacks.password, lacks.code, "missing" if asked_before else "")
    facts = await users.for_login(desk.db, current.session.username)
    if lacks.password:
        refused = await _check_password(desk, current, facts, typed.password)
        if refused is not None:
            return Needed(lacks.password, lacks.code, refused[0], refused[1])
    if not lacks.code:
        return await _accept(desk, current, password=True)
    return await _check_code(desk, current, facts, lacks, typed.code)


async def check_password(desk: Desk, current: Current, password: str) -> tuple[Literal["wrong", "waiting"], int] | None:
    """Whether a current password is right, under the login's limits; the problem and how long to wait, or None."""
    facts = await users.for_login(desk.db, current.session.username)
    return await _check_password(desk, current, facts, password)


async def _check_password(
    desk: Desk, current: Current, facts: LoginFacts, password: str
) -> tuple[Literal["wrong", "waiting"], int] | None:
    async with desk.hasher.place():
        async with desk.db.transaction():
            counted = await throttle.count(desk, current.session.username)
        if counted.waiting_until:
            return "waiting", counted.waiting_until - desk.now
        hash_ = facts.user.password_hash if facts.user else None
        right = await desk.hasher.verify(hash_, password) and len(password) <= LONGEST
    async with desk.db.transaction():
        await throttle.give_back(desk, counted, right)
        if not right:
            refusal = activity.ProofRefused("wrong password")
            await activity.record_refusal(desk, refusal, current.person, current.person)
    return None if right else ("wrong", 0)


async def _check_code(
    desk: Desk, current: Current, facts: LoginFacts, lacks: Missing, typed_code: str
) -> Proved | Needed:
    kind, digits = totp.read(typed_code)
    if kind == "other" or facts.user is None:
        return Needed(lacks.password, lacks.code, "wrong")
    if kind == "code" and facts.user.codes_blocked_at is not None:
        return Needed(lacks.password, lacks.code, "blocked")
    attempt = await codes.count(desk, facts.user.id, kind)
    judged = codes.judge(desk, facts.user.id, facts.keys, digits)
    async with desk.db.transaction():
        spent = await codes.spend(desk, attempt, judged)
        await codes.settle(desk, attempt, spent, current.person)
        if spent == "accepted" and attempt.kind == "recovery":
            await codes.recovery_code_used(desk, current.person)
        if spent != "accepted":
            await activity.record_refusal(desk, activity.ProofRefused(spent), current.person, current.person)
    if spent != "accepted":
        problem: Literal["used", "blocked", "wrong"] = "wrong"
        if spent in ("used code", "used recovery code"):
            problem = "used"
        elif spent in ("blocked", "recovery codes refused"):
            problem = "blocked"
        return Needed(lacks.password, lacks.code, problem)
    return await _accept(desk, current, password=lacks.password, code=True, phone=attempt.kind == "code")


async def accept_sign_in(desk: Desk, current: Current, proved_at: int) -> str:
    """Takes a fresh sign-in at the identity provider as the proof; the session's new token. Inside a transaction. Raises Over."""
    session_token = await sessions.rotate(desk, current)
    await stored_sessions.proved(desk.db, current.session.id, password=True, code=False, now=proved_at)
    return session_token


async def _accept(
    desk: Desk, current: Current, *, password: bool = False, code: bool = False, phone: bool = False
) -> Proved:
    async with desk.db.transaction():
        session_token = await sessions.rotate(desk, current)
        await stored_sessions.proved(desk.db, current.session.id, password, code, desk.now)
        if phone:
            await stored_sessions.has_phone(desk.db, current.session.id)
    return Proved(session_token)


__all__ = ["Full", "Missing", "Needed", "Proved", "Typed", "accept_sign_in", "check_password", "missing", "prove"]
