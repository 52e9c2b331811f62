"""Change another user's login method, or forget who they are at the identity provider; each hands over a link that
begins anew.
"""

from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.users import login_method
from db.reads.user_detail import Detail
from db.users import Method
from routes.users import account_states as states
from routes.users.account_card import Said
from routes.users.barred import refusal
from routes.users.handed_link import create_link, shown_already
from routes.users.new_user import METHODS
from routes.users.subject import subject
from routes.users.user import answer_account
from routes.web.reauthentication import reauthenticate
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of


async def ask_change(request: Request) -> Response:
    """Says what a change of the login method ends, and asks."""
    detail = await subject(request)
    if detail.user.login_method == "password" and config_of(request).sso is None:
        return await _refused(request, "no_provider")
    return await answer_account(request, await states.ask_login_method(request, detail, None))


async def ask_unbind(request: Request) -> Response:
    """Says what forgetting the identity ends, and asks."""
    detail = await subject(request)
    if detail.user.sso_subject is None:
        return await _refused(request, "not_bound")
    return await answer_account(request, await states.ask_unbind(request, detail, None))


async def _refused(request: Request, why: Said) -> Response:
    return await answer_account(request, await states.said(request, why), 409)


async def change(request: Request) -> Response:
    """Changes the login method to the one wanted."""
    form, detail = await fields_of(request), await subject(request)
    wanted = METHODS[form["login_method"]] if form["login_method"] in ("password", "sso") else None
    if wanted is None:
        raise HTTPException(422)
    if detail.user.login_method == wanted:
        return await _unchanged(request, detail, wanted)
    if wanted == "sso" and config_of(request).sso is None:
        return await _refused(request, "no_provider")
    if needed := await reauthenticate(request, form):
        return await answer_account(request, await states.ask_login_method(request, detail, needed), needed.status)
    match await login_method.change(context_of(request), detail.user.id, wanted, current_of(request)):
        case "changed":
            return await _begin(request, detail, wanted)
        case "same":
            return await _unchanged(request, detail, wanted)
        case "no_provider":
            return await _refused(request, "no_provider")
        case "last_administrator":
            return await _refused(request, "nobody_else_signs_in")
        case barred:
            raise refusal(barred)


async def unbind(request: Request) -> Response:
    """Forgets who a user is at the provider."""
    detail = await subject(request)
    if detail.user.login_method == "password":
        return await _refused(request, "not_bound")
    if detail.user.sso_subject is None:
        return await _unchanged(request, detail, "sso")
    if config_of(request).sso is None:
        return await _refused(request, "no_provider")
    if needed := await reauthenticate(request, await fields_of(request)):
        return await answer_account(request, await states.ask_unbind(request, detail, needed), needed.status)
    match await login_method.unbind(context_of(request), detail.user.id, current_of(request)):
        case "unbound" | "not_bound":
            return await _begin(request, detail, "sso")
        case "last_administrator":
            return await _refused(request, "nobody_else_signs_in")
        case barred:
            raise refusal(barred)


async def _begin(request: Request, detail: Detail, method: Method) -> Response:
    """The link with which they choose a password, or are bound. A disabled user gets it later."""
    if detail.user.disabled_at is not None:
        return redirect(request, f"/users/{detail.user.id}")
    return await create_link(request, _kind(method))


def _kind(method: Method) -> Literal["invitation", "binding"]:
    return "binding" if method == "sso" else "invitation"


async def _unchanged(request: Request, detail: Detail, method: Method) -> Response:
    """Nothing changes. A form sent again by a reload shows that its link was shown already."""
    form, account = await fields_of(request), await states.account_now(request, detail)
    outstanding = account.link is not None and account.link.kind == _kind(method)
    if outstanding and form["newest"] and form["newest"] != str(account.newest_link):
        return await shown_already(request, detail.user.id, _kind(method))
    return redirect(request, f"/users/{detail.user.id}")
