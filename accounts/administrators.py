"""An administrator who can sign in always remains: one meaning of "can sign in", for every act that could end it.

Active, with both permissions, and a password (or a valid one-time password) or an identity at today's provider.
"""

from collections.abc import Sequence

from accounts.context import Context
from accounts.limits import ONE_TIME_SECONDS
from accounts.permissions import ADMINISTRATOR_PERMISSIONS
from db import administrators as rows
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
    return await rows.administrator_can_sign_in(
        context.db, ADMINISTRATOR_PERMISSIONS, without, _one_time(context), context.issuer
    )


def _one_time(context: Context) -> range:
    """When a one-time password that works now may expire."""
    return range(context.now + 1, clock.latest(context.now) + ONE_TIME_SECONDS + 1)


# Longer lists are not read: one of so many remains.
MOST_LISTED = 1_000


async def who_can_sign_in(context: Context) -> list[int]:
    """At most MOST_LISTED of them; without a lock, for a warning."""
    return await rows.administrators_who_can_sign_in(
        context.db, ADMINISTRATOR_PERMISSIONS, _one_time(context), context.issuer, MOST_LISTED
    )


async def some_among(context: Context, user_ids: Sequence[int], *, without_role: int = 0) -> bool:
    """Whether an active administrator is among these, by other roles than `without_role`."""
    return await rows.some_administrate(context.db, user_ids, ADMINISTRATOR_PERMISSIONS, without_role)


async def is_last(context: Context, user: User) -> bool:
    """Whether the user is an administrator and no other could sign in. Expects `lock`."""
    return await _is_administrator(context, user) and not await one_remains(context, without=user.id)


async def is_last_with_password(context: Context, user: User) -> bool:
    """Whether the user is the last administrator who can sign in without the provider; without a lock, for a
    warning.
    """
    if user.login_method != "password" or not await _is_administrator(context, user):
        return False
    return not await rows.administrator_can_sign_in(
        context.db, ADMINISTRATOR_PERMISSIONS, user.id, _one_time(context), ""
    )


async def require_one(context: Context) -> None:
    """After a change of roles or users, in its transaction. Expects `lock`. Raises LastAdministrator."""
    if not await one_remains(context):
        raise LastAdministrator


async def _is_administrator(context: Context, user: User) -> bool:
    held = await roles.permissions_of(context.db, user.id)
    return user.disabled_at is None and set(ADMINISTRATOR_PERMISSIONS) <= held
