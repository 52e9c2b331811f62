"""What the pages that change roles have in common: what they refuse, and where they lead afterwards."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from accounts.users import roles
from routes.web.redirect import redirect
from routes.web.request import current_of
from routes.web.session import refresh


def refuse_unheld(request: Request, *involved: frozenset[str]) -> None:
    """403 unless the one who asks holds everything that is involved."""
    held = current_of(request).permissions
    if not all(permissions.may_act_on(held, some, permissions.ROLES_EDIT) for some in involved):
        raise HTTPException(403, "permission")


def refuse(refused: roles.Refused) -> None:
    """What no part says: not held (a forged form, or taken in the meantime) and gone."""
    if refused.problem == "not_held":
        raise HTTPException(403, "permission")
    if refused.problem == "gone":
        raise HTTPException(404)


def status_of(problem: str) -> int:
    """409 for what does not fit the present state, else 422."""
    return 409 if problem in ("last_administrator", "conflict", "too_many") else 422


async def bar_changed(request: Request) -> bool:
    """Whether the one who changed something may now do more or less: then the whole page must be loaded again."""
    before = current_of(request).permissions
    return (await refresh(request)).permissions != before


async def leave(request: Request, path: str) -> Response:
    """To a page about roles; Home for those who just took the permission from themselves."""
    allowed = permissions.ROLES_EDIT in (await refresh(request)).permissions
    return redirect(request, path if allowed else "/")
