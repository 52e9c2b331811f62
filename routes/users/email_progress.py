"""How far e-mails are that leave together: reminders, invitations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from accounts.limits import REMINDER_SECONDS
from accounts.links import invitations
from accounts.two_factor import reminders
from db.reads import deliveries
from routes.web.part import Page, Part, answer
from routes.web.request import context_of, moment

MOST_FAILURES = 20


@dataclass(frozen=True)
class FailedEmail:
    """`error`: a word for what, and what the server said, as users/_mail_errors.html reads it."""

    user_id: int | None
    username: str
    at: datetime
    error: str


@dataclass(frozen=True)
class EmailProgress(Part):
    """`last_error`: of e-mails that wait. `name`: the word of its id and its URL."""

    sent: int
    waiting: int
    failed: int
    last_error: str
    failures: tuple[FailedEmail, ...]
    name: str


@dataclass(frozen=True)
class RemindersProgress(EmailProgress):
    template = "users/reminders_progress.html"
    root = "reminders-progress"
    name: str = "reminders"


@dataclass(frozen=True)
class InvitationsProgress(EmailProgress):
    template = "users/invitations_progress.html"
    root = "invitations-progress"
    name: str = "invitations"


async def of_reminders(request: Request) -> RemindersProgress:
    """Those of the last 7 days."""
    found = await reminders.progress(context_of(request))
    return RemindersProgress(
        found.sent,
        found.waiting,
        found.failed,
        await _last_error(request, found),
        await _failures(request, found, (reminders.KIND,)),
    )


async def of_invitations(request: Request) -> InvitationsProgress:
    """Those of the last 7 days."""
    found = await invitations.progress(context_of(request))
    return InvitationsProgress(
        found.sent,
        found.waiting,
        found.failed,
        await _last_error(request, found),
        await _failures(request, found, invitations.KINDS),
    )


async def _last_error(request: Request, found: deliveries.Progress) -> str:
    return await deliveries.last_error(context_of(request).db) if found.waiting else ""


async def _failures(request: Request, found: deliveries.Progress, kinds: tuple[str, ...]) -> tuple[FailedEmail, ...]:
    if not found.failed:
        return ()
    context = context_of(request)
    failed = await deliveries.failures(context.db, context.now - REMINDER_SECONDS, MOST_FAILURES, kinds)
    return tuple(FailedEmail(one.user_id, one.username or "", moment(one.at), one.error) for one in failed)


async def answer_poll(request: Request, progress: EmailProgress, page: Callable[[], Awaitable[Page]]) -> Response:
    """Answers htmx with the part alone, or with 204 if the page shows that already."""
    if request.query_params.get("shown") == f"{progress.sent}-{progress.waiting}-{progress.failed}":
        return Response(status_code=204)
    return await answer(request, progress, page)
