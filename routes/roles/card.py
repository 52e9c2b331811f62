"""The card of a role: what it allows, and the forms that change or delete it."""

from dataclasses import dataclass

from starlette.requests import Request

from accounts import permissions
from accounts.users import roles
from db import roles as rows
from db.reads.counted_roles import Counted
from routes.web.part import Part
from routes.web.permissions import Choice, choices, in_order
from routes.web.reauthentication import Reauthentication
from routes.web.request import current_of


@dataclass(frozen=True, kw_only=True)
class RoleCard(Part):
    """`may_change`: the one who looks holds all of its permissions. `problem`: of accounts.users.roles.Problem, or
    "".
    """

    template = "roles/card/read.html"
    root = "role-card"
    id: int
    name: str
    permissions: tuple[str, ...]
    may_change: bool
    problem: str = ""
    saved: bool = False


@dataclass(frozen=True, kw_only=True)
class EditRole(RoleCard):
    """`wanted_name` and `choices`: what the form holds."""

    template = "roles/card/edit.html"
    wanted_name: str
    choices: tuple[Choice, ...]
    longest: int
    needed: Reauthentication | None


@dataclass(frozen=True, kw_only=True)
class DeleteRole(RoleCard):
    """`holders`: how many lose it; `more`: there are more than that."""

    template = "roles/card/delete.html"
    holders: int
    more: bool
    needed: Reauthentication | None


def read(request: Request, role: rows.Role, problem: str = "", *, saved: bool = False) -> RoleCard:
    may_change = permissions.may_act_on(current_of(request).permissions, role.permissions, permissions.ROLES_EDIT)
    return RoleCard(
        id=role.id,
        name=role.name,
        permissions=in_order(role.permissions),
        may_change=may_change,
        problem=problem,
        saved=saved,
    )


def edit(
    request: Request,
    role: rows.Role,
    wanted: roles.Wanted | None = None,
    needed: Reauthentication | None = None,
    problem: str = "",
) -> EditRole:
    """The form, filled with the role as it is, or as it was entered."""
    shown = wanted or roles.Wanted(role.name, role.permissions)
    return EditRole(
        **vars(read(request, role, problem)),
        wanted_name=shown.name,
        choices=choices(request, shown.permissions),
        longest=roles.LONGEST_NAME,
        needed=needed,
    )


def delete(request: Request, of: Counted, needed: Reauthentication | None) -> DeleteRole:
    """The form, which says how many lose the role."""
    return DeleteRole(
        **vars(read(request, of.role)),
        holders=min(of.holders, roles.COUNTED),
        more=of.holders > roles.COUNTED,
        needed=needed,
    )
