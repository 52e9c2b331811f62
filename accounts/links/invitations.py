"""Invitations in bulk: everybody who has not joined yet gets a letter with a link, unless one that works is out already."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from accounts import administrators, permissions
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.links import links
from accounts.sessions import Current, hold
from db import invitations as rows
from db import links as stored_links
from db import outbox
from db import users as stored_users
from db.invitations import Candidate

PORTION = 200  # users a transaction: some 20 ms, in which nobody else writes
DAYS_7_SECONDS = 7 * 24 * 3600
LETTERS: tuple[links.Kind, ...] = ("invitation", "binding")
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Outlook:
    """Who has not joined yet, and what asking all of them would do now."""

    invitable: int  # would get a letter
    invited: int  # have a link that works, or that is on its way
    without_address: int
    beyond: int  # hold permissions that the one who asks does not hold
    first: Candidate | None  # one of those who would get a letter

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.invitable + self.invited + self.without_address + self.beyond >= MOST_COUNTED


async def outlook(context: Context, current: Current) -> Outlook:
    """How those stand who have not joined yet; MOST_COUNTED of them are counted."""
    found = await rows.standings(context.db, current.permissions, context.now, MOST_COUNTED)
    return Outlook(
        found.get("invitable", 0),
        found.get("invited", 0),
        found.get("without_address", 0),
        found.get("beyond", 0),
        await rows.first(context.db, current.permissions, context.now),
    )


async def invite_all(context: Context, current: Current) -> int:
    """Queues a letter with a link to everybody who has not joined yet, has an address and no link that works, and holds no more than
    the one who asks; how many. A portion a transaction: killed in between, asking again queues the rest, and nobody's twice.
    """
    number, after = 0, 0
    while True:
        async with context.db.transaction():
            await administrators.lock(context)  # nobody gives a role, or invites the same people, meanwhile
            await hold(context, current)
            held = await stored_users.permissions(context.db, current.session.user_id)
            chosen = await rows.hold_portion(context.db, held, after, PORTION, context.now)
            if permissions.USERS_EDIT in held and chosen:
                await _queue(context, current, chosen)
        if not chosen:
            return number
        number, after = number + len(chosen), chosen[-1].id


async def _queue(context: Context, current: Current, chosen: list[Candidate]) -> None:
    """Links without a token yet, the letters that give them one when they leave, and an entry each."""
    await stored_links.void_all_of(context.db, [user.id for user in chosen], links.KINDS)
    wanted: list[tuple[str, int, str]] = [(user.kind, user.id, user.email) for user in chosen]
    until = context.now + links.KEPT_SECONDS
    made = await stored_links.add_all(context.db, wanted, context.now, until, made_by=current.session.user_id)
    letters: list[tuple[str, int, str, str]] = [
        (
            user.kind,
            user.id,
            user.email,
            json.dumps({"actor": current.principal.username, "link_id": str(made[user.id])}),
        )
        for user in chosen
    ]
    await outbox.add_all(context.db, letters, context.now)  # due now: behind those who forgot their password
    await log.record_all(context, _entries(chosen), current.principal)


def _entries(chosen: list[Candidate]) -> Iterator[tuple[kinds.Activity, Principal]]:
    for user in chosen:
        done = kinds.UserBindingStarted() if user.kind == "binding" else kinds.UserInvited()
        yield done, Principal(user.id, user.username)


async def progress(context: Context) -> outbox.Progress:
    """How far the letters of the last 7 days are, those to single users too."""
    return await outbox.progress(context.db, LETTERS, context.now - DAYS_7_SECONDS)
