"""How a user signs in, changed by somebody who edits users: what was set up for the one method ends with it, and a link begins the other.

Nobody can lock everyone out: there stays an administrator who could sign in again as they are, with a password or at the configured
provider. Who asks is one as a rule; but what is decided here is decided by what holds now, not by what opened their session.
"""

from typing import Literal

from accounts import permissions
from accounts.activity import kinds, log
from accounts.context import COMMAND_LINE, Context, Principal
from accounts.links import links
from accounts.login import throttle
from accounts.sessions import Current
from accounts.users.administration import Barred, subject
from db import adoption, authenticators, browsers, code_attempts, locks, recovery_codes, roles, sessions, users
from db import login_methods as rows
from db.users import User
from settings.sso import Provider

Method = Literal["password", "sso"]


async def change(
    context: Context, user_id: int, to: Method, current: Current, provider: Provider | None
) -> Literal["changed", "same", "no_provider", "last administrator"] | Barred:
    """Changes another user's login method. `provider`: that of Single Sign-On as it is configured.

    To Single Sign-On: password, second factor, recovery codes and links end; to a password: who they are at the provider.
    Sessions and known browsers end either way. Until they follow a link (user_acts.hand_over) they cannot sign in.
    """
    async with context.db.transaction():
        user = await subject(context, current, user_id, locking=True)
        if isinstance(user, str):
            return user
        if user.login_method == to:
            return "same"
        if to == "sso" and provider is None:
            return "no_provider"
        if await _locks_out(context, user, provider):
            return "last administrator"
        await _end_second_factor(context, user)
        changed = await rows.change(context.db, user.id, to)
        assert changed is not None  # its row is held
        if user.disabled_at is None:
            await adoption.count(context.db, user, -1)
            await adoption.count(context.db, changed, 1)
        await _sign_out(context, user)
        done = kinds.UserLoginMethodChanged(user.login_method, to)
        await log.record(context, done, current.principal, Principal(user.id, user.username))
    return "changed"


async def unbind(
    context: Context, user_id: int, current: Current, provider: Provider | None
) -> Literal["unbound", "not_bound", "last administrator"] | Barred:
    """Forgets who another user is at the provider, which ends their sessions; a new link, or a verified address, binds them anew.

    For a provider that was changed: it knows the same people by other subjects.
    """
    async with context.db.transaction():
        user = await subject(context, current, user_id, locking=True)
        if isinstance(user, str):
            return user
        if user.sso_subject is None:
            return "not_bound"
        if await _locks_out(context, user, provider):
            return "last administrator"
        await rows.unbind(context.db, user.id)
        await _sign_out(context, user)
        done = kinds.UserUnbound(before=f"{user.sso_subject} at {user.sso_issuer}")
        await log.record(context, done, current.principal, Principal(user.id, user.username))
    return "unbound"


PORTION = 500  # users unbound with some statements


class _LocksOut(Exception):
    """Nobody who lets people in could sign in any more; what was written is rolled back."""


async def unbind_all(context: Context, issuer: str, provider: Provider | None) -> int | Literal["last administrator"]:
    """Forgets who everybody was at an identity provider, in one transaction, for the command line; how many. Each gets an entry of the log."""
    try:
        async with context.db.transaction():
            await locks.take(context.db, "administrators")
            unbound: list[tuple[int, str, str]] = []
            while portion := await rows.unbind_all(context.db, issuer, unbound[-1][0] if unbound else 0, PORTION):
                unbound += portion
            if unbound and not await _somebody(context, 0, provider.issuer if provider else ""):
                raise _LocksOut
            happened = (
                (kinds.UserUnbound(before=f"{subject} at {issuer}"), Principal(user_id, username))
                for user_id, username, subject in unbound
            )
            await log.record_all(context, happened, COMMAND_LINE)
    except _LocksOut:
        return "last administrator"
    return len(unbound)


async def leaves_no_password(context: Context, user: User) -> bool:
    """Whether the user is the last administrator who can sign in without the provider; as things stand, without a lock."""
    has_one = user.login_method == "password"
    return has_one and await _is_administrator(context, user) and not await _somebody(context, user.id, "")


async def _locks_out(context: Context, user: User, provider: Provider | None) -> bool:
    """Whether nobody who lets people in could sign in any more. Inside a transaction that has taken the lock `administrators`."""
    issuer = provider.issuer if provider else ""
    return await _is_administrator(context, user) and not await _somebody(context, user.id, issuer)


async def _is_administrator(context: Context, user: User) -> bool:
    needed = set(permissions.KEEP_SOMEBODY_WITH)
    return user.disabled_at is None and needed <= await users.permissions(context.db, user.id)


async def _somebody(context: Context, but: int, issuer: str) -> bool:
    return await roles.another_administrator(context.db, but, permissions.KEEP_SOMEBODY_WITH, context.now, issuer)


async def _end_second_factor(context: Context, user: User) -> None:
    await authenticators.delete_all(context.db, user.id)
    await recovery_codes.delete_all(context.db, user.id)
    await code_attempts.delete_all(context.db, user.id)


async def _sign_out(context: Context, user: User) -> None:
    """Sessions (and set-ups under way in them), known browsers, links that are out, and the waiting after wrong passwords."""
    await sessions.end_all(context.db, user.id)
    await browsers.unbind_others(context.db, user.id, b"")
    await links.void_all(context, user.id)
    await throttle.let_try_again(context, user.username)
