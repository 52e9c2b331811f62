"""Reminders: who has not set two-factor authentication up and would be asked to; how far the e-mails are. They are sent
by routes/users/bulk.py.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import spreadsheets
from accounts.activity import kinds
from accounts.bulk import run
from accounts.bulk.run import Outlook
from db import reminders as rows
from routes.users import back, bulk_emails
from routes.users.bulk_emails import Example
from routes.users.bulk_wanted import Wanted, job_of, wanted_of
from routes.users.email_progress import RemindersProgress, answer_poll, of_reminders
from routes.web import csv_export
from routes.web.outbox import outbox_of
from routes.web.part import Page, page_answer
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of

# On the page; the CSV holds all.
MOST_ADDRESSES = 500
COLUMNS = ("username", "name", "email", "last_reminded")
# Who has not set it up: as a form of the overview asks for them.
HAVE_NOT = {"all": "on", "two_factor": "off"}


@dataclass(frozen=True)
class Addresses:
    """Without a mail server: to copy, one a line. `more`: the CSV holds more."""

    text: str
    more: bool


@dataclass(frozen=True)
class RemindersPage(Page):
    """`hidden`: the fields by which the form names those whom it reminds. `outlook`: None while the function is off."""

    template = "users/reminders.html"
    function_on: bool
    outlook: Outlook | None
    hidden: tuple[tuple[str, str], ...]
    email: Example
    by_hand: Addresses | None
    progress: RemindersProgress | None
    back_url: str = "/users"


async def show(request: Request) -> Response:
    """Who would be asked, the e-mail that they would get, and how far those of the last 7 days are; chosen users are
    shown by the act on them.
    """
    query = request.query_params
    if query.get("all", "") not in ("", "on") or ("all" in query and "user" in query):
        raise HTTPException(422)
    asked = query.multi_items() if "user" in query else list({**HAVE_NOT, **query}.items())
    wanted = await wanted_of(request, QueryParams([*asked, ("act", "remind")]))
    if wanted.user_ids and outbox_of(request).server is not None:
        return redirect(request, wanted.url)
    return page_answer(request, await _page(request, wanted))


async def progress(request: Request) -> Response:
    """How far the e-mails are, asked for by the page itself."""

    async def page() -> Page:
        return await _page(request, await wanted_of(request, QueryParams({**HAVE_NOT, "act": "remind"})))

    return await answer_poll(request, of_reminders, page)


async def export(request: Request) -> Response:
    """All users with an e-mail address who have not set it up, as CSV."""
    return await csv_export.download(request, "reminders", _lines(request), kinds.RemindersExported())


async def _lines(request: Request) -> AsyncIterator[str]:
    yield csv_export.written([COLUMNS])
    after = ""
    while portion := await rows.all_who_have_not(context_of(request).db, after, csv_export.PORTION):
        yield csv_export.written(
            (
                *(spreadsheets.harmless(text) for text in (user.username, user.name, user.email)),
                csv_export.at(user.last_reminded_at),
            )
            for user in portion
        )
        after = portion[-1].username


async def _page(request: Request, wanted: Wanted) -> RemindersPage:
    by_mail, on = outbox_of(request).server is not None, current_of(request).function_on
    found = await run.outlook(job_of(request, wanted)) if on else None
    return RemindersPage(
        function_on=on,
        outlook=found,
        hidden=(*wanted.chosen, *wanted.hidden),
        email=bulk_emails.reminder(request, found),
        by_hand=None if by_mail else await _addresses(request, wanted),
        progress=await of_reminders(request) if by_mail else None,
        back_url=back.url(request.query_params),
    )


async def _addresses(request: Request, wanted: Wanted) -> Addresses:
    """Also of those whom we reminded lately: who writes by hand decides that."""
    listed = await run.first_of(job_of(request, wanted), ("", "reminded"), MOST_ADDRESSES + 1)
    text = "\n".join(user.email for user in listed[:MOST_ADDRESSES])
    return Addresses(text, more=len(listed) > MOST_ADDRESSES)
