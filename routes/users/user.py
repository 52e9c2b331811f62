"""A user's page: the account, the second factor, refused sign-ins; and what is done there about the second factor."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.users import administration, two_factor_reset
from db.reads.user_detail import Detail
from routes.users.account_card import AccountCard
from routes.users.account_states import account_now
from routes.users.barred import refusal
from routes.users.security_card import SecurityCard, ask_reset, security_now
from routes.users.sessions_card import UserSessions, sessions_if_shown, user_sessions_now
from routes.users.subject import detail_of, subject
from routes.web.part import Page, Part, answer, wants_part
from routes.web.reauthentication import asked_at_once, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of, fields_of


@dataclass(frozen=True)
class ShownHeader(Part):
    """Of the user whose page this is."""

    template = "users/shown_header.html"
    root = "shown-user-header"
    name: str
    unit: str
    set_up: bool


@dataclass(frozen=True)
class UserPage(Page):
    template = "users/user.html"
    header: ShownHeader
    account: AccountCard
    security: SecurityCard
    sessions: UserSessions | None


def header_of(detail: Detail) -> ShownHeader:
    user = detail.user
    return ShownHeader(user.name, user.unit, user.two_factor_at is not None)


async def answer_account(request: Request, card: AccountCard, status: int = 200, also: Sequence[Part] = ()) -> Response:
    """The account card, or the user's page with it."""

    async def page() -> UserPage:
        detail = await detail_of(request)
        security, sessions = await security_now(request, detail), await user_sessions_now(request, detail)
        return UserPage(header_of(detail), card, security, sessions)

    return await answer(request, card, page, status=status, also=also)


async def answer_sessions(request: Request, detail: Detail, card: UserSessions, account: AccountCard) -> Response:
    """The card of sessions, and the account card, whose link an act may have ended; or the user's page with them."""

    async def page() -> UserPage:
        return UserPage(header_of(detail), account, await security_now(request, detail), card)

    return await answer(request, card, page, also=(account,))


async def _answer_security(
    request: Request, detail: Detail, card: SecurityCard, status: int = 200, also: Sequence[Part] = ()
) -> Response:
    async def page() -> UserPage:
        account, sessions = await account_now(request, detail), await user_sessions_now(request, detail)
        return UserPage(header_of(detail), account, card, sessions)

    return await answer(request, card, page, status=status, also=also)


async def show_one(request: Request) -> Response:
    """The page; `?act=reset` with the form that resets the second factor; for htmx the part that `?part=` names."""
    if request.query_params.get("act") == "reset":
        detail = await subject(request)
        if detail.user.two_factor_at is None:
            raise HTTPException(403, "permission")
        return await _answer_security(request, detail, await ask_reset(request, detail, asked_at_once(request)))
    detail = await detail_of(request)
    if request.query_params.get("part") == "user-account":
        return await answer_account(request, await account_now(request, detail))
    return await _answer_security(request, detail, await security_now(request, detail))


async def let_try_again(request: Request) -> Response:
    """Ends the waiting of a user's sign-ins, not a block."""
    detail = await detail_of(request)
    barred = await administration.let_try_again(context_of(request), detail.user.id, current_of(request))
    if barred:
        raise refusal(barred)
    if not wants_part(request):
        return redirect(request, f"/users/{detail.user.id}")
    return await _answer_security(request, detail, await security_now(request, detail, "released"))


async def reset_two_factor(request: Request) -> Response:
    """Resets another user's second factor, with a reason."""
    form, detail = await fields_of(request), await subject(request)
    reason = form["reason"].strip()
    if detail.user.two_factor_at is None:
        return await _nothing_to_reset(request)
    if problem := two_factor_reset.problem_with_reason(reason):
        asked = await ask_reset(request, detail, asked_at_once(request), reason, problem)
        return await _answer_security(request, detail, asked, 422)
    if needed := await reauthenticate(request, form):
        return await _answer_security(request, detail, await ask_reset(request, detail, needed, reason), needed.status)
    refused = await two_factor_reset.reset(context_of(request), detail.user.id, reason, current_of(request))
    if refused in ("own", "holds_more"):
        raise HTTPException(403, "permission")
    if refused:
        return await _nothing_to_reset(request)
    if not wants_part(request):
        return redirect(request, f"/users/{detail.user.id}")
    detail = await detail_of(request)
    card = await security_now(request, detail, "reset")
    also = (header_of(detail), *await sessions_if_shown(request, detail))
    return await _answer_security(request, detail, card, also=also)


async def _nothing_to_reset(request: Request) -> Response:
    detail = await detail_of(request)
    return await _answer_security(request, detail, await security_now(request, detail, "nothing_to_reset"), 409)
