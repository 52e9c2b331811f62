"""From a row of the outbox to a message: its link with a fresh token, its text by a template, its headers."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage

from accounts import email_addresses
from accounts.context import Context
from accounts.mail import notices
from db.links import LINK_KINDS, LinkKind
from db.outbox import QueuedEmail
from settings.mail import MailServer


@dataclass(frozen=True)
class Email:
    """An e-mail as its template sees it."""

    kind: str
    username: str
    name: str
    # "": the installation's.
    time_zone: str
    # When it happened, epoch seconds.
    at: int
    facts: Mapping[str, str]
    link: str = ""
    # Whom to ask for help, as the setting keeps it.
    contact: str = ""


@dataclass(frozen=True)
class Written:
    subject: str
    text: str
    # "": text alone.
    html: str


class Unwritable(Exception):
    """A template cannot be rendered, or a link is missing: this e-mail fails, no other."""


class LinkNotValid(Exception):
    """The link of an e-mail was revoked, or is not valid for its user any more."""


@dataclass(frozen=True)
class NotSendable:
    """Why an e-mail must not be sent, as the outbox stores it."""

    error: str


Render = Callable[[Email], Written]

# User's id, kind and id of a link → its URL with a fresh token; "": it is not valid.
IssueUrl = Callable[[Context, int, LinkKind, int], Awaitable[str]]


@dataclass(frozen=True)
class Composer:
    server: MailServer
    render: Render
    issue_url: IssueUrl

    async def compose(self, context: Context, queued: QueuedEmail) -> EmailMessage | NotSendable:
        """The message, ready to be sent. A link gets its token, in a transaction of its own."""
        if error := _not_sendable(queued, context.issuer):
            return NotSendable(error)
        try:
            return await self._compose(context, queued)
        except (ValueError, MessageError) as error:
            return NotSendable(f"unsendable: {' '.join(str(error).split())[:300]}")
        except Unwritable as error:
            return NotSendable(f"unwritable: {error}")
        except LinkNotValid:
            return NotSendable("link_over")

    async def _compose(self, context: Context, queued: QueuedEmail) -> EmailMessage:
        facts: dict[str, str] = json.loads(queued.facts)
        at = int(facts.pop("at", queued.created_at))
        link = await self._url(context, queued, facts)
        username, name, time_zone = queued.username, queued.name, queued.time_zone
        if queued.user_id is None:
            # The user is deleted: the e-mail is about that.
            username, name, time_zone = (facts.get(fact) for fact in ("username", "name", "time_zone"))
        if not _is_confirmed(queued):
            # Its reader may be another person, and a name is what its owner calls themselves.
            name = ""
        contact = queued.contact or ""
        email = Email(queued.kind, username or "", name or "", time_zone or "", at, facts, link, contact)
        written = self.render(email)
        message_id = message_id_of(context, queued.id, queued.created_at)
        return message(self.server, written, queued.address or queued.email or "", message_id, queued.created_at)

    async def _url(self, context: Context, queued: QueuedEmail, facts: dict[str, str]) -> str:
        """The URL of the link that the e-mail holds; "" if it holds none. Raises LinkNotValid, Unwritable."""
        link_id = facts.pop("link_id", "")
        if queued.kind not in LINK_KINDS:
            return ""
        kind = queued.kind
        if queued.user_id is None or not link_id.isdecimal():
            raise Unwritable(f"its link, of the kind {kind}, is not there")
        url = await self.issue_url(context, queued.user_id, kind, int(link_id))
        if not url:
            raise LinkNotValid
        return url


def _is_confirmed(queued: QueuedEmail) -> bool:
    """Whether the e-mail goes to the address that its user has, and that no other user entered."""
    return queued.email_set_by is None and queued.address in ("", queued.email)


def _not_sendable(queued: QueuedEmail, issuer: str) -> str:
    """Why an e-mail is not sent as things are when it would leave; "" if it is. `issuer`: "" without a provider."""
    if queued.kind not in notices.KINDS:
        return "unwritable: no such letter"
    if not (queued.address or queued.email):
        return "no_address"
    if queued.kind == "binding":
        return "" if issuer else "no_provider"
    return _not_needed(queued) if queued.kind == "reminder" else ""


def _not_needed(reminder: QueuedEmail) -> str:
    if reminder.two_factor != "on":
        return "function_off"
    if reminder.login_method != "password":
        return "sso"
    if reminder.disabled_at is not None:
        return "disabled"
    return "has_set_up" if reminder.two_factor_at is not None else ""


def message_id_of(context: Context, number: int, created_at: int) -> str:
    """The same for every attempt, and impossible to guess."""
    return f"{number}.{context.vault.keyed_hash('message id', f'{number} {created_at}').hex()[:32]}"


def message(server: MailServer, written: Written, to: str, message_id: str, at: int) -> EmailMessage:
    """Raises ValueError or MessageError for an e-mail address or a header that would add lines of its own."""
    mail = EmailMessage()
    mail["Subject"] = written.subject
    mail["From"] = Address(display_name=server.sender_name, addr_spec=server.sender)
    mail["To"] = Address(addr_spec=_deliverable(to))
    mail["Date"] = datetime.fromtimestamp(at, UTC)
    mail["Message-ID"] = f"<{message_id}@{server.sender.rpartition('@')[2]}>"
    # RFC 3834: no automatic replies.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(written.text, cte="quoted-printable")
    if written.html:
        mail.add_alternative(written.html, subtype="html", cte="quoted-printable")
    return mail


def _deliverable(address: str) -> str:
    """Raises ValueError for what cannot be sent to, entered before that was checked."""
    found = email_addresses.in_ascii(address)
    if found is None:
        raise ValueError("the domain of the e-mail address is not possible (IDNA 2008)")
    if not email_addresses.has_ascii_local_part(found):
        raise ValueError("the e-mail address has characters beyond ASCII before the @")
    return found
