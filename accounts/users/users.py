"""Users: create, disable, enable, their passwords and profiles. An administrator always remains."""

from dataclasses import dataclass
from typing import Literal

from accounts import administrators, confusables, fields, namesakes, passwords, permissions, usernames
from accounts.activity import changed_fields, kinds, log
from accounts.context import Context, Principal
from accounts.limits import ONE_TIME_SECONDS
from accounts.links import links
from accounts.mail import senders
from accounts.sessions import Current, lock_session
from db import roles
from db import users as rows
from db.links import WayIn
from db.makers import Makers
from db.users import User


@dataclass(frozen=True)
class New:
    username: str
    name: str = ""
    email: str = ""
    company: str = ""
    unit: str = ""
    roles: tuple[str, ...] = ("Member",)
    login_method: Literal["password", "sso"] = "password"
    # None: a one-time password is made and handed back
    password: str | None = None
    # no password at all: a link is made, with which they choose their first one, or are bound (Single Sign-On)
    invited: bool = False
    # the link is mailed, if there is an address
    by_mail: bool = False
    # the one who adds them chose the roles, and so must be allowed to give roles
    roles_chosen: bool = False


@dataclass(frozen=True)
class Created:
    user_id: int
    username: str
    one_time_password: str | None
    invitation: links.NewLink | links.SentLink | None = None


FieldProblem = Literal[
    "taken",
    "lookalike",
    "address_of_another",
    "username_of_another",
    "unknown",
    "single_sign_on",
    "conflict",
    "no_provider",
    "unknown_role",
    "holds_more",
    fields.Problem,
    usernames.Problem,
]


@dataclass(frozen=True)
class Refused:
    """`value`: the role that is unknown."""

    field: str
    problem: FieldProblem
    value: str = ""


@dataclass(frozen=True)
class UnusablePassword:
    problem: passwords.Problem


async def create(
    context: Context, new: New, by: Principal, current: Current | None = None
) -> Created | Refused | UnusablePassword:
    """Adds a user. Nothing is stored if anything about it is wrong.

    `current`: the session of the one who adds them, who must hold what the roles allow; None for the command line.
    """
    if unusable := usernames.problem_with(new.username):
        return Refused("username", unusable)
    username = usernames.canonical(new.username) or ""
    typed = {"name": new.name or username, "company": new.company, "unit": new.unit, "email": new.email}
    for field, wrong in fields.problems_with(typed).items():
        return Refused(field, wrong)
    owner = context.owner(username, typed["name"], new.email)
    if new.password is not None and (problem := await passwords.judge(new.password, owner)):
        return UnusablePassword(problem)
    without = new.login_method == "sso" or new.invited
    one_time = passwords.one_time() if new.password is None and not without else None
    password_hash = None if without else await context.hasher.hash(new.password or one_time or "")
    row = rows.New(
        username=username,
        skeleton=confusables.skeleton(username),
        name=new.name or username,
        email=new.email,
        company=new.company,
        unit=new.unit,
        login_method=new.login_method,
        password_hash=password_hash,
        password_set_at=context.now if password_hash else None,
        one_time_until=context.now + ONE_TIME_SECONDS if one_time else None,
        created_at=context.now,
        email_set_by=by.id if new.email else None,
    )
    try:
        return await _store(context, row, new, one_time, by, current)
    except _RolesAllowMore:
        return Refused("role", "holds_more")


class _RolesAllowMore(Exception):
    """The roles of a new user allow more than the one who adds them may; what was written is rolled back."""


async def _store(
    context: Context,
    row: rows.New,
    new: New,
    one_time: str | None,
    by: Principal,
    current: Current | None,
) -> Created | Refused:
    async with context.db.transaction():
        # No role can be deleted until the commit.
        await administrators.lock(context)
        if current is not None:
            await lock_session(context, current)
        if await namesakes.has_username_of_another(context, row.email, row.username):
            return Refused("email", "username_of_another")
        role_ids: list[int] = []
        for name in new.roles:
            role_id = await roles.id_by_name(context.db, name)
            if role_id is None:
                return Refused("role", "unknown_role", name)
            role_ids.append(role_id)
        user_id = await insert(context, row)
        if not isinstance(user_id, int):
            return Refused("username", user_id)
        for role_id in role_ids:
            await roles.give(context.db, user_id, role_id)
        if current is not None and not await _may_give(context, current.session.user_id, user_id, new):
            raise _RolesAllowMore
        user = await rows.by_id(context.db, user_id)
        assert user is not None
        kind: WayIn = "binding" if new.login_method == "sso" else "invitation"
        facts = senders.facts_of(by.username, current.session.name if current else "")
        invitation = await _invite(context, user, kind, by, facts if new.by_mail else None) if new.invited else None
        to = Principal(user_id, user.username)
        await log.record(context, kinds.UserCreated(user.login_method, ", ".join(new.roles)), by, to)
        if invitation:
            started = kinds.UserBindingStarted() if kind == "binding" else kinds.UserInvited()
            await log.record(context, started, by, to)
    return Created(user_id, user.username, one_time, invitation)


async def _may_give(context: Context, actor_id: int, user_id: int, new: New) -> bool:
    """Whether the one who adds a user may give the roles that the user now has."""
    if new.roles_chosen and permissions.ROLES_EDIT not in await roles.permissions_of(context.db, actor_id):
        return False
    return await permissions.user_may_act_on(context.db, actor_id, user_id)


NotApart = Literal["taken", "lookalike", "address_of_another"]


async def insert(context: Context, row: rows.New) -> int | NotApart:
    """The new user's number, or why their name cannot be told apart from another one. Expects a transaction."""
    alike = await rows.resembling(context.db, [row.skeleton]) if row.skeleton else {}
    if alike:
        return "taken" if row.username in alike.values() else "lookalike"
    if await namesakes.with_address(context, [row.username]):
        return "address_of_another"
    return await rows.insert(context.db, row) or "taken"


async def _invite(
    context: Context, user: User, kind: WayIn, by: Principal, facts: dict[str, str] | None
) -> links.NewLink | links.SentLink:
    """`facts`: of the e-mail; None: the link is handed over."""
    if facts is not None and user.email:
        link = links.LinkEmail(kind, user.email, facts, made=Makers(by.id))
        return await links.send(context, user, link)
    return await links.create(context, user.id, kind, by.id)


def described(before: dict[str, str], after: dict[str, str]) -> tuple[str, str]:
    """What changed, before and after, for the log."""
    changed = [field for field in before if before[field] != after[field]]
    old, new = (changed_fields.written({field: values[field] for field in changed}) for values in (before, after))
    return old, new
