"""Invitations in bulk: an e-mail with a link to every user who has not joined yet and has no link that works. Whom it
reaches, and in which transactions: accounts/bulk/.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accounts.activity import kinds
from accounts.context import Context, Principal
from accounts.durations import DAY_SECONDS
from accounts.limits import UNSENT_LINK_SECONDS
from accounts.mail import senders
from accounts.sessions import Current
from db import links as stored_links
from db import outbox
from db.links import WAYS_IN, WayIn
from db.reads import deliveries

KINDS: tuple[WayIn, ...] = ("invitation", "binding")
PROGRESS_SECONDS = 7 * DAY_SECONDS


@dataclass(frozen=True)
class Invited:
    """`kind`: of the link and of its e-mail."""

    id: int
    username: str
    email: str
    kind: WayIn


async def queue(
    context: Context, current: Current, chosen: Sequence[Invited], sentence: str = ""
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


def _entries(chosen: Sequence[Invited], sentence: str) -> Iterator[tuple[kinds.Activity, Principal]]:
    for user in chosen:
        done = kinds.UserBindingStarted(sentence) if user.kind == "binding" else kinds.UserInvited(sentence)
        yield done, Principal(user.id, user.username)


async def progress(context: Context, most_failures: int) -> deliveries.Progress:
    """How far the invitations of the last 7 days are, those to single users included."""
    return await deliveries.progress(context.db, KINDS, context.now - PROGRESS_SECONDS, most_failures)
