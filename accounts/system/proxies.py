"""A client that sends forwarding headers and is not named as a proxy: stored, so that every process can tell of it."""

from dataclasses import dataclass
from ipaddress import ip_network

from accounts.context import Context
from accounts.durations import DAY_SECONDS
from db import settings
from db.clock import latest
from db.reads import warnings
from db.reads.warnings import Warnings
from settings.addresses import address

SETTING = "untrusted_proxy"
# Loopback, link-local, and private addresses (RFC 1918, RFC 6598, RFC 4193).
LOCAL = (
    *map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")),
    *map(ip_network, ("100.64.0.0/10", "::1/128", "fe80::/10", "fc00::/7")),
)
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
    """Stores it in place of the one before, but not that of a stranger in place of one from a local network, which is
    where proxies are.
    """
    async with context.db.transaction():
        found = await settings.get(context.db, SETTING)
        last = _sighting(found.value if found else None, context.now)
        if last and _is_local(last.ip_address) and not _is_local(ip_address):
            return
        await settings.put(context.db, SETTING, f"{context.now} {header} {ip_address}")


async def warnings_of(context: Context) -> tuple[Sighting | None, Warnings]:
    """The last sighting, if it is not too old, and what was read with it. One query."""
    found = await warnings.find(context.db, SETTING)
    return _sighting(found.setting, context.now), found


def _sighting(stored: str | None, now: int) -> Sighting | None:
    if stored is None:
        return None
    at, header, ip_address = stored.split(" ")
    return Sighting(int(at), header, ip_address) if now - SHOWN_SECONDS < int(at) <= latest(now) else None


def _is_local(ip_address: str) -> bool:
    found = address(ip_address)
    return found is not None and any(found in network for network in LOCAL)
