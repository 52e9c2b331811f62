"""Host names and addresses, as they are written in settings and headers."""

import ipaddress
import re

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def is_host(host: str) -> bool:
    """Whether `host` is a lower-case name, an IPv4 address, or an IPv6 address without its brackets."""
    if ":" not in host:
        return all(_LABEL.fullmatch(label) for label in host.split("."))
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
