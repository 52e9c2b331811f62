"""Which user an identity is: (issuer, subject) alone, and never a user with a password.

A user who was added beforehand is bound once: by a link, or by an e-mail address that the provider has verified.
"""

from dataclasses import dataclass, replace
from typing import Literal

from accounts import administrators, confusables, email_addresses, fields, usernames, ways_in
from accounts.activity import kinds
from accounts.context import UNKNOWN_USER, Context, Principal
from accounts.limits import LINK_SECONDS
from accounts.links import links
from accounts.sso.id_token import Identity
from accounts.users.users import described, insert
from db import identities, roles
from db import links as stored_links
from db import users as rows
from db.makers import Makers
from db.users import User

ROLE = "Member"

Why = Literal["attempt", "disabled", "unknown", "taken", "no_username", "bound_already", "link_over"]


@dataclass(frozen=True)
class Begun:
    """A pending sign-in that came back. `link_id`: the binding link that was followed."""

    id: int
    link_id: int | None = None


@dataclass(frozen=True)
class NotMatched:
    """No user may sign in with this identity. `cause`: in the words of the log, about `who`."""

    why: Why
    cause: str
    who: Principal


LINK_OVER = NotMatched("link_over", "the link does not work any more", UNKNOWN_USER)


@dataclass(frozen=True)
class Matched:
    """The user, and what happened to them by it: recorded last, with the sign-in."""

    user: User
    activities: tuple[kinds.Activity, ...] = ()


async def match_identity(context: Context, identity: Identity, attempt: Begun, create: bool) -> Matched | NotMatched:
    """The user of an identity, whose row is locked: known, bound now, or created. Expects a transaction.

    `create`: an unknown identity becomes a user.
    """
    user = await identities.lock(context.db, identity.issuer, identity.subject)
    if user is None:
        # What follows depends on several rows.
        await administrators.lock(context)
        user = await identities.lock(context.db, identity.issuer, identity.subject)
    if user is not None:
        who = Principal(user.id, user.username)
        if attempt.link_id is not None:
            return NotMatched("bound_already", "the identity of the link's follower is bound to another user", who)
        if user.disabled_at is not None:
            return NotMatched("disabled", "the user is disabled", who)
        if user.login_method != "sso":
            return NotMatched("unknown", "the user signs in with a password", who)
        return _over(user, attempt) or Matched(user)
    if attempt.link_id is not None:
        return await _by_link(context, identity, attempt.link_id)
    return await _by_address(context, identity, attempt) or await _new(context, identity, create)


def _over(user: User, attempt: Begun) -> NotMatched | None:
    """Whether the attempt began before all ways into the account ended."""
    if user.sso_logins_over is None or attempt.id > user.sso_logins_over:
        return None
    cause = "it began before all ways into the account were ended"
    return NotMatched("attempt", cause, Principal(user.id, user.username))


async def _by_link(context: Context, identity: Identity, link_id: int) -> Matched | NotMatched:
    """Locks the user's row, then the link: the order in which a link is created."""
    found = await stored_links.by_id(context.db, link_id)
    user = await rows.lock(context.db, found[1].user_id) if found else None
    who = Principal(user.id, user.username) if user else UNKNOWN_USER
    if (
        user is None
        or found is None
        or found[0] != "binding"
        or not await links.is_valid(context, found[1], user, "binding")
    ):
        return NotMatched("link_over", "the link does not work any more", who)
    if not await stored_links.redeem(context.db, link_id, context.now, LINK_SECONDS["binding"]):
        return NotMatched("link_over", "the link was used, voided or ran out", who)
    return await _bind(context, user, identity, "link", ways_in.makers_by(found[1], user))


async def _by_address(context: Context, identity: Identity, attempt: Begun) -> Matched | NotMatched | None:
    """The one unbound user with the address that the provider says is verified; None without one."""
    # An address with lone surrogates is in no row, and the database would refuse to look for it.
    if identity.email_verified is not True or not _email(identity):
        return None
    waiting = await _waiting(context, identity.email)
    if not waiting:
        return None
    found = await _the_one(context, waiting)
    if isinstance(found, NotMatched):
        return found
    who, user = Principal(found.id, found.username), await rows.lock(context.db, found.id)
    if user is None or (user.login_method, user.sso_subject, user.email) != ("sso", None, found.email):
        return NotMatched("unknown", "changed meanwhile", who)
    if user.disabled_at is not None:
        return NotMatched("disabled", "the user is disabled", who)
    if over := _over(user, attempt):
        return over
    return await _bind(context, user, identity, "address", user.email_makers)


async def _waiting(context: Context, email: str) -> list[User]:
    """The unbound users with this address."""
    spellings = sorted(spelling.casefold() for spelling in email_addresses.spellings(email))
    found = await identities.unbound(context.db, spellings)
    return [user for user in found if email_addresses.same(user.email, email)]


async def _the_one(context: Context, waiting: list[User]) -> User | NotMatched:
    """Of those who wait the one whose address may be used."""
    usable = [user for user in waiting if await ways_in.may_be_used(context, user.email_makers, user.id)]
    if not usable:
        who, cause = waiting[0], "the address was entered by a user who may not change this user any more"
        return NotMatched("unknown", cause, Principal(who.id, who.username))
    if len(usable) > 1:
        return NotMatched("unknown", "several users wait with this address", UNKNOWN_USER)
    return usable[0]


async def _bind(
    context: Context, user: User, identity: Identity, by: Literal["link", "address"], made: Makers
) -> Matched:
    await ways_in.end(context, [user.id])
    await identities.bind(context.db, user, identity.issuer, identity.subject, made)
    bound = replace(user, sign_in_made_by=made.by, sign_in_made_with=made.with_)
    return Matched(bound, (kinds.IdentityBound(by, identity.issuer, identity.subject),))


async def _new(context: Context, identity: Identity, create: bool) -> Matched | NotMatched:
    """A new user with the role Member, if so configured. The username is taken as it is, or refused."""
    if not create:
        return NotMatched("unknown", "the identity is unknown", UNKNOWN_USER)
    if identity.information_missing and _email(identity) and await _waiting(context, identity.email):
        # The user information could have bound it to that user.
        return NotMatched("unknown", "a user waits with this address, which is not known to be verified", UNKNOWN_USER)
    username = usernames.canonical(identity.username)
    role_id = await roles.id_by_name(context.db, ROLE)
    if username is None or usernames.problem_with(username):
        return NotMatched("no_username", "the provider names no usable username", UNKNOWN_USER)
    if role_id is None:
        return NotMatched("unknown", f"there is no role {ROLE}", UNKNOWN_USER)
    return await _add(context, identity, username, role_id)


async def _add(context: Context, identity: Identity, username: str, role_id: int) -> Matched | NotMatched:
    new = rows.New(
        username=username,
        skeleton=confusables.skeleton(username),
        name=_name(identity) or username,
        email=_email(identity),
        login_method="sso",
        created_at=context.now,
        sso_issuer=identity.issuer,
        sso_subject=identity.subject,
    )
    user_id = await insert(context, new)
    if user_id == "lookalike":
        return NotMatched("taken", "the username looks like another one", UNKNOWN_USER)
    if user_id == "taken":
        return NotMatched("taken", "the username is taken", UNKNOWN_USER)
    if user_id == "address_of_another":
        return NotMatched("taken", "the username is the e-mail address of another user", UNKNOWN_USER)
    await roles.give(context.db, user_id, role_id)
    user = await rows.by_id(context.db, user_id)
    assert user is not None
    return Matched(user, (kinds.UserCreated("sso", ROLE),))


async def update_profile(context: Context, user: User, identity: Identity) -> tuple[kinds.Activity, ...]:
    """Takes name and address from the provider, unless they are empty, unusable or said to be not verified, or the
    user information did not come. Expects a transaction.
    """
    before = {"name": user.name, "email": user.email}
    after = {"name": _name(identity) or user.name, "email": _email(identity) or user.email}
    await rows.set_profile(context.db, user.id, {"sso_amr": identity.amr, "sso_acr": identity.acr})
    if identity.information_missing:
        return ()
    said = after["email"] != user.email or (identity.email_verified is True and _email(identity) != "")
    # What an identity says of itself is made by those who bound it.
    made = user.sign_in_makers if said else user.email_makers
    if after == before and made == user.email_makers:
        return ()
    await rows.set_names(context.db, user, after["name"], after["email"], made)
    return (kinds.ProfileChanged(*described(before, after)),) if after != before else ()


def _name(identity: Identity) -> str:
    return "" if fields.problem_with_text(identity.name) else identity.name


def _email(identity: Identity) -> str:
    return "" if identity.email_verified is False or fields.problem_with_email(identity.email) else identity.email
