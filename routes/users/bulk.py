"""Acts on many users: those chosen, or all who match the filter. First whom it reaches, then doing it."""

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import fields
from accounts.bulk import run
from accounts.bulk.acts import ALL, Act, Doing
from accounts.bulk.run import Job, NotAllowed, Outlook
from accounts.mail import senders
from accounts.mail.messages import Email, Written
from db import roles as rows
from db.bulk import Person, Whom
from db.reads import units
from routes.users.filter import Asked, asked_for
from routes.web.numbers import row_number
from routes.web.outbox import outbox_of
from routes.web.part import Page, page_answer
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of

# A page of the overview, and the other fields.
MOST_FIELDS = 250
SUGGESTED_UNITS = 100
Problem = Literal["", "nobody_chosen", "changed", "function_off", "no_mail", "sentence", "too_long", "bad_characters"]
BY_NAME: dict[str, Act] = dict(ALL.items())
STATUS: dict[Problem, int] = {"changed": 409, "function_off": 409, "no_mail": 409}


@dataclass(frozen=True)
class Wanted:
    """`unit`: None: not chosen yet; the same of a role that the act needs."""

    act: Act
    # None: those chosen
    filter: Asked
    all: bool
    user_ids: tuple[int, ...]
    role: rows.Role | None
    unit: str | None
    sentence: str

    @property
    def lacks(self) -> Literal["", "role", "unit"]:
        if self.act.needs == "role" and self.role is None:
            return "role"
        return "unit" if self.act.needs == "unit" and self.unit is None else ""

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        """The fields by which a form names the same users again."""
        if self.all:
            return (("all", "on"), *self.filter.values.items())
        return tuple(("user", str(user_id)) for user_id in self.user_ids)


@dataclass(frozen=True)
class BulkPage(Page):
    """`lacks`: a role or unit is to be chosen first. `done`: so many are done, and `after` is where to go on."""

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
    emails: tuple[Written, ...]
    problem: Problem = ""
    needed: Reauthentication | None = None
    done: int = 0
    after: str = ""
    by_mail: bool = False
    sentence: str = ""
    sentence_problem: senders.SentenceProblem = ""


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
    wanted = await _wanted(request, request.query_params)
    problem = _problem(request, wanted)
    return page_answer(request, await _page(request, wanted, problem))


async def _wanted(request: Request, query: QueryParams) -> Wanted:
    """Raises HTTPException for what no form of ours sends, and 403 without the permission for the act."""
    act, every = BY_NAME.get(query.get("act", "")), query.get("all", "")
    if act is None or every not in ("", "on"):
        raise HTTPException(422)
    role = await _role(request, act, query)
    if not act.may(current_of(request).permissions, role):
        raise HTTPException(403, "permission")
    user_ids = () if every else _chosen(query)
    unit = query["to_unit"].strip() if act.needs == "unit" and "to_unit" in query else None
    sentence = query.get("sentence", "").strip() if act.by_mail else ""
    return Wanted(act, asked_for(request, query), every == "on", user_ids, role, unit, sentence)


def _chosen(query: QueryParams) -> tuple[int, ...]:
    user_ids = [row_number(user) for user in query.getlist("user")]
    if None in user_ids:
        raise HTTPException(422)
    return tuple(dict.fromkeys(user_id for user_id in user_ids if user_id is not None))


async def _role(request: Request, act: Act, query: QueryParams) -> rows.Role | None:
    number = row_number(query.get("to_role", "") or "0")
    if act.needs != "role" or number == 0:
        return None
    role = await rows.by_id(context_of(request).db, number) if number else None
    if role is None:
        raise HTTPException(422)
    return role


def _problem(request: Request, wanted: Wanted) -> Problem:
    if wanted.act.name == "remind" and not current_of(request).function_on:
        return "function_off"
    if wanted.act.by_mail and outbox_of(request).server is None:
        return "no_mail"
    if not wanted.all and not wanted.user_ids:
        return "nobody_chosen"
    if senders.problem_with_sentence(wanted.sentence):
        return "sentence"
    return fields.problem_with_text(wanted.unit or "")


def _job(request: Request, wanted: Wanted) -> Job:
    doing = Doing(context_of(request), current_of(request), wanted.role, wanted.unit or "", wanted.sentence)
    return Job(wanted.act, doing, Whom(wanted.filter.filter if wanted.all else None, wanted.user_ids))


async def _page(
    request: Request, wanted: Wanted, problem: Problem = "", needed: Reauthentication | None = None
) -> BulkPage:
    ready = not wanted.lacks and problem in ("", "changed", "sentence")
    found = await run.outlook(_job(request, wanted)) if ready else None
    return BulkPage(
        act=wanted.act.name,
        all=wanted.all,
        hidden=wanted.hidden,
        back_url=wanted.filter.url(),
        lacks=wanted.lacks if problem in ("", "changed") else "",
        roles=await _roles(request, wanted),
        units=() if found or wanted.act.needs != "unit" else await units.names(context_of(request).db, SUGGESTED_UNITS),
        role=wanted.role,
        unit=wanted.unit or "",
        outlook=found,
        emails=_emails(request, wanted, found) if found else (),
        problem=problem,
        needed=needed,
        by_mail=wanted.act.by_mail,
        sentence=wanted.sentence,
        sentence_problem=senders.problem_with_sentence(wanted.sentence),
    )


async def _roles(request: Request, wanted: Wanted) -> tuple[rows.Role, ...]:
    """To choose from: those that the one who looks may give."""
    held = current_of(request).permissions
    every = await rows.everyone(context_of(request).db) if wanted.lacks == "role" else []
    return tuple(role for role in every if wanted.act.may(held, role))


def _emails(request: Request, wanted: Wanted, found: Outlook) -> tuple[Written, ...]:
    """Each kind of e-mail, as the first of them would get it."""
    if not wanted.act.by_mail:
        return ()
    context, kinds = context_of(request), dict[str, Person]()
    for person in found.reached:
        kind = "binding" if person.login_method == "sso" else "invitation"
        kinds.setdefault("reminder" if wanted.act.name == "remind" else kind, person)
    session, link = current_of(request).session, f"{config_of(request).base_url}/…"
    # a sentence that is refused is not shown as if it were sent
    sentence = "" if senders.problem_with_sentence(wanted.sentence) else wanted.sentence
    facts = senders.facts_of(session.username, session.name, sentence)
    return tuple(
        outbox_of(request).render(Email(kind, person.username, person.name, "", context.now, facts, link))
        for kind, person in kinds.items()
    )


async def do(request: Request) -> Response:
    """Does it to those who were shown: if they are others by now, it says so and does nothing."""
    form = await fields_of(request, MOST_FIELDS)
    wanted = await _wanted(request, form.query)
    problem = _problem(request, wanted)
    if problem or wanted.lacks:
        return page_answer(request, await _page(request, wanted, problem), STATUS.get(problem, 422))
    if wanted.act.reauthenticates and (needed := await reauthenticate(request, form)):
        return page_answer(request, await _page(request, wanted, needed=needed), needed.status)
    found = await run.outlook(_job(request, wanted))
    going_on = row_number(form["done"] or "0") or 0
    if not going_on and (form["shown"] not in ("", found.version) or not found.number):
        return page_answer(request, await _page(request, wanted, "changed"), 409)
    return await _run(request, wanted, found.tried, going_on, form["after"])


async def _run(request: Request, wanted: Wanted, most: int, before: int, after: str) -> Response:
    try:
        done = await run.run(_job(request, wanted), most, after)
    except NotAllowed:
        raise HTTPException(403, "permission") from None
    finally:
        if wanted.act.by_mail:
            outbox_of(request).wake()
    if done.after is not None:
        page = await _page(request, wanted)
        return page_answer(request, replace(page, done=before + done.number, after=done.after))
    if wanted.act.by_mail:
        return redirect(request, "/users/reminders" if wanted.act.name == "remind" else "/users/invitations")
    kept = {"kept": done.last_administrator} if done.last_administrator else {}
    query = {"act": wanted.act.name, "number": before + done.number, **kept, **wanted.filter.values}
    return redirect(request, f"/users/bulk/done?{urlencode(query)}")


async def show_done(request: Request) -> Response:
    """What was done, and where to go from here."""
    query = request.query_params
    numbers = [row_number(query.get(name, "0")) for name in ("number", "kept")]
    if query.get("act") not in ALL or None in numbers:
        raise HTTPException(422)
    number, kept = (each or 0 for each in numbers)
    return page_answer(request, BulkDonePage(query["act"], number, kept, asked_for(request, query).url()))
