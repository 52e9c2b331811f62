"""The user who asks, with all that My User shows of them, fetched once for a page that only reads."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts.sessions import Current
from accounts.two_factor import qr_step
from db.reads import user_detail
from db.reads.user_detail import Detail
from routes.web.request import context_of, current_of
from routes.web.session import SAFE_METHODS, refresh


@dataclass(frozen=True)
class Now:
    """What holds at this moment, after what this request has changed."""

    current: Current
    detail: Detail
    pending: qr_step.Pending | None


async def oneself(request: Request) -> Detail:
    """The user with roles, authenticators, recovery codes and the pending set-up. 404 if deleted since the guard
    looked.
    """
    if request.method in SAFE_METHODS and "detail" in request.scope:
        fetched: Detail = request.scope["detail"]
        return fetched
    session = current_of(request).session
    detail = await user_detail.find(context_of(request).db, session.user_id, session.id)
    if detail is None:
        raise HTTPException(404)
    request.scope["detail"] = detail
    return detail


async def now(request: Request) -> Now:
    """Reads the session again in a request that may have changed it."""
    current = current_of(request) if request.method in SAFE_METHODS else await refresh(request)
    detail = await oneself(request)
    return Now(current, detail, qr_step.pending(context_of(request), current, detail.set_up, len(detail.phones)))
