"""One e-mail sent at once, to check the mail server."""

from email.errors import MessageError

from accounts.connection import one_line
from accounts.mail import messages, smtp
from accounts.mail.messages import Written
from accounts.vault import token
from settings.mail import MailServer


async def check(server: MailServer, written: Written, to: str, own_name: str, now: int) -> str:
    """Sends it. Returns "" if the server accepted it, else what is wrong: `what: detail`."""
    try:
        message = messages.message(server, written, to, token(), now)
    except (ValueError, MessageError) as error:
        return f"address: {one_line(str(error))}"
    async with smtp.connect(server, await smtp.tls_context(), own_name) as connection:
        outcome = connection if isinstance(connection, smtp.Trouble) else await connection.send(message)
    return "" if isinstance(outcome, smtp.Accepted) else str(outcome)
