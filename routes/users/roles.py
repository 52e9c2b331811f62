"""A user's roles: giving and taking them. A page of its own, since those who edit roles need not see users."""

from dataclasses import dataclass
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from accounts.users import roles
from db import makers, users
from db import roles as rows
from db.reads import ways_in
from db.reads.ways_in import MadeByOthers
from db.users import Method
from routes.web.numbers import row_number
from routes.web.part import Page, Part, answer, wants_part
from routes.web.permissions import in_order
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.request import context_of, current_of, fields_of
from routes.web.role_changes import bar_changed, leave, refuse

Problem = Literal["", "last_administrator", "conflict", "unknown_role"]


@dataclass(frozen=True)
class RoleChoice:
    """A role with its checkbox. `may`: the one who looks holds all of its permissions, and so may give and take it."""

    id: int
    name: str
    permissions: tuple[str, ...]
    ticked: bool
    has: bool
    may: bool


@dataclass(frozen=True)
class UserRoles(Part):
    """`made`: the ways in that end if a role allows more than their makers hold. `ended`: that left the user without a
    password or identity; `may_invite`: the one who looks can hand over a link.
    """

    template = "users/roles_card.html"
    root = "user-roles"
    user_id: int
    choices: tuple[RoleChoice, ...]
    own: bool
    problem: Problem
    needed: Reauthentication | None
    saved: bool
    username: str
    email: str
    login_method: Method
    made: MadeByOthers
    ended: bool
    may_invite: bool
    # to how many others links are sent at an address that this user entered
    entered: int


@dataclass(frozen=True)
class UserRolesPage(Page):
    template = "users/user_roles.html"
    id: int
    username: str
    name: str
    user_roles: UserRoles


@dataclass(frozen=True)
class Form:
    """`has`: the roles that the user holds; `ticked`: those of the form; `saved`: they were just given and taken."""

    user: users.User
    has: frozenset[int]
    ticked: frozenset[int]
    saved: bool = False


async def show(request: Request) -> Response:
    """All roles, those ticked that the user holds; `?role=` ticks another one, which is not given before it is
    saved.
    """
    user, asked = await _user(request), row_number(request.query_params.get("role", ""))
    has = await rows.of_user(context_of(request).db, user.id)
    ended = request.query_params.get("ended") == "on" and not _can_sign_in(user)
    form = Form(user, has, has if asked is None else has | {asked}, saved=ended)
    return await _answer_with(request, user, await _card(request, form, ended=ended))


def _can_sign_in(user: users.User) -> bool:
    return user.password_hash is not None or user.sso_subject is not None


async def _user(request: Request) -> users.User:
    user = await users.by_id(context_of(request).db, request.path_params["id"])
    if user is None:
        raise HTTPException(404)
    return user


def _numbers(texts: list[str]) -> frozenset[int] | None:
    """The numbers of roles as they were sent; None if one of them is no number."""
    numbers = [row_number(text) for text in texts]
    return None if None in numbers else frozenset(number for number in numbers if number is not None)


async def _answer(
    request: Request, form: Form, problem: Problem = "", needed: Reauthentication | None = None, status: int = 200
) -> Response:
    return await _answer_with(request, form.user, await _card(request, form, problem, needed), status)


async def _answer_with(request: Request, user: users.User, part: UserRoles, status: int = 200) -> Response:
    async def page() -> UserRolesPage:
        return UserRolesPage(user.id, user.username, user.name, part)

    return await answer(request, part, page, status=status)


async def _card(
    request: Request, form: Form, problem: Problem = "", needed: Reauthentication | None = None, *, ended: bool = False
) -> UserRoles:
    context, held, user = context_of(request), current_of(request).permissions, form.user
    every = await rows.everyone(context.db)
    allowed = frozenset[str]().union(*(role.permissions for role in every if role.id in form.has))
    return UserRoles(
        user_id=user.id,
        choices=tuple(_choice(role, form, held) for role in every),
        own=user.id == current_of(request).session.user_id,
        problem=problem,
        needed=needed,
        saved=form.saved,
        username=user.username,
        email=user.email,
        login_method=user.login_method,
        made=await ways_in.made_by_others(context.db, user.id, context.now),
        ended=ended,
        may_invite=permissions.may_act_on(held, allowed),
        entered=await makers.number_entered(context.db, user.id),
    )


def _choice(role: rows.Role, form: Form, held: frozenset[str]) -> RoleChoice:
    may = permissions.may_act_on(held, role.permissions, permissions.ROLES_EDIT)
    ticked = role.id in (form.ticked if may else form.has)
    return RoleChoice(role.id, role.name, in_order(role.permissions), ticked, role.id in form.has, may)


async def assign(request: Request) -> Response:
    """Gives and takes roles until the user holds the wanted ones; in force with the user's next request."""
    fields, user = await fields_of(request), await _user(request)
    has, wanted = await rows.of_user(context_of(request).db, user.id), _numbers(fields.all("role"))
    shown = _numbers(fields["shown"].split()) if fields.has("shown") else None
    if wanted is None:
        return await _answer(request, Form(user, has, has), "unknown_role", status=422)
    if shown not in (None, has):
        return await _answer(request, Form(user, has, has), "conflict", status=409)
    if needed := await reauthenticate(request, fields):
        return await _answer(request, Form(user, has, wanted), needed=needed, status=needed.status)
    if refused := await roles.assign(context_of(request), user.id, wanted, current_of(request), shown):
        return await _refused(request, user, wanted, refused)
    return await _assigned(request, user, wanted)


async def _assigned(request: Request, before: users.User, held: frozenset[int]) -> Response:
    """`before`: the user before the roles were given."""
    user = await _user(request)
    ended = _can_sign_in(before) and not _can_sign_in(user)
    if wants_part(request) and not await bar_changed(request):
        card = await _card(request, Form(user, held, held, saved=True), ended=ended)
        return await _answer_with(request, user, card)
    seen = permissions.USERS_VIEW in current_of(request).permissions
    if ended:
        return await leave(request, f"/users/{user.id}/roles?ended=on")
    return await leave(request, f"/users/{user.id}" if seen else f"/users/{user.id}/roles")


async def _refused(request: Request, user: users.User, wanted: frozenset[int], refused: roles.Refused) -> Response:
    refuse(refused)
    has = await rows.of_user(context_of(request).db, user.id)
    match refused.problem:
        case "last_administrator":
            return await _answer(request, Form(user, has, wanted), "last_administrator", status=409)
        case "conflict":
            return await _answer(request, Form(user, has, has), "conflict", status=409)
        case _:
            return await _answer(request, Form(user, has, has & wanted), "unknown_role", status=422)
