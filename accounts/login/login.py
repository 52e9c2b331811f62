"""The one decision: username, password, code → SignedIn | Refused | Busy. There is no state between password and code.

Every refusal takes the same time: the same queries, one password hash, the same codes computed, three commits.
"""

from dataclasses import dataclass
from typing import Literal

from accounts import sessions, usernames
from accounts.activity import kinds, log
from accounts.activity.kinds import Cause
from accounts.context import SYSTEM, UNKNOWN_USER, Context, Principal
from accounts.limits import ONE_TIME_SECONDS, USERNAME_WAITS_LOGGED_SECONDS
from accounts.login import named, repeated, throttle
from accounts.login.throttle import Counted
from accounts.passwords import LONGEST, to_verify
from accounts.places import Full
from accounts.two_factor import attempts, totp
from accounts.two_factor.attempts import CodeAttempt, Match
from db import clock, users
from db.reads import login as reads
from db.reads.login import LoginFacts
from db.users import User

# The cause in the log of a login during which the user or the switch was changed twice.
CONFLICT: Cause = "changed meanwhile"
# Of a form that was sent before: its code is spent, and may have opened a session.
REPEATED: tuple[Cause, ...] = ("used code", "used recovery code")
# What the code field holds in place of a code, by the kind that totp.read gives it.
WITHOUT_CODE: dict[str, Cause] = {"empty": "no code", "other": "malformed code"}


@dataclass(frozen=True)
class Typed:
    """The fields of the login form."""

    # Or an e-mail address.
    username: str
    password: str
    code: str


@dataclass(frozen=True)
class SignedIn:
    session_token: str
    browser_token: str
    # With a recovery code.
    recovered: bool
    # With a one-time password: the user must choose a password first.
    confined: bool


@dataclass(frozen=True)
class Refused:
    """The user gets the one vague answer, the log the exact cause."""

    cause: Cause


@dataclass(frozen=True)
class Busy:
    """There is no place in front of the hash threads; nothing was counted."""


@dataclass(frozen=True)
class Conflict:
    """The user or the switch changed while the password was verified; everything was given back."""


@dataclass(frozen=True)
class _Login:
    """What a login is decided on."""

    facts: LoginFacts
    counted: Counted
    password_right: bool
    # Why it fails whatever the code is; "": the code decides.
    cause: Cause | Literal[""]
    attempt: CodeAttempt
    matched: Match

    @property
    def who(self) -> Principal:
        user = self.facts.user
        return Principal(user.id, user.username) if user else UNKNOWN_USER

    @property
    def with_code(self) -> bool:
        return self.attempt.user_id is not None


async def sign_in(context: Context, typed: Typed) -> SignedIn | Refused | Busy:
    """Decides a login. After a conflict it is decided once more."""
    outcome = await _try(context, typed, last=False)
    if isinstance(outcome, Conflict):
        outcome = await _try(context, typed, last=True)
    return Refused(CONFLICT) if isinstance(outcome, Conflict) else outcome


async def _try(context: Context, typed: Typed, *, last: bool) -> SignedIn | Refused | Busy | Conflict:
    claim, username = await throttle.claim(context, named.read(typed.username))
    kind, digits = totp.read(typed.code)
    try:
        async with context.hasher.place(claim):
            async with context.db.transaction(keyed=True):
                counted = await throttle.count(context, username, code_may_pass=True)
            facts = await reads.facts(context.db, username)
            user = facts.user
            one_time = user is not None and user.one_time_until is not None
            password = to_verify(typed.password, one_time=one_time)
            password_right = await context.hasher.verify(user.password_hash if user else None, password)
    except Full:
        return Busy()
    cause = _cause(context, typed, facts, password_right, kind)
    code_decides = cause == "" and _demands_code(facts)
    if counted.waiting_until and not (counted.code_passes and code_decides):
        cause, code_decides = "waiting", False
    spent_as = "recovery" if kind == "recovery" else "code"
    attempt = await attempts.count(context, user.id if user and code_decides else None, spent_as)
    matched = attempts.match(context, user.id if user else attempts.NO_USER, facts.keys if code_decides else (), digits)
    login = _Login(facts, counted, password_right, cause, attempt, matched)
    async with context.db.transaction(keyed=True):
        outcome = await _decide(context, login, last=last)
    if isinstance(outcome, SignedIn) and user:
        await _rehash(context, user, password)
    return outcome


def _cause(context: Context, typed: Typed, facts: LoginFacts, password_right: bool, kind: str) -> Cause | Literal[""]:
    """Why the login fails whatever the code is; "" if the code decides. The causes are stored in the activity log."""
    user = facts.user
    if len(typed.password) > LONGEST:
        return "over-long input"
    if user is None:
        return "over-long input" if len(typed.username) > usernames.LONGEST else "unknown user"
    if user.login_method == "sso":
        return "sso user"
    if user.password_hash is None:
        return "no password"
    if not password_right:
        return "wrong password"
    if user.one_time_until is not None and not clock.lasts(user.one_time_until, ONE_TIME_SECONDS, context.now):
        return "expired password"
    if user.disabled_at is not None:
        return "disabled"
    if not _demands_code(facts):
        return ""
    if kind == "code" and user.codes_blocked_at is not None:
        return "blocked"
    return WITHOUT_CODE.get(kind, "")


def _demands_code(facts: LoginFacts) -> bool:
    """Whether two-factor authentication is switched on, and this user has set it up, locked or not."""
    return facts.function_on and facts.user is not None and facts.user.two_factor_at is not None


async def _decide(context: Context, login: _Login, *, last: bool) -> SignedIn | Refused | Conflict:
    """Spends the code, settles the counts, and starts a session or records the refusal. Expects a transaction.

    A conflict is a refusal only on the `last` try.
    """
    user, cause = login.facts.user, login.cause
    user_id, version = (user.id, user.access_version) if user and cause == "" else (attempts.NO_USER, -1)
    unchanged = await users.lock_unchanged(context.db, user_id, version, login.facts.function_on)
    if cause == "" and not unchanged:
        cause = CONFLICT
    spent = await attempts.spend(context, login.attempt, login.matched, spendable=cause == "")
    failed = _failed(login, cause, spent)
    await throttle.give_back(context, login.counted, not failed)
    if cause == "" and login.with_code and spent != "accepted":
        cause = spent
    code_decided = login.with_code and cause != CONFLICT
    await attempts.settle(context, login.attempt, spent if code_decided else None, login.who)
    if cause == CONFLICT and not last:
        return Conflict()
    if cause != "":
        if again := await _join(context, login, user_id if cause in REPEATED else attempts.NO_USER):
            return again
        if failed and login.counted.username_waits_next:
            await log.record_once(context, kinds.UsernameWaits(), SYSTEM, login.who, USERNAME_WAITS_LOGGED_SECONDS)
        refused = kinds.LoginRefused(cause)
        await log.record(context, refused, login.who, login.who, password_right=login.password_right)
        return Refused(cause)
    # Else the cause is "unknown user".
    assert user is not None
    return await _start_session(context, login, user)


def _failed(login: _Login, cause: Cause | Literal[""], spent: attempts.Outcome) -> bool:
    """Whether the attempt stays counted: the password was wrong or, while the username waits, password or code.

    Otherwise the count would tell a right password from a wrong one, beyond the limit of the username.
    """
    if login.counted.code_passes and cause != CONFLICT:
        return cause != "" or spent != "accepted"
    return not login.password_right or cause == "over-long input"


async def _join(context: Context, login: _Login, user_id: int) -> SignedIn | None:
    session_token = await repeated.join(context, user_id, login.matched)
    user, browser_token = login.facts.user, context.client.browser_token
    if session_token is None or user is None or browser_token is None:
        return None
    await log.record_once(context, kinds.LoginRepeated(), login.who, login.who, repeated.REPEATED_SECONDS)
    recovered = login.attempt.kind == "recovery"
    return SignedIn(session_token, browser_token, recovered, confined=user.one_time_until is not None)


async def _start_session(context: Context, login: _Login, user: User) -> SignedIn:
    await users.record_login(context.db, user.id, context.now, context.client.ip_address)
    recovered = login.with_code and login.attempt.kind == "recovery"
    confined = user.one_time_until is not None
    started = await sessions.start(context, user, login.with_code, recovered=recovered)
    if recovered:
        await attempts.record_recovery_code_used(context, login.who)
    factor = "password and recovery code" if recovered else "password and code" if login.with_code else "password"
    succeeded = kinds.LoginSucceeded(factor, "yes" if confined else "", started.new_browser)
    await log.record(context, succeeded, login.who, login.who)
    return SignedIn(started.session_token, started.browser_token, recovered, confined)


async def _rehash(context: Context, user: User, password: str) -> None:
    """Hashes the password again if today's parameters are higher than those of the stored hash."""
    if user.password_hash and context.hasher.outdated(user.password_hash):
        new_hash = await context.hasher.hash(password)
        async with context.db.transaction(keyed=True):
            await users.rehash(context.db, user.id, user.password_hash, new_hash)
