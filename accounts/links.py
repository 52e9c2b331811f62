"""Links that let somebody choose a password: an invitation, a password reset. Each works once, for a while, and a newer one voids it.

What a link does is choose a password and nothing else: the second factor stays as it is, nobody is signed in by it.
"""

from dataclasses import dataclass
from typing import Literal

from accounts import activity, passwords, throttle
from accounts.desk import Desk, Person
from accounts.vault import token, token_hash
from db import links as rows
from db import sessions, users
from db.users import User

Kind = Literal["invitation", "password_reset", "binding"]
KINDS: tuple[Kind, ...] = ("invitation", "password_reset", "binding")
LIVES_SECONDS: dict[Kind, int] = {"invitation": 72 * 3600, "password_reset": 30 * 60, "binding": 7 * 24 * 3600}


@dataclass(frozen=True)
class Made:
    """A new link, to be shown once: what is stored is its token's hash."""

    kind: Kind
    token: str
    expires_at: int


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


async def make(desk: Desk, user_id: int, kind: Kind) -> Made:
    """A new link for a user, whose row is held; those made before are void. Inside a transaction."""
    made = Made(kind, token(), desk.now + LIVES_SECONDS[kind])
    await void_all(desk, user_id)
    await rows.add(desk.db, kind, user_id, token_hash(made.token), desk.now, made.expires_at)
    return made


async def void_all(desk: Desk, user_id: int) -> None:
    """Voids what a user could choose a password with, or be bound by. Inside a transaction."""
    await rows.void(desk.db, user_id, KINDS)


async def look(desk: Desk, kind: Kind, typed_token: str) -> User | Over:
    """Whose password a link chooses. Looking changes nothing: scanners follow links."""
    found = await _find(desk, kind, typed_token)
    user = await users.by_id(desk.db, found.user_id) if found else None
    return user if user and fits(user, kind) else Over()


async def _find(desk: Desk, kind: Kind, typed_token: str) -> rows.Link | None:
    return await rows.find(desk.db, kind, token_hash(typed_token), desk.now) if typed_token.isascii() else None


def fits(user: User, kind: Kind) -> bool:
    """Whether a link of that kind has something to do for this user.

    An invitation chooses the first password, a reset another one; a binding says who somebody is at the identity provider.
    """
    if kind == "binding":
        return user.login_method == "sso" and user.disabled_at is None and user.sso_subject is None
    has_password = user.password_hash is not None
    return user.login_method == "password" and user.disabled_at is None and has_password == (kind == "password_reset")


async def choose_password(desk: Desk, kind: Kind, typed_token: str, password: str) -> Chosen | Refused | Over:
    """Chooses a password with a link, which is used up by it; all sessions of the user end, and so does the waiting.

    Nothing is hashed for a link that does not work. Raises passwords.Full.
    """
    user = await look(desk, kind, typed_token)
    if isinstance(user, Over):
        return user
    if problem := passwords.problem_with(password, user.username, desk.organisation):
        return Refused(user, problem)
    async with desk.hasher.place():
        password_hash = await desk.hasher.hash(password)
    async with desk.db.transaction():
        return await _choose(desk, kind, typed_token, user.id, password_hash)


async def _choose(desk: Desk, kind: Kind, typed_token: str, user_id: int, password_hash: str) -> Chosen | Over:
    """The user's row first, then the link: whoever makes a link takes them in this order, too."""
    user = await users.hold(desk.db, user_id)
    found = await _find(desk, kind, typed_token)
    if user is None or not fits(user, kind) or found is None or not await rows.use(desk.db, found.id, desk.now):
        return Over()
    await void_all(desk, user.id)
    await users.set_password(desk.db, user.id, password_hash, desk.now, None)
    await throttle.let_try_again(desk, user.username)  # those who forgot the old one have tried it often
    await sessions.end_all(desk.db, user.id)
    who = Person(user.id, user.username)
    done = activity.PasswordReset() if kind == "password_reset" else activity.PasswordChosen("invitation")
    await activity.record(desk, done, who, who)
    return Chosen(user.username)
