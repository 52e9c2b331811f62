"""The e-mail addresses that a user entered for others, and an act that confirms them all."""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from accounts.users import entered_addresses
from accounts.users.entered_addresses import Listed
from db import users
from routes.web.part import Page, page_answer
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of, fields_of


@dataclass(frozen=True)
class EnteredAddressesPage(Page):
    """`username`, `name`: of who entered them, "" of a deleted user; `own`: the one who looks."""

    template = "users/entered_addresses.html"
    id: int
    username: str
    name: str
    own: bool
    listed: Listed
    confirmed: bool
    needed: Reauthentication | None = None


async def show(request: Request) -> Response:
    """Whose they are. They outlast the account of the one who entered them."""
    return page_answer(request, await _page(request))


async def confirm(request: Request) -> Response:
    """Answers for all of them, of people on whom one may act."""
    form = await fields_of(request)
    if needed := await reauthenticate(request, form):
        return page_answer(request, replace(await _page(request), needed=needed), needed.status)
    maker_id = request.path_params["id"]
    await entered_addresses.vouch_for_all(context_of(request), maker_id, current_of(request))
    return redirect(request, f"/users/{maker_id}/entered-addresses?confirmed=on")


async def _page(request: Request) -> EnteredAddressesPage:
    context, maker_id = context_of(request), request.path_params["id"]
    user = await users.by_id(context.db, maker_id)
    return EnteredAddressesPage(
        id=maker_id,
        username=user.username if user else "",
        name=user.name if user else "",
        own=maker_id == current_of(request).session.user_id,
        listed=await entered_addresses.entered_by(context, maker_id),
        confirmed=request.query_params.get("confirmed") == "on",
    )
