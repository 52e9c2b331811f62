"""Sessions: start, resume, end; how long they last."""

from dataclasses import dataclass
from typing import NamedTuple

from accounts import activity
from accounts.desk import Desk, Person
from accounts.vault import token, token_hash
from db import browsers, users
from db import sessions as rows
from db.sessions import Found
from db.users import User

IDLE_SECONDS = 3600  # NIST SP 800-63B-4 2.2.3 (AAL2): at most 1 h of inactivity
ABSOLUTE_SECONDS = 24 * 3600  # and at most 24 h
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
    def person(self) -> Person:
        """The user, for the log."""
        return Person(self.session.user_id, self.session.username)

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
    desk: Desk, user: User, code_proved: bool, *, recovered: bool = False, by_sso: BySingleSignOn | None = None
) -> Started:
    """A session of somebody who just proved who they are. Inside the login's transaction.

    `recovered`: what they proved was a recovery code.
    """
    session_token, browser_token = token(), desk.visitor.browser_token or token()
    browser_id, new = await browsers.bind(desk.db, token_hash(browser_token), user.id, desk.now)
    await rows.start(
        desk.db,
        rows.New(
            user_id=user.id,
            token_hash=token_hash(session_token),
            now=desk.now,
            factor="sso" if by_sso else "recovery code" if recovered else "code" if code_proved else "",
            proved_at=by_sso.proved_at if by_sso else desk.now,
            end_session_endpoint=by_sso.end_session_endpoint if by_sso else "",
            one_time_until=user.one_time_until,
            address=desk.visitor.address,
            browser=desk.visitor.browser,
            browser_id=browser_id,
            previous_login_at=user.last_login_at,
            previous_login_address=user.last_login_address,
        ),
    )
    await rows.keep_newest(desk.db, user.id, MOST)
    return Started(session_token, browser_token, desk.visitor.browser if new and user.last_login_at is not None else "")


async def resume(desk: Desk, session_token: str, reading: bool, issuer: str = "") -> Current | None:
    """The session with that token, if it is still open. The token before the present one is good for `reading` alone, for 10 s.

    `issuer`: of the configured identity provider. What another one opened counts nothing: it may have been taken away because it was
    broken into, and who it let in could not show there that it is them.
    """
    found = await rows.find(desk.db, token_hash(session_token))
    if found is None:
        return None
    session, permissions = found
    over = session.last_used_at <= desk.now - IDLE_SECONDS or session.started_at <= desk.now - ABSOLUTE_SECONDS
    one_time_over = session.one_time_until is not None and session.one_time_until <= desk.now
    outdated = not session.current and not (reading and (session.previous_until or 0) > desk.now)
    foreign = session.factor == "sso" and session.sso_issuer != issuer
    if over or one_time_over or outdated or foreign or session.disabled_at is not None:
        return None
    return Current(session, permissions)


async def hold(desk: Desk, current: Current, other_id: int | None = None) -> None:
    """The beginning of every change that somebody makes: sessions end at once, also under a request. Raises Over.

    `other_id`: the user on whom they act. Everywhere rows of users are taken before rows of sessions, and the smaller number first:
    else two who act on each other, or on themselves, would wait for each other for ever.
    """
    for user_id in sorted({current.session.user_id, other_id or current.session.user_id}):
        await users.hold(desk.db, user_id)
    if not await rows.hold(desk.db, current.session.id):
        raise Over


async def touch(desk: Desk, current: Current) -> None:
    """Stores the last use, at most once a minute."""
    if current.session.last_used_at <= desk.now - TOUCH_SECONDS:
        async with desk.db.transaction():
            await rows.touch(desk.db, current.session.id, desk.now)


async def rotate(desk: Desk, current: Current) -> str:
    """A new token for the session. Inside the transaction of the proof. Raises Over."""
    await hold(desk, current)
    session_token = token()
    await rows.rotate(desk.db, current.session.id, token_hash(session_token), desk.now + PREVIOUS_TOKEN_SECONDS)
    return session_token


async def sign_out(desk: Desk, current: Current) -> None:
    """Ends this session."""
    async with desk.db.transaction():
        if await rows.end(desk.db, current.session.id, current.session.user_id):
            await activity.record(desk, activity.SignedOut(), current.person, current.person)


async def open_sessions(desk: Desk, user_id: int) -> list[rows.Session]:
    """A user's open sessions, newest first."""
    return await rows.of_user(desk.db, user_id, desk.now - IDLE_SECONDS, desk.now - ABSOLUTE_SECONDS)


async def end_one(desk: Desk, current: Current, session_id: int) -> bool:
    """Ends one of one's own sessions; False if there is none."""
    async with desk.db.transaction():
        await hold(desk, current)
        if not await rows.end(desk.db, session_id, current.session.user_id):
            return False
        await activity.record(desk, activity.SessionEnded(), current.person, current.person)
    return True


async def end_others(desk: Desk, current: Current) -> int:
    """Ends all of one's other sessions and forgets one's other browsers; how many sessions."""
    async with desk.db.transaction():
        await hold(desk, current)
        number = await rows.end_others(desk.db, current.session.user_id, current.session.id)
        await browsers.unbind_others(desk.db, current.session.user_id, desk.visitor.browser_hash or b"")
        await activity.record(desk, activity.SessionsEnded(str(number)), current.person, current.person)
    return number
