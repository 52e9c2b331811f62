"""Roles: what they allow and who holds them. No user gives what they do not hold; an administrator always remains.

Order of locks: `administrators`, the session, then what the actor holds is read anew (docs/architecture.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from accounts import administrators, permissions, visible, ways_in
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.sessions import Current, lock_session
from accounts.users.role_change import give_and_take
from db import roles as rows
from db import users
from db.roles import Role

LONGEST_NAME = 64
# five permissions make 32 different sets; a user's page offers all roles, and a form has 100 fields
MOST = 64
# further than this no page counts who holds a role
COUNTED = 1000

NameProblem = Literal["empty", "too_long", "bad_characters", "taken"]
Problem = Literal[
    NameProblem,
    "too_many",
    "unknown_permission",
    "unknown_role",
    "conflict",
    "gone",
    "not_held",
    "last_administrator",
]


@dataclass(frozen=True)
class Refused:
    problem: Problem


@dataclass(frozen=True)
class Wanted:
    """A role as the form asks for it."""

    name: str
    permissions: frozenset[str]


def tidy(name: str) -> str:
    """A name as it is stored: single blanks, none around it."""
    return " ".join(word for word in name.split(" ") if word)


async def problem_with(context: Context, wanted: Wanted, role_id: int | None) -> Problem | None:
    """The first fault of a role's name or permissions. `role_id`: of the role that is changed; None: of a new one."""
    if not wanted.name:
        return "empty"
    if len(wanted.name) > LONGEST_NAME:
        return "too_long"
    same_name = await rows.id_by_name(context.db, wanted.name)
    # A name from before the rule stays.
    if same_name is None and not _is_name(wanted.name):
        return "bad_characters"
    if not wanted.permissions <= set(permissions.ALL):
        return "unknown_permission"
    if same_name not in (None, role_id):
        return "taken"
    if role_id is None and len(await rows.names(context.db)) >= MOST:
        return "too_many"
    return None


def _is_name(name: str) -> bool:
    """Roles are listed with commas in the log and with semicolons in files."""
    return name.isprintable() and visible.is_seen(name) and not set(name) & set(",;")


async def create(context: Context, wanted: Wanted, current: Current) -> int | Refused:
    """Adds a role and returns its number. Raises sessions.SessionEnded."""
    async with context.db.transaction():
        held = await _begin(context, current)
        if not _may(held, wanted.permissions):
            return Refused("not_held")
        problem = await problem_with(context, wanted, None)
        if problem:
            return Refused(problem)
        role_id = await rows.add(context.db, wanted.name)
        await rows.permit(context.db, role_id, wanted.permissions)
        created = kinds.RoleCreated(wanted.name, listed(wanted.permissions))
        await log.record(context, created, current.principal)
    return role_id


async def _begin(context: Context, current: Current, user_id: int | None = None) -> frozenset[str]:
    """One change of roles at a time; what the one who asks holds, now that it is their turn. `user_id`: who is
    changed.
    """
    await administrators.lock(context)
    await lock_session(context, current, user_id)
    return await rows.permissions_of(context.db, current.session.user_id)


def _may(held: frozenset[str], *involved: frozenset[str]) -> bool:
    return all(permissions.may_act_on(held, some, permissions.ROLES_EDIT) for some in involved)


def listed(some: Iterable[str]) -> str:
    """Permissions as the log keeps them."""
    return ", ".join(sorted(some))


async def change(
    context: Context, role_id: int, wanted: Wanted, current: Current, shown: Wanted | None = None
) -> Refused | None:
    """Another name, other permissions, in force with the next request of all who hold the role. Nothing is logged if
    nothing changed.

    `shown`: name and permissions that the form began with; if they are others by now, nothing is changed. Raises
    sessions.SessionEnded.
    """
    try:
        async with context.db.transaction():
            held = await _begin(context, current)
            role = await rows.by_id(context.db, role_id)
            refused = await _refusal(context, role, wanted, held, shown)
            if role is None or refused:
                return refused
            await _change(context, role, wanted, current)
    except administrators.LastAdministrator:
        return Refused("last_administrator")
    return None


async def _refusal(
    context: Context, role: Role | None, wanted: Wanted, held: frozenset[str], shown: Wanted | None
) -> Refused | None:
    if role is None:
        return Refused("gone")
    if not _may(held, role.permissions, wanted.permissions):
        return Refused("not_held")
    if shown is not None and shown != Wanted(role.name, role.permissions):
        return Refused("conflict")
    problem = await problem_with(context, wanted, role.id)
    return Refused(problem) if problem else None


async def _change(context: Context, role: Role, wanted: Wanted, current: Current) -> None:
    entries: list[kinds.Activity] = []
    if wanted.name != role.name:
        await rows.rename(context.db, role.id, wanted.name)
        entries.append(kinds.RoleRenamed(role.name, wanted.name))
    if wanted.permissions != role.permissions:
        await rows.permit(context.db, role.id, wanted.permissions - role.permissions)
        await rows.forbid(context.db, role.id, role.permissions - wanted.permissions)
        await ways_in.end_of_holders(context, role.id)
        await _require_administrator(context, role.permissions - wanted.permissions)
        before, after = listed(role.permissions), listed(wanted.permissions)
        entries.append(kinds.RoleChanged(wanted.name, before, after))
    gained = wanted.permissions - role.permissions
    ended = (
        await ways_in.end_planted(context, lambda: ways_in.planted_among(context, role.id, gained)) if gained else []
    )
    for entry in entries:
        await log.record(context, entry, current.principal)
    await log.record_all(context, iter(ended), current.principal)


async def _require_administrator(context: Context, lost: frozenset[str]) -> None:
    """After an act that took permissions away. Raises LastAdministrator."""
    if lost & set(permissions.ADMINISTRATOR_PERMISSIONS):
        await administrators.require_one(context)


async def delete(context: Context, role_id: int, current: Current) -> Refused | None:
    """Deletes a role; its holders lose what it allows with their next request. Raises sessions.SessionEnded."""
    try:
        async with context.db.transaction():
            held = await _begin(context, current)
            role = await rows.by_id(context.db, role_id)
            if role is None:
                return Refused("gone")
            if not _may(held, role.permissions):
                return Refused("not_held")
            await rows.forbid(context.db, role.id, role.permissions)
            await ways_in.end_of_holders(context, role.id)
            number = await rows.delete(context.db, role_id)
            await _require_administrator(context, role.permissions)
            deleted = kinds.RoleDeleted(role.name, listed(role.permissions), str(number))
            await log.record(context, deleted, current.principal)
    except administrators.LastAdministrator:
        return Refused("last_administrator")
    return None


async def assign(
    context: Context, user_id: int, wanted: frozenset[int], current: Current, shown: frozenset[int] | None = None
) -> Refused | None:
    """Gives and takes roles until a user holds exactly the wanted ones; each has its entry, none if nothing changed.

    `shown`: the roles that the form began with; if they are others by now, nothing is changed. Raises
    sessions.SessionEnded.
    """
    try:
        async with context.db.transaction():
            held = await _begin(context, current, user_id)
            user = await users.by_id(context.db, user_id)
            if user is None:
                return Refused("gone")
            roles = {role.id: role for role in await rows.everyone(context.db)}
            has = await rows.of_user(context.db, user_id)
            if not wanted <= roles.keys():
                return Refused("unknown_role")
            given, taken = ([roles[role_id] for role_id in sorted(some)] for some in (wanted - has, has - wanted))
            if not _may(held, *(role.permissions for role in [*given, *taken])):
                return Refused("not_held")
            if shown is not None and shown != has:
                return Refused("conflict")
            await _give_and_take(context, Principal(user_id, user.username), given, taken, current)
    except administrators.LastAdministrator:
        return Refused("last_administrator")
    return None


async def _give_and_take(
    context: Context, to: Principal, given: list[Role], taken: list[Role], current: Current
) -> None:
    entries = await give_and_take(context, [to], given, taken)
    await _require_administrator(context, frozenset().union(*(role.permissions for role in taken)))
    await log.record_all(context, entries, current.principal)
