"""Parsers of settings: text in, value out. They raise ValueError with one argument per mistake; each of these continues
a sentence that begins with the setting's name, and those of secrets never repeat the text."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from config.hosts import is_host, is_loopback
from config.time_zones import known_time_zone

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_STANDARD_PORTS = {"http": 80, "https": 443}
# scheme → (MailServer.security, standard port)
_MAIL_SECURITY = {"smtp": ("none", 25), "smtps": ("tls", 465), "smtp+starttls": ("starttls", 587)}
_SENDER = re.compile(r"(?:(?P<name>[^<>\"]*\S|\"[^<>\"]*\")\s*<(?P<in_brackets>[^<>]+)>|(?P<bare>[^<>\s]+))", re.ASCII)
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def folder(text: str) -> Path:
    return Path(text).absolute()


def existing_folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise ValueError(f"must name a folder that exists: {text!r} is not a folder")
    return Path(text).absolute()


def database_url(text: str) -> str:
    if text.startswith(("postgresql://", "postgres://")):
        raise ValueError("must look like sqlite:///PATH: postgresql:// is not yet supported in this version")
    path = text.removeprefix("sqlite:///")
    if path in (text, "") or "?" in path:
        raise ValueError("must look like sqlite:///PATH")
    return f"sqlite:///{Path(path).absolute()}"


def secret_keys(text: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in text.split(","))
    mistakes = []
    if any(len(key) < 32 or not key.isascii() for key in keys):
        mistakes.append("must be keys of at least 32 characters each, ASCII alone (for example `openssl rand -hex 32`)")
    if len(set(keys)) != len(keys):
        mistakes.append("names one key twice")
    if mistakes:
        raise ValueError(*mistakes)
    return keys


def base_url(text: str) -> str:
    """Scheme, host and port, without a standard port and without a slash at the end."""
    parts = _parts(text)
    if parts.scheme not in _STANDARD_PORTS or not _ends_with_host(parts) or parts.username is not None:
        raise ValueError("must look like https://keys.example.org: http or https, a host, no path")
    host, port = parts.hostname or "", parts.port
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}" + (f":{port}" if port not in (None, _STANDARD_PORTS[parts.scheme]) else "")


def organisation(text: str) -> str:
    mistakes = []
    # Authenticator apps split the account's name at a colon.
    if ":" in text:
        mistakes.append("must not contain a colon (authenticator apps split names there)")
    if not 1 <= len(text.strip()) <= 64:
        mistakes.append("must be 1 to 64 printable characters")
    if mistakes:
        raise ValueError(*mistakes)
    return text.strip()


def short_name(text: str) -> str:
    if not 1 <= len(text.strip()) <= 64:
        raise ValueError("must be 1 to 64 printable characters")
    return text.strip()


def time_zone(text: str) -> str:
    if not known_time_zone(text):
        raise ValueError(f"must look like Europe/Berlin: {text!r} is not a time zone")
    return text


def networks(text: str) -> tuple[Network, ...]:
    found: list[Network] = []
    mistakes = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(ipaddress.ip_network(part))
        except ValueError:
            mistakes.append(f"must hold addresses and networks: {part!r} is not an IP address or network")
    if mistakes:
        raise ValueError(*mistakes)
    return tuple(found)


def one_of(*choices: str) -> Callable[[str], str]:
    def chosen(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return text

    return chosen


def smtp_url(text: str) -> tuple[str, int, str, str, str]:
    """Host, port, security, username and password."""
    parts = _parts(text)
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    complete = bool(username) == bool(password) and (username + password).isprintable()
    if parts.scheme not in _MAIL_SECURITY or not _ends_with_host(parts) or not complete:
        raise ValueError(
            "must look like smtp+starttls://USER:PASSWORD@mail.example.org:587"
            " (or smtp://, smtps://; user and password together or not at all, percent-encoded)"
        )
    security, standard_port = _MAIL_SECURITY[parts.scheme]
    return parts.hostname or "", parts.port or standard_port, security, username, password


def sender(text: str) -> tuple[str, str]:
    """Address and name."""
    fits = _SENDER.fullmatch(text.strip())
    address = (fits["in_brackets"] or fits["bare"]).strip() if fits else ""
    if fits is None or not _MAIL_ADDRESS.fullmatch(address) or ".." in address:
        raise ValueError("must be an address, or NAME <ADDRESS>, such as Acme <keys@example.org>")
    return address, (fits["name"] or "").strip('" ')


def issuer(text: str) -> str:
    """Unchanged: issuers are compared letter by letter (OpenID Connect Discovery 4.3)."""
    parts = _parts(text)
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    plain = text.isascii() and not set("?# ") & set(text) and parts.username is None
    if not encrypted or not plain:
        raise ValueError(
            "must look like https://login.example.org/realms/acme, exactly as the provider writes it:"
            " https (http on this machine alone), without query or fragment"
        )
    return text


def _parts(text: str) -> SplitResult:
    """The parts of a URL; all are empty if its host or port cannot be used."""
    try:
        parts = urlsplit(text)
        if is_host(parts.hostname or "") and parts.port != 0:
            return parts
    except ValueError:
        pass
    return urlsplit("")


def _ends_with_host(parts: SplitResult) -> bool:
    return parts.path in ("", "/") and not parts.query and not parts.fragment
