"""Reminders: ask users who have not set two-factor authentication up to do so; how far the e-mails are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import spreadsheets
from accounts.activity import kinds
from accounts.bulk import run
from accounts.bulk.acts import ALL, Doing
from accounts.bulk.run import Job
from accounts.mail import senders
from accounts.mail.messages import Email, Written
from accounts.system import contact
from accounts.two_factor import reminders
from db import adoption
from db import reminders as rows
from db.bulk import Whom
from db.reads.user_filter import Filter
from db.reminders import Candidate
from routes.users.email_progress import RemindersProgress, answer_poll, of_reminders
from routes.web import csv_export
from routes.web.numbers import row_number
from routes.web.outbox import outbox_of
from routes.web.part import Page, page_answer
from routes.web.redirect import redirect
from routes.web.request import contact_of, context_of, current_of, fields_of

# On the page; the CSV holds all.
MOST_ADDRESSES = 500
COLUMNS = ("username", "name", "email", "last_reminded")
Problem = Literal["", "nobody", "function_off", "no_mail"]


@dataclass(frozen=True)
class ChosenUser:
    id: int
    username: str
    name: str
    email: str
    why_not: reminders.WhyNot


@dataclass(frozen=True)
class Addresses:
    """Without a mail server: to copy, one a line. `more`: the CSV holds more."""

    text: str
    more: bool


@dataclass(frozen=True)
class RemindersPage(Page):
    """`chosen`: those named, none with `all`. `number`: who will get an e-mail; with `all`, who has not set it up."""

    template = "users/reminders.html"
    function_on: bool
    all: bool
    chosen: tuple[ChosenUser, ...]
    number: int
    email: Written
    by_hand: Addresses | None
    progress: RemindersProgress | None
    problem: Problem
    sentence: str = ""
    sentence_problem: senders.SentenceProblem = ""


@dataclass(frozen=True)
class Wanted:
    """Who is to be asked."""

    all: bool
    user_ids: tuple[int, ...]


async def show(request: Request) -> Response:
    """Who would be asked, the e-mail that they would get, and how far those of the last 7 days are."""
    wanted = _wanted(request.query_params.getlist("all"), request.query_params.getlist("user"))
    return page_answer(request, await _page(request, wanted))


def _wanted(every: list[str], users: list[str]) -> Wanted:
    """The set as a form names it: `all=on`, or `user` repeated."""
    user_ids = [row_number(user) for user in users]
    if every not in ([], ["on"]) or None in user_ids or (every and users):
        raise HTTPException(422)
    return Wanted(bool(every), tuple(dict.fromkeys(user_id for user_id in user_ids if user_id is not None)))


async def send(request: Request) -> Response:
    """Queues the e-mails; sent twice, it queues none twice."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    wanted = _wanted(form.all("all"), form.all("user"))
    if outbox_of(request).server is None:
        return page_answer(request, await _page(request, wanted, "no_mail"), 409)
    if not wanted.all and not wanted.user_ids:
        return page_answer(request, await _page(request, wanted, "nobody"), 422)
    sentence = form["sentence"].strip()
    if sentence_problem := senders.problem_with_sentence(sentence):
        page = await _page(request, wanted, sentence=sentence)
        return page_answer(request, replace(page, sentence_problem=sentence_problem), 422)
    if not current.function_on:
        return page_answer(request, await _page(request, wanted, "function_off", sentence=sentence), 409)
    whom = Whom(Filter(two_factor="off"), ()) if wanted.all else Whom(None, wanted.user_ids)
    job = Job(ALL["remind"], Doing(context, current, sentence=sentence), whom)
    await run.to_the_end(job)
    outbox_of(request).wake()
    return redirect(request, "/users/reminders")


async def progress(request: Request) -> Response:
    """How far the e-mails are, asked for by the page itself."""
    return await answer_poll(request, await of_reminders(request), lambda: _page(request, _wanted([], [])))


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


async def _page(request: Request, wanted: Wanted, problem: Problem = "", *, sentence: str = "") -> RemindersPage:
    context, by_mail = context_of(request), outbox_of(request).server is not None
    candidates = await rows.chosen(context.db, wanted.user_ids)
    chosen = tuple(_chosen(request, user) for user in candidates)
    number = sum(not user.why_not for user in chosen)
    return RemindersPage(
        function_on=current_of(request).function_on,
        all=wanted.all,
        chosen=chosen,
        number=(await adoption.figures(context.db)).not_set_up if wanted.all else number,
        email=_email(request, chosen, sentence),
        by_hand=None if by_mail else await _addresses(request, wanted, candidates),
        progress=await of_reminders(request) if by_mail else None,
        problem=problem,
        sentence=sentence,
    )


def _chosen(request: Request, user: Candidate) -> ChosenUser:
    why_not = reminders.why_not(context_of(request), user)
    return ChosenUser(user.id, user.username, user.name, user.email, why_not)


async def _addresses(request: Request, wanted: Wanted, chosen: list[Candidate]) -> Addresses:
    context = context_of(request)
    if wanted.user_ids:
        listed = [user for user in chosen if reminders.why_not(context, user) in ("", "reminded")]
    else:
        listed = await rows.all_who_have_not(context.db, "", MOST_ADDRESSES + 1)
    text = "\n".join(user.email for user in listed[:MOST_ADDRESSES])
    return Addresses(text, more=len(listed) > MOST_ADDRESSES)


def _email(request: Request, chosen: tuple[ChosenUser, ...], sentence: str) -> Written:
    """The e-mail as the first of them would get it; as an example without one."""
    first = next((user for user in chosen if not user.why_not), None)
    username, name = (first.username, first.name) if first else ("USERNAME", "NAME")
    session = current_of(request).session
    # a sentence that is refused is not shown as if it were sent
    added = "" if senders.problem_with_sentence(sentence) else sentence
    facts = senders.facts_of(session.username, session.name, added)
    whom, now = contact.written(contact_of(request)), context_of(request).now
    return outbox_of(request).render(Email("reminder", username, name, "", now, facts, contact=whom))
