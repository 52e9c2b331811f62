"""The mail server: a connection, a message sent on it, and what is wrong. It knows neither outbox nor database."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from accounts.connection import cause_of, one_line
from settings.mail import MailServer

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30
# All commands of one message: less than the lease of the outbox worker.
MESSAGE_SECONDS = 45

Ill = Literal[
    "name", "refused", "unreachable", "timeout", "no_starttls", "tls", "certificate", "login", "sender", "disconnected"
]


@dataclass(frozen=True)
class Trouble:
    """The server, not the message, is at fault: nothing more is sent for now."""

    what: Ill
    detail: str

    def __str__(self) -> str:
        return f"{self.what}: {self.detail}"


@dataclass(frozen=True)
class Accepted:
    pass


@dataclass(frozen=True)
class Rejected:
    """This message is not accepted: permanently (5xx, an impossible address), or for now (4xx)."""

    permanent: bool
    detail: str

    def __str__(self) -> str:
        return f"{'rejected' if self.permanent else 'later'}: {self.detail}"


class SmtpConnection:
    """An open connection to the mail server."""

    def __init__(self, server: MailServer, client: aiosmtplib.SMTP) -> None:
        self._server = server
        self._client = client

    async def send(self, message: EmailMessage) -> Accepted | Rejected | Trouble:
        to = message["To"].addresses[0].addr_spec
        try:
            async with asyncio.timeout(MESSAGE_SECONDS):
                await self._client.send_message(message, sender=self._server.sender, recipients=[to])
        except aiosmtplib.SMTPSenderRefused as error:
            return Trouble("sender", _said(error))
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refusal(error.recipients[0])
        except aiosmtplib.SMTPResponseException as error:
            return _refusal(error)
        except aiosmtplib.SMTPNotSupported as error:
            # An e-mail address beyond ASCII, at a server without SMTPUTF8.
            return Rejected(True, str(error.message))
        except (aiosmtplib.SMTPException, OSError) as error:
            # Timeouts are OSErrors.
            return _trouble(error)
        except (ValueError, MessageError) as error:
            return Rejected(True, one_line(str(error)))
        return Accepted()


def _refusal(error: aiosmtplib.SMTPResponseException) -> Rejected | Trouble:
    """421: the server closes the connection, whatever the command was."""
    return Trouble("disconnected", _said(error)) if error.code == 421 else Rejected(error.code >= 500, _said(error))


@asynccontextmanager
async def connect(server: MailServer, tls: ssl.SSLContext, own_name: str) -> AsyncIterator[SmtpConnection | Trouble]:
    """Opens a connection with verified TLS; yields Trouble if it cannot."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        # STARTTLS follows in _open, so that its failures are distinct.
        start_tls=False,
        tls_context=tls,
        timeout=COMMAND_SECONDS,
        # Otherwise the library asks the name service, and the event loop waits.
        local_hostname=_greeting(own_name),
    )
    try:
        yield await _open(server, client) or SmtpConnection(server, client)
    finally:
        await _quit(client)


async def _quit(client: aiosmtplib.SMTP) -> None:
    if client.is_connected:
        try:
            async with asyncio.timeout(1):
                await client.quit()
        except (aiosmtplib.SMTPException, OSError):
            pass
    client.close()


async def _open(server: MailServer, client: aiosmtplib.SMTP) -> Trouble | None:
    """What is wrong; None once the connection is open."""
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
        return Trouble("login", one_line(str(error.message)))
    except (aiosmtplib.SMTPException, OSError) as error:
        trouble = _trouble(error)
        signing_in = server.username and client.is_connected and trouble.what == "unreachable"
        return Trouble("login", trouble.detail) if signing_in else trouble
    return None


def _trouble(error: BaseException) -> Trouble:
    """What an error of the connection means."""
    if found := cause_of(error):
        return Trouble(found[0], one_line(found[1]))
    disconnected = isinstance(error, aiosmtplib.SMTPServerDisconnected)
    return Trouble("disconnected" if disconnected else "unreachable", one_line(str(error)))


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    return one_line(f"{error.code} {error.message}")


def _greeting(host: str) -> str:
    """The name for EHLO: a host name, or an IP address in brackets (RFC 5321 4.1.3)."""
    if ":" in host:
        return f"[IPv6:{host}]"
    return f"[{host}]" if host.replace(".", "").isdigit() else host


async def tls_context() -> ssl.SSLContext:
    """Trusts the system's authorities, or those in SSL_CERT_FILE. In a thread: reading them takes 20 ms."""
    return await asyncio.to_thread(ssl.create_default_context)
