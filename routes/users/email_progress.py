"""How far e-mails are that leave together: reminders, invitations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from accounts.links import invitations
from accounts.two_factor import reminders
from db.reads import deliveries
from routes.web.part import Page, Part, answer, page_answer, wants_part
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
    return RemindersProgress(**_shown(await reminders.progress(context_of(request), MOST_FAILURES)))


async def of_invitations(request: Request) -> InvitationsProgress:
    """Those of the last 7 days."""
    return InvitationsProgress(**_shown(await invitations.progress(context_of(request), MOST_FAILURES)))


def _shown(found: deliveries.Progress) -> dict[str, Any]:
    failures = (FailedEmail(one.user_id, one.username or "", moment(one.at), one.error) for one in found.failures)
    return vars(found) | {"failures": tuple(failures)}


async def answer_poll(
    request: Request, read: Callable[[Request], Awaitable[EmailProgress]], page: Callable[[], Awaitable[Page]]
) -> Response:
    """Answers htmx with the part alone, or with 204 if the page shows that already; others with the page."""
    if not wants_part(request):
        return page_answer(request, await page())
    progress = await read(request)
    if request.query_params.get("shown") == f"{progress.sent}-{progress.waiting}-{progress.failed}":
        return Response(status_code=204)
    return await answer(request, progress, page)
