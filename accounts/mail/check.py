"""One e-mail sent at once, to check the mail server."""

from dataclasses import dataclass
from email.errors import MessageError

from accounts.connection import one_line
from accounts.mail import messages, smtp
from accounts.mail.messages import Written
from accounts.vault import token
from settings.mail import MailServer


@dataclass(frozen=True)
class InvalidAddress:
    """No message can have this recipient."""

    detail: str


async def check(
    server: MailServer, written: Written, to: str, own_name: str, now: int
) -> smtp.Accepted | smtp.Rejected | smtp.Trouble | InvalidAddress:
    try:
        message = messages.message(server, written, to, token(), now)
    except (ValueError, MessageError) as error:
        return InvalidAddress(one_line(str(error)))
    async with smtp.connect(server, await smtp.tls_context(), own_name) as connection:
        return connection if isinstance(connection, smtp.Trouble) else await connection.send(message)
