"""One role: what it allows, with the forms that change and delete it; and who holds it."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import usernames
from accounts.users import roles
from db import roles as rows
from db import users
from db.reads import counted_roles
from db.reads.counted_roles import Counted
from routes.roles import card
from routes.roles.card import RoleCard
from routes.roles.holders import RoleHolders, holders, meant_by
from routes.roles.new_role import wanted_of
from routes.web.part import Page, answer, wants_part
from routes.web.reauthentication import asked_at_once, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import Fields, context_of, current_of, fields_of
from routes.web.role_changes import bar_changed, leave, refuse, refuse_unheld, status_of


@dataclass(frozen=True)
class RolePage(Page):
    template = "roles/role.html"
    role_card: RoleCard
    role_holders: RoleHolders


async def _answer(request: Request, of: Counted, part: RoleCard, status: int = 200) -> Response:
    async def page() -> RolePage:
        return RolePage(part, await holders(request, of))

    return await answer(request, part, page, status=status)


async def _answer_holders(request: Request, role: rows.Role, part: RoleHolders, status: int = 200) -> Response:
    async def page() -> RolePage:
        return RolePage(card.read(request, role), part)

    return await answer(request, part, page, status=status)


async def show_one(request: Request) -> Response:
    """A role and who holds it, a page at a time; `?act=edit` and `?act=delete` with their forms."""
    of, act = await _counted(request), request.query_params.get("act", "")
    role = of.role
    if act in ("edit", "delete"):
        refuse_unheld(request, role.permissions)
    if act == "edit":
        return await _answer(request, of, card.edit(request, role))
    if act == "delete":
        return await _answer(request, of, card.delete(request, of, asked_at_once(request)))
    if "after" in request.query_params:
        return await _answer_holders(request, role, await holders(request, of))
    return await _answer(request, of, card.read(request, role))


async def _counted(request: Request) -> Counted:
    found = await counted_roles.find(context_of(request).db, request.path_params["id"])
    if found is None:
        raise HTTPException(404)
    return found


async def change(request: Request) -> Response:
    """Renames a role and changes what it allows; in force with the next request of those who hold it."""
    form, of = await fields_of(request), await _counted(request)
    role = of.role
    wanted, shown = wanted_of(form), _shown(form)
    refuse_unheld(request, role.permissions)
    if shown not in (None, roles.Wanted(role.name, role.permissions)):
        return await _answer(request, of, card.edit(request, role, problem="conflict"), 409)
    if problem := await roles.problem_with(context_of(request), wanted, role.id):
        return await _answer(request, of, card.edit(request, role, wanted, None, problem), status_of(problem))
    refuse_unheld(request, wanted.permissions)
    if needed := await reauthenticate(request, form):
        return await _answer(request, of, card.edit(request, role, wanted, needed), needed.status)
    if refused := await roles.change(context_of(request), role.id, wanted, current_of(request), shown):
        refuse(refused)
        kept, now = None if refused.problem == "conflict" else wanted, await _counted(request)
        asking = card.edit(request, now.role, kept, None, refused.problem)
        return await _answer(request, now, asking, status_of(refused.problem))
    if wants_part(request) and role.name == wanted.name and not await bar_changed(request):
        now = await _counted(request)
        return await _answer(request, now, card.read(request, now.role, saved=True))
    return await leave(request, f"/roles/{role.id}")


def _shown(form: Fields) -> roles.Wanted | None:
    """What the form was rendered with; None from a script that does not say."""
    if not form.has("shown_name"):
        return None
    return roles.Wanted(form["shown_name"], frozenset(form["shown"].split()))


async def delete(request: Request) -> Response:
    """Deletes a role."""
    form, of = await fields_of(request), await _counted(request)
    role = of.role
    refuse_unheld(request, role.permissions)
    if needed := await reauthenticate(request, form):
        return await _answer(request, of, card.delete(request, of, needed), needed.status)
    if refused := await roles.delete(context_of(request), role.id, current_of(request)):
        refuse(refused)
        return await _answer(request, of, card.read(request, role, refused.problem), status_of(refused.problem))
    return await leave(request, "/roles")


async def give(request: Request) -> Response:
    """From a role and a username to that user's roles, with this one ticked; nothing is given before they are saved.
    Anything else leads to a choice of the users whom it may mean.
    """
    of, typed = await _counted(request), request.query_params.get("username", "")
    username = usernames.canonical(typed)
    user = await users.by_username(context_of(request).db, username) if username else None
    if user is not None:
        return redirect(request, f"/users/{user.id}/roles?role={of.role.id}")
    meant = await meant_by(request, typed)
    part = await holders(request, of, typed[: usernames.LONGEST], unknown=not meant, meant=meant)
    return await _answer_holders(request, of.role, part, 200 if meant else 422)
