"""The removal of a user's whole second factor. One authenticator among several: authenticators.py."""

from accounts.activity import kinds, log
from accounts.context import Context
from accounts.sessions import Current, lock_session
from db import authenticators, code_attempts, sessions, users
from db import recovery_codes as stored_codes


async def remove(context: Context, current: Current) -> bool:
    """Removes the user's own second factor, after reauthentication; False without one."""
    async with context.db.transaction():
        await lock_session(context, current)
        if not await delete_second_factor(context, current.session.user_id):
            return False
        await sessions.end_others(context.db, current.session.user_id, current.session.id)
        await log.record(context, kinds.TwoFactorRemoved(), current.principal, current.principal)
    return True


async def delete_second_factor(context: Context, user_id: int) -> bool:
    """Deletes authenticators, recovery codes and counts of a user; False if there were none. Expects a transaction."""
    user = await users.lock(context.db, user_id)
    if user is None or user.two_factor_at is None:
        return False
    await authenticators.delete_all(context.db, user_id)
    await authenticators.end_set_ups(context.db, user_id)
    await stored_codes.delete_all(context.db, user_id)
    await code_attempts.delete_all(context.db, user_id)
    await users.set_two_factor(context.db, user_id, None)
    return True
