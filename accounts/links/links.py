"""Links that let somebody choose a password: an invitation, a password reset. Each works once, for a while, and a newer one voids it.

What a link does is choose a password and nothing else: the second factor stays as it is, nobody is signed in by it.
A link is shown once to hand over, or mailed: then it is made when its letter leaves. What confirms a new address (profile.py) is
mailed in the same way.

Nobody gives what they do not hold: whoever makes a link for somebody has seen it, or chosen where it is mailed to. It opens nothing
once its user holds more than its maker (roles are given while it is out), or once the maker may not edit users any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from accounts import passwords, permissions
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.login import throttle
from accounts.mail import notices
from accounts.vault import token, token_hash
from db import links as rows
from db import sessions, users
from db.users import User

Kind = Literal["invitation", "password_reset", "binding"]
KINDS: tuple[Kind, ...] = ("invitation", "password_reset", "binding")
AnyKind = notices.LinkKind
LIVES_SECONDS: dict[AnyKind, int] = {
    "invitation": 72 * 3600,
    "password_reset": 30 * 60,
    "new_address": 24 * 3600,
    "binding": 7 * 24 * 3600,
}
KEPT_SECONDS = (
    30 * 24 * 3600
)  # how long its letter may wait: longer than the outbox tries, also after a long standstill


@dataclass(frozen=True)
class Made:
    """A new link, to be shown once: what is stored is its token's hash."""

    kind: AnyKind
    token: str
    expires_at: int


@dataclass(frozen=True)
class Mailed:
    """A link that goes by mail."""

    kind: AnyKind
    address: str


@dataclass(frozen=True)
class Chosen:
    """The password is chosen, the link used."""

    username: str


@dataclass(frozen=True)
class Refused:
    """The link still works, but the password cannot be used."""

    user: User
    problem: passwords.Problem


@dataclass(frozen=True)
class Over:
    """The link does not work: used, old, voided or unknown, or its user is disabled, has changed, is gone. It is not said which."""


async def make(context: Context, user_id: int, kind: Kind, made_by: int | None = None) -> Made:
    """A new link for a user, whose row is held; those made before are void. Inside a transaction.

    `made_by`: the user who makes it for this one; None for the command line.
    """
    made = Made(kind, token(), context.now + LIVES_SECONDS[kind])
    await rows.void(context.db, user_id, KINDS)
    await rows.add(context.db, kind, user_id, token_hash(made.token), context.now, made.expires_at, made_by=made_by)
    return made


async def mail(
    context: Context,
    user: User,
    kind: AnyKind,
    address: str,
    facts: Mapping[str, str],
    *,
    void: bool = True,
    made_by: int | None = None,
) -> Mailed:
    """Queues the letter with a link for a user, whose row is held. Inside a transaction.

    Those made before are void when it leaves, and with `void` now. `made_by` as of `make`; None also for the user's own asking.
    """
    if void:
        await rows.void(context.db, user.id, _same(kind))
    link_id = await rows.add(context.db, kind, user.id, None, context.now, context.now + KEPT_SECONDS, address, made_by)
    await notices.add(context, kind, user.id, {**facts, "link_id": str(link_id)}, address)
    return Mailed(kind, address)


def _same(kind: AnyKind) -> tuple[AnyKind, ...]:
    """The kinds that a link of this kind takes the place of."""
    return KINDS if kind in KINDS else (kind,)


async def issue(context: Context, user_id: int, kind: AnyKind, link_id: int) -> Made | None:
    """The link of a letter that leaves, from now on good for its time; those made before it are void (of one that a user asked for:
    those mailed to the same address).

    None if it is void itself, or does not fit the user any more: then the letter must not leave.
    """
    made = Made(kind, token(), context.now + LIVES_SECONDS[kind])
    async with context.db.transaction():
        user = await users.hold(context.db, user_id)
        found = await rows.by_id(context.db, link_id)
        if user is None or found is None or not await opens(context, found[1], user, kind):
            return None
        if not await rows.give_token(context.db, link_id, kind, user_id, token_hash(made.token), made.expires_at):
            return None
        # Anybody can ask for a reset of anybody: that takes the place of letters there, not of a link that somebody handed over.
        asked_for = kind in KINDS and found[1].made_by is None
        await rows.void(context.db, user_id, _same(kind), link_id, found[1].detail if asked_for else None)
    return made


async def void_all(context: Context, user_id: int) -> None:
    """Voids what a user could choose a password, be bound or confirm an address with. Inside a transaction."""
    await rows.void(context.db, user_id, (*KINDS, "new_address"))


async def look(context: Context, kind: Kind, typed_token: str) -> User | Over:
    """Whose password a link chooses. Looking changes nothing: scanners follow links."""
    found = await find(context, kind, typed_token)
    user = await users.by_id(context.db, found.user_id) if found else None
    return user if user and found and await opens(context, found, user, kind) else Over()


async def find(context: Context, kind: AnyKind, typed_token: str) -> rows.Link | None:
    """The link with that token that still works."""
    return await rows.find(context.db, kind, token_hash(typed_token), context.now) if typed_token.isascii() else None


def fits(user: User, kind: AnyKind) -> bool:
    """Whether a link of that kind has something to do for this user.

    An invitation chooses the first password, a reset another one; a binding says who somebody is at the identity provider.
    """
    if kind == "binding":
        return user.login_method == "sso" and user.disabled_at is None and user.sso_subject is None
    has_password = user.password_hash is not None
    return user.login_method == "password" and user.disabled_at is None and has_password == (kind != "invitation")


async def opens(context: Context, link: rows.Link, user: User, kind: AnyKind) -> bool:
    """Whether a link, if it was not used and is not too old, does for its user what it is for: as things stand now."""
    return fits(user, kind) and (link.made_by is None or await _may_give(context, link.made_by, user.id))


async def _may_give(context: Context, maker_id: int, user_id: int) -> bool:
    maker = await users.by_id(context.db, maker_id)
    if maker is None or maker.disabled_at is not None:
        return False
    held = await users.permissions(context.db, maker_id)
    return permissions.USERS_EDIT in held and permissions.covers(held, await users.permissions(context.db, user_id))


async def choose_password(context: Context, kind: Kind, typed_token: str, password: str) -> Chosen | Refused | Over:
    """Chooses a password with a link, which is used up by it; all sessions of the user end, and so does the waiting.

    Nothing is hashed for a link that does not work. Raises passwords.Full.
    """
    user = await look(context, kind, typed_token)
    if isinstance(user, Over):
        return user
    if problem := passwords.problem_with(password, user.username, context.organisation):
        return Refused(user, problem)
    async with context.hasher.place():
        password_hash = await context.hasher.hash(password)
    async with context.db.transaction():
        return await _choose(context, kind, typed_token, user.id, password_hash)


async def _choose(context: Context, kind: Kind, typed_token: str, user_id: int, password_hash: str) -> Chosen | Over:
    """The user's row first, then the link: whoever makes a link takes them in this order, too."""
    user = await users.hold(context.db, user_id)
    found = await find(context, kind, typed_token)
    if user is None or found is None or not await opens(context, found, user, kind):
        return Over()
    if not await rows.use(context.db, found.id, context.now):
        return Over()
    await void_all(context, user.id)
    await users.set_password(context.db, user.id, password_hash, context.now, None)
    await throttle.let_try_again(context, user.username)  # those who forgot the old one have tried it often
    await sessions.end_all(context.db, user.id)
    who = Principal(user.id, user.username)
    done = kinds.PasswordReset() if kind == "password_reset" else kinds.PasswordChosen("invitation")
    await log.record(context, done, who, who)
    return Chosen(user.username)
