"""Roles: what there are, what each allows, who holds it; adding, renaming, changing and deleting them."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions, usernames
from accounts.login import reauthentication
from accounts.users import roles
from db import roles as rows
from db import users
from routes.roles import parts as role_parts
from routes.roles.parts import Acting, NewRole, NewRolePage, RolePage, RoleRow, RolesPage
from routes.web import part as parts
from routes.web.reauthentication import Reauthentication
from routes.web.redirect import redirect
from routes.web.request import Fields, context_of, current_of, fields_of, keep_token
from routes.web.session import refresh

COUNTED_IN_LIST = 100  # how far the list counts the holders of each role


async def show_all(request: Request) -> Response:
    """All roles, what they allow, and how many hold them."""
    found = await rows.counted(context_of(request).db, COUNTED_IN_LIST + 1)
    listed = tuple(
        RoleRow(
            entry.role.id,
            entry.role.name,
            role_parts.in_order(entry.role.permissions),
            min(entry.holders, COUNTED_IN_LIST),
            entry.holders > COUNTED_IN_LIST,
        )
        for entry in found
    )
    return parts.render(request, RolesPage(listed, len(listed) >= roles.MOST))


async def new(request: Request) -> Response:
    """The form for another role."""
    return _new_role(request, roles.Wanted("", frozenset()))


def _new_role(
    request: Request,
    wanted: roles.Wanted,
    *,
    problem: str = "",
    asked: Reauthentication | None = None,
    status: int = 200,
) -> Response:
    choices = role_parts.choices(request, wanted.permissions)
    part = NewRole(wanted.name, choices, roles.LONGEST_NAME, roles.MOST, problem, asked)
    return parts.render(request, NewRolePage(part), part="new_role", status=status)


def _wanted(form: Fields) -> roles.Wanted:
    return roles.Wanted(roles.tidy(form["name"]), frozenset(form.all("permission")))


async def create(request: Request) -> Response:
    """Adds a role, after the proof."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    wanted = _wanted(form)
    problem = await roles.problem_with(context, wanted, None)
    if problem:
        return _new_role(request, wanted, problem=problem, status=_status_of(problem))
    _refuse_unheld(request, wanted.permissions)
    proved = await reauthentication.reauthenticate(
        context, current, reauthentication.Typed(form["password"], form["code"])
    )
    if isinstance(proved, reauthentication.Needed):
        return _new_role(request, wanted, asked=parts.proof_of(proved), status=parts.refusal_status(proved))
    keep_token(request, proved.session_token)
    created = await roles.create(context, wanted, current)
    if isinstance(created, roles.Refused):
        refuse(created)
        return _new_role(request, wanted, problem=created.problem, status=_status_of(created.problem))
    return redirect(request, f"/roles/{created}")


def _refuse_unheld(request: Request, *involved: frozenset[str]) -> None:
    held = current_of(request).permissions
    if not all(permissions.may_act_on(held, some, permissions.ROLES_EDIT) for some in involved):
        raise HTTPException(403, "permission")


def refuse(refused: roles.Refused) -> None:
    """What has no part to say it in: not held (a forged form, or taken meanwhile) and gone."""
    if refused.problem == "not_held":
        raise HTTPException(403, "permission")
    if refused.problem == "gone":
        raise HTTPException(404)


def _status_of(problem: str) -> int:
    """409 for what does not fit how things stand, else 422."""
    return 409 if problem in ("last_administrator", "conflict", "too_many") else 422


async def show_one(request: Request) -> Response:
    """A role and who holds it, a page at a time; `?act=edit` and `?act=delete` with their forms."""
    role, act = await _role(request), request.query_params.get("act", "")
    acting: Acting = "edit" if act == "edit" else "delete" if act == "delete" else ""
    if acting:
        _refuse_unheld(request, role.permissions)
    if acting != "delete":
        return await _page(request, role, acting=acting)
    lacks = reauthentication.missing(context_of(request), current_of(request))
    asked = Reauthentication(lacks.password, lacks.code) if lacks.password or lacks.code else None
    return await _page(request, role, acting=acting, asked=asked)


async def _role(request: Request) -> rows.Role:
    role = await rows.by_id(context_of(request).db, request.path_params["id"])
    if role is None:
        raise HTTPException(404)
    return role


async def _page(request: Request, role: rows.Role, *, status: int = 200, **state: Any) -> Response:
    shown = RolePage(await role_parts.card(request, role, **state), await role_parts.holders(request, role))
    part = "role_holders" if "after" in request.query_params else "role_card"
    return parts.render(request, shown, part=part, status=status)


async def change(request: Request) -> Response:
    """Renames a role and changes what it allows, after the proof; in force with the next request of those who hold it."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    role, wanted, shown = await _role(request), _wanted(form), _shown(form)
    _refuse_unheld(request, role.permissions)
    if shown not in (None, roles.Wanted(role.name, role.permissions)):
        return await _page(request, role, acting="edit", problem="conflict", status=409)
    problem = await roles.problem_with(context, wanted, role.id)
    if problem:
        return await _page(request, role, acting="edit", wanted=wanted, problem=problem, status=_status_of(problem))
    _refuse_unheld(request, wanted.permissions)
    proved = await reauthentication.reauthenticate(
        context, current, reauthentication.Typed(form["password"], form["code"])
    )
    if isinstance(proved, reauthentication.Needed):
        status = parts.refusal_status(proved)
        return await _page(request, role, acting="edit", wanted=wanted, asked=parts.proof_of(proved), status=status)
    keep_token(request, proved.session_token)
    refused = await roles.change(context, role.id, wanted, current, shown)
    if refused:
        refuse(refused)
        kept = None if refused.problem == "conflict" else wanted
        now, status = await _role(request), _status_of(refused.problem)
        return await _page(request, now, acting="edit", wanted=kept, problem=refused.problem, status=status)
    if parts.wants_part(request) and role.name == wanted.name and not await bar_changed(request):
        return await _page(request, await _role(request), saved=True)
    return await leave(request, f"/roles/{role.id}")


def _shown(form: Fields) -> roles.Wanted | None:
    """What the form began with; None from a script that does not say."""
    if not form.all("shown_name"):
        return None
    return roles.Wanted(form["shown_name"], frozenset(form["shown"].split()))


async def bar_changed(request: Request) -> bool:
    """Whether whoever changed something now may more or less themselves: then the whole page has to come anew."""
    before = current_of(request).permissions
    return (await refresh(request)).permissions != before


async def leave(request: Request, path: str) -> Response:
    """To a page about roles, or Home for those who just took the permission from themselves."""
    allowed = permissions.ROLES_EDIT in (await refresh(request)).permissions
    return redirect(request, path if allowed else "/")


async def delete(request: Request) -> Response:
    """Deletes a role, after the proof."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    role = await _role(request)
    _refuse_unheld(request, role.permissions)
    proved = await reauthentication.reauthenticate(
        context, current, reauthentication.Typed(form["password"], form["code"])
    )
    if isinstance(proved, reauthentication.Needed):
        status = parts.refusal_status(proved)
        return await _page(request, role, acting="delete", asked=parts.proof_of(proved), status=status)
    keep_token(request, proved.session_token)
    refused = await roles.delete(context, role.id, current)
    if refused:
        refuse(refused)
        return await _page(request, role, problem=refused.problem, status=_status_of(refused.problem))
    return await leave(request, "/roles")


async def give(request: Request) -> Response:
    """From a role and a username to that user's roles, with this one ticked; nothing is given before they are saved."""
    role, typed = await _role(request), request.query_params.get("username", "")
    username = usernames.canonical(typed)
    user = await users.by_username(context_of(request).db, username) if username else None
    if user is not None:
        return redirect(request, f"/users/{user.id}/roles?role={role.id}")
    holders = await role_parts.holders(request, role, typed[: usernames.LONGEST], unknown=True)
    return parts.render(
        request, RolePage(await role_parts.card(request, role), holders), part="role_holders", status=422
    )
