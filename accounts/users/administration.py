"""What a signed-in user does to another user. Every act locks the session, then the user, and then checks that the
actor holds `users.edit` and every permission of that user.
"""

from dataclasses import dataclass, replace
from typing import Literal

from accounts import administrators, fields, namesakes, permissions, ways_in
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.links import links
from accounts.login import throttle
from accounts.mail import senders
from accounts.sessions import Current, lock_session
from accounts.users import users
from accounts.vault import token_hash
from db import links as stored_links
from db import sessions
from db import users as rows
from db.links import WayIn
from db.makers import OWN, Makers
from db.users import User

# not there any more; oneself; holds what the other one does not
Barred = Literal["gone", "own", "holds_more"]


async def subject(
    context: Context, current: Current | None, user_id: int, *, allow_self: bool = False
) -> User | Barred:
    """The user to act on, locked until the transaction ends. `current` None: the command line, which may act on all.

    An act that may remove an administrator calls administrators.lock first: that lock comes before the session's."""
    if current is not None:
        await lock_session(context, current, user_id)
    user = await rows.by_id(context.db, user_id) if current else await rows.lock(context.db, user_id)
    if user is None:
        return "gone"
    if current is None:
        return user
    if user.id == current.session.user_id and not allow_self:
        return "own"
    return user if await permissions.user_may_act_on(context.db, current.session.user_id, user.id) else "holds_more"


@dataclass(frozen=True)
class Details:
    """What can be changed about a user."""

    name: str
    email: str
    company: str
    unit: str
    # "": the installation's
    time_zone: str


def details_of(user: User) -> Details:
    """How they are now."""
    return Details(user.name, user.email, user.company, user.unit, user.time_zone)


def version_of(details: Details) -> str:
    """Optimistic-lock token: a hash of the values that the form was rendered with."""
    return token_hash(repr(details)).hex()[:16]


def problems_with(details: Details) -> dict[str, fields.Problem]:
    """Field → what is wrong with it."""
    return fields.problems_with(vars(details))


async def change(
    context: Context, user_id: int, seen: Details, wanted: Details, current: Current
) -> Literal["changed", "unchanged", "conflict", "username_of_another"] | Barred:
    """Replaces the values `seen` by the `wanted` ones; a conflict if they have changed. A new e-mail address needs
    reauthentication first, and cannot be one's own.

    It is in force at once; the old address gets an e-mail. Links go there while the one who entered it may act on
    the user. It is not the username of another; no user is added until the commit.
    """
    async with context.db.transaction():
        await administrators.lock(context)
        user = await subject(context, current, user_id, allow_self=True)
        if isinstance(user, str):
            return user
        before, after = vars(details_of(user)), vars(wanted)
        if details_of(user) != seen:
            return "conflict"
        if before == after:
            return "unchanged"
        moved = wanted.email != user.email
        if moved and (refused := await _refused_address(context, user, wanted.email, current)):
            return refused
        await _store_names(context, user, wanted, Makers(current.session.user_id) if moved else user.email_makers)
        await rows.set_profile(context.db, user.id, {name: after[name] for name in ("company", "unit", "time_zone")})
        if moved:
            await stored_links.revoke_mailed(context.db, [user.id])
        changed = kinds.UserChanged(*users.described(before, after), old_address=user.email if moved else "")
        await log.record(context, changed, current.principal, Principal(user.id, user.username))
    return "changed"


async def _refused_address(
    context: Context, user: User, address: str, current: Current
) -> Literal["own", "username_of_another"] | None:
    # As on My User (profile.change): with a mail server only after its link.
    if user.id == current.session.user_id:
        return "own"
    return "username_of_another" if await namesakes.has_username_of_another(context, address, user.username) else None


async def vouch_for_address(context: Context, user_id: int, current: Current) -> Literal["done"] | Barred:
    """Answers for an e-mail address that another user entered, after reauthentication: as if it were entered anew."""
    async with context.db.transaction():
        user = await subject(context, current, user_id)
        if isinstance(user, str):
            return user
        await _vouch(context, user, current)
    return "done"


async def vouch_if_allowed(context: Context, user_id: int, maker_id: int, current: Current) -> bool:
    """The same in the caller's transaction, if it is still that maker's; False if one may not act on the user."""
    user = await subject(context, current, user_id)
    return not isinstance(user, str) and user.email_set_by == maker_id and await _vouch(context, user, current)


async def _vouch(context: Context, user: User, current: Current) -> bool:
    """False if there is nothing to vouch for."""
    made = Makers(current.session.user_id)
    if not user.email or user.email_set_by in (None, user.id) or user.email_makers == made:
        return False
    await rows.set_names(context.db, user, user.name, user.email, made)
    await log.record(context, kinds.AddressVouchedFor(user.email), current.principal, Principal(user.id, user.username))
    return True


async def _store_names(context: Context, user: User, wanted: Details, made: Makers) -> None:
    # The search finds units, too.
    stored = replace(user, unit=wanted.unit)
    await rows.set_names(context.db, stored, wanted.name, wanted.email, made if wanted.email else OWN)


async def end_sessions(context: Context, user_id: int, current: Current) -> int | Barred:
    """Signs a user out everywhere: ends every way in that others could hold; how many sessions ended."""
    async with context.db.transaction():
        user = await subject(context, current, user_id)
        if isinstance(user, str):
            return user
        ended = await ways_in.end(context, [user.id])
        if ended.anything:
            what = kinds.SessionsEnded(str(ended.sessions))
            await log.record(context, what, current.principal, Principal(user.id, user.username))
    return ended.sessions


async def end_session(context: Context, user_id: int, session_id: int, current: Current) -> int | Barred:
    """Ends one of a user's sessions; 0 if it had ended."""
    async with context.db.transaction():
        user = await subject(context, current, user_id)
        if isinstance(user, str):
            return user
        ended = await sessions.end(context.db, session_id, user.id)
        if ended is not None:
            what = kinds.SessionEnded(ended.browser, ended.address)
            await log.record(context, what, current.principal, Principal(user.id, user.username))
    return int(ended is not None)


async def let_try_again(context: Context, user_id: int, current: Current) -> Barred | None:
    """Ends the waiting of a user's sign-ins and forgets those that failed; not a block. Logged if there were any."""
    async with context.db.transaction():
        user = await subject(context, current, user_id, allow_self=True)
        if isinstance(user, str):
            return user
        if await throttle.clear(context, user.username):
            await log.record(context, kinds.LetTryAgain(), current.principal, Principal(user.id, user.username))
    return None


# this form made one already; the user is disabled, or needs the other kind, or none; Single Sign-On is not configured
NoLink = Literal["shown", "does_not_fit", "no_provider"]


HANDED_OVER: dict[WayIn, kinds.Activity] = {
    "invitation": kinds.UserInvited(),
    "password_reset": kinds.PasswordResetStarted(),
    "binding": kinds.UserBindingStarted(),
}


async def hand_over(
    context: Context, user_id: int, kind: WayIn, newest: int, current: Current, *, by_mail: bool
) -> links.NewLink | links.SentLink | NoLink | Barred:
    """A link with which a user chooses a password or is bound, in place of those made before. `newest`: the user's
    newest link that the form knew.

    `by_mail`: it is mailed, if there is an address that may be used. Sent again, nothing changes.
    """
    if kind == "binding" and not context.issuer:
        return "no_provider"
    async with context.db.transaction():
        user = await subject(context, current, user_id)
        if isinstance(user, str):
            return user
        if not links.applies_to(user, kind):
            return "does_not_fit"
        found = await stored_links.newest(context.db, user.id)
        if found and found[1].id > newest:
            return "shown"
        made: links.NewLink | links.SentLink
        if by_mail and user.email and await ways_in.may_be_used(context, user.email_makers, user.id):
            facts = senders.facts_of(current.session.username, current.session.name)
            link = links.LinkEmail(kind, user.email, facts, made=Makers(current.session.user_id))
            made = await links.send(context, user, link)
        else:
            made = await links.create(context, user.id, kind, current.session.user_id)
        await log.record(context, HANDED_OVER[kind], current.principal, Principal(user.id, user.username))
    return made
