"""A user's roles: giving and taking them. A page of its own, since those who edit roles need not see users."""

from dataclasses import dataclass
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from accounts.users import roles
from db import roles as rows
from db import users
from db.reads import user_roles
from db.reads.user_roles import Roles, WithWaysIn
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
    """`roles`: all, and those that the user holds; `ticked`: those of the form; `saved`: they were just given and
    taken.
    """

    of: WithWaysIn
    roles: Roles
    ticked: frozenset[int]
    saved: bool = False
    # as in UserRoles
    ended: bool = False


async def show(request: Request) -> Response:
    """All roles, those ticked that the user holds; `?role=` ticks another one, which is not given before it is
    saved.
    """
    of, has, asked = await _user(request), await _roles(request), row_number(request.query_params.get("role", ""))
    ended = request.query_params.get("ended") == "on" and not _can_sign_in(of.user)
    ticked = has.held if asked is None else has.held | {asked}
    return await _answer(request, Form(of, has, ticked, saved=ended, ended=ended))


def _can_sign_in(user: users.User) -> bool:
    return user.password_hash is not None or user.sso_subject is not None


async def _user(request: Request) -> WithWaysIn:
    context = context_of(request)
    found = await user_roles.user(context.db, request.path_params["id"], context.now)
    if found is None:
        raise HTTPException(404)
    return found


async def _roles(request: Request) -> Roles:
    return await user_roles.roles(context_of(request).db, request.path_params["id"])


def _numbers(texts: list[str]) -> frozenset[int] | None:
    """The numbers of roles as they were sent; None if one of them is no number."""
    numbers = [row_number(text) for text in texts]
    return None if None in numbers else frozenset(number for number in numbers if number is not None)


async def _answer(
    request: Request, form: Form, problem: Problem = "", needed: Reauthentication | None = None, status: int = 200
) -> Response:
    part, user = _card(request, form, problem, needed), form.of.user

    async def page() -> UserRolesPage:
        return UserRolesPage(user.id, user.username, user.name, part)

    return await answer(request, part, page, status=status)


def _card(request: Request, form: Form, problem: Problem, needed: Reauthentication | None) -> UserRoles:
    held, user, roles = current_of(request).permissions, form.of.user, form.roles
    allowed = frozenset[str]().union(*(role.permissions for role in roles.every if role.id in roles.held))
    return UserRoles(
        user_id=user.id,
        choices=tuple(_choice(role, form, held) for role in roles.every),
        own=user.id == current_of(request).session.user_id,
        problem=problem,
        needed=needed,
        saved=form.saved,
        username=user.username,
        email=user.email,
        login_method=user.login_method,
        made=form.of.made,
        ended=form.ended,
        may_invite=permissions.may_act_on(held, allowed),
        entered=form.of.entered,
    )


def _choice(role: rows.Role, form: Form, held: frozenset[str]) -> RoleChoice:
    may = permissions.may_act_on(held, role.permissions, permissions.ROLES_EDIT)
    has = role.id in form.roles.held
    return RoleChoice(role.id, role.name, in_order(role.permissions), role.id in form.ticked if may else has, has, may)


async def assign(request: Request) -> Response:
    """Gives and takes roles until the user holds the wanted ones; in force with the user's next request."""
    fields, of, has = await fields_of(request), await _user(request), await _roles(request)
    wanted = _numbers(fields.all("role"))
    shown = _numbers(fields["shown"].split()) if fields.has("shown") else None
    if wanted is None:
        return await _answer(request, Form(of, has, has.held), "unknown_role", status=422)
    if shown not in (None, has.held):
        return await _answer(request, Form(of, has, has.held), "conflict", status=409)
    if needed := await reauthenticate(request, fields):
        return await _answer(request, Form(of, has, wanted), needed=needed, status=needed.status)
    if refused := await roles.assign(context_of(request), of.user.id, wanted, current_of(request), shown):
        return await _refused(request, wanted, refused)
    return await _assigned(request, of.user)


async def _assigned(request: Request, before: users.User) -> Response:
    """`before`: the user before the roles were given."""
    of = await _user(request)
    ended = _can_sign_in(before) and not _can_sign_in(of.user)
    if wants_part(request) and not await bar_changed(request):
        has = await _roles(request)
        return await _answer(request, Form(of, has, has.held, saved=True, ended=ended))
    seen = permissions.USERS_VIEW in current_of(request).permissions
    if ended:
        return await leave(request, f"/users/{before.id}/roles?ended=on")
    return await leave(request, f"/users/{before.id}" if seen else f"/users/{before.id}/roles")


async def _refused(request: Request, wanted: frozenset[int], refused: roles.Refused) -> Response:
    refuse(refused)
    of, has = await _user(request), await _roles(request)
    match refused.problem:
        case "last_administrator":
            return await _answer(request, Form(of, has, wanted), "last_administrator", status=409)
        case "conflict":
            return await _answer(request, Form(of, has, has.held), "conflict", status=409)
        case _:
            return await _answer(request, Form(of, has, has.held & wanted), "unknown_role", status=422)
