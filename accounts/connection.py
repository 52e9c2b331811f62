"""What an error of a connection means. The same few things go wrong with mail servers and identity providers."""

import socket
import ssl
from typing import Literal

Cause = Literal["certificate", "tls", "name", "refused", "timeout"]

KINDS: tuple[tuple[type[BaseException], Cause], ...] = (
    (ssl.SSLCertVerificationError, "certificate"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "name"),
    (ConnectionRefusedError, "refused"),
    (TimeoutError, "timeout"),
)


def cause_of(error: BaseException) -> tuple[Cause, str] | None:
    """The first of KINDS among an error and its causes, with the system's message; None if it is something else."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    for kind, what in KINDS:
        for found in chain:
            if isinstance(found, kind):
                return what, getattr(found, "verify_message", "") or str(found)
    return None


def one_line(text: str, longest: int = 300) -> str:
    """What a server sent, which may be anything, as one line of printable characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:longest].strip()
