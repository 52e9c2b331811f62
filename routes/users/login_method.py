"""A user's login method, changed; and who they are at the identity provider, forgotten. The page itself is in users.py."""

from dataclasses import replace
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import administrators
from accounts.login import reauthentication
from accounts.users import login_method
from db.reads.user_detail import Detail
from routes.users import account as account_part
from routes.users import administration
from routes.users import users as users_page
from routes.users.account import Asking, Problem
from routes.web import part
from routes.web.reauthentication import Reauthentication
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of, keep_token

METHODS: dict[str, login_method.Method] = {"password": "password", "sso": "sso"}


async def ask_change(request: Request) -> Response:
    """Says what a change of the login method ends, and asks."""
    return await _show(request, await administration.subject(request), "login_method")


async def ask_unbind(request: Request) -> Response:
    """Says what forgetting the identity ends, and asks."""
    detail = await administration.subject(request)
    if detail.user.sso_subject is None:
        return await _show(request, detail, "", problem="not_bound", status=409)
    return await _show(request, detail, "unbind")


async def _show(
    request: Request,
    detail: Detail,
    asking: Asking,
    *,
    problem: Problem = "",
    asked: Reauthentication | None = None,
    status: int = 200,
) -> Response:
    if asking == "login_method" and detail.user.login_method == "password" and config_of(request).sso is None:
        asking, problem, status = "", "no_provider", 409
    account = await account_part.account_of(request, detail, users_page.may_edit(request, detail))
    last = asking == "login_method" and await administrators.is_last_with_password(context_of(request), detail.user)
    shown = replace(account, asking=asking, problem=problem, proof=asked if asking else None, last_with_password=last)
    return await users_page.answer(request, detail, account=shown, part="user_account", status=status)


async def change(request: Request) -> Response:
    """Changes the login method to the one wanted, after the proof, and hands over the link that begins it."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    detail = await administration.subject(request)
    wanted = METHODS.get(form["login_method"])
    if wanted is None:
        raise HTTPException(422)
    if detail.user.login_method == wanted:
        return await _as_it_is(request, detail, wanted)
    provider = config_of(request).sso
    if wanted == "sso" and provider is None:
        return await _show(request, detail, "", problem="no_provider", status=409)
    refused = await _proved(request, detail, "login_method")
    if refused:
        return refused
    match await login_method.change(context, detail.user.id, wanted, current):
        case "changed":
            return await _begin(request, detail, wanted)
        case "same":
            return await _as_it_is(request, detail, wanted)
        case "no_provider":
            return await _show(request, detail, "", problem="no_provider", status=409)
        case "last_administrator":
            return await _show(request, detail, "", problem="nobody_else_signs_in", status=409)
        case barred:
            return administration.bar(barred)


async def _proved(request: Request, detail: Detail, asking: Asking) -> Response | None:
    """The form again, if the proof is not given (†)."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    proved = await reauthentication.reauthenticate(
        context, current, reauthentication.Typed(form["password"], form["code"])
    )
    if isinstance(proved, reauthentication.Needed):
        status = part.refusal_status(proved)
        return await _show(request, detail, asking, asked=part.proof_of(proved), status=status)
    keep_token(request, proved.session_token)
    return None


async def _begin(request: Request, detail: Detail, method: login_method.Method) -> Response:
    """A link with which they choose a password, or are bound; those who are disabled get it later."""
    if detail.user.disabled_at is not None:
        return redirect(request, f"/users/{detail.user.id}")
    return await administration.make_link(request, _kind(method))


def _kind(method: login_method.Method) -> Literal["invitation", "binding"]:
    return "binding" if method == "sso" else "invitation"


async def _as_it_is(request: Request, detail: Detail, method: login_method.Method) -> Response:
    """Nothing changes. Sent again by a reload, it says that the link was shown already."""
    form, account = await fields_of(request), await account_part.account_of(request, detail, may_edit=True)
    if account.link == _kind(method) and form["newest"] and form["newest"] != str(account.newest_link):
        return await administration.shown_already(request, detail.user.id, _kind(method))
    return redirect(request, f"/users/{detail.user.id}")


async def unbind(request: Request) -> Response:
    """Forgets who a user is at the provider, after the proof, and hands over a link that binds them anew."""
    context, current = context_of(request), current_of(request)
    detail = await administration.subject(request)
    if detail.user.login_method == "password":
        return await _show(request, detail, "", problem="not_bound", status=409)
    if detail.user.sso_subject is None:
        return await _as_it_is(request, detail, "sso")
    refused = await _proved(request, detail, "unbind")
    if refused:
        return refused
    match await login_method.unbind(context, detail.user.id, current):
        case "unbound" | "not_bound":
            return await _begin(request, detail, "sso")
        case "last_administrator":
            return await _show(request, detail, "", problem="nobody_else_signs_in", status=409)
        case barred:
            return administration.bar(barred)
