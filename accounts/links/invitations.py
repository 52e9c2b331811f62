"""Invitations in bulk: an e-mail with a link to every user who has not joined yet and has no link that works."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts import administrators
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.durations import DAY_SECONDS
from accounts.limits import UNSENT_LINK_SECONDS
from accounts.mail import senders
from accounts.permissions import USERS_EDIT
from accounts.sessions import Current, lock_session
from db import invitations as rows
from db import links as stored_links
from db import outbox, roles
from db.invitations import Candidate
from db.links import WAYS_IN, WayIn
from db.reads import deliveries
from db.users import Method

# Users in one transaction: about 20 ms, in which no other transaction can write.
BATCH = 200
KINDS: tuple[WayIn, ...] = ("invitation", "binding")
PROGRESS_SECONDS = 7 * DAY_SECONDS
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Kind:
    """The users who would get an e-mail of one kind, and one of them."""

    number: int
    first: Candidate


@dataclass(frozen=True)
class Outlook:
    """The users who have not joined yet, by what inviting all of them would do now."""

    # Would get an e-mail; a kind without users is not there.
    kinds: tuple[Kind, ...]
    # Have a link that works, or that waits in the outbox.
    invited: int
    without_address: int
    # Sign in by Single Sign-On, which is not configured.
    without_provider: int
    # Hold permissions that the administrator does not hold.
    beyond: int

    @property
    def invitable(self) -> int:
        return sum(kind.number for kind in self.kinds)

    @property
    def everyone(self) -> int:
        return self.invitable + self.invited + self.without_address + self.without_provider + self.beyond

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.everyone >= MOST_COUNTED


METHODS: tuple[tuple[WayIn, Method], ...] = (("invitation", "password"), ("binding", "sso"))


async def outlook(context: Context, current: Current) -> Outlook:
    """Counts at most MOST_COUNTED users who have not joined yet."""
    asker = rows.Asker(current.permissions, context.issuer, context.now)
    found = await rows.standings(context.db, asker, MOST_COUNTED)
    each: list[Kind] = []
    for kind, method in METHODS:
        # the first may be beyond those that were counted
        if first := await rows.first(context.db, asker, method):
            each.append(Kind(found.get(kind, 0), first))
    return Outlook(
        tuple(each),
        found.get("invited", 0),
        found.get("without_address", 0),
        found.get("without_provider", 0),
        found.get("beyond", 0),
    )


async def invite_all(context: Context, current: Current, sentence: str = "") -> int:
    """Queues an e-mail to each user who can be invited and holds no more than the administrator. Returns their number.

    Each batch is one transaction: after a kill, another call queues the rest. `sentence`: of the sender.
    """
    number, after = 0, 0
    while True:
        async with context.db.transaction():
            # No other request gives a role, or invites the same users, until the commit.
            await administrators.lock(context)
            await lock_session(context, current)
            held = await roles.permissions_of(context.db, current.session.user_id)
            asker = rows.Asker(held, context.issuer, context.now)
            chosen = await rows.lock_batch(context.db, asker, after, BATCH)
            if USERS_EDIT in held and chosen:
                await log.record_all(context, await queue(context, current, chosen, sentence), current.principal)
        if not chosen:
            return number
        number, after = number + len(chosen), chosen[-1].id


async def queue(
    context: Context, current: Current, chosen: list[Candidate], sentence: str = ""
) -> Iterator[tuple[kinds.Activity, Principal]]:
    """Links without a token yet, and the e-mails that will take them along. Returns an entry for each."""
    await stored_links.revoke_all_of(context.db, [user.id for user in chosen], WAYS_IN)
    links: list[tuple[str, int, str]] = [(user.kind, user.id, user.email) for user in chosen]
    until = context.now + UNSENT_LINK_SECONDS
    link_ids = await stored_links.add_all(context.db, links, context.now, until, made_by=current.session.user_id)
    facts = senders.facts_of(current.session.username, current.session.name, sentence)
    emails = [
        outbox.New(user.kind, user.id, {**facts, "link_id": str(link_ids[user.id])}, user.email) for user in chosen
    ]
    # Due now, and so behind the password resets.
    await outbox.add_all(context.db, emails, context.now)
    return _entries(chosen, sentence)


def _entries(chosen: list[Candidate], sentence: str) -> Iterator[tuple[kinds.Activity, Principal]]:
    for user in chosen:
        done = kinds.UserBindingStarted(sentence) if user.kind == "binding" else kinds.UserInvited(sentence)
        yield done, Principal(user.id, user.username)


async def progress(context: Context) -> deliveries.Progress:
    """How many invitations of the last 7 days are sent, wait and failed, those to single users included."""
    return await deliveries.progress(context.db, KINDS, context.now - PROGRESS_SECONDS)
