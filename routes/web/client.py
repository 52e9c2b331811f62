"""Where a request comes from: its address behind proxies, and what its browser is called."""

import ipaddress
import re

from starlette.requests import Request

from config import Config


def address_of(request: Request, config: Config) -> str:
    """The visitor's IP address. Forwarding headers count only from the configured proxies, read from the right.

    An entry that is no IP address ends the reading: what is left of it may be made up by the visitor.
    """
    address = request.client.host if request.client else ""
    forwarded = [part.strip() for header in request.headers.getlist("X-Forwarded-For") for part in header.split(",")]
    while forwarded and _trusted(address, config) and (next_address := _bare_address(forwarded.pop())):
        address = next_address
    return address


def _trusted(address: str, config: Config) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in config.trusted_proxies)


def _bare_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return ""


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """What a person would call it: "Firefox on Linux"."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or re.sub(r"[^\w ./()-]", "", user_agent)[:60] or "Unknown browser"
