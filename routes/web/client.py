"""Where a request comes from: its address behind proxies, and what its browser is called."""

import re
from functools import lru_cache

from starlette.requests import Request

from config import Config
from settings import addresses

FORWARDED_FOR = "X-Forwarded-For"


def address_of(request: Request, config: Config) -> str:
    """The visitor's IP address. Forwarding headers count only from the configured proxies, read from the right.

    An entry that is no IP address ends the reading: what is left of it may be made up by the visitor.
    """
    peer = peer_of(request)
    headers = request.headers.getlist(FORWARDED_FOR)
    if not headers:
        return _spelt(peer)
    found = addresses.address(peer)
    forwarded = [part.strip() for header in headers for part in header.split(",")]
    while forwarded and is_proxy(found, config) and (entry := _entry(forwarded.pop())):
        found = entry
    return str(found or peer)


@lru_cache(1024)
def _spelt(peer: str) -> str:
    """In one spelling; what is no IP address as it is."""
    return str(addresses.address(peer) or peer)


def peer_of(request: Request) -> str:
    """The IP address that the connection comes from, without the zone that the system gives to a link-local one."""
    return request.client.host.partition("%")[0] if request.client else ""


def is_proxy(address: addresses.Address | None, config: Config) -> bool:
    """Whether it is among TWO_KEYS_TRUSTED_PROXIES."""
    return address is not None and any(address in network for network in config.trusted_proxies)


# as proxies write an address: alone, or with a port
_ENTRY = re.compile(r"([0-9.]+):[0-9]{1,5}|([0-9A-Fa-f:.]+)|\[([0-9A-Fa-f]*:[0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")


def _entry(text: str) -> addresses.Address | None:
    fits = _ENTRY.fullmatch(text)
    return addresses.address(next(filter(None, fits.groups()))) if fits else None


# The first mark that the user agent holds. Most also hold the marks of browsers further down: "Chrome", "Safari".
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("OPiOS/", "Opera"),
    ("OPT/", "Opera"),
    ("OPX/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
# Browsers of iPhones and iPads alone. Where the desktop site is asked for, they say that they are on a Mac.
_OF_IOS = ("CriOS/", "FxiOS/", "EdgiOS/", "OPiOS/", "OPT/", "OPX/")


def browser_name(user_agent: str) -> str:
    """What a person would call it: "Firefox on Linux"."""
    browser, system = _called(_BROWSERS, user_agent), _called(_SYSTEMS, user_agent)
    if system == "macOS" and any(mark in user_agent for mark in _OF_IOS):
        system = "iPad"
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or re.sub(r"[^\w ./()-]", "", user_agent)[:60] or "Unknown browser"


def _called(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
