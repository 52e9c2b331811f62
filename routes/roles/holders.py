"""Who holds a role, a page at a time, and the form that begins to give it to another user."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request

from accounts import permissions
from db import roles as rows
from db.reads import overview
from routes.web.part import Part
from routes.web.request import context_of, current_of

PAGE_SIZE = 50


@dataclass(frozen=True)
class Holder:
    id: int
    username: str
    name: str
    unit: str
    disabled: bool


@dataclass(frozen=True)
class RoleHolders(Part):
    """`first_url` is "" on the first page, `next_url` on the last. `username`: typed, to give that user the role."""

    template = "roles/holders.html"
    root = "role-holders"
    role_id: int
    rows: tuple[Holder, ...]
    first_url: str
    next_url: str
    may_give: bool
    username: str
    problem: Literal["", "unknown"]


async def holders(request: Request, role: rows.Role, username: str = "", *, unknown: bool = False) -> RoleHolders:
    """`username`: what was typed; `unknown`: there is no such user."""
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
