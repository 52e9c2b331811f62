"""Reminders: e-mails that ask users to set two-factor authentication up. It stays their choice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from accounts.activity import kinds, log
from accounts.context import NOBODY, Context, Principal
from accounts.limits import REMINDER_SECONDS
from accounts.sessions import Current, lock_session
from db import clock, outbox, reminders
from db.reads import deliveries
from db.reminders import Candidate, Marked

# Users in one transaction: about 50 ms, most of it for the log, in which no other transaction can write.
BATCH = 500
KIND = "reminder"


@dataclass(frozen=True)
class Asked:
    # E-mails queued.
    number: int


@dataclass(frozen=True)
class NotNow:
    why: Literal["function_off"]


WhyNot = Literal["", "has_set_up", "sso", "disabled", "no_address", "reminded"]


def why_not(context: Context, user: Candidate) -> WhyNot:
    """Why a user gets no reminder; "" if they get one."""
    if user.login_method != "password":
        return "sso"
    if user.disabled_at is not None:
        return "disabled"
    if user.two_factor_at is not None:
        return "has_set_up"
    if not user.email:
        return "no_address"
    recently = clock.is_since(user.last_reminded_at, context.now - REMINDER_SECONDS, context.now)
    return "reminded" if recently else ""


async def ask(context: Context, current: Current, user_ids: tuple[int, ...]) -> Asked | NotNow:
    """Queues a reminder for those of these users who may get one. Within REMINDER_SECONDS no user gets another."""
    if not current.function_on:
        return NotNow("function_off")
    async with context.db.transaction():
        await lock_session(context, current)
        marked = await reminders.mark_chosen(context.db, user_ids, context.now, context.now - REMINDER_SECONDS)
        await _queue(context, current, marked)
    return Asked(len(marked))


async def ask_all(context: Context, current: Current) -> Asked | NotNow:
    """Queues one for every user who may get one, a batch a transaction: after a kill, asking again queues the rest."""
    if not current.function_on:
        return NotNow("function_off")
    number, after = 0, 0
    while True:
        async with context.db.transaction():
            await lock_session(context, current)
            before = context.now - REMINDER_SECONDS
            marked = await reminders.mark_portion(context.db, after, BATCH, context.now, before)
            await _queue(context, current, marked)
        if not marked:
            return Asked(number)
        number, after = number + len(marked), marked[-1].id


async def _queue(context: Context, current: Current, marked: list[Marked]) -> None:
    if marked:
        await outbox.add_same(context.db, KIND, [user.id for user in marked], context.now)
        await log.record_all(context, _activities(marked), current.principal)


def _activities(marked: list[Marked]) -> Iterator[tuple[kinds.Activity, Principal]]:
    """One for each user, and one for the whole."""
    for user in marked:
        yield kinds.ReminderSent(), Principal(user.id, user.username)
    number = str(len(marked))
    yield kinds.RemindersSent(number, number), NOBODY


async def progress(context: Context) -> deliveries.Progress:
    """How many reminders of the last 7 days are sent, wait and failed."""
    return await deliveries.progress(context.db, (KIND,), context.now - REMINDER_SECONDS)
