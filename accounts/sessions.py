"""Sessions: start, resume, rotate, end; how long they live."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accounts import ways_in
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.durations import DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS, YEAR_SECONDS
from accounts.limits import ONE_TIME_SECONDS
from accounts.vault import token, token_hash
from db import browsers, clock, users
from db import open_sessions as opened
from db import sessions as rows
from db.open_sessions import Open, Session
from db.reads import exported
from db.sessions import Found
from db.users import User

# NIST SP 800-63B-4 2.2.3 (AAL2): at most 1 h of inactivity.
IDLE_SECONDS = HOUR_SECONDS
# The same: at most 24 h in all.
ABSOLUTE_SECONDS = DAY_SECONDS
# How long a browser stays known after its last sign-in.
BROWSER_SECONDS = YEAR_SECONDS
# Of one user; another login ends the oldest.
MOST = 10
# The last use is stored at most once a minute.
TOUCH_SECONDS = MINUTE_SECONDS
# How long requests that were sent with the previous token may still read.
PREVIOUS_TOKEN_SECONDS = 10


class SessionEnded(Exception):
    """The session ended during the request, which changes nothing."""


@dataclass(frozen=True)
class Current:
    """The session of a request, and the permissions of its user."""

    session: Found
    permissions: frozenset[str]

    @property
    def principal(self) -> Principal:
        return Principal(self.session.user_id, self.session.username)

    @property
    def function_on(self) -> bool:
        return self.session.two_factor == "on"

    @property
    def set_up(self) -> bool:
        """Whether this user has two-factor authentication set up."""
        return self.session.two_factor_at is not None

    @property
    def notified(self) -> bool:
        return self.function_on and not self.set_up and self.session.login_method == "password" and not self.confined

    @property
    def recovered(self) -> bool:
        """Whether the session was started with a recovery code and no code since: the phone may be lost."""
        return self.session.factor == "recovery code" and self.set_up and self.function_on

    @property
    def confined(self) -> bool:
        """Whether the session was started with a one-time password, and reaches only *Choose a password*."""
        return self.session.one_time_until is not None


class Started(NamedTuple):
    session_token: str
    browser_token: str
    # Its name, if it never signed this user in before and this is not the first login; else "".
    new_browser: str


class KnownBrowser(NamedTuple):
    id: int
    token: str
    # To this user.
    new: bool


@dataclass(frozen=True)
class BySingleSignOn:
    # When the user signed in at the provider, if lately; None: an older session there is no reauthentication.
    proved_at: int | None
    end_session_endpoint: str


async def start(
    context: Context, user: User, code_proved: bool, *, recovered: bool = False, by_sso: BySingleSignOn | None = None
) -> Started:
    """Starts a session, in the login's transaction. `recovered`: by a recovery code."""
    session_token, known = token(), await know_browser(context, user.id)
    await rows.start(
        context.db,
        rows.New(
            user_id=user.id,
            token_hash=token_hash(session_token),
            now=context.now,
            factor="sso" if by_sso else "recovery code" if recovered else "code" if code_proved else "",
            proved_at=by_sso.proved_at if by_sso else context.now,
            end_session_endpoint=by_sso.end_session_endpoint if by_sso else "",
            one_time_until=user.one_time_until,
            address=context.client.ip_address,
            browser=context.client.browser,
            browser_id=known.id,
            previous_login_at=user.last_login_at,
            previous_login_address=user.last_login_address,
        ),
    )
    await rows.keep_newest(context.db, user.id, MOST, context.now)
    new_browser = context.client.browser if known.new and user.last_login_at is not None else ""
    return Started(session_token, known.token, new_browser)


async def know_browser(context: Context, user_id: int) -> KnownBrowser:
    """Makes the request's browser a known one of the user, in the transaction of what proved that it is theirs."""
    browser_token = context.client.browser_token or token()
    browser_id, new = await browsers.bind(context.db, token_hash(browser_token), user_id, context.now)
    return KnownBrowser(browser_id, browser_token, new)


async def resume(context: Context, session_token: str, reading: bool, issuer: str = "") -> Current | None:
    """The open session with that token. The previous token is valid for `reading` alone, for PREVIOUS_TOKEN_SECONDS.

    Sessions started through another issuer are rejected: a provider may have been removed because it was compromised.
    """
    found = await rows.find(context.db, token_hash(session_token))
    if found is None:
        return None
    session, permissions = found
    previous_valid = clock.lasts(session.previous_until, PREVIOUS_TOKEN_SECONDS, context.now)
    outdated = not session.current and not (reading and previous_valid)
    foreign = session.factor == "sso" and session.sso_issuer != issuer
    if _is_over(context, session) or outdated or foreign or session.disabled_at is not None:
        return None
    return Current(session, permissions)


def _is_over(context: Context, session: Found) -> bool:
    now = context.now
    idle = not clock.is_since(session.last_used_at, now - IDLE_SECONDS, now)
    if idle or not clock.is_since(session.started_at, now - ABSOLUTE_SECONDS, now):
        return True
    return session.one_time_until is not None and not clock.lasts(session.one_time_until, ONE_TIME_SECONDS, now)


async def lock_session(context: Context, current: Current, other_id: int | None = None) -> None:
    """Locks user and session, at the beginning of every change. Raises SessionEnded if the session has ended.

    `other_id`: the user who is changed. Users are locked before sessions, and by ascending id: no two requests wait for
    each other.
    """
    for user_id in sorted({current.session.user_id, other_id or current.session.user_id}):
        await users.lock(context.db, user_id)
    if not await rows.lock(context.db, current.session.id):
        raise SessionEnded


async def touch(context: Context, current: Current) -> None:
    """Stores the last use, at most once in TOUCH_SECONDS."""
    if current.session.last_used_at <= context.now - TOUCH_SECONDS:
        async with context.db.transaction():
            await rows.touch(context.db, current.session.id, context.now)


async def rotate(context: Context, current: Current) -> str:
    """Gives the session a new token, in the transaction of the reauthentication. Raises SessionEnded."""
    await lock_session(context, current)
    session_token = token()
    await rows.rotate(context.db, current.session.id, token_hash(session_token), context.now + PREVIOUS_TOKEN_SECONDS)
    return session_token


async def sign_out(context: Context, current: Current) -> None:
    async with context.db.transaction():
        if await rows.end(context.db, current.session.id, current.session.user_id):
            await log.record(context, kinds.SignedOut(), current.principal, current.principal)


async def open_sessions(context: Context, user_id: int) -> list[Session]:
    """Newest first."""
    return await opened.of_user(context.db, user_id, which_are_open(context))


def which_are_open(context: Context) -> Open:
    return Open(context.now - IDLE_SECONDS, context.now - ABSOLUTE_SECONDS, clock.latest(context.now))


async def numbers_open(context: Context, user_ids: Sequence[int]) -> dict[int, int]:
    """User → number of open sessions."""
    used_after, started_after = context.now - IDLE_SECONDS, context.now - ABSOLUTE_SECONDS
    return await exported.open_sessions(context.db, user_ids, used_after, started_after)


async def end_one(context: Context, current: Current, session_id: int) -> bool:
    """Ends one of the user's own sessions; False if it has ended."""
    async with context.db.transaction():
        await lock_session(context, current)
        ended = await rows.end(context.db, session_id, current.session.user_id)
        if ended is None:
            return False
        what = kinds.SessionEnded(ended.browser, ended.address)
        await log.record(context, what, current.principal, current.principal)
    return True


async def end_others(context: Context, current: Current) -> int:
    """Ends every other way in that others could hold. Returns the number of sessions."""
    async with context.db.transaction():
        await lock_session(context, current)
        ended = await ways_in.end(context, [current.session.user_id], but_session=current.session.id)
        if ended.anything:
            what = kinds.SessionsEnded(str(ended.sessions))
            await log.record(context, what, current.principal, current.principal)
    return ended.sessions
