"""Add a role."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from accounts.users import roles
from routes.web.part import Page, Part, answer
from routes.web.permissions import Choice, choices
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import Fields, context_of, current_of, fields_of
from routes.web.role_changes import refuse, refuse_unheld, status_of


@dataclass(frozen=True)
class NewRole(Part):
    """`problem`: of accounts.users.roles.Problem, or ""."""

    template = "roles/new_role.html"
    root = "new-role"
    name: str
    choices: tuple[Choice, ...]
    longest: int
    most: int
    problem: str
    needed: Reauthentication | None


@dataclass(frozen=True)
class NewRolePage(Page):
    template = "roles/new.html"
    new_role: NewRole


async def new(request: Request) -> Response:
    """The form."""
    return await _answer(request, roles.Wanted("", frozenset()))


def wanted_of(form: Fields) -> roles.Wanted:
    """A role as a form names it."""
    return roles.Wanted(roles.tidy(form["name"]), frozenset(form.all("permission")))


async def _answer(
    request: Request,
    wanted: roles.Wanted,
    problem: str = "",
    needed: Reauthentication | None = None,
    status: int = 200,
) -> Response:
    shown = choices(request, wanted.permissions)
    part = NewRole(wanted.name, shown, roles.LONGEST_NAME, roles.MOST, problem, needed)

    async def page() -> NewRolePage:
        return NewRolePage(part)

    return await answer(request, part, page, status=status)


async def create(request: Request) -> Response:
    """Adds the role."""
    form = await fields_of(request)
    wanted = wanted_of(form)
    if problem := await roles.problem_with(context_of(request), wanted, None):
        return await _answer(request, wanted, problem, status=status_of(problem))
    refuse_unheld(request, wanted.permissions)
    if needed := await reauthenticate(request, form):
        return await _answer(request, wanted, needed=needed, status=needed.status)
    created = await roles.create(context_of(request), wanted, current_of(request))
    if isinstance(created, roles.Refused):
        refuse(created)
        return await _answer(request, wanted, created.problem, status=status_of(created.problem))
    return redirect(request, f"/roles/{created}")
