"""Acts on many users: those chosen, or all who match the filter. First whom it reaches, then doing it."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.bulk import run
from accounts.bulk.acts import ALL
from accounts.bulk.run import NotAllowed, Outlook
from accounts.mail import senders
from db import roles as rows
from db.reads import units
from routes.users import back, bulk_emails
from routes.users.bulk_emails import Example
from routes.users.bulk_wanted import Problem, Wanted, job_of, problem_with, wanted_of
from routes.users.filter import asked_for
from routes.web.numbers import row_number
from routes.web.outbox import outbox_of
from routes.web.part import Page, Part, answer, page_answer, wants_part
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import Fields, context_of, current_of, fields_of

# A page of the overview, and the other fields.
MOST_FIELDS = 250
SUGGESTED_UNITS = 100
STATUS: dict[Problem, int] = {"changed": 409, "function_off": 409, "no_mail": 409}


@dataclass(frozen=True)
class BulkPage(Page):
    """`lacks`: a role or unit is to be chosen first."""

    template = "users/bulk.html"
    act: str
    all: bool
    hidden: tuple[tuple[str, str], ...]
    back_url: str
    lacks: Literal["", "role", "unit"]
    roles: tuple[rows.Role, ...]
    units: tuple[str, ...]
    role: rows.Role | None
    unit: str
    outlook: Outlook | None
    emails: tuple[Example, ...]
    problem: Problem = ""
    needed: Reauthentication | None = None
    by_mail: bool = False
    sentence: str = ""
    sentence_problem: senders.SentenceProblem = ""
    by_hand_url: str = ""


@dataclass(frozen=True)
class SoFar:
    """Where a long act goes on. `left`: so many of those who were shown; `kept`: so many were left out, so that one
    administrator remains.
    """

    after: str
    done: int
    left: int
    kept: int


@dataclass(frozen=True)
class BulkProgress(Part):
    """A long act under way. `hidden`: all that its form sends; `by_itself`: or else by its button alone."""

    template = "users/bulk_progress.html"
    root = "bulk-progress"
    act: str
    so_far: SoFar
    hidden: tuple[tuple[str, str], ...]
    back_url: str
    by_itself: bool
    needed: Reauthentication | None = None


@dataclass(frozen=True)
class BulkGoingOnPage(Page):
    template = "users/bulk_going_on.html"
    act: str
    back_url: str
    progress: BulkProgress


@dataclass(frozen=True)
class BulkDonePage(Page):
    """`kept`: so many administrators were left out, so that one remains."""

    template = "users/bulk_done.html"
    act: str
    number: int
    kept: int
    back_url: str


async def show(request: Request) -> Response:
    """Whom the act would reach, and why it leaves others out."""
    wanted = await wanted_of(request, request.query_params)
    return page_answer(request, await _page(request, wanted, problem_with(request, wanted)))


async def _page(
    request: Request, wanted: Wanted, problem: Problem = "", needed: Reauthentication | None = None
) -> BulkPage:
    ready = not wanted.lacks and problem in ("", "changed", "sentence")
    found = await run.outlook(job_of(request, wanted)) if ready else None
    return BulkPage(
        act=wanted.act.name,
        all=wanted.all,
        hidden=wanted.hidden,
        back_url=wanted.back_url,
        lacks=wanted.lacks if problem in ("", "changed") else "",
        roles=await _roles(request, wanted),
        units=() if found or wanted.act.needs != "unit" else await units.names(context_of(request).db, SUGGESTED_UNITS),
        role=wanted.role,
        unit=wanted.unit or "",
        outlook=found,
        emails=_emails(request, wanted, found) if found and found.number and wanted.act.by_mail else (),
        problem=problem,
        needed=needed,
        by_mail=wanted.act.by_mail,
        sentence=wanted.sentence,
        sentence_problem=senders.problem_with_sentence(wanted.sentence),
        by_hand_url=f"/users/reminders?{urlencode(wanted.hidden)}",
    )


async def _roles(request: Request, wanted: Wanted) -> tuple[rows.Role, ...]:
    """To choose from: those that the one who looks may give."""
    held = current_of(request).permissions
    every = await rows.everyone(context_of(request).db) if wanted.lacks == "role" else []
    return tuple(role for role in every if wanted.act.may(held, role))


def _emails(request: Request, wanted: Wanted, found: Outlook) -> tuple[Example, ...]:
    if wanted.act.name == "remind":
        return (bulk_emails.reminder(request, found, wanted.sentence),)
    return bulk_emails.invitations(request, found, wanted.sentence)


async def do(request: Request) -> Response:
    """Does it to those who were shown: if they are others by now, it says so and does nothing."""
    form = await fields_of(request, MOST_FIELDS)
    wanted, so_far = await wanted_of(request, form.query), _so_far(form)
    if refused := await _refusal(request, form, wanted, so_far):
        return refused
    if so_far is None:
        found = await run.outlook(job_of(request, wanted))
        if form["shown"] not in ("", found.version) or not found.number:
            return page_answer(request, await _page(request, wanted, "changed"), 409)
        so_far = SoFar("", 0, found.tried, 0)
    # A part that htmx swaps in has the field, too: there, <noscript> is read as without JavaScript.
    by_hand = form["by_hand"] and not wants_part(request)
    return await _run(request, wanted, so_far, run.BY_HAND_SECONDS if by_hand else run.BY_ITSELF_SECONDS)


async def _refusal(request: Request, form: Fields, wanted: Wanted, so_far: SoFar | None) -> Response | None:
    """The answer if something is wrong or missing, or the form must ask who one is."""
    problem = problem_with(request, wanted)
    if problem or wanted.lacks:
        if wants_part(request):
            return redirect(request, wanted.url)
        return page_answer(request, await _page(request, wanted, problem), STATUS.get(problem, 422))
    needed = await reauthenticate(request, form) if wanted.act.reauthenticates else None
    if needed and so_far:
        return await _goes_on(request, wanted, so_far, needed)
    return page_answer(request, await _page(request, wanted, needed=needed), needed.status) if needed else None


def _so_far(form: Fields) -> SoFar | None:
    """None before it began."""
    if not form["after"]:
        return None
    done, left, kept = (row_number(form[name]) or 0 for name in ("done", "left", "kept"))
    return SoFar(form["after"], done, left, kept)


async def _run(request: Request, wanted: Wanted, before: SoFar, seconds: float) -> Response:
    try:
        done = await run.run(job_of(request, wanted), before.left, before.after, before=before.done, seconds=seconds)
    except NotAllowed:
        raise HTTPException(403, "permission") from None
    finally:
        if wanted.act.by_mail:
            outbox_of(request).wake()
    number, kept = before.done + done.number, before.kept + done.last_administrator
    if done.after is not None:
        return await _goes_on(request, wanted, SoFar(done.after, number, before.left - done.number, kept))
    if wanted.act.by_mail:
        path = "/users/reminders" if wanted.act.name == "remind" else "/users/invitations"
        return redirect(request, "?".join((path, *([urlencode(wanted.back)] if wanted.back else []))))
    whence = dict(wanted.back) or wanted.filter.values
    query = {"act": wanted.act.name, "number": number, **({"kept": kept} if kept else {}), **whence}
    return redirect(request, f"/users/bulk/done?{urlencode(query)}")


async def _goes_on(request: Request, wanted: Wanted, so_far: SoFar, needed: Reauthentication | None = None) -> Response:
    sentence = (("sentence", wanted.sentence),) if wanted.sentence else ()
    numbers = tuple((name, str(value)) for name, value in vars(so_far).items())
    hidden = (*wanted.chosen, *wanted.hidden, *sentence, *numbers)
    part = BulkProgress(wanted.act.name, so_far, hidden, wanted.back_url, by_itself=needed is None, needed=needed)

    async def page() -> Page:
        return BulkGoingOnPage(part.act, part.back_url, part)

    return await answer(request, part, page, status=needed.status if needed else 200)


async def show_done(request: Request) -> Response:
    """What was done, and where to go from here."""
    query = request.query_params
    numbers = [row_number(query.get(name, "0")) for name in ("number", "kept")]
    if query.get("act") not in ALL or None in numbers:
        raise HTTPException(422)
    number, kept = (each or 0 for each in numbers)
    back_url = back.url(query) if back.kept(query) else asked_for(request, query).url()
    return page_answer(request, BulkDonePage(query["act"], number, kept, back_url))
