"""Giving and taking roles, of one user or many: the one function for a user's page and the acts on many users."""

from collections.abc import Iterator, Sequence
from itertools import chain

from accounts import ways_in
from accounts.activity import kinds
from accounts.context import Context, Principal
from db import roles as rows
from db.roles import Role

Entry = tuple[kinds.Activity, Principal]


async def give_and_take(
    context: Context, users: Sequence[Principal], given: Sequence[Role], taken: Sequence[Role]
) -> Iterator[Entry]:
    """Gives and takes roles, and ends the ways in that do not fit any more; the entries for the log. In a transaction
    under the lock `administrators`, which the caller ends with `administrators.require_one` if a role was taken.
    """
    user_ids = [user.id for user in users if user.id is not None]
    promoted = {one for role in given for one in await rows.promoted_by(context.db, user_ids, role.id)}
    for role in given:
        await rows.give_to_all(context.db, user_ids, role.id)
    for role in taken:
        await rows.take_from_all(context.db, user_ids, role.id)
    if taken:
        await ways_in.end_of_makers(context, user_ids)
    ended = await _end_planted(context, sorted(promoted))
    return chain(_entries(users, given, taken), ended)


def _entries(users: Sequence[Principal], given: Sequence[Role], taken: Sequence[Role]) -> Iterator[Entry]:
    what = [*(kinds.RoleGiven(role.name) for role in given), *(kinds.RoleTaken(role.name) for role in taken)]
    return ((each, user) for user in users for each in what)


async def _end_planted(context: Context, promoted: Sequence[int]) -> list[Entry]:
    """Ends what others made who hold less than these users do now."""
    return await ways_in.end_planted(context, lambda: ways_in.planted_in(context, promoted)) if promoted else []
