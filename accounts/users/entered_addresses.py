"""E-mail addresses that one user entered for others: another answers for all of them in one act."""

from dataclasses import dataclass

from accounts.context import Context
from accounts.sessions import Current
from accounts.users import administration
from db import makers
from db.makers import Entered

# On the page, and in one transaction.
MOST_SHOWN = 100


@dataclass(frozen=True)
class Listed:
    people: tuple[Entered, ...]
    more: bool


async def entered_by(context: Context, maker_id: int) -> Listed:
    """Whose addresses they are, as long as no owner has confirmed them; the first ones."""
    found = await makers.entered(context.db, maker_id, MOST_SHOWN + 1)
    return Listed(tuple(found[:MOST_SHOWN]), len(found) > MOST_SHOWN)


async def vouch_for_all(context: Context, maker_id: int, current: Current) -> int:
    """Answers for those of the addresses whose users one may act on, after reauthentication; their number. Raises
    sessions.SessionEnded.

    A portion is one transaction: after a kill, another call does the rest.
    """
    number, after = 0, 0
    while people := await makers.entered(context.db, maker_id, MOST_SHOWN, after):
        async with context.db.transaction():
            for each in people:
                number += await administration.vouch_if_allowed(context, each.id, maker_id, current)
        after = people[-1].id
    return number
