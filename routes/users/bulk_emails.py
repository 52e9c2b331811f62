"""The e-mails of an act on many users, each kind as one of those who get it would read it."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from accounts.bulk.run import Outlook
from accounts.mail import senders
from accounts.mail.messages import Email
from accounts.system import contact
from routes.web.outbox import outbox_of
from routes.web.request import config_of, contact_of, context_of, current_of

Kind = Literal["reminder", "invitation", "binding"]


@dataclass(frozen=True)
class Reader:
    """Who reads the example."""

    username: str
    name: str = ""


@dataclass(frozen=True)
class Example:
    """One kind of e-mail, and how many get it."""

    kind: Kind
    number: int
    subject: str
    text: str


def invitations(request: Request, found: Outlook, sentence: str = "") -> tuple[Example, ...]:
    """A kind for each login method. They greet without a name: no owner has confirmed the address yet."""
    return tuple(
        _example(
            request, "binding" if one.login_method == "sso" else "invitation", one.number, Reader(one.first), sentence
        )
        for one in found.kinds
    )


def reminder(request: Request, found: Outlook | None, sentence: str = "") -> Example:
    """As the first of them would get it; as an example without one."""
    if not (found and found.kinds):
        return _example(request, "reminder", 0, Reader("USERNAME", "NAME"), sentence)
    kind = found.kinds[0]
    return _example(request, "reminder", kind.number, Reader(kind.first, kind.name), sentence)


def _example(request: Request, kind: Kind, number: int, reader: Reader, sentence: str) -> Example:
    session, link = current_of(request).session, f"{config_of(request).base_url}/…"
    # a sentence that is refused is not shown as if it were sent
    added = "" if senders.problem_with_sentence(sentence) else sentence
    facts = senders.facts_of(session.username, session.name, added)
    whom, now = contact.written(contact_of(request)), context_of(request).now
    written = outbox_of(request).render(Email(kind, reader.username, reader.name, "", now, facts, link, whom))
    return Example(kind, number, written.subject, written.text)
