"""An administrator resets the second factor of another user."""

from typing import Literal

from accounts import fields, permissions, ways_in
from accounts.activity import kinds, log
from accounts.context import COMMAND_LINE, Context, Principal
from accounts.sessions import Current, lock_session
from accounts.two_factor.removal import delete_second_factor
from db import users

LONGEST_REASON = 500

ReasonProblem = Literal["no_reason", "reason_too_long", "bad_characters"]
ResetRefusal = Literal[ReasonProblem, "not_set_up", "own", "holds_more"]


def problem_with_reason(reason: str) -> ReasonProblem | None:
    """What is wrong with the reason of a reset."""
    if not reason.strip():
        return "no_reason"
    match fields.problem_with_text(reason, LONGEST_REASON):
        case "too_long":
            return "reason_too_long"
        case "bad_characters":
            return "bad_characters"
    return None


async def reset(context: Context, user_id: int, reason: str, current: Current | None) -> ResetRefusal | None:
    """Resets another user's second factor, and ends every way in that others could hold; why not, or None when done.

    `current`: the administrator's session; None for the command line, which may reset all users.
    """
    problem = problem_with_reason(reason)
    if problem:
        return problem
    if current is not None and current.session.user_id == user_id:
        return "own"
    async with context.db.transaction():
        if current is not None:
            await lock_session(context, current, user_id)
        user = await users.by_id(context.db, user_id)
        if user is None or user.two_factor_at is None:
            return "not_set_up"
        if current is not None and not await permissions.user_may_act_on(context.db, current.session.user_id, user_id):
            return "holds_more"
        await delete_second_factor(context, user_id)
        await ways_in.end(context, [user_id])
        by = current.principal if current else COMMAND_LINE
        await log.record(context, kinds.TwoFactorReset(reason.strip()), by, Principal(user_id, user.username))
    return None
