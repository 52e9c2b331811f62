"""The user whose page this is, and whether the one who asks may act on them."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts import permissions
from db.reads import user_detail
from db.reads.user_detail import Detail
from routes.web.request import context_of, current_of


async def detail_of(request: Request) -> Detail:
    """The user whom the path names, as they are now. Raises 404 without one."""
    detail = await user_detail.find(context_of(request).db, request.path_params["id"])
    if detail is None:
        raise HTTPException(404)
    return detail


def may_edit(request: Request, detail: Detail) -> bool:
    """Whether acts are offered. The act itself decides again, in its transaction."""
    return permissions.may_act_on(current_of(request).permissions, detail.permissions)


def is_own(request: Request, detail: Detail) -> bool:
    return detail.user.id == current_of(request).session.user_id


async def subject(request: Request, *, allow_self: bool = False) -> Detail:
    """The user on whom the one who asks may act. 403 if they may not."""
    detail = await detail_of(request)
    if not may_edit(request, detail) or (is_own(request, detail) and not allow_self):
        raise HTTPException(403, "permission")
    return detail
