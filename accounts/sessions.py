"""Sessions: start, resume, end; how long they last."""

from dataclasses import dataclass
from typing import NamedTuple

from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.vault import token, token_hash
from db import browsers, users
from db import sessions as rows
from db.sessions import Found
from db.users import User

IDLE_SECONDS = 3600  # NIST SP 800-63B-4 2.2.3 (AAL2): at most 1 h of inactivity
ABSOLUTE_SECONDS = 24 * 3600  # and at most 24 h
BROWSER_SECONDS = 365 * 24 * 3600  # how long a browser stays known after its last sign-in
MOST = 10  # per user: the oldest ends
TOUCH_SECONDS = 60  # the last use is stored at most once a minute
PREVIOUS_TOKEN_SECONDS = 10  # requests that were under way when the token changed


class Over(Exception):
    """The session ended while the request was under way: what it asked for is not done."""


@dataclass(frozen=True)
class Current:
    """Who asks, in which session, and what they may."""

    session: Found
    permissions: frozenset[str]

    @property
    def principal(self) -> Principal:
        """The user, for the log."""
        return Principal(self.session.user_id, self.session.username)

    @property
    def function_on(self) -> bool:
        """Whether Two-Factor Authentication is switched on."""
        return self.session.two_factor == "on"

    @property
    def set_up(self) -> bool:
        """Whether this user has it set up."""
        return self.session.two_factor_at is not None

    @property
    def notified(self) -> bool:
        """Whether this user sees the notification: function on, username/password, not set up."""
        return self.function_on and not self.set_up and self.session.login_method == "password" and not self.confined

    @property
    def recovered(self) -> bool:
        """Whether a recovery code opened the session and no phone has been at hand since: it may be lost."""
        return self.session.factor == "recovery code" and self.set_up and self.function_on

    @property
    def confined(self) -> bool:
        """Whether the session was opened with a printed password, and reaches only *Choose a password*."""
        return self.session.one_time_until is not None


class Started(NamedTuple):
    session_token: str
    browser_token: str
    new_browser: str  # what the browser is called if it is new to somebody who signed in before; "" otherwise


@dataclass(frozen=True)
class BySingleSignOn:
    """How the identity provider let somebody in."""

    proved_at: int | None  # when they signed in there, if lately: an old session there is no proof
    end_session_endpoint: str


async def start(
    context: Context, user: User, code_proved: bool, *, recovered: bool = False, by_sso: BySingleSignOn | None = None
) -> Started:
    """A session of somebody who just proved who they are. Inside the login's transaction.

    `recovered`: what they proved was a recovery code.
    """
    session_token, browser_token = token(), context.client.browser_token or token()
    browser_id, new = await browsers.bind(context.db, token_hash(browser_token), user.id, context.now)
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
            browser_id=browser_id,
            previous_login_at=user.last_login_at,
            previous_login_address=user.last_login_address,
        ),
    )
    await rows.keep_newest(context.db, user.id, MOST)
    return Started(
        session_token, browser_token, context.client.browser if new and user.last_login_at is not None else ""
    )


async def resume(context: Context, session_token: str, reading: bool, issuer: str = "") -> Current | None:
    """The session with that token, if it is still open. The token before the present one is good for `reading` alone, for 10 s.

    `issuer`: of the configured identity provider. What another one opened counts nothing: it may have been taken away because it was
    broken into, and who it let in could not show there that it is them.
    """
    found = await rows.find(context.db, token_hash(session_token))
    if found is None:
        return None
    session, permissions = found
    over = session.last_used_at <= context.now - IDLE_SECONDS or session.started_at <= context.now - ABSOLUTE_SECONDS
    one_time_over = session.one_time_until is not None and session.one_time_until <= context.now
    outdated = not session.current and not (reading and (session.previous_until or 0) > context.now)
    foreign = session.factor == "sso" and session.sso_issuer != issuer
    if over or one_time_over or outdated or foreign or session.disabled_at is not None:
        return None
    return Current(session, permissions)


async def hold(context: Context, current: Current, other_id: int | None = None) -> None:
    """The beginning of every change that somebody makes: sessions end at once, also under a request. Raises Over.

    `other_id`: the user on whom they act. Everywhere rows of users are taken before rows of sessions, and the smaller number first:
    else two who act on each other, or on themselves, would wait for each other for ever.
    """
    for user_id in sorted({current.session.user_id, other_id or current.session.user_id}):
        await users.hold(context.db, user_id)
    if not await rows.hold(context.db, current.session.id):
        raise Over


async def touch(context: Context, current: Current) -> None:
    """Stores the last use, at most once a minute."""
    if current.session.last_used_at <= context.now - TOUCH_SECONDS:
        async with context.db.transaction():
            await rows.touch(context.db, current.session.id, context.now)


async def rotate(context: Context, current: Current) -> str:
    """A new token for the session. Inside the transaction of the proof. Raises Over."""
    await hold(context, current)
    session_token = token()
    await rows.rotate(context.db, current.session.id, token_hash(session_token), context.now + PREVIOUS_TOKEN_SECONDS)
    return session_token


async def sign_out(context: Context, current: Current) -> None:
    """Ends this session."""
    async with context.db.transaction():
        if await rows.end(context.db, current.session.id, current.session.user_id):
            await log.record(context, kinds.SignedOut(), current.principal, current.principal)


async def open_sessions(context: Context, user_id: int) -> list[rows.Session]:
    """A user's open sessions, newest first."""
    return await rows.of_user(context.db, user_id, context.now - IDLE_SECONDS, context.now - ABSOLUTE_SECONDS)


async def end_one(context: Context, current: Current, session_id: int) -> bool:
    """Ends one of one's own sessions; False if there is none."""
    async with context.db.transaction():
        await hold(context, current)
        if not await rows.end(context.db, session_id, current.session.user_id):
            return False
        await log.record(context, kinds.SessionEnded(), current.principal, current.principal)
    return True


async def end_others(context: Context, current: Current) -> int:
    """Ends all of one's other sessions and forgets one's other browsers; how many sessions."""
    async with context.db.transaction():
        await hold(context, current)
        number = await rows.end_others(context.db, current.session.user_id, current.session.id)
        await browsers.unbind_others(context.db, current.session.user_id, context.client.browser_hash or b"")
        await log.record(context, kinds.SessionsEnded(str(number)), current.principal, current.principal)
    return number
