"""Who has not joined yet, and the progress of the e-mails that invite them: sent by routes/users/bulk.py."""

from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from accounts.bulk import run
from accounts.bulk.run import Outlook
from routes.users import back, bulk_emails
from routes.users.bulk_emails import Example
from routes.users.bulk_wanted import job_of, wanted_of
from routes.users.email_progress import InvitationsProgress, answer_poll, of_invitations
from routes.web.outbox import outbox_of
from routes.web.part import Page, page_answer

# Who has not joined: as a form of the overview asks for them.
NOT_JOINED = {"act": "invite", "all": "on", "joined": "no"}


@dataclass(frozen=True)
class InvitationsPage(Page):
    """`hidden`: the fields by which the form names those whom it invites."""

    template = "users/invitations.html"
    has_mail_server: bool
    outlook: Outlook
    hidden: tuple[tuple[str, str], ...]
    examples: tuple[Example, ...]
    progress: InvitationsProgress
    back_url: str = "/users"


async def show(request: Request) -> Response:
    """Who has not joined yet, the e-mail that they would get, and how far those of the last 7 days are."""
    return page_answer(request, await _page(request))


async def progress(request: Request) -> Response:
    """How far the e-mails are, asked for by the page itself."""
    return await answer_poll(request, of_invitations, lambda: _page(request))


async def _page(request: Request) -> InvitationsPage:
    wanted = await wanted_of(request, QueryParams({**NOT_JOINED, **dict(back.kept(request.query_params))}))
    outlook = await run.outlook(job_of(request, wanted))
    has_mail_server, examples = outbox_of(request).server is not None, bulk_emails.invitations(request, outlook)
    hidden, back_url = (*wanted.chosen, *wanted.hidden), back.url(request.query_params)
    return InvitationsPage(has_mail_server, outlook, hidden, examples, await of_invitations(request), back_url)
