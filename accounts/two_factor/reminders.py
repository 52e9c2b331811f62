"""Reminders: e-mails that ask users to set two-factor authentication up. It stays their choice. Who gets one:
accounts/bulk/.
"""

from accounts.context import Context
from accounts.limits import REMINDER_SECONDS
from db.reads import deliveries

KIND = "reminder"


async def progress(context: Context, most_failures: int) -> deliveries.Progress:
    """How far the reminders of the last 7 days are."""
    return await deliveries.progress(context.db, (KIND,), context.now - REMINDER_SECONDS, most_failures)
