"""Links that work once, for a while: invitation, password reset, binding, new e-mail address.

A link starts no session, leaves the second factor as it is, and is valid only while its makers may act on its user.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from accounts import passwords, places, ways_in
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.limits import LINK_SECONDS, UNSENT_LINK_SECONDS
from accounts.login import throttle
from accounts.mail import notices
from accounts.sessions import know_browser
from accounts.vault import token, token_hash
from db import links as rows
from db import users
from db.links import WAYS_IN, LinkKind, WayIn
from db.makers import OWN, Makers
from db.reads.user_detail import Detail
from db.users import User


@dataclass(frozen=True)
class NewLink:
    """A link to be shown once: stored is the hash of its token."""

    kind: LinkKind
    token: str
    expires_at: int


@dataclass(frozen=True)
class SentLink:
    """A link that goes by e-mail."""

    kind: LinkKind
    email: str


@dataclass(frozen=True)
class LinkEmail:
    """The e-mail that takes a link to its user."""

    kind: LinkKind
    email: str
    # What the e-mail says.
    facts: Mapping[str, str] = field(default_factory=dict)
    # The user who creates the link for this one; None: the command line, or a request of the user's own.
    made: Makers = OWN
    # Whether older links are revoked now, or only when the e-mail leaves.
    revoke_older: bool = True


@dataclass(frozen=True)
class Chosen:
    """The password is chosen, the link redeemed.

    `browser_token`: the browser is known from now on; "" if the link was not mailed.
    """

    username: str
    browser_token: str


@dataclass(frozen=True)
class Refused:
    """The link is still valid, but the password cannot be used."""

    user: User
    problem: passwords.Problem


@dataclass(frozen=True)
class NotValid:
    """Redeemed, expired, revoked or unknown, or its user was disabled, changed or deleted; the page never says
    which.
    """


async def create(context: Context, user_id: int, kind: WayIn, made_by: int | None = None) -> NewLink:
    """Creates a link to hand over, and revokes older ones. Expects the user's row locked.

    `made_by`: the user who creates it for this one; None for the command line.
    """
    link = NewLink(kind, token(), context.now + LINK_SECONDS[kind])
    await rows.revoke(context.db, user_id, WAYS_IN)
    new = rows.New(kind, user_id, token_hash(link.token), context.now, link.expires_at, made=Makers(made_by))
    await rows.add(context.db, new)
    return link


async def send(context: Context, user: User, link: LinkEmail) -> SentLink:
    """Queues an e-mail with a link.

    Older links are revoked at the latest when it leaves. Expects the user's row locked.
    """
    if link.revoke_older:
        await rows.revoke(context.db, user.id, _replaced_by(link.kind))
    expires_at = context.now + UNSENT_LINK_SECONDS
    new = rows.New(link.kind, user.id, None, context.now, expires_at, detail=link.email, made=link.made)
    link_id = await rows.add(context.db, new)
    await notices.add(context, link.kind, user.id, {**link.facts, "link_id": str(link_id)}, link.email)
    return SentLink(link.kind, link.email)


def _replaced_by(kind: LinkKind) -> tuple[LinkKind, ...]:
    return WAYS_IN if kind in WAYS_IN else (kind,)


async def issue_token(context: Context, user_id: int, kind: LinkKind, link_id: int) -> NewLink | NotValid:
    """Gives a link its token when its e-mail leaves. If it is NotValid, the e-mail must not leave."""
    link = NewLink(kind, token(), context.now + LINK_SECONDS[kind])
    async with context.db.transaction():
        user = await users.lock(context.db, user_id)
        found = await rows.by_id(context.db, link_id)
        if user is None or found is None or found[1].user_id != user.id:
            return NotValid()
        if not await is_valid(context, found[1], user, kind):
            return NotValid()
        if not await rows.set_token(context.db, link_id, kind, token_hash(link.token), link.expires_at):
            return NotValid()
        # Anybody can request a reset for any username: it replaces e-mails to the same address, no link that was
        # handed over.
        requested = kind in WAYS_IN and found[1].made_by is None
        mailed_to = found[1].detail if requested else None
        await rows.revoke(context.db, user_id, _replaced_by(kind), older_than=link_id, mailed_to=mailed_to)
    return link


async def peek(context: Context, kind: WayIn, typed_token: str) -> User | NotValid:
    """The user of a valid link. Changes nothing: mail scanners follow links."""
    found = await find(context, kind, typed_token)
    user = await users.by_id(context.db, found.user_id) if found else None
    return user if user and found and await is_valid(context, found, user, kind) else NotValid()


async def find(context: Context, kind: LinkKind, typed_token: str) -> rows.Link | None:
    """The link with that token, neither redeemed nor expired."""
    if not typed_token.isascii():
        return None
    return await rows.find(context.db, kind, token_hash(typed_token), context.now, LINK_SECONDS[kind])


def applies_to(user: User, kind: LinkKind) -> bool:
    """Whether the user's state allows that kind: an invitation chooses the first password, a reset another one."""
    if kind == "binding":
        return user.login_method == "sso" and user.disabled_at is None and user.sso_subject is None
    has_password = user.password_hash is not None
    return user.login_method == "password" and user.disabled_at is None and has_password == (kind != "invitation")


async def is_valid(context: Context, link: rows.Link, user: User, kind: LinkKind) -> bool:
    """Whether an unused, unexpired link is still valid for the user's present state, and may be used."""
    if not applies_to(user, kind):
        return False
    # What a new address is good for is judged when it is used.
    return kind == "new_address" or await ways_in.link_may_be_used(context, link, user)


def newest_is_valid(detail: Detail, link: rows.Link, kind: WayIn) -> bool:
    """The same of the user's newest way in by a link, by what was read with it."""
    return applies_to(detail.user, kind) and ways_in.newest_link_may_be_used(detail, link)


async def is_out(context: Context, user: User, kind: LinkKind) -> bool:
    """Whether a link of that kind that works was mailed to the user's e-mail address, or is on its way there."""
    mailed = await rows.mailed(context.db, user.id, kind, user.email, context.now)
    return any([await is_valid(context, link, user, kind) for link in mailed])


async def choose_password(
    context: Context, kind: WayIn, typed_token: str, password: str
) -> Chosen | Refused | NotValid:
    """Chooses a password with a link. Every other way in ends, and so do the waits after wrong passwords.

    With a link that was mailed, the browser is known from then on: a stranger cannot make it wait.

    Nothing is hashed for a link that is not valid. Raises places.Full.
    """
    user = await peek(context, kind, typed_token)
    if isinstance(user, NotValid):
        return user
    if problem := await passwords.judge(password, context.owner(user.username, user.name, user.email)):
        return Refused(user, problem)
    async with context.hasher.place(places.of_user(user.username)):
        password_hash = await context.hasher.hash(password)
    async with context.db.transaction():
        return await _redeem(context, kind, typed_token, user.id, password_hash)


async def _redeem(
    context: Context, kind: WayIn, typed_token: str, user_id: int, password_hash: str
) -> Chosen | NotValid:
    """Locks the user's row before the link's, as everywhere."""
    user = await users.lock(context.db, user_id)
    found = await find(context, kind, typed_token)
    if user is None or found is None or not await is_valid(context, found, user, kind):
        return NotValid()
    if not await rows.redeem(context.db, found.id, context.now, LINK_SECONDS[kind]):
        return NotValid()
    await users.set_password(context.db, user.id, password_hash, context.now, None)
    made = ways_in.makers_by(found, user)
    await users.set_profile(context.db, user.id, {"sign_in_made_by": made.by, "sign_in_made_with": made.with_})
    await throttle.clear(context, user.username)
    await ways_in.end(context, [user.id])
    who = Principal(user.id, user.username)
    # A link that was handed over was seen by its creator, too.
    browser_token = (await know_browser(context, user.id)).token if found.detail else ""
    done = kinds.PasswordReset() if kind == "password_reset" else kinds.PasswordChosen("invitation")
    await log.record(context, done, who, who)
    return Chosen(user.username, browser_token)
