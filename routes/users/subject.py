"""The user whose page this is, and whether the one who asks may act on them."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts import permissions
from accounts.users import shown_with as with_user
from db.reads import user_detail
from db.reads.user_detail import Detail
from db.reads.user_page import ShownWith
from routes.web.request import context_of, current_of
from routes.web.session import SAFE_METHODS


async def detail_of(request: Request, units: int = 0) -> Detail:
    """The user whom the path names, as they are now; read once for a page that only reads. Raises 404 without one.

    `units`: how many names of units the page suggests, if this is the first to read.
    """
    if request.method in SAFE_METHODS and "detail" in request.scope:
        fetched: Detail = request.scope["detail"]
        return fetched
    detail = await user_detail.find_for_page(context_of(request).db, request.path_params["id"], units)
    if detail is None:
        raise HTTPException(404)
    request.scope["detail"] = detail
    return detail


async def shown_with(request: Request, detail: Detail) -> ShownWith:
    """What the page shows with the user, read once for a page that only reads."""
    if request.method in SAFE_METHODS and "shown_with" in request.scope:
        read: ShownWith = request.scope["shown_with"]
        return read
    request.scope["shown_with"] = found = await with_user.read(context_of(request), detail.user)
    return found


def may_edit(request: Request, detail: Detail) -> bool:
    """Whether acts are offered. The act itself decides again, in its transaction."""
    return permissions.may_act_on(current_of(request).permissions, detail.permissions)


def is_own(request: Request, detail: Detail) -> bool:
    return detail.user.id == current_of(request).session.user_id


async def subject(request: Request, *, allow_self: bool = False, units: int = 0) -> Detail:
    """The user on whom the one who asks may act. 403 if they may not."""
    detail = await detail_of(request, units)
    if not may_edit(request, detail) or (is_own(request, detail) and not allow_self):
        raise HTTPException(403, "permission")
    return detail
