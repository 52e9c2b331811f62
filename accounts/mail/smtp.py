"""The mail server: a connection, a letter on it, and in plain words what is wrong. Nothing here knows the outbox or the database."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from accounts.connection import cause_of
from settings.mail import MailServer

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30
LETTER_SECONDS = 45  # all of one letter's commands: well within the lease of whoever sends


@dataclass(frozen=True)
class Letter:
    """A letter as its template sees it (`letter`)."""

    kind: str
    username: str
    name: str
    time_zone: str  # "": the installation's
    at: int  # when it happened, epoch seconds
    facts: Mapping[str, str]
    link: str = ""


@dataclass(frozen=True)
class Written:
    subject: str
    text: str
    html: str  # "": text alone


class Unwritable(Exception):
    """A template could not be rendered: that letter fails, no other."""


Render = Callable[[Letter], Written]

Ill = Literal[
    "name", "refused", "unreachable", "timeout", "no_starttls", "tls", "certificate", "login", "sender", "disconnected"
]


@dataclass(frozen=True)
class Trouble:
    """The server, not the letter, is at fault: nothing more is sent for now."""

    what: Ill
    detail: str

    def __str__(self) -> str:
        return f"{self.what}: {self.detail}"


@dataclass(frozen=True)
class Accepted:
    """The server has it."""


@dataclass(frozen=True)
class Rejected:
    """This letter is not taken: never (5xx, an address that cannot be), or not now (4xx)."""

    for_good: bool
    detail: str

    def __str__(self) -> str:
        return f"{'rejected' if self.for_good else 'later'}: {self.detail}"


def compose(server: MailServer, written: Written, to: str, message_id: str, at: int) -> EmailMessage:
    """The message. Raises ValueError or MessageError for an address or header that would bring lines of its own."""
    message = EmailMessage()
    message["Subject"] = written.subject
    message["From"] = Address(display_name=server.sender_name, addr_spec=server.sender)
    message["To"] = Address(addr_spec=_deliverable(to))
    message["Date"] = datetime.fromtimestamp(at, UTC)
    message["Message-ID"] = f"<{message_id}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers from people on holiday
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(written.text, cte="quoted-printable")
    if written.html:
        message.add_alternative(written.html, subtype="html", cte="quoted-printable")
    return message


def _deliverable(address: str) -> str:
    """The address with its domain as mail servers know it."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{domain.encode('idna').decode()}"


class Line:
    """An open connection to the mail server."""

    def __init__(self, server: MailServer, client: aiosmtplib.SMTP) -> None:
        self._server = server
        self._client = client

    async def send(self, message: EmailMessage) -> Accepted | Rejected | Trouble:
        """Hands one letter over."""
        to = message["To"].addresses[0].addr_spec
        try:
            async with asyncio.timeout(LETTER_SECONDS):
                await self._client.send_message(message, sender=self._server.sender, recipients=[to])
        except aiosmtplib.SMTPSenderRefused as error:
            return Trouble("sender", _said(error))
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            return _gone(refused) or Rejected(refused.code >= 500, _said(refused))
        except aiosmtplib.SMTPResponseException as error:
            return _gone(error) or Rejected(error.code >= 500, _said(error))
        except aiosmtplib.SMTPNotSupported as error:  # an address beyond ASCII, at a server that knows none
            return Rejected(True, str(error.message))
        except (aiosmtplib.SMTPException, OSError) as error:  # timeouts are OSErrors
            return _trouble(error)
        except (ValueError, MessageError) as error:
            return Rejected(True, _one_line(str(error)))
        return Accepted()


def _gone(error: aiosmtplib.SMTPResponseException) -> Trouble | None:
    """421: the server closes the connection, whatever was asked."""
    return Trouble("disconnected", _said(error)) if error.code == 421 else None


@asynccontextmanager
async def line(server: MailServer, tls: ssl.SSLContext, own_name: str) -> AsyncIterator[Line | Trouble]:
    """A connection as long as it lasts, certificates verified; or what is wrong."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=False,  # done below, so that what fails can be told apart
        tls_context=tls,
        timeout=COMMAND_SECONDS,
        local_hostname=_greeting(own_name),  # else the library asks the name service, and the event loop waits
    )
    try:
        yield await _open(server, client) or Line(server, client)
    finally:
        if client.is_connected:
            try:
                async with asyncio.timeout(1):
                    await client.quit()
            except (aiosmtplib.SMTPException, OSError):
                pass
        client.close()


async def _open(server: MailServer, client: aiosmtplib.SMTP) -> Trouble | None:
    try:
        await client.connect(timeout=CONNECT_SECONDS)
        if server.security == "starttls":
            await client.ehlo()
            if not client.supports_extension("starttls"):
                return Trouble("no_starttls", "")
            await client.starttls()
        if server.username:
            await client.login(server.username, server.password)
    except aiosmtplib.SMTPAuthenticationError as error:
        return Trouble("login", _said(error))
    except aiosmtplib.SMTPNotSupported as error:
        return Trouble("login", _one_line(str(error.message)))
    except (aiosmtplib.SMTPException, OSError) as error:
        trouble = _trouble(error)
        signing_in = server.username and client.is_connected and trouble.what == "unreachable"
        return Trouble("login", trouble.detail) if signing_in else trouble
    return None


def _trouble(error: BaseException) -> Trouble:
    """What an error of the connection means."""
    if found := cause_of(error):
        return Trouble(found[0], _one_line(found[1]))
    gone = isinstance(error, aiosmtplib.SMTPServerDisconnected)
    return Trouble("disconnected" if gone else "unreachable", _one_line(str(error)))


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    return _one_line(f"{error.code} {error.message}")


def _one_line(text: str) -> str:
    """What a server said, which may be anything: one line of printable characters, not too long."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:300].strip()


def _greeting(host: str) -> str:
    """How we present ourselves (EHLO): a name, or an address in brackets (RFC 5321 4.1.3)."""
    if ":" in host:
        return f"[IPv6:{host}]"
    return f"[{host}]" if host.replace(".", "").isdigit() else host


async def tls_context() -> ssl.SSLContext:
    """How certificates are verified: by the system's authorities, or those in SSL_CERT_FILE. Read in a thread: it takes 20 ms."""
    return await asyncio.to_thread(ssl.create_default_context)


async def check(server: MailServer, written: Written, to: str, own_name: str, message_id: str, at: int) -> str:
    """Sends one letter now; "" if the server accepted it, else what is wrong (`what: detail`)."""
    try:
        message = compose(server, written, to, message_id, at)
    except (ValueError, MessageError) as error:
        return f"address: {_one_line(str(error))}"
    async with line(server, await tls_context(), own_name) as opened:
        if isinstance(opened, Trouble):
            return str(opened)
        outcome = await opened.send(message)
    return "" if isinstance(outcome, Accepted) else str(outcome)
