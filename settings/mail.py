"""The mail server and the sender of e-mails."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from settings.urls import has_no_path, split

# scheme → how the connection is encrypted, standard port
SECURITY = {"smtp": ("none", 25), "smtps": ("tls", 465), "smtp+starttls": ("starttls", 587)}

_FROM = re.compile(r"(?:(?P<name>[^<>\"]*\S|\"[^<>\"]*\")\s*<(?P<in_brackets>[^<>]+)>|(?P<bare>[^<>\s]+))", re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Endpoint:
    """What the SMTP URL says."""

    host: str
    port: int
    # "none" | "tls" | "starttls"
    security: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Sender:
    # ASCII
    address: str
    name: str


@dataclass(frozen=True)
class MailServer(Endpoint):
    """The SMTP server that e-mails leave from, and their sender."""

    # an e-mail address, ASCII
    sender: str
    sender_name: str


def mail_server(endpoint: Endpoint | None, sender: Sender | None) -> MailServer | None:
    """None unless both are set."""
    if endpoint is None or sender is None:
        return None
    return MailServer(**vars(endpoint), sender=sender.address, sender_name=sender.name)


def smtp_url(text: str) -> Endpoint:
    """What the URL says. The message of its ValueError never repeats it: it may hold a password."""
    parts = split(text)
    username, password = (unquote(parts.username or ""), unquote(parts.password or "")) if parts else ("", "")
    named = bool(username) == bool(password) and (username + password).isprintable()
    if parts is None or parts.scheme not in SECURITY or not has_no_path(parts) or not named:
        raise ValueError(
            "must look like smtp+starttls://USER:PASSWORD@mail.example.org:587 (or smtp://, smtps://;"
            " user and password together or not at all, percent-encoded)"
        )
    security, standard_port = SECURITY[parts.scheme]
    return Endpoint(parts.hostname or "", parts.port or standard_port, security, username, password)


def mail_from(text: str) -> Sender:
    """ADDRESS, or NAME <ADDRESS>."""
    fits = _FROM.fullmatch(text.strip())
    address = (fits["in_brackets"] or fits["bare"]).strip() if fits else ""
    if fits is None or not _ADDRESS.fullmatch(address) or ".." in address:
        raise ValueError("must be an address, or NAME <ADDRESS>, such as Acme <keys@example.org>")
    return Sender(address, (fits["name"] or "").strip('" '))
