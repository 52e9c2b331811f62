"""Reminders (R16): who is asked to set two-factor authentication up, and how often. Nobody is ever forced."""

from dataclasses import dataclass
from typing import Literal

from accounts.activity import kinds, log
from accounts.context import Context
from accounts.limits import REMINDER_SECONDS
from accounts.sessions import Current, hold
from db import outbox, reminders
from db.reads import deliveries
from db.reminders import Candidate

PORTION = 2_000  # users a transaction: some 50 ms, in which nobody else writes
KIND = "reminder"


@dataclass(frozen=True)
class Asked:
    number: int  # letters queued


@dataclass(frozen=True)
class NotNow:
    why: Literal["function_off"]


WhyNot = Literal["", "has_set_up", "sso", "disabled", "no_address", "reminded"]


def why_not(context: Context, user: Candidate) -> WhyNot:
    """Why a user is not asked; "" if they are."""
    if user.login_method != "password":
        return "sso"
    if user.disabled_at is not None:
        return "disabled"
    if user.two_factor_at is not None:
        return "has_set_up"
    if not user.email:
        return "no_address"
    recently = user.last_reminded_at is not None and user.last_reminded_at > context.now - REMINDER_SECONDS
    return "reminded" if recently else ""


async def ask(context: Context, current: Current, user_ids: tuple[int, ...]) -> Asked | NotNow:
    """Queues a reminder for those of these users who can be asked. Asking again at once queues nothing."""
    if not current.function_on:
        return NotNow("function_off")
    async with context.db.transaction():
        await hold(context, current)
        marked = await reminders.mark_chosen(context.db, user_ids, context.now, context.now - REMINDER_SECONDS)
        await _queue(context, current, marked)
    return Asked(len(marked))


async def ask_all(context: Context, current: Current) -> Asked | NotNow:
    """The same for all who have not set it up, a portion a transaction. Killed in between, asking again queues the rest."""
    if not current.function_on:
        return NotNow("function_off")
    number, after = 0, 0
    while True:
        async with context.db.transaction():
            await hold(context, current)
            before = context.now - REMINDER_SECONDS
            marked = await reminders.mark_portion(context.db, after, PORTION, context.now, before)
            await _queue(context, current, marked)
        if not marked:
            return Asked(number)
        number, after = number + len(marked), marked[-1]


async def _queue(context: Context, current: Current, user_ids: list[int]) -> None:
    if user_ids:
        await outbox.add_same(context.db, KIND, user_ids, context.now)
        await log.record(context, kinds.RemindersSent(str(len(user_ids))), current.principal)


async def exported(context: Context, current: Current) -> None:
    """Logs that the addresses were taken along."""
    async with context.db.transaction():
        await hold(context, current)
        await log.record(context, kinds.RemindersExported(), current.principal)


async def progress(context: Context) -> deliveries.Progress:
    """How far the reminders of the last 7 days are."""
    return await deliveries.progress(context.db, (KIND,), context.now - REMINDER_SECONDS)
