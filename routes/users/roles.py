"""A user's roles: giving and taking them. A page of its own, since who edits roles need not see users."""

from dataclasses import dataclass
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from accounts.login import reauthentication
from accounts.users import roles
from db import roles as rows
from db import users
from routes.roles import parts as role_parts
from routes.roles import roles as role_pages
from routes.web import part as parts
from routes.web.reauthentication import Reauthentication
from routes.web.request import context_of, current_of, fields_of, keep_token

Problem = Literal["", "last_administrator", "conflict", "unknown_role"]


@dataclass(frozen=True)
class RoleChoice:
    """A role with its checkbox."""

    id: int
    name: str
    permissions: tuple[str, ...]
    ticked: bool
    has: bool  # now
    may: bool  # whoever looks holds all of its permissions, and so may give and take it


@dataclass(frozen=True)
class UserRoles:  # users/_user_roles.html  #user-roles
    user_id: int
    choices: tuple[RoleChoice, ...]
    own: bool
    problem: Problem
    proof: Reauthentication | None
    saved: bool


@dataclass(frozen=True)
class UserRolesPage(parts.Page):
    template = "users/user_roles.html"
    id: int
    username: str
    name: str
    user_roles: UserRoles


async def show(request: Request) -> Response:
    """All roles with those ticked that the user holds; `?role=` ticks another one, which is not given before it is saved."""
    user, asked = await _user(request), request.query_params.get("role", "")
    has = await rows.of_user(context_of(request).db, user.id)
    return await _page(request, user, has, has | (_numbers([asked] if asked else []) or frozenset()))


async def _user(request: Request) -> users.User:
    user = await users.by_id(context_of(request).db, request.path_params["id"])
    if user is None:
        raise HTTPException(404)
    return user


def _numbers(texts: list[str]) -> frozenset[int] | None:
    """The numbers of roles as they were sent; None if one of them is no number."""
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts):
        return None
    return frozenset(int(text) for text in texts)


async def _page(
    request: Request,
    user: users.User,
    has: frozenset[int],
    ticked: frozenset[int],
    *,
    asked: Reauthentication | None = None,
    problem: Problem = "",
    saved: bool = False,
    status: int = 200,
) -> Response:
    current = current_of(request)
    choices = tuple(
        RoleChoice(
            id=role.id,
            name=role.name,
            permissions=role_parts.in_order(role.permissions),
            ticked=role.id
            in (
                ticked if permissions.may_act_on(current.permissions, role.permissions, permissions.ROLES_EDIT) else has
            ),
            has=role.id in has,
            may=permissions.may_act_on(current.permissions, role.permissions, permissions.ROLES_EDIT),
        )
        for role in await rows.everyone(context_of(request).db)
    )
    part = UserRoles(user.id, choices, user.id == current.session.user_id, problem, asked, saved)
    return parts.render(
        request, UserRolesPage(user.id, user.username, user.name, part), part="user_roles", status=status
    )


async def assign(request: Request) -> Response:
    """Gives and takes roles until the user holds the wanted ones, after the proof; in force with the user's next request."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    user = await _user(request)
    has, wanted = await rows.of_user(context.db, user.id), _numbers(form.all("role"))
    shown = _numbers(form["shown"].split()) if form.all("shown") else None
    if wanted is None:
        return await _page(request, user, has, has, problem="unknown_role", status=422)
    if shown not in (None, has):
        return await _page(request, user, has, has, problem="conflict", status=409)
    proved = await reauthentication.reauthenticate(
        context, current, reauthentication.Typed(form["password"], form["code"])
    )
    if isinstance(proved, reauthentication.Needed):
        status = parts.refusal_status(proved)
        return await _page(request, user, has, wanted, asked=parts.proof_of(proved), status=status)
    keep_token(request, proved.session_token)
    refused = await roles.assign(context, user.id, wanted, current, shown)
    if refused:
        return await _refused(request, user, wanted, refused)
    if parts.wants_part(request) and not await role_pages.bar_changed(request):
        return await _page(request, user, wanted, wanted, saved=True)
    seen = permissions.USERS_VIEW in current.permissions
    return await role_pages.leave(request, f"/users/{user.id}" if seen else f"/users/{user.id}/roles")


async def _refused(request: Request, user: users.User, wanted: frozenset[int], refused: roles.Refused) -> Response:
    role_pages.refuse(refused)
    has = await rows.of_user(context_of(request).db, user.id)
    match refused.problem:
        case "last_administrator":
            return await _page(request, user, has, wanted, problem="last_administrator", status=409)
        case "conflict":
            return await _page(request, user, has, has, problem="conflict", status=409)
        case _:
            return await _page(request, user, has, has & wanted, problem="unknown_role", status=422)
