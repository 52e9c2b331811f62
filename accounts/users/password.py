"""A user's password: set on the command line, or changed by the user."""

from dataclasses import dataclass

from accounts import passwords, places, ways_in
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.limits import ONE_TIME_SECONDS
from accounts.login import reauthentication, throttle
from accounts.sessions import Current, SessionEnded, rotate
from accounts.users.users import Refused, UnusablePassword
from db import sessions as stored_sessions
from db import users as rows
from db.users import User


async def set_password(
    context: Context, username: str, password: str | None, by: Principal
) -> str | Refused | UnusablePassword:
    """Sets a user's password, or prints a one-time one (which is returned); other ways in and waits end."""
    user = await rows.by_username(context.db, username)
    if user is None:
        return Refused("username", "unknown")
    if user.login_method == "sso":
        return Refused("username", "single_sign_on")
    owner = context.owner(user.username, user.name, user.email)
    if password is not None and (problem := await passwords.judge(password, owner)):
        return UnusablePassword(problem)
    one_time = passwords.one_time() if password is None else ""
    password_hash = await context.hasher.hash(password or one_time)
    async with context.db.transaction():
        held = await rows.lock(context.db, user.id)
        # while the password was hashed
        if held is None or held.login_method == "sso":
            return Refused("username", "conflict")
        await rows.set_password(
            context.db, user.id, password_hash, context.now, context.now + ONE_TIME_SECONDS if one_time else None
        )
        await throttle.clear(context, user.username)
        await ways_in.end(context, [user.id])
        await log.record(context, kinds.PasswordSet(), by, Principal(user.id, user.username))
    return one_time


@dataclass(frozen=True)
class PasswordRefused:
    # of passwords.Problem, or "wrong_current" | "waiting" | "same"
    problem: str
    wait_seconds: int = 0


async def change_password(
    context: Context, current: Current, current_password: str, new_password: str
) -> str | PasswordRefused:
    """Changes one's own password, for which the current one is always asked; the session's new token. Other ways
    in end.

    In a session opened with a one-time password it is chosen without the current one.
    """
    user = await rows.by_id(context.db, current.session.user_id)
    if user is None:
        raise SessionEnded
    if not current.confined:
        checked = await reauthentication.check_password(context, current, current_password)
        if isinstance(checked, reauthentication.PasswordRefused):
            return PasswordRefused("wrong_current" if checked.problem == "wrong" else "waiting", checked.wait_seconds)
    problem = await passwords.judge(new_password, context.owner(user.username, user.name, user.email))
    if problem:
        return PasswordRefused(problem)
    async with context.hasher.place(places.of_user(current.session.username)):
        if await context.hasher.verify(
            user.password_hash, passwords.to_verify(new_password, one_time=current.confined)
        ):
            return PasswordRefused("same")
        password_hash = await context.hasher.hash(new_password)
    return await _store_password(context, current, user, password_hash)


async def _store_password(context: Context, current: Current, user: User, password_hash: str) -> str:
    """Stores it, unless the session ended or another password was set while this one was hashed."""
    done: kinds.Activity = kinds.PasswordChosen() if current.confined else kinds.PasswordChanged()
    async with context.db.transaction():
        session_token = await rotate(context, current)
        if not await rows.change_password(context.db, user.id, user.password_hash or "", password_hash, context.now):
            raise SessionEnded
        await ways_in.end(context, [user.id], but_session=current.session.id)
        await stored_sessions.make_ordinary(context.db, current.session.id)
        await stored_sessions.mark_proved(context.db, current.session.id, password=True, code=False, now=context.now)
        await log.record(context, done, current.principal, current.principal)
    return session_token
