"""Add a user: the form, and the link with which the new user begins."""

from dataclasses import dataclass, replace
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions, usernames
from accounts.links import links
from accounts.users import adding, users
from db import roles as stored_roles
from db import users as rows
from db.reads import units
from db.users import Method
from routes.users import handed_link
from routes.users.account_states import MOST_UNITS
from routes.users.roles import RoleChoice
from routes.web.numbers import row_number
from routes.web.outbox import outbox_of
from routes.web.part import Page, page_answer
from routes.web.permissions import in_order
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import Fields, config_of, context_of, current_of, fields_of

METHODS: dict[str, Method] = {"": "password", "password": "password", "sso": "sso"}


@dataclass(frozen=True)
class NewUser:
    """What was typed. `problems`: field → what is wrong with it. `taken_by`: the user who has the username, else 0.
    `role_ids`: None: not chosen, which is the role Member.
    """

    username: str
    name: str
    email: str
    company: str
    unit: str
    login_method: Literal["password", "sso"]
    role_ids: frozenset[int] | None
    problems: dict[str, str]
    taken_by: int
    needed: Reauthentication | None = None


@dataclass(frozen=True)
class AddedUser:
    id: int
    name: str


@dataclass(frozen=True)
class NewUserPage(Page):
    """`roles`: to choose from, none for those who may not give roles. `units`: to suggest. `added`: just now, before
    this one. `provider`: whether Single Sign-On is configured.
    """

    template = "users/new.html"
    new_user: NewUser
    roles: tuple[RoleChoice, ...]
    units: tuple[str, ...]
    mail: bool
    provider: bool
    added: AddedUser | None = None


EMPTY = NewUser("", "", "", "", "", "password", None, {}, 0)


async def show_new(request: Request) -> Response:
    """The form; `?added=` after another user, whose company and unit it has."""
    number = row_number(request.query_params.get("added", ""))
    before = await rows.by_id(context_of(request).db, number) if number is not None else None
    if before is None:
        return page_answer(request, await _page(request, EMPTY))
    page = await _page(request, replace(EMPTY, company=before.company, unit=before.unit))
    return page_answer(request, replace(page, added=AddedUser(before.id, before.name or before.username)))


async def _page(request: Request, typed: NewUser) -> NewUserPage:
    context, config = context_of(request), config_of(request)
    return NewUserPage(
        typed,
        await _roles(request, typed.role_ids),
        await units.names(context.db, MOST_UNITS),
        mail=config.mail is not None,
        provider=config.sso is not None,
    )


async def _roles(request: Request, ticked: frozenset[int] | None) -> tuple[RoleChoice, ...]:
    """Those that the one who adds may give."""
    held = current_of(request).permissions
    if permissions.ROLES_EDIT not in held:
        return ()
    every = await stored_roles.everyone(context_of(request).db)
    usual = stored_roles.same_name(adding.NEW_USERS_ROLE)
    return tuple(
        RoleChoice(
            role.id,
            role.name,
            in_order(role.permissions),
            ticked=stored_roles.same_name(role.name) == usual if ticked is None else role.id in ticked,
            has=False,
            may=True,
        )
        for role in every
        if permissions.may_act_on(held, role.permissions, permissions.ROLES_EDIT)
    )


async def add(request: Request) -> Response:
    """Adds a user, and sends the link with which they begin; without a mail server or address it is shown, once."""
    form = await fields_of(request)
    typed = _typed(request, form)
    if needed := await reauthenticate(request, form):
        return page_answer(request, await _page(request, replace(typed, needed=needed)), needed.status)
    new = users.New(
        typed.username,
        typed.name,
        typed.email,
        typed.company,
        typed.unit,
        login_method=typed.login_method,
        by_mail=config_of(request).mail is not None,
    )
    match await adding.add(context_of(request), new, current_of(request), typed.role_ids):
        case users.Created(user_id, _, _, links.NewLink() as made):
            return await handed_link.show_link(request, user_id, made, added=True)
        case users.Created(user_id):
            outbox_of(request).wake()
            another = request.query_params.get("then") == "another"
            return redirect(request, f"/users/new?added={user_id}" if another else f"/users/{user_id}")
        case adding.Added(user_id):
            kind: Literal["binding", "invitation"] = "binding" if typed.login_method == "sso" else "invitation"
            return await handed_link.shown_already(request, user_id, kind, added=True)
        case users.Refused() as refused:
            return await _refused(request, typed, refused)


def _typed(request: Request, form: Fields) -> NewUser:
    method = METHODS.get(form["login_method"])
    if method is None:
        raise HTTPException(422)
    username, name, email, company, unit = (
        form[field].strip() for field in ("username", "name", "email", "company", "unit")
    )
    return NewUser(username, name, email, company, unit, method, _role_ids(request, form), {}, 0)


def _role_ids(request: Request, form: Fields) -> frozenset[int] | None:
    """The roles that were ticked; None if the form offered none. Raises 403 if the one who adds may not give roles."""
    numbers = [row_number(text) for text in form.all("role")]
    if not numbers and form["with_roles"] != "on":
        return None
    if permissions.ROLES_EDIT not in current_of(request).permissions:
        raise HTTPException(403, "permission")
    if None in numbers:
        raise HTTPException(422)
    return frozenset(number for number in numbers if number is not None)


async def _refused(request: Request, typed: NewUser, refused: users.Refused) -> Response:
    if refused == users.Refused("role", "holds_more"):
        raise HTTPException(403, "permission")
    if refused.field == "role":
        # Deleted while the form was being sent.
        return page_answer(request, await _page(request, replace(typed, problems={"role": "gone"})), 409)
    if refused.problem == "no_provider":
        return page_answer(request, await _page(request, replace(typed, problems={"login_method": "no_provider"})), 409)
    problem = "empty" if refused.field == "username" and not typed.username else refused.problem
    user = None
    if refused.problem == "taken":
        user = await rows.by_username(context_of(request).db, usernames.canonical(typed.username) or "")
    wrong = replace(typed, problems={refused.field: problem}, taken_by=user.id if user else 0)
    return page_answer(request, await _page(request, wrong), 422)
