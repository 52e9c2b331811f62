"""Users: create, disable, enable, their passwords and profiles. Nobody can lock everyone out."""

from dataclasses import dataclass
from typing import Literal

from accounts import passwords, permissions, usernames
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.links import links
from accounts.login import reauthentication, throttle
from accounts.sessions import Current, Over, hold, rotate
from db import adoption, locks, roles, sessions
from db import users as rows
from db.links import WayIn
from db.users import User

ONE_TIME_SECONDS = 72 * 3600


@dataclass(frozen=True)
class New:
    username: str
    name: str = ""
    email: str = ""
    company: str = ""
    unit: str = ""
    roles: tuple[str, ...] = ("Member",)
    login_method: Literal["password", "sso"] = "password"
    password: str | None = None  # None: a one-time password is made and handed back
    invited: bool = False  # no password at all: a link is made, with which they choose their first one, or are bound (Single Sign-On)
    by_mail: bool = False  # the link is mailed, if there is an address


@dataclass(frozen=True)
class Created:
    user_id: int
    username: str
    one_time_password: str | None
    invitation: links.NewLink | links.SentLink | None = None


@dataclass(frozen=True)
class Refused:
    """Why not: the field or thing, and what is wrong with it."""

    field: str
    problem: str


async def create(context: Context, new: New, by: Principal, current: Current | None = None) -> Created | Refused:
    """Adds a user. Nothing is stored if anything about it is wrong.

    `current`: the session of the one who adds them, who must hold what the roles allow; None for the command line.
    """
    username = usernames.canonical(new.username)
    if username is None:
        return Refused("username", "not usable")
    refused = _problem_with_fields({"name": new.name, "company": new.company, "unit": new.unit}, new.email)
    if refused:
        return refused
    if new.password is not None and (problem := passwords.problem_with(new.password, username, context.organisation)):
        return Refused("password", problem)
    without = new.login_method == "sso" or new.invited
    one_time = passwords.one_time() if new.password is None and not without else None
    password_hash = None if without else await context.hasher.hash(new.password or one_time or "")
    values: dict[str, object] = {
        "username": username,
        **texts_of(username, new.name or username, new.email),
        "company": new.company,
        "unit": new.unit,
        "login_method": new.login_method,
        "password_hash": password_hash,
        "password_set_at": context.now if password_hash else None,
        "one_time_until": context.now + ONE_TIME_SECONDS if one_time else None,
        "time_zone": "",
        "created_at": context.now,
        "codes_generation": 0,
        "access_version": 0,
    }
    try:
        return await _store(context, values, new, one_time, by, current)
    except _RolesAllowMore:
        return Refused("role", "holds_more")


class _RolesAllowMore(Exception):
    """The roles of a new user allow more than the one who adds them may; what was written is rolled back."""


async def _store(
    context: Context,
    values: dict[str, object],
    new: New,
    one_time: str | None,
    by: Principal,
    current: Current | None,
) -> Created | Refused:
    async with context.db.transaction():
        await locks.take(context.db, "administrators")  # nobody deletes a role meanwhile
        if current is not None:
            await hold(context, current)
        role_ids: list[int] = []
        for name in new.roles:
            role_id = await roles.id_by_name(context.db, name)
            if role_id is None:
                return Refused("role", f"{name} (the roles are: {', '.join(await roles.names(context.db))})")
            role_ids.append(role_id)
        user_id = await rows.insert(context.db, values)
        if user_id is None:
            return Refused("username", "taken")
        for role_id in role_ids:
            await roles.give(context.db, user_id, role_id)
        if current is not None and not await permissions.user_may_act_on(context.db, current.session.user_id, user_id):
            raise _RolesAllowMore
        user = await rows.by_id(context.db, user_id)
        assert user is not None
        await adoption.count(context.db, user, 1)
        kind: WayIn = "binding" if new.login_method == "sso" else "invitation"
        invitation = await _invite(context, user, kind, by, new.by_mail) if new.invited else None
        to = Principal(user_id, user.username)
        await log.record(context, kinds.UserCreated(user.login_method, ", ".join(new.roles)), by, to)
        if invitation:
            started = kinds.UserBindingStarted() if kind == "binding" else kinds.UserInvited()
            await log.record(context, started, by, to)
    return Created(user_id, user.username, one_time, invitation)


async def _invite(
    context: Context, user: User, kind: WayIn, by: Principal, by_mail: bool
) -> links.NewLink | links.SentLink:
    if by_mail and user.email:
        link = links.LinkEmail(kind, user.email, {"actor": by.username}, made_by=by.id)
        return await links.send(context, user, link)
    return await links.create(context, user.id, kind, by.id)


def _problem_with_fields(fields: dict[str, str], email: str) -> Refused | None:
    for field, text in fields.items():
        if problem := usernames.problem_with_text(text):
            return Refused(field, problem)
    if problem := usernames.problem_with_email(email):
        return Refused("email", problem)
    return None


def texts_of(username: str, name: str, email: str) -> dict[str, str]:
    """Name and address with what the search needs of them."""
    search_text = f"{username}\n{name.casefold()}\n{email.casefold()}"
    beginnings = {"name_beginning": name.casefold(), "email_beginning": email.casefold()}
    return {"name": name, "email": email, **beginnings, "search_text": search_text}


async def disable(
    context: Context, username: str, by: Principal
) -> Literal["unknown", "already", "last administrator"] | None:
    """Disables a user and ends their sessions; why not, or None when done."""
    async with context.db.transaction():
        await locks.take(context.db, "administrators")
        user = await rows.by_username(context.db, username)
        return await disable_held(context, user, by) if user else "unknown"


async def disable_held(context: Context, user: User, by: Principal) -> Literal["already", "last administrator"] | None:
    """The same inside a transaction that has taken the lock `administrators`."""
    if user.disabled_at is not None:
        return "already"
    if await is_last_administrator(context, user):
        return "last administrator"
    await rows.disable(context.db, user.id, context.now)
    await adoption.count(context.db, user, -1)
    await sessions.end_all(context.db, user.id)
    await links.revoke_all(context, user.id)
    await log.record(context, kinds.UserDisabled(), by, Principal(user.id, user.username))
    return None


async def is_last_administrator(context: Context, user: User) -> bool:
    """Whether nobody else could let people in again: who was invited and never came cannot. Take the lock `administrators` first."""
    needed = permissions.ADMINISTRATOR_PERMISSIONS
    holds_both = set(needed) <= await rows.permissions(context.db, user.id)
    if user.disabled_at is not None or not holds_both:
        return False
    return not await roles.another_administrator(context.db, user.id, needed, context.now)


async def enable(context: Context, username: str, by: Principal) -> Literal["unknown", "already"] | None:
    """Enables a user; why not, or None when done."""
    async with context.db.transaction():
        user = await rows.by_username(context.db, username)
        return await enable_held(context, user, by) if user else "unknown"


async def enable_held(context: Context, user: User, by: Principal) -> Literal["already"] | None:
    """The same inside a transaction."""
    if await rows.enable(context.db, user.id) is None:
        return "already"
    await adoption.count(context.db, user, 1)
    await log.record(context, kinds.UserEnabled(), by, Principal(user.id, user.username))
    return None


async def set_password(context: Context, username: str, password: str | None, by: Principal) -> str | Refused:
    """Sets a user's password, or prints a one-time one (which is returned); all their sessions and waits end."""
    user = await rows.by_username(context.db, username)
    if user is None:
        return Refused("username", "unknown")
    if user.login_method == "sso":
        return Refused("username", "signs in by Single Sign-On and has no password")
    if password is not None and (problem := passwords.problem_with(password, user.username, context.organisation)):
        return Refused("password", problem)
    one_time = passwords.one_time() if password is None else ""
    password_hash = await context.hasher.hash(password or one_time)
    async with context.db.transaction():
        held = await rows.hold(context.db, user.id)
        if held is None or held.login_method == "sso":  # while the password was hashed
            return Refused("username", "was changed meanwhile: nothing is set")
        await rows.set_password(
            context.db, user.id, password_hash, context.now, context.now + ONE_TIME_SECONDS if one_time else None
        )
        await throttle.clear(context, user.username)
        await sessions.end_all(context.db, user.id)
        await links.revoke_all(context, user.id)
        await log.record(context, kinds.PasswordSet(), by, Principal(user.id, user.username))
    return one_time


@dataclass(frozen=True)
class PasswordRefused:
    problem: str  # of passwords.Problem, or "wrong_current" | "waiting" | "same"
    wait_seconds: int = 0


async def change_password(
    context: Context, current: Current, current_password: str, new_password: str
) -> str | PasswordRefused:
    """Changes one's own password, for which the current one is always asked; the session's new token. Other sessions end.

    In a session opened with a one-time password it is chosen without the current one.
    """
    user = await rows.by_id(context.db, current.session.user_id)
    if user is None:
        raise Over
    if not current.confined:
        checked = await reauthentication.check_password(context, current, current_password)
        if isinstance(checked, reauthentication.PasswordRefused):
            return PasswordRefused("wrong_current" if checked.problem == "wrong" else "waiting", checked.wait_seconds)
    problem = passwords.problem_with(new_password, current.session.username, context.organisation)
    if problem:
        return PasswordRefused(problem)
    async with context.hasher.place():
        if await context.hasher.verify(user.password_hash, new_password):
            return PasswordRefused("same")
        password_hash = await context.hasher.hash(new_password)
    return await _store_password(context, current, user, password_hash)


async def _store_password(context: Context, current: Current, user: User, password_hash: str) -> str:
    """Stores it, unless the session ended or somebody set another one while this one was hashed."""
    done: kinds.Activity = kinds.PasswordChosen() if current.confined else kinds.PasswordChanged()
    async with context.db.transaction():
        session_token = await rotate(context, current)
        if not await rows.change_password(context.db, user.id, user.password_hash or "", password_hash, context.now):
            raise Over
        await sessions.end_others(context.db, user.id, current.session.id)
        await links.revoke_all(context, user.id)
        await sessions.make_ordinary(context.db, current.session.id)
        await sessions.mark_proved(context.db, current.session.id, password=True, code=False, now=context.now)
        await log.record(context, done, current.principal, current.principal)
    return session_token


def described(before: dict[str, str], after: dict[str, str]) -> tuple[str, str]:
    """What changed, before and after, for the log."""
    changed = [field for field in before if before[field] != after[field]]
    before_text, after_text = (
        "; ".join(f"{field} {values[field] or '—'}" for field in changed) for values in (before, after)
    )
    return before_text, after_text
