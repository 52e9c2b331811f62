"""URLs of this installation; and what a host is."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

STANDARD_PORTS = {"http": 80, "https": 443}

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def split(text: str) -> SplitResult | None:
    """The parts of a URL; None if its host or port cannot be one."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    return parts if port != 0 and _is_host(parts.hostname or "") else None


def has_no_path(parts: SplitResult) -> bool:
    """Whether a URL ends with its host and port."""
    return parts.path in ("", "/") and not parts.query and not parts.fragment


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return ipaddress.ip_address(host).version == 6
        except ValueError:
            return False
    return all(_LABEL.fullmatch(label) for label in host.split("."))


def is_loopback(host: str) -> bool:
    """Whether a host name or IP address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def base_url(text: str) -> str:
    """scheme://host[:port], in lower case, without a standard port."""
    parts = split(text)
    if parts is None or parts.scheme not in STANDARD_PORTS or parts.username is not None or not has_no_path(parts):
        raise ValueError("must look like https://keys.example.org: http or https, a host, no path")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port and parts.port != STANDARD_PORTS[parts.scheme] else ""
    return f"{parts.scheme}://{host}{port}"


def own_port(url: str) -> int | None:
    """The port of a base URL; None if it is the scheme's own."""
    parts = urlsplit(url)
    return parts.port if parts.port != STANDARD_PORTS[parts.scheme] else None


def host_and_port(url: str) -> str:
    """The host of a base URL, with its port if it is not the scheme's own."""
    return urlsplit(url).netloc
