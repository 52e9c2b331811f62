"""An administrator who can sign in always remains: one meaning of "can sign in", for every act that could end it.

Active, with both permissions, and a password (or a valid one-time password) or an identity at today's provider.
"""

from accounts.context import Context
from accounts.limits import ONE_TIME_SECONDS
from accounts.permissions import ADMINISTRATOR_PERMISSIONS
from db import clock, locks, roles
from db.users import User

LOCK = "administrators"


class LastAdministrator(Exception):
    """No administrator who can sign in would remain. Raised in the transaction that would do it, so that it is rolled
    back.
    """


async def lock(context: Context) -> None:
    """One change at a time of who is an administrator. Comes before the locks of sessions and users."""
    await locks.take(context.db, LOCK)


async def one_remains(context: Context, *, without: int = 0) -> bool:
    """Whether an administrator can sign in, other than the user `without`. Expects `lock`."""
    return await roles.administrator_can_sign_in(
        context.db, ADMINISTRATOR_PERMISSIONS, without, _one_time(context), context.issuer
    )


def _one_time(context: Context) -> range:
    """When a one-time password that works now may expire."""
    return range(context.now + 1, clock.latest(context.now) + ONE_TIME_SECONDS + 1)


async def is_last(context: Context, user: User) -> bool:
    """Whether the user is an administrator and no other could sign in. Expects `lock`."""
    return await _is_administrator(context, user) and not await one_remains(context, without=user.id)


async def is_last_with_password(context: Context, user: User) -> bool:
    """Whether the user is the last administrator who can sign in without the provider; without a lock, for a
    warning.
    """
    if user.login_method != "password" or not await _is_administrator(context, user):
        return False
    return not await roles.administrator_can_sign_in(
        context.db, ADMINISTRATOR_PERMISSIONS, user.id, _one_time(context), ""
    )


async def require_one(context: Context) -> None:
    """After a change of roles or users, in its transaction. Expects `lock`. Raises LastAdministrator."""
    if not await one_remains(context):
        raise LastAdministrator


async def _is_administrator(context: Context, user: User) -> bool:
    held = await roles.permissions_of(context.db, user.id)
    return user.disabled_at is None and set(ADMINISTRATOR_PERMISSIONS) <= held
