"""The parts of the pages about roles, and what they are made of."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request

from accounts import permissions
from accounts.users import roles as account_roles
from db import roles as rows
from db.reads import overview
from routes.web import part
from routes.web.reauthentication import Reauthentication
from routes.web.request import context_of, current_of

PAGE_SIZE = 50

Acting = Literal["", "edit", "delete"]


@dataclass(frozen=True)
class Choice:
    """A permission with its checkbox."""

    name: str
    ticked: bool
    held: bool  # by whoever looks: nobody gives what they do not hold


@dataclass(frozen=True)
class RoleRow:
    id: int
    name: str
    permissions: tuple[str, ...]
    holders: int
    more: bool  # there are more than that


@dataclass(frozen=True)
class RolesPage(part.Page):
    template = "roles/roles.html"
    roles: tuple[RoleRow, ...]
    full: bool  # there are as many as there may be


@dataclass(frozen=True)
class NewRole:  # roles/_new_role.html  #new-role
    name: str
    choices: tuple[Choice, ...]
    longest: int
    most: int
    problem: str  # of roles.Problem, or ""
    proof: Reauthentication | None


@dataclass(frozen=True)
class NewRolePage(part.Page):
    template = "roles/new.html"
    new_role: NewRole


@dataclass(frozen=True)
class RoleCard:  # roles/_role_card.html  #role-card
    id: int
    name: str
    permissions: tuple[str, ...]
    may_change: bool  # holds all of its permissions
    acting: Acting
    holders: int  # with "delete": how many lose it
    more: bool  # … and there are more than that
    wanted_name: str  # with "edit": what stands in the form
    choices: tuple[Choice, ...]
    longest: int
    problem: str  # of roles.Problem, or ""
    proof: Reauthentication | None
    saved: bool


@dataclass(frozen=True)
class Holder:
    id: int
    username: str
    name: str
    unit: str
    disabled: bool


@dataclass(frozen=True)
class RoleHolders:  # roles/_role_holders.html  #role-holders
    role_id: int
    rows: tuple[Holder, ...]
    first_url: str  # "" on the first page
    next_url: str  # "" on the last
    may_give: bool
    username: str  # typed, to give them this role
    problem: Literal["", "unknown"]


@dataclass(frozen=True)
class RolePage(part.Page):
    template = "roles/role.html"
    role_card: RoleCard
    role_holders: RoleHolders


def in_order(some: frozenset[str]) -> tuple[str, ...]:
    """Permissions in the order of the bar."""
    known = tuple(name for name in permissions.ALL if name in some)
    return known + tuple(sorted(some - set(known)))


def choices(request: Request, ticked: frozenset[str]) -> tuple[Choice, ...]:
    """All permissions, for whoever asks."""
    held = current_of(request).permissions
    return tuple(Choice(name, name in ticked, name in held) for name in permissions.ALL)


async def card(
    request: Request,
    role: rows.Role,
    *,
    acting: Acting = "",
    wanted: account_roles.Wanted | None = None,
    asked: Reauthentication | None = None,
    problem: str = "",
    saved: bool = False,
) -> RoleCard:
    """A role, read or with the form to change or delete it; `wanted`: what was entered."""
    losing = await rows.holders(context_of(request).db, role.id, account_roles.COUNTED + 1) if acting == "delete" else 0
    shown = wanted or account_roles.Wanted(role.name, role.permissions)
    return RoleCard(
        id=role.id,
        name=role.name,
        permissions=in_order(role.permissions),
        may_change=permissions.may_act_on(current_of(request).permissions, role.permissions, permissions.ROLES_EDIT),
        acting=acting,
        holders=min(losing, account_roles.COUNTED),
        more=losing > account_roles.COUNTED,
        wanted_name=shown.name,
        choices=choices(request, shown.permissions),
        longest=account_roles.LONGEST_NAME,
        problem=problem,
        proof=asked,
        saved=saved,
    )


async def holders(request: Request, role: rows.Role, username: str = "", unknown: bool = False) -> RoleHolders:
    """A page of those who hold it; `username`: what was typed to give it to somebody, who may be `unknown`."""
    after = request.query_params.get("after", "")
    found = await overview.holders(context_of(request).db, role.id, after, PAGE_SIZE + 1, context_of(request).now)
    last = found[PAGE_SIZE - 1].username if len(found) > PAGE_SIZE else ""
    return RoleHolders(
        role_id=role.id,
        rows=tuple(Holder(u.id, u.username, u.name, u.unit, u.disabled_at is not None) for u in found[:PAGE_SIZE]),
        first_url=f"/roles/{role.id}?after=" if after else "",
        next_url=f"/roles/{role.id}?after={quote(last, safe='')}" if last else "",
        may_give=permissions.may_act_on(current_of(request).permissions, role.permissions, permissions.ROLES_EDIT),
        username=username,
        problem="unknown" if unknown else "",
    )
