"""Reminders: e-mails that ask users to set two-factor authentication up. It stays their choice."""

from typing import Literal

from accounts.context import Context
from accounts.limits import REMINDER_SECONDS
from db import clock
from db.reads import deliveries
from db.reminders import Candidate

KIND = "reminder"
WhyNot = Literal["", "has_set_up", "sso", "disabled", "not_joined", "no_address", "reminded"]


def why_not(context: Context, user: Candidate) -> WhyNot:
    """Why a user gets no reminder; "" if they get one."""
    if user.login_method != "password":
        return "sso"
    if user.disabled_at is not None:
        return "disabled"
    if user.two_factor_at is not None:
        return "has_set_up"
    if user.password_set_at is None:
        return "not_joined"
    if not user.email:
        return "no_address"
    recently = clock.is_since(user.last_reminded_at, context.now - REMINDER_SECONDS, context.now)
    return "reminded" if recently else ""


async def progress(context: Context) -> deliveries.Progress:
    """How many reminders of the last 7 days are sent, wait and failed."""
    return await deliveries.progress(context.db, (KIND,), context.now - REMINDER_SECONDS)
