"""All roles, what they allow, and how many users hold them."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from accounts.users import roles
from db.reads import counted_roles
from routes.web.part import Page, page_answer
from routes.web.permissions import in_order
from routes.web.request import context_of


@dataclass(frozen=True)
class RoleRow:
    id: int
    name: str
    permissions: tuple[str, ...]
    holders: int


@dataclass(frozen=True)
class RolesPage(Page):
    """`full`: there are as many as there may be."""

    template = "roles/roles.html"
    roles: tuple[RoleRow, ...]
    full: bool


async def show_all(request: Request) -> Response:
    found = await counted_roles.find_all(context_of(request).db)
    listed = tuple(
        RoleRow(
            entry.role.id,
            entry.role.name,
            in_order(entry.role.permissions),
            entry.holders,
        )
        for entry in found
    )
    return page_answer(request, RolesPage(listed, len(listed) >= roles.MOST))
