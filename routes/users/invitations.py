"""Invitations in bulk: all users who have not joined get one; the progress of the e-mails."""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from accounts.links import invitations
from accounts.links.invitations import Outlook
from accounts.mail import senders
from accounts.mail.messages import Email
from accounts.system import contact
from db.links import WayIn
from routes.users.email_progress import InvitationsProgress, answer_poll, of_invitations
from routes.web.outbox import outbox_of
from routes.web.part import Page, page_answer
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import config_of, contact_of, context_of, current_of, fields_of


@dataclass(frozen=True)
class Example:
    """One kind of e-mail as the first of those who get it would read it, and how many get it."""

    kind: WayIn
    number: int
    subject: str
    text: str


@dataclass(frozen=True)
class InvitationsPage(Page):
    """`no_mail`: asked to send, and there is no mail server."""

    template = "users/invitations.html"
    has_mail_server: bool
    outlook: Outlook
    examples: tuple[Example, ...]
    progress: InvitationsProgress
    no_mail: bool = False
    sentence: str = ""
    sentence_problem: senders.SentenceProblem = ""
    needed: Reauthentication | None = None


async def show(request: Request) -> Response:
    """Who has not joined yet, the e-mail that they would get, and how far those of the last 7 days are."""
    return page_answer(request, await _page(request))


async def send(request: Request) -> Response:
    """Queues the e-mails; sent twice, it queues none twice."""
    form = await fields_of(request)
    sentence = form["sentence"].strip()
    if outbox_of(request).server is None:
        return page_answer(request, replace(await _page(request), no_mail=True), 409)
    if problem := senders.problem_with_sentence(sentence):
        page = replace(await _page(request), sentence=sentence, sentence_problem=problem)
        return page_answer(request, page, 422)
    if needed := await reauthenticate(request, form):
        page = replace(await _page(request, sentence), needed=needed)
        return page_answer(request, page, needed.status)
    await invitations.invite_all(context_of(request), current_of(request), sentence)
    outbox_of(request).wake()
    return redirect(request, "/users/invitations")


async def progress(request: Request) -> Response:
    """How far the e-mails are, asked for by the page itself."""
    return await answer_poll(request, await of_invitations(request), lambda: _page(request))


async def _page(request: Request, sentence: str = "") -> InvitationsPage:
    outlook = await invitations.outlook(context_of(request), current_of(request))
    has_mail_server = outbox_of(request).server is not None
    examples = tuple(_example(request, kind, sentence) for kind in outlook.kinds)
    return InvitationsPage(has_mail_server, outlook, examples, await of_invitations(request), sentence=sentence)


def _example(request: Request, kind: invitations.Kind, sentence: str) -> Example:
    session, first = current_of(request).session, kind.first
    facts = senders.facts_of(session.username, session.name, sentence)
    link = f"{config_of(request).base_url}/…"
    whom, now = contact.written(contact_of(request)), context_of(request).now
    # the greeting of an address that its owner has not confirmed
    email = Email(first.kind, first.username, "", "", now, facts, link, whom)
    written = outbox_of(request).render(email)
    return Example(first.kind, kind.number, written.subject, written.text)
