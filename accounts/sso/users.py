"""Who comes from the identity provider: (issuer, subject) and nothing else. Users made beforehand are bound once, by link or by verified address.

Never a user with a password, by whatever they have in common.
"""

from dataclasses import dataclass
from typing import Literal

from accounts import administrators, fields, usernames
from accounts.activity import kinds
from accounts.context import UNKNOWN_USER, Context, Principal
from accounts.links import links
from accounts.sso.id_token import Identity
from accounts.users.users import described
from db import identities, roles
from db import links as stored_links
from db import users as rows
from db.users import User

ROLE = "Member"

Why = Literal["disabled", "unknown", "taken", "no_username", "bound_already", "link_over"]


@dataclass(frozen=True)
class Stranger:
    """Nobody may be let in for this identity: why, in the words of the log, and whom it is about."""

    why: Why
    cause: str
    who: Principal


LINK_OVER = Stranger("link_over", "the link does not work any more", UNKNOWN_USER)


@dataclass(frozen=True)
class Found:
    """Who it is, and what happened to them by it: recorded last, with the sign-in."""

    user: User
    happened: tuple[kinds.Activity, ...] = ()


async def find(context: Context, identity: Identity, link_id: int | None, create: bool) -> Found | Stranger:
    """The user of an identity, whose row is held: known, or bound or made now. Inside a transaction.

    `link_id`: the binding link that it followed. `create`: an identity that nobody knows becomes a user.
    """
    user = await identities.hold(context.db, identity.issuer, identity.subject)
    if user is None:
        await administrators.lock(context)  # what follows depends on several rows
        user = await identities.hold(context.db, identity.issuer, identity.subject)
    if user is not None:
        who = Principal(user.id, user.username)
        if link_id is not None:
            return Stranger("bound_already", "the identity of the link's follower is bound to another user", who)
        if user.disabled_at is not None:
            return Stranger("disabled", "the user is disabled", who)
        if user.login_method != "sso":
            return Stranger("unknown", "the user signs in with a password", who)
        return Found(user)
    if link_id is not None:
        return await _by_link(context, identity, link_id)
    return await _by_address(context, identity) or await _new(context, identity, create)


async def _by_link(context: Context, identity: Identity, link_id: int) -> Found | Stranger:
    """The user's row first, then the link: whoever makes a link takes them in this order, too."""
    found = await stored_links.by_id(context.db, link_id)
    user = await rows.hold(context.db, found[1].user_id) if found else None
    who = Principal(user.id, user.username) if user else UNKNOWN_USER
    if (
        user is None
        or found is None
        or found[0] != "binding"
        or not await links.is_valid(context, found[1], user, "binding")
    ):
        return Stranger("link_over", "the link does not work any more", who)
    if not await stored_links.redeem(context.db, link_id, context.now):
        return Stranger("link_over", "the link was used, voided or ran out", who)
    return await _bind(context, user, identity, "link")


async def _by_address(context: Context, identity: Identity) -> Found | Stranger | None:
    """The one user who waits with the address that the provider says is verified; None if nobody does."""
    if identity.email_verified is not True or not _email(
        identity
    ):  # what no row can have is not asked for: half characters
        return None
    waiting = [
        user
        for user in await identities.unbound(context.db, identity.email.casefold())
        if same_address(user.email, identity.email)
    ]
    if not waiting:
        return None
    who = Principal(waiting[0].id, waiting[0].username)
    if len(waiting) > 1:
        return Stranger("unknown", "several users wait with this address", UNKNOWN_USER)
    user = await rows.hold(context.db, waiting[0].id)
    if user is None or user.login_method != "sso" or user.sso_subject is not None or user.email != waiting[0].email:
        return Stranger("unknown", "changed meanwhile", who)
    if user.disabled_at is not None:
        return Stranger("disabled", "the user is disabled", who)
    return await _bind(context, user, identity, "address")


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are the same but for ASCII letter case. Python would also fold the Kelvin sign to k, and ß to ss."""
    return one.translate(_ASCII_LOWER) == other.translate(_ASCII_LOWER)


_ASCII_LOWER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}


async def _bind(context: Context, user: User, identity: Identity, by: Literal["link", "address"]) -> Found:
    await links.revoke_all(context, user.id)
    await identities.bind(context.db, user.id, identity.issuer, identity.subject)
    return Found(user, (kinds.IdentityBound(by, identity.issuer, identity.subject),))


async def _new(context: Context, identity: Identity, create: bool) -> Found | Stranger:
    """A new user with the role Member, if so configured; the username is never altered to make it fit."""
    if not create:
        return Stranger("unknown", "the identity is unknown", UNKNOWN_USER)
    username = usernames.canonical(identity.username)
    role_id = await roles.id_by_name(context.db, ROLE)
    if username is None:
        return Stranger("no_username", "the provider names no usable username", UNKNOWN_USER)
    if role_id is None:
        return Stranger("unknown", f"there is no role {ROLE}", UNKNOWN_USER)
    new = rows.New(
        username=username,
        name=_name(identity) or username,
        email=_email(identity),
        login_method="sso",
        created_at=context.now,
        sso_issuer=identity.issuer,
        sso_subject=identity.subject,
    )
    user_id = await rows.insert(context.db, new)
    if user_id is None:
        return Stranger("taken", "the username is taken", UNKNOWN_USER)
    await roles.give(context.db, user_id, role_id)
    user = await rows.by_id(context.db, user_id)
    assert user is not None
    return Found(user, (kinds.UserCreated("sso", ROLE),))


async def follow(context: Context, user: User, identity: Identity) -> tuple[kinds.Activity, ...]:
    """Name and address as the provider has them; what is empty, unusable or said to be not verified changes nothing. Inside a transaction."""
    before = {"name": user.name, "email": user.email}
    after = {"name": _name(identity) or user.name, "email": _email(identity) or user.email}
    strength = {"sso_amr": identity.amr, "sso_acr": identity.acr}
    await rows.set_profile(context.db, user.id, strength)
    if after == before:
        return ()
    await rows.set_names(context.db, user, after["name"], after["email"])
    return (kinds.ProfileChanged(*described(before, after)),)


def _name(identity: Identity) -> str:
    return "" if fields.problem_with_text(identity.name) else identity.name


def _email(identity: Identity) -> str:
    return "" if identity.email_verified is False or fields.problem_with_email(identity.email) else identity.email
