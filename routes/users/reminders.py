"""Reminders: ask users who have not set two-factor authentication up to do so; how far the letters are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.limits import REMINDER_SECONDS
from accounts.mail.messages import Email, Written
from accounts.mail.outbox import OutboxWorker
from accounts.two_factor import reminders
from db import adoption
from db import reminders as rows
from db.reads import deliveries
from db.reminders import Candidate
from routes.web import csv_export
from routes.web import part as parts
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of, fields_of, moment

MOST_FAILURES = 20
MOST_ADDRESSES = 500  # on the page; the CSV holds all
COLUMNS = ("username", "name", "email", "last_reminded")


@dataclass(frozen=True)
class FailedLetter:
    user_id: int | None
    username: str
    at: datetime
    error: str  # "rejected: 550 …": a word for what, and what the server said


@dataclass(frozen=True)
class RemindersProgress:  # users/_reminders_progress.html  #reminders-progress
    sent: int
    waiting: int
    failed: int
    last_error: str  # of letters that wait
    failures: tuple[FailedLetter, ...]

    @property
    def shown(self) -> str:
        """What a page says it shows when it asks again."""
        return f"{self.sent}-{self.waiting}-{self.failed}"


Shown = TypeVar("Shown", bound=RemindersProgress)


@dataclass(frozen=True)
class ChosenUser:
    id: int
    username: str
    name: str
    email: str
    why_not: reminders.WhyNot


@dataclass(frozen=True)
class RemindersPage(parts.Page):
    template = "users/reminders.html"
    mail: bool  # there is a mail server
    function_on: bool
    all: bool  # all who have not are to be asked
    chosen: tuple[ChosenUser, ...]  # the others
    number: int  # how many will get a letter; with `all` how many have not set it up
    subject: str  # the letter
    text: str
    addresses: str  # without a mail server: to copy, one a line
    more_addresses: bool  # the CSV holds more
    reminders_progress: RemindersProgress
    problem: Literal["", "nobody", "function_off", "no_mail"] = ""


@dataclass(frozen=True)
class Wanted:
    """Who is to be asked."""

    all: bool
    user_ids: tuple[int, ...]


async def show(request: Request) -> Response:
    """Who would be asked, and the letter that they would get; how far the letters of the last 7 days are."""
    return await _page(request, _wanted(request.query_params.getlist("all"), request.query_params.getlist("user")))


def _wanted(every: list[str], users: list[str]) -> Wanted:
    """The set as a form names it: `all=on`, or `user` repeated."""
    fits = all(user.isascii() and user.isdigit() and len(user) <= 18 for user in users)
    if every not in ([], ["on"]) or not fits or (every and users):
        raise HTTPException(422)
    return Wanted(bool(every), tuple(dict.fromkeys(int(user) for user in users)))


async def send(request: Request) -> Response:
    """Queues the letters; sent twice, it queues none twice."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    wanted = _wanted(form.all("all"), form.all("user"))
    if post_of(request).server is None:
        return await _page(request, wanted, "no_mail", 409)
    if not wanted.all and not wanted.user_ids:
        return await _page(request, wanted, "nobody", 422)
    asked = await (
        reminders.ask_all(context, current) if wanted.all else reminders.ask(context, current, wanted.user_ids)
    )
    if isinstance(asked, reminders.NotNow):
        return await _page(request, wanted, asked.why, 409)
    post_of(request).wake()
    return redirect(request, "/users/reminders")


async def progress(request: Request) -> Response:
    """How far the letters are, asked for by the page itself; 204 when it shows that already."""
    part = await _progress(request)
    if request.query_params.get("shown") == part.shown:
        return Response(status_code=204)
    return parts.render(request, await _whole(request, Wanted(False, ()), part), part="reminders_progress")


async def export(request: Request) -> Response:
    """Everybody who has not set it up and has an address, as CSV; the export is logged before it begins."""
    await reminders.exported(context_of(request), current_of(request))
    return csv_export.download(request, "reminders", _lines(request))


async def _lines(request: Request) -> AsyncIterator[str]:
    yield csv_export.written([COLUMNS])
    after = ""
    while portion := await rows.all_who_have_not(context_of(request).db, after, csv_export.PORTION):
        yield csv_export.written(
            (
                *(csv_export.harmless(text) for text in (user.username, user.name, user.email)),
                csv_export.at(user.last_reminded_at),
            )
            for user in portion
        )
        after = portion[-1].username


async def _page(
    request: Request,
    wanted: Wanted,
    problem: Literal["", "nobody", "function_off", "no_mail"] = "",
    status: int = 200,
) -> Response:
    whole = await _whole(request, wanted, await _progress(request), problem)
    return parts.render(request, whole, status=status)


async def _whole(
    request: Request,
    wanted: Wanted,
    part: RemindersProgress,
    problem: Literal["", "nobody", "function_off", "no_mail"] = "",
) -> RemindersPage:
    context, mail = context_of(request), post_of(request).server is not None
    candidates = await rows.chosen(context.db, wanted.user_ids)
    chosen = tuple(_chosen(request, user) for user in candidates)
    figures = await adoption.figures(context.db)
    letter = _letter(request, chosen)
    listed = [] if mail else await rows.all_who_have_not(context.db, "", MOST_ADDRESSES + 1)
    if wanted.user_ids:
        listed = (
            [user for user in candidates if reminders.why_not(context, user) in ("", "reminded")] if not mail else []
        )
    return RemindersPage(
        mail=mail,
        function_on=current_of(request).function_on,
        all=wanted.all,
        chosen=chosen,
        number=figures.not_set_up if wanted.all else sum(1 for user in chosen if not user.why_not),
        subject=letter.subject,
        text=letter.text,
        addresses="\n".join(user.email for user in listed[:MOST_ADDRESSES]),
        more_addresses=len(listed) > MOST_ADDRESSES,
        reminders_progress=part,
        problem=problem,
    )


def _chosen(request: Request, user: Candidate) -> ChosenUser:
    why_not = reminders.why_not(context_of(request), user)
    return ChosenUser(user.id, user.username, user.name, user.email, why_not)


def _letter(request: Request, chosen: tuple[ChosenUser, ...]) -> Written:
    """The letter as the first of them would get it; as an example where there is none."""
    first = next((user for user in chosen if not user.why_not), None)
    username, name = (first.username, first.name) if first else ("USERNAME", "NAME")
    return post_of(request).render(Email("reminder", username, name, "", context_of(request).now, {}))


async def _progress(request: Request) -> RemindersProgress:
    found = await reminders.progress(context_of(request))
    return await progress_of(request, RemindersProgress, found, (reminders.KIND,))


async def progress_of(
    request: Request, made: type[Shown], found: deliveries.Progress, letters: tuple[str, ...]
) -> Shown:
    """How far letters of these kinds are, with why some failed or wait; the invitations show the same."""
    context = context_of(request)
    since = context.now - REMINDER_SECONDS
    failures = await deliveries.failures(context.db, since, MOST_FAILURES, letters) if found.failed else []
    return made(
        found.sent,
        found.waiting,
        found.failed,
        await deliveries.last_error(context.db) if found.waiting else "",
        tuple(FailedLetter(one.user_id, one.username or "", moment(one.at), one.error) for one in failures),
    )


def post_of(request: Request) -> OutboxWorker:
    """The letters of this process."""
    post: OutboxWorker = request.app.state.post
    return post
