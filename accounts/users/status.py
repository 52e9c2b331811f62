"""Active, disabled or gone: by a user who may act on the other, or on the command line (`current` None), which may act
on all users.
"""

from collections.abc import Sequence
from typing import Literal

from accounts import administrators, ways_in
from accounts.activity import kinds, log
from accounts.context import COMMAND_LINE, Context, Principal
from accounts.login import throttle
from accounts.mail import notices
from accounts.sessions import Current
from accounts.users.administration import Barred, subject
from db import bulk, code_attempts
from db import users as rows
from db.users import User

Disabled = Literal["disabled", "already", "last_administrator"]


async def disable(context: Context, user_id: int, current: Current | None) -> Disabled | Barred:
    """Disables a user, which ends every way in that others could hold."""
    async with context.db.transaction():
        await administrators.lock(context)
        user = await subject(context, current, user_id)
        if isinstance(user, str):
            return user
        if user.disabled_at is not None:
            return "already"
        if await administrators.is_last(context, user):
            return "last_administrator"
        await shut_out(context, [user.id])
        await _record(context, kinds.UserDisabled(), current, user)
    return "disabled"


async def shut_out(context: Context, user_ids: Sequence[int]) -> None:
    """Disables active users, with all that follows; for one or many, in the caller's transaction."""
    await bulk.disable(context.db, user_ids, context.now)
    await ways_in.end(context, user_ids)
    await ways_in.end_of_makers(context, user_ids)


async def enable(context: Context, user_id: int, current: Current | None) -> Literal["enabled", "already"] | Barred:
    """Enables a disabled user."""
    async with context.db.transaction():
        user = await subject(context, current, user_id)
        if isinstance(user, str):
            return user
        if await rows.enable(context.db, user.id) is None:
            return "already"
        await _record(context, kinds.UserEnabled(), current, user)
    return "enabled"


async def delete(
    context: Context, user_id: int, current: Current, *, by_mail: bool = False
) -> Literal["deleted", "last_administrator"] | Barred:
    """Deletes a user for good. The activity log keeps number and username.

    `by_mail`: they get an e-mail, the only one that is not derived from the log, which keeps no addresses of deleted
    users.
    """
    async with context.db.transaction():
        await administrators.lock(context)
        user = await subject(context, current, user_id)
        if isinstance(user, str):
            return user
        if await administrators.is_last(context, user):
            return "last_administrator"
        await code_attempts.delete_all(context.db, user.id)
        await throttle.clear(context, user.username)
        await rows.delete(context.db, user.id)
        if by_mail and user.email:
            facts = {"username": user.username, "name": user.name, "time_zone": user.time_zone}
            await notices.add(context, "user_deleted", None, facts | {"actor": current.principal.username}, user.email)
        await _record(context, kinds.UserDeleted(), current, user)
    return "deleted"


async def _record(context: Context, what: kinds.Activity, current: Current | None, user: User) -> None:
    by = current.principal if current else COMMAND_LINE
    await log.record(context, what, by, Principal(user.id, user.username))
