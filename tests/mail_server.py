"""A real mail server in the test's process (aiosmtpd), which can refuse, hang, be down, ask for TLS and a login."""

import asyncio
import email
import email.policy
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.server import free_port

PATIENCE_SECONDS = 30


class Received:
    """A letter as it arrived."""

    def __init__(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.message = parsed
        self.sender = envelope.mail_from
        self.to = list(envelope.rcpt_tos)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())


class MailServer:
    """Use it in a `with`; `answers`: what it says to a recipient or sender ("" = yes). Hanging: it says nothing
    more.
    """

    def __init__(self, port: int = 0, *, tls: str = "", certificate: Path | None = None, login: str = "") -> None:
        self.port = port or free_port()
        self.received: list[Received] = []
        self.answers: dict[str, str] = {}
        self.connections = 0
        self.hanging = False
        self._released = threading.Event()
        self._tls, self._certificate, self._login = tls, certificate, login
        self._controller: Controller | None = None

    def __enter__(self) -> Self:
        options: dict[str, Any] = {}
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
            options["ssl_context" if self._tls == "tls" else "tls_context"] = context
        if self._login:
            options |= {"authenticator": self._authenticate, "auth_required": True}
            options |= {"auth_require_tls": self._tls == "starttls"}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10, **options)
        self._controller.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._released.set()
        assert self._controller is not None
        self._controller.stop()

    def _authenticate(self, server: SMTP, session: Session, envelope: Envelope, how: str, data: Any) -> AuthResult:
        typed = f"{data.login.decode()}:{data.password.decode()}"
        return AuthResult(success=typed == self._login, handled=False)

    async def handle_EHLO(  # noqa: N802  # because aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802  # because aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.answers.get(address):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # because aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.hanging:
            while not self._released.is_set():  # noqa: ASYNC110  # because the event is another thread's
                await asyncio.sleep(0.05)
        if answer := self.answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # because aiosmtpd calls it so
        self.received.append(Received(envelope))
        return "250 OK"

    def to(self, address: str) -> list[Received]:
        """The letters to one address."""
        return [letter for letter in self.received if letter.to == [address]]

    def wait_for(self, number: int, patience_seconds: float = PATIENCE_SECONDS) -> list[Received]:
        """Waits until so many letters are here."""
        wait_until(lambda: len(self.received) >= number, patience_seconds)
        return self.received


def wait_until(true: Callable[[], bool], patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Waits for something that must come."""
    deadline = time.monotonic() + patience_seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def certificate(folder: Path, name: str = "localhost") -> Path:
    """A certificate with its key for a name, its own authority."""
    path = folder / f"{name}.pem"
    run = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    run += [
        "-keyout",
        str(path) + ".key",
        "-out",
        str(path),
        "-subj",
        f"/CN={name}",
        "-addext",
        f"subjectAltName=DNS:{name}",
    ]
    subprocess.run(run, check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.key").read_text())
    return path
