"""Add a user: the form, and the link with which the new user begins."""

from dataclasses import dataclass, replace
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import usernames
from accounts.links import links
from accounts.users import administration, users
from db import users as rows
from db.users import Method
from routes.users import handed_link
from routes.web.outbox import outbox_of
from routes.web.part import Page, page_answer
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import Fields, config_of, context_of, current_of, fields_of

METHODS: dict[str, Method] = {"": "password", "password": "password", "sso": "sso"}


@dataclass(frozen=True)
class NewUser:
    """What was typed. `problems`: field → what is wrong with it. `taken_by`: the user who has the username, else 0."""

    username: str
    name: str
    email: str
    company: str
    unit: str
    login_method: Literal["password", "sso"]
    problems: dict[str, str]
    taken_by: int
    mail: bool
    needed: Reauthentication | None = None


@dataclass(frozen=True)
class NewUserPage(Page):
    template = "users/new.html"
    new_user: NewUser


async def show_new(request: Request) -> Response:
    """The form."""
    return page_answer(request, NewUserPage(NewUser("", "", "", "", "", "password", {}, 0, _mail(request))))


def _mail(request: Request) -> bool:
    return config_of(request).mail is not None


async def add(request: Request) -> Response:
    """Adds a user, and sends the link with which they begin; without a mail server or address it is shown, once."""
    form = await fields_of(request)
    typed = _typed(form, _mail(request))
    if needed := await reauthenticate(request, form):
        return page_answer(request, NewUserPage(replace(typed, needed=needed)), needed.status)
    new = users.New(
        typed.username,
        typed.name,
        typed.email,
        typed.company,
        typed.unit,
        login_method=typed.login_method,
        by_mail=typed.mail,
    )
    match await administration.add(context_of(request), new, current_of(request)):
        case users.Created(user_id, _, _, links.NewLink() as made):
            return await handed_link.show_link(request, user_id, made, added=True)
        case users.Created(user_id):
            outbox_of(request).wake()
            return redirect(request, f"/users/{user_id}")
        case administration.Added(user_id):
            kind: Literal["binding", "invitation"] = "binding" if typed.login_method == "sso" else "invitation"
            return await handed_link.shown_already(request, user_id, kind, added=True)
        case users.Refused() as refused:
            return await _refused(request, typed, refused)


def _typed(form: Fields, mail: bool) -> NewUser:
    method = METHODS.get(form["login_method"])
    if method is None:
        raise HTTPException(422)
    username, name, email, company, unit = (
        form[field].strip() for field in ("username", "name", "email", "company", "unit")
    )
    return NewUser(username, name, email, company, unit, method, {}, 0, mail)


async def _refused(request: Request, typed: NewUser, refused: users.Refused) -> Response:
    if refused == users.Refused("role", "holds_more"):
        raise HTTPException(403, "permission")
    if refused.field == "role":
        # Deleted while the form was being sent.
        return page_answer(request, NewUserPage(replace(typed, problems={"role": "gone"})), 409)
    problems: dict[str, str] = {refused.field: refused.problem}
    user = None
    if refused.problem == "taken":
        user = await rows.by_username(context_of(request).db, usernames.canonical(typed.username) or "")
    return page_answer(request, NewUserPage(replace(typed, problems=problems, taken_by=user.id if user else 0)), 422)
