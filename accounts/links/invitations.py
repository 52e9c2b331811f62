"""Invitations in bulk: an e-mail with a link to every user who has not joined yet and has no link that works."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts import administrators
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.durations import DAY_SECONDS
from accounts.limits import UNSENT_LINK_SECONDS
from accounts.permissions import USERS_EDIT
from accounts.sessions import Current, lock_session
from db import invitations as rows
from db import links as stored_links
from db import outbox, roles
from db.invitations import Candidate
from db.links import WAYS_IN, WayIn
from db.reads import deliveries

# Users in one transaction: about 20 ms, in which no other transaction can write.
BATCH = 200
KINDS: tuple[WayIn, ...] = ("invitation", "binding")
PROGRESS_SECONDS = 7 * DAY_SECONDS
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Outlook:
    """The users who have not joined yet, by what inviting all of them would do now."""

    # Would get an e-mail.
    invitable: int
    # Have a link that works, or that waits in the outbox.
    invited: int
    without_address: int
    # Hold permissions that the administrator does not hold.
    beyond: int
    # One of those who would get an e-mail.
    first: Candidate | None

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.invitable + self.invited + self.without_address + self.beyond >= MOST_COUNTED


async def outlook(context: Context, current: Current) -> Outlook:
    """Counts at most MOST_COUNTED users who have not joined yet."""
    found = await rows.standings(context.db, current.permissions, context.now, MOST_COUNTED)
    return Outlook(
        found.get("invitable", 0),
        found.get("invited", 0),
        found.get("without_address", 0),
        found.get("beyond", 0),
        await rows.first(context.db, current.permissions, context.now),
    )


async def invite_all(context: Context, current: Current) -> int:
    """Queues an e-mail to each user who can be invited and holds no more than the administrator. Returns their number.

    Each batch is one transaction: after a kill, another call queues the rest.
    """
    number, after = 0, 0
    while True:
        async with context.db.transaction():
            # No other request gives a role, or invites the same users, until the commit.
            await administrators.lock(context)
            await lock_session(context, current)
            held = await roles.permissions_of(context.db, current.session.user_id)
            chosen = await rows.lock_batch(context.db, held, after, BATCH, context.now)
            if USERS_EDIT in held and chosen:
                await log.record_all(context, await queue(context, current, chosen), current.principal)
        if not chosen:
            return number
        number, after = number + len(chosen), chosen[-1].id


async def queue(
    context: Context, current: Current, chosen: list[Candidate]
) -> Iterator[tuple[kinds.Activity, Principal]]:
    """Links without a token yet, and the e-mails that will take them along. Returns an entry for each."""
    await stored_links.revoke_all_of(context.db, [user.id for user in chosen], WAYS_IN)
    links: list[tuple[str, int, str]] = [(user.kind, user.id, user.email) for user in chosen]
    until = context.now + UNSENT_LINK_SECONDS
    link_ids = await stored_links.add_all(context.db, links, context.now, until, made_by=current.session.user_id)
    actor = current.principal.username
    emails = [
        outbox.New(user.kind, user.id, {"actor": actor, "link_id": str(link_ids[user.id])}, user.email)
        for user in chosen
    ]
    # Due now, and so behind the password resets.
    await outbox.add_all(context.db, emails, context.now)
    return _entries(chosen)


def _entries(chosen: list[Candidate]) -> Iterator[tuple[kinds.Activity, Principal]]:
    for user in chosen:
        done = kinds.UserBindingStarted() if user.kind == "binding" else kinds.UserInvited()
        yield done, Principal(user.id, user.username)


async def progress(context: Context) -> deliveries.Progress:
    """How many invitations of the last 7 days are sent, wait and failed, those to single users included."""
    return await deliveries.progress(context.db, KINDS, context.now - PROGRESS_SECONDS)
