"""What a form asks to be done to many users: the act, to whom, and what is chosen with it."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts import fields
from accounts.bulk.acts import ALL, Act, Doing
from accounts.bulk.run import Job
from accounts.mail import senders
from db import roles as rows
from db.bulk import Whom
from routes.users import back
from routes.users.filter import Asked, asked_for
from routes.web.numbers import row_number
from routes.web.outbox import outbox_of
from routes.web.request import context_of, current_of

Problem = Literal["", "nobody_chosen", "changed", "function_off", "no_mail", "sentence", "too_long", "bad_characters"]
BY_NAME: dict[str, Act] = dict(ALL.items())


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
    # the way back to the overview, as a field; empty from other pages
    back: tuple[tuple[str, str], ...] = ()

    @property
    def lacks(self) -> Literal["", "role", "unit"]:
        if self.act.needs == "role" and self.role is None:
            return "role"
        return "unit" if self.act.needs == "unit" and self.unit is None else ""

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        """The fields by which a form names the same users again, and the way back."""
        if self.all:
            return (("all", "on"), *self.filter.values.items(), *self.back)
        return (*(("user", str(user_id)) for user_id in self.user_ids), *self.back)

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """The same for what is chosen with the act."""
        role = (("to_role", str(self.role.id)),) if self.role else ()
        return (("act", self.act.name), *role, *((("to_unit", self.unit),) if self.unit is not None else ()))

    @property
    def back_url(self) -> str:
        return back.url(dict(self.back)) if self.back else self.filter.url()

    @property
    def url(self) -> str:
        """Of the preview."""
        return f"/users/bulk?{urlencode([*self.chosen, *self.hidden])}"


async def wanted_of(request: Request, query: QueryParams) -> Wanted:
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
    return Wanted(act, asked_for(request, query), every == "on", user_ids, role, unit, sentence, back.kept(query))


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


def problem_with(request: Request, wanted: Wanted) -> Problem:
    if wanted.act.name == "remind" and not current_of(request).function_on:
        return "function_off"
    if wanted.act.by_mail and outbox_of(request).server is None:
        return "no_mail"
    if not wanted.all and not wanted.user_ids:
        return "nobody_chosen"
    if senders.problem_with_sentence(wanted.sentence):
        return "sentence"
    return fields.problem_with_text(wanted.unit or "")


def job_of(request: Request, wanted: Wanted) -> Job:
    doing = Doing(context_of(request), current_of(request), wanted.role, wanted.unit or "", wanted.sentence)
    return Job(wanted.act, doing, Whom(wanted.filter.filter if wanted.all else None, wanted.user_ids))
