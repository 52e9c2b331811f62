"""What a user changes about themselves: name, address, time zone. With a mail server a new address is in force after
its link.
"""

from dataclasses import dataclass
from typing import Literal

from accounts import fields
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.durations import HOUR_SECONDS
from accounts.limits import LINK_SECONDS, NEW_ADDRESS_EMAILS_AN_HOUR
from accounts.links import links
from accounts.sessions import Current, SessionEnded, lock_session
from accounts.users.users import described
from db import links as stored_links
from db import outbox
from db import users as rows
from db.makers import Makers
from db.users import User

# Of the link, and of its e-mail.
KIND: Literal["new_address"] = "new_address"


@dataclass(frozen=True)
class Profile:
    name: str
    email: str
    time_zone: str


def problems_with(profile: Profile) -> dict[str, fields.Problem]:
    """Field → what is wrong with it."""
    return fields.problems_with(vars(profile))


async def change(
    context: Context, seen: User, wanted: Profile, current: Current, *, by_mail: bool
) -> Literal["unchanged", "changed", "asked", "too_many"]:
    """Stores name, address and time zone of the signed-in user. A new e-mail address needs reauthentication first.

    `by_mail`: a new address gets an e-mail with the link that puts it in force (*asked*), at most five an hour.
    """
    async with context.db.transaction():
        user = await _lock(context, current)
        # An administrator may have changed it since.
        email = user.email if wanted.email == seen.email else wanted.email
        asked = by_mail and email not in ("", user.email)
        if asked and await _asked_too_often(context, user):
            return "too_many"
        stored = Profile(wanted.name.strip(), user.email if asked else email, wanted.time_zone)
        changed = await _store(context, user, stored, user.sign_in_makers)
        if asked:
            await links.send(context, user, links.LinkEmail(KIND, email, made=user.sign_in_makers))
        if changed:
            await log.record(context, changed, current.principal, current.principal)
        if asked:
            await log.record(context, kinds.AddressRequested(email), current.principal, current.principal)
    return "asked" if asked else "changed" if changed else "unchanged"


async def _lock(context: Context, current: Current) -> User:
    await lock_session(context, current)
    user = await rows.lock(context.db, current.session.user_id)
    if user is None:
        raise SessionEnded
    return user


async def _asked_too_often(context: Context, user: User) -> bool:
    since = context.now - HOUR_SECONDS
    return await outbox.number_since(context.db, KIND, user.id, since, context.now) >= NEW_ADDRESS_EMAILS_AN_HOUR


async def ask_to_confirm(context: Context, current: Current) -> Literal["unchanged", "asked", "too_many"]:
    """The same link for the address that the user has, after reauthentication, if another user entered it."""
    async with context.db.transaction():
        user = await _lock(context, current)
        if not may_confirm(user):
            return "unchanged"
        if await _asked_too_often(context, user):
            return "too_many"
        await links.send(context, user, links.LinkEmail(KIND, user.email, made=user.sign_in_makers))
        await log.record(context, kinds.AddressConfirming(user.email), current.principal, current.principal)
    return "asked"


def may_confirm(user: User) -> bool:
    """Whether another user entered the address of one whose sign-in is their own. What they sign in with was made by
    the other if a link to that address chose it: then only an administrator knows whose it is.
    """
    entered = user.email != "" and user.email_set_by not in (None, user.id)
    return entered and user.login_method == "password" and user.sign_in_made_by in (None, user.id)


async def _store(context: Context, user: User, wanted: Profile, made: Makers) -> kinds.ProfileChanged | None:
    """Stores a profile; what is to be logged, None if nothing changed.

    `made`: who made the way in by which a new address comes.
    """
    before, after = vars(Profile(user.name, user.email, user.time_zone)), vars(wanted)
    if before == after:
        return None
    moved = wanted.email != user.email
    await rows.set_names(context.db, user, wanted.name, wanted.email, made if moved else user.email_makers)
    await rows.set_profile(context.db, user.id, {"time_zone": wanted.time_zone})
    if not moved:
        return kinds.ProfileChanged(*described(before, after))
    await stored_links.revoke_mailed(context.db, [user.id])
    return kinds.ProfileChanged(*described(before, after), old_address=user.email)


@dataclass(frozen=True)
class Waiting:
    """A new address that its link puts in force."""

    user: User
    address: str


async def look(context: Context, typed_token: str) -> Waiting | links.NotValid:
    """Which address a link puts in force. Looking changes nothing: scanners follow links."""
    found = await links.find(context, KIND, typed_token)
    user = await rows.by_id(context.db, found.user_id) if found else None
    return Waiting(user, found.detail) if found and user and links.applies_to(user, KIND) else links.NotValid()


async def confirm(context: Context, typed_token: str) -> Waiting | links.NotValid:
    """Puts a new address in force with its link, which is redeemed. Links mailed to the old address are revoked."""
    found = await links.find(context, KIND, typed_token)
    if found is None:
        return links.NotValid()
    async with context.db.transaction():
        user = await rows.lock(context.db, found.user_id)
        if user is None or not links.applies_to(user, KIND):
            return links.NotValid()
        if not await stored_links.redeem(context.db, found.id, context.now, LINK_SECONDS[KIND]):
            return links.NotValid()
        wanted = Profile(user.name, found.detail, user.time_zone)
        made, who = found.makers, Principal(user.id, user.username)
        if found.detail == user.email and user.email_makers != made:
            await log.record(context, kinds.AddressConfirmed(user.email), who, who)
        await rows.set_profile(context.db, user.id, {"email_set_by": made.by, "email_set_with": made.with_})
        if changed := await _store(context, user, wanted, made):
            await log.record(context, changed, who, who)
    return Waiting(user, found.detail)


async def cancel(context: Context, current: Current) -> bool:
    """Discards a new address that waits for its link; False without one."""
    async with context.db.transaction():
        await lock_session(context, current)
        if not await stored_links.revoke(context.db, current.session.user_id, (KIND,)):
            return False
        await log.record(context, kinds.AddressCancelled(), current.principal, current.principal)
    return True
