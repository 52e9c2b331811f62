"""Who holds a role, a page at a time, and the form that begins to give it to another user."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request

from accounts import permissions, usernames
from db.reads import overview, role_holders
from db.reads.counted_roles import Counted
from db.reads.overview import Listed
from db.reads.user_filter import Filter
from db.reads.user_order import Place
from routes.web.part import Part
from routes.web.request import context_of, current_of

PAGE_SIZE = 50
# Of those whom a name may mean.
MOST_MEANT = 10


@dataclass(frozen=True)
class Holder:
    id: int
    username: str
    name: str
    unit: str
    disabled: bool


@dataclass(frozen=True)
class RoleHolders(Part):
    """`first_url` is "" on the first page, `next_url` on the last. `username`: typed, to give that user the role;
    `meant`: those whom it may mean.
    """

    template = "roles/holders.html"
    root = "role-holders"
    role_id: int
    rows: tuple[Holder, ...]
    first_url: str
    next_url: str
    may_give: bool
    username: str
    problem: Literal["", "unknown"]
    # whether users are found by more than their username
    searches: bool
    meant: tuple[Holder, ...] = ()
    more_meant: bool = False


async def holders(
    request: Request, of: Counted, username: str = "", *, unknown: bool = False, meant: list[Listed] | None = None
) -> RoleHolders:
    """`username`: what was typed; `unknown`: there is no such user; `meant`: whom it may mean, one more than shown."""
    role, after = of.role, request.query_params.get("after", "")
    found = await role_holders.page(context_of(request).db, of, after, PAGE_SIZE + 1)
    last = found[PAGE_SIZE - 1].username if len(found) > PAGE_SIZE else ""
    meant = meant or []
    return RoleHolders(
        role_id=role.id,
        rows=tuple(map(_holder, found[:PAGE_SIZE])),
        first_url=f"/roles/{role.id}?after=" if after else "",
        next_url=f"/roles/{role.id}?after={quote(last, safe='')}" if last else "",
        may_give=permissions.may_act_on(current_of(request).permissions, role.permissions, permissions.ROLES_EDIT),
        username=username,
        problem="unknown" if unknown else "",
        searches=_searches(request),
        meant=tuple(map(_holder, meant[:MOST_MEANT])),
        more_meant=len(meant) > MOST_MEANT,
    )


async def meant_by(request: Request, typed: str) -> list[Listed]:
    """Users whose name, username, e-mail address or unit this is a part of, for those who may see users."""
    text = typed[: usernames.LONGEST].strip().casefold()
    if not text or not _searches(request):
        return []
    context = context_of(request)
    return (await overview.page(context.db, Filter(q=text), Place(MOST_MEANT + 1), context.now)).users


def _searches(request: Request) -> bool:
    return permissions.USERS_VIEW in current_of(request).permissions


def _holder(user: Listed | role_holders.Holder) -> Holder:
    return Holder(user.id, user.username, user.name, user.unit, user.disabled_at is not None)
