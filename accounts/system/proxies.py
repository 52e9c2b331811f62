"""A client that sends forwarding headers and is not named as a proxy: stored, so that every process can tell of it."""

from dataclasses import dataclass

from accounts.context import Context
from accounts.durations import DAY_SECONDS
from db import settings
from db.reads import warnings

SETTING = "untrusted_proxy"
# Each process stores what it meets once a day.
SHOWN_SECONDS = 7 * DAY_SECONDS


@dataclass(frozen=True)
class Sighting:
    # epoch seconds
    at: int
    # "X-Forwarded-For"
    header: str
    ip_address: str


async def note(context: Context, header: str, ip_address: str) -> None:
    """Stores it in place of the one before."""
    async with context.db.transaction():
        await settings.put(context.db, SETTING, f"{context.now} {header} {ip_address}")


async def warnings_of(context: Context) -> tuple[Sighting | None, str]:
    """The last sighting, if it is not too old, and why the last e-mail that waits could not be sent. One query."""
    found = await warnings.find(context.db, SETTING)
    if found.setting is None:
        return None, found.email_error
    at, header, ip_address = found.setting.split(" ")
    sighting = Sighting(int(at), header, ip_address)
    return sighting if sighting.at > context.now - SHOWN_SECONDS else None, found.email_error
