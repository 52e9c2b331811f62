"""Invitations in bulk: everybody who has not joined yet gets one; how far the letters are."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from accounts.links import invitations
from accounts.mail.messages import Email
from routes.users.reminders import RemindersProgress, post_of, progress_of
from routes.web import part as parts
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of


@dataclass(frozen=True)
class InvitationsProgress(RemindersProgress):  # users/_invitations_progress.html  #invitations-progress
    """The same of invitations."""


@dataclass(frozen=True)
class InvitationsPage(parts.Page):
    template = "users/invitations.html"
    mail: bool  # there is a mail server
    invitable: int  # would get a letter
    invited: int  # have a link that works, or that is on its way
    without_address: int
    beyond: int  # hold permissions that the one who asks does not hold
    more: bool  # there are more than were counted
    subject: str  # the letter, as the first of them would get it; "" if nobody would
    text: str
    invitations_progress: InvitationsProgress
    no_mail: bool = False  # asked to send, and there is no mail server


async def show(request: Request) -> Response:
    """Who has not joined yet, the letter that they would get, and how far the letters of the last 7 days are."""
    return await _page(request)


async def send(request: Request) -> Response:
    """Queues the letters; sent twice, it queues none twice."""
    await fields_of(request)
    if post_of(request).server is None:
        return await _page(request, no_mail=True, status=409)
    await invitations.invite_all(context_of(request), current_of(request))
    post_of(request).wake()
    return redirect(request, "/users/invitations")


async def progress(request: Request) -> Response:
    """How far the letters are, asked for by the page itself; 204 when it shows that already."""
    part = await _progress(request)
    if request.query_params.get("shown") == part.shown:
        return Response(status_code=204)
    return parts.render(request, await _whole(request, part), part="invitations_progress")


async def _page(request: Request, *, no_mail: bool = False, status: int = 200) -> Response:
    whole = await _whole(request, await _progress(request), no_mail=no_mail)
    return parts.render(request, whole, status=status)


async def _whole(request: Request, part: InvitationsProgress, *, no_mail: bool = False) -> InvitationsPage:
    context, current = context_of(request), current_of(request)
    found = await invitations.outlook(context, current)
    subject, text = "", ""
    if found.first:
        facts = {"actor": current.principal.username}
        link = f"{config_of(request).base_url}/…"
        letter = Email(found.first.kind, found.first.username, found.first.name, "", context.now, facts, link)
        written = post_of(request).render(letter)
        subject, text = written.subject, written.text
    return InvitationsPage(
        mail=post_of(request).server is not None,
        invitable=found.invitable,
        invited=found.invited,
        without_address=found.without_address,
        beyond=found.beyond,
        more=found.more,
        subject=subject,
        text=text,
        invitations_progress=part,
        no_mail=no_mail,
    )


async def _progress(request: Request) -> InvitationsProgress:
    found = await invitations.progress(context_of(request))
    return await progress_of(request, InvitationsProgress, found, invitations.KINDS)
