"""The one decision: username, password, code → SignedIn | Refused | Busy.

There is no state between password and code. Every cause of a refusal takes the same way: the same queries, one password hash,
the same codes computed, three commits; which of them counted is decided once, at the end.
"""

from dataclasses import dataclass

from accounts import sessions, usernames
from accounts.activity import kinds, log
from accounts.context import UNKNOWN_USER, Context, Principal
from accounts.login import throttle
from accounts.login.throttle import Counted
from accounts.passwords import LONGEST, Full
from accounts.two_factor import attempts, totp
from accounts.two_factor.attempts import Attempt, Judged
from db import users
from db.users import LoginFacts


@dataclass(frozen=True)
class Typed:
    """What was typed into the login form."""

    username: str
    password: str
    code: str


@dataclass(frozen=True)
class SignedIn:
    session_token: str
    browser_token: str
    recovered: bool  # by a recovery code
    confined: bool  # with a one-time password: choose one now


@dataclass(frozen=True)
class Refused:
    """The person gets the one answer, the log the exact cause."""

    cause: str


@dataclass(frozen=True)
class Busy:
    """No place in front of the hash threads; nothing was counted."""


async def sign_in(context: Context, typed: Typed) -> SignedIn | Refused | Busy:
    """Decides a login. The causes of a refusal are told apart for the log alone.

    If somebody changes the user or throws the switch meanwhile, it is decided once more.
    """
    return (
        await _judge(context, typed, last=False)
        or await _judge(context, typed, last=True)
        or Refused("changed meanwhile")
    )


async def _judge(context: Context, typed: Typed, *, last: bool) -> SignedIn | Refused | Busy | None:
    username = usernames.canonical(typed.username) or ""
    kind, digits = totp.read(typed.code)
    try:
        async with context.hasher.place():
            async with context.db.transaction():
                counted = await throttle.count(context, username)
            facts = await users.for_login(context.db, username)
            right = await context.hasher.verify(facts.user.password_hash if facts.user else None, typed.password)
    except Full:
        return Busy()
    cause = _cause(context, typed, counted, facts, right, kind)
    looked_at = cause == "" and _demands_code(facts)
    attempt = await attempts.count(
        context, facts.user.id if facts.user and looked_at else None, kind if looked_at else "code"
    )
    judged = attempts.judge(
        context, facts.user.id if facts.user else attempts.NO_USER, facts.keys if looked_at else (), digits
    )
    async with context.db.transaction():
        outcome = await _decide(context, facts, counted, right, attempt, judged, cause, last)
    if isinstance(outcome, SignedIn) and facts.user:
        await _rehash(context, facts.user, typed.password)
    return outcome


def _cause(context: Context, typed: Typed, counted: Counted, facts: LoginFacts, right: bool, kind: str) -> str:
    """Why the login fails whatever the code turns out to be; "" if the code decides."""
    user = facts.user
    if counted.waiting_until:
        return "waiting"
    if len(typed.username) > usernames.LONGEST or len(typed.password) > LONGEST:
        return "over-long input"
    if user is None:
        return "unknown user"
    if user.login_method == "sso":
        return "sso user"
    if user.password_hash is None:
        return "no password"
    if not right:
        return "wrong password"
    if user.one_time_until is not None and user.one_time_until <= context.now:
        return "expired password"
    if user.disabled_at is not None:
        return "disabled"
    if not _demands_code(facts):
        return ""
    if kind == "code" and user.codes_blocked_at is not None:
        return "blocked"
    return {"empty": "no code", "other": "malformed code"}.get(kind, "")


def _demands_code(facts: LoginFacts) -> bool:
    """The second factor is in force: switched on, and set up (blocked or not)."""
    return facts.function_on and facts.user is not None and facts.user.two_factor_at is not None


async def _decide(
    context: Context,
    facts: LoginFacts,
    counted: Counted,
    right: bool,
    attempt: Attempt,
    judged: Judged,
    cause: str,
    last: bool,
) -> SignedIn | Refused | None:
    """The outcome, in one transaction: codes spent, counts given back or kept, a session or a refusal, the log entry.

    None, and everything given back, if what it was to be decided on has changed and this is not the `last` try.
    """
    user = facts.user
    who = Principal(user.id, user.username) if user else UNKNOWN_USER
    version, user_id = (user.access_version, user.id) if user and cause == "" else (-1, attempts.NO_USER)
    if not await users.lock_unchanged(context.db, user_id, version, facts.function_on) and cause == "":
        cause = "changed meanwhile"
    spent = await attempts.spend(context, attempt, judged, spendable=cause == "")
    await throttle.give_back(context, counted, right and cause != "over-long input")
    if cause == "" and attempt.user_id is not None and spent != "accepted":
        cause = spent
    await attempts.settle(
        context, attempt, spent if attempt.user_id is not None and cause != "changed meanwhile" else "", who
    )
    if cause == "changed meanwhile" and not last:
        return None
    if user is None or cause != "":
        await log.record_refusal(context, kinds.LoginRefused(cause), who, who)
        return Refused(cause)
    await users.record_login(context.db, user.id, context.now, context.client.address)
    by_code, recovered = attempt.user_id is not None, attempt.user_id is not None and attempt.kind == "recovery"
    started = await sessions.start(context, user, by_code, recovered=recovered)
    if recovered:
        await attempts.recovery_code_used(context, who)
    factor = "password and recovery code" if recovered else "password and code" if by_code else "password"
    confined = user.one_time_until is not None
    succeeded = kinds.LoginSucceeded(factor, "yes" if confined else "", started.new_browser)
    await log.record(context, succeeded, who, who)
    return SignedIn(started.session_token, started.browser_token, recovered, confined)


async def _rehash(context: Context, user: users.User, password: str) -> None:
    """Hashes a password anew when the parameters have risen since it was set."""
    if user.password_hash and context.hasher.outdated(user.password_hash):
        new_hash = await context.hasher.hash(password)
        async with context.db.transaction():
            await users.rehash(context.db, user.id, user.password_hash, new_hash)
