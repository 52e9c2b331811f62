"""Changing how another user signs in: what was set up for one method ends with it, and a link begins the other."""

from typing import Literal

from accounts import administrators, ways_in
from accounts.activity import kinds, log
from accounts.context import COMMAND_LINE, Context, Principal
from accounts.login import throttle
from accounts.sessions import Current
from accounts.users.administration import Barred, subject
from db import authenticators, code_attempts, recovery_codes
from db import identities as rows
from db.users import User

Method = Literal["password", "sso"]


async def change(
    context: Context, user_id: int, to: Method, current: Current
) -> Literal["changed", "same", "no_provider", "last_administrator"] | Barred:
    """Changes another user's login method.

    To Single Sign-On: password, second factor, recovery codes and links end; to a password: the identity at the
    provider. Sessions and known browsers end either way. The user cannot sign in before they follow a link
    (administration.hand_over).
    """
    async with context.db.transaction():
        await administrators.lock(context)
        user = await subject(context, current, user_id)
        if isinstance(user, str):
            return user
        if user.login_method == to:
            return "same"
        if to == "sso" and not context.issuer:
            return "no_provider"
        if await administrators.is_last(context, user):
            return "last_administrator"
        await _end_second_factor(context, user)
        changed = await rows.change_login_method(context.db, user.id, to)
        # its row is held
        assert changed is not None
        await _sign_out(context, user)
        done = kinds.UserLoginMethodChanged(user.login_method, to)
        await log.record(context, done, current.principal, Principal(user.id, user.username))
    return "changed"


async def unbind(
    context: Context, user_id: int, current: Current
) -> Literal["unbound", "not_bound", "last_administrator"] | Barred:
    """Forgets who another user is at the provider, which ends their sessions; a new link, or a verified address, binds
    them anew.

    For a provider that was changed: it knows the same people by other subjects.
    """
    async with context.db.transaction():
        await administrators.lock(context)
        user = await subject(context, current, user_id)
        if isinstance(user, str):
            return user
        if user.sso_subject is None:
            return "not_bound"
        if await administrators.is_last(context, user):
            return "last_administrator"
        await rows.unbind(context.db, user.id)
        await _sign_out(context, user)
        done = kinds.UserUnbound(before=f"{user.sso_subject} at {user.sso_issuer}")
        await log.record(context, done, current.principal, Principal(user.id, user.username))
    return "unbound"


# users unbound with some statements
PORTION = 500


async def unbind_all(context: Context, issuer: str) -> int | Literal["last_administrator"]:
    """Unbinds all users of an identity provider in one transaction, for the command line; their number. Each unbinding
    is logged.
    """
    try:
        async with context.db.transaction():
            await administrators.lock(context)
            unbound: list[tuple[int, str, str]] = []
            while portion := await rows.unbind_all(context.db, issuer, unbound[-1][0] if unbound else 0, PORTION):
                await ways_in.end(context, [user_id for user_id, _, _ in portion])
                unbound += portion
            if unbound:
                await administrators.require_one(context)
            happened = (
                (kinds.UserUnbound(before=f"{subject} at {issuer}"), Principal(user_id, username))
                for user_id, username, subject in unbound
            )
            await log.record_all(context, happened, COMMAND_LINE)
    except administrators.LastAdministrator:
        return "last_administrator"
    return len(unbound)


async def _end_second_factor(context: Context, user: User) -> None:
    await authenticators.delete_all(context.db, user.id)
    await recovery_codes.delete_all(context.db, user.id)
    await code_attempts.delete_all(context.db, user.id)


async def _sign_out(context: Context, user: User) -> None:
    """Ends every way in that others could hold, and the waiting after wrong passwords."""
    await ways_in.end(context, [user.id])
    await throttle.clear(context, user.username)
