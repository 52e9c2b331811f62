"""Adding a user by hand: the act of the page *Add user*."""

from dataclasses import dataclass, replace

from accounts import usernames
from accounts.context import Context
from accounts.sessions import Current
from accounts.users import users
from db import roles
from db import users as rows

NEW_USERS_ROLE = "Member"


@dataclass(frozen=True)
class Added:
    """There was such a user already, just so and not signed in yet: the form was sent twice."""

    user_id: int


async def add(
    context: Context, new: users.New, current: Current, role_ids: frozenset[int] | None = None
) -> users.Created | Added | users.Refused:
    """Adds a user, and a link with which they choose a password, or sign in by Single Sign-On first. Without a
    provider no user is added for Single Sign-On, who could not sign in.

    `role_ids`: None: the role Member (if there is one); else they are given, which needs the permission for it.
    `new.by_mail`: the link is mailed, where there is an address.
    """
    if new.login_method == "sso" and not context.issuer:
        return users.Refused("login_method", "no_provider")
    names = await _role_names(context, role_ids)
    if names is None:
        return users.Refused("role", "unknown_role")
    wanted = replace(
        new,
        username=new.username.strip(),
        name=new.name.strip(),
        email=new.email.strip(),
        company=new.company.strip(),
        unit=new.unit.strip(),
        roles=names,
        roles_chosen=role_ids is not None,
        invited=True,
    )
    created = await users.create(context, wanted, current.principal, current)
    # An invited user has no password yet.
    assert not isinstance(created, users.UnusablePassword)
    if isinstance(created, users.Refused) and created.problem == "taken":
        return await _same(context, wanted) or created
    return created


async def _role_names(context: Context, role_ids: frozenset[int] | None) -> tuple[str, ...] | None:
    """None if one of them does not exist."""
    if role_ids is None:
        return (NEW_USERS_ROLE,) if await roles.id_by_name(context.db, NEW_USERS_ROLE) else ()
    names = {role.id: role.name for role in await roles.everyone(context.db)}
    return tuple(names[role_id] for role_id in sorted(role_ids)) if role_ids <= names.keys() else None


async def _same(context: Context, wanted: users.New) -> Added | None:
    """The user who has the username, if it is as if this form had been sent before."""
    username = usernames.canonical(wanted.username) or ""
    user = await rows.by_username(context.db, username)
    if user is None or user.password_hash is not None or user.last_login_at is not None:
        return None
    is_so = (user.name, user.email, user.company, user.unit, user.login_method)
    wanted_so = (wanted.name or username, wanted.email, wanted.company, wanted.unit, wanted.login_method)
    return Added(user.id) if is_so == wanted_so else None
