"""My User: what one does there about one's own second factor: set-up, phones, recovery codes, removal."""

from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.limits import AUTHENTICATORS
from accounts.login import reauthentication
from accounts.two_factor import authenticators, enrollment, recovery_codes
from routes.my_user import account
from routes.my_user import two_factor_part as my_user_two_factor
from routes.my_user.account import ALSO
from routes.my_user.two_factor_part import Asked, Message, Named, TwoFactor, own_phones, to_remove, two_factor_part
from routes.web import part
from routes.web.part import Proof
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of, fields_of, keep_token

HERE = "/my-user#two-factor"


async def _answer(request: Request, two_factor: TwoFactor, status: int = 200, also: tuple[str, ...] = ()) -> Response:
    return await account.answer(request, "two_factor", two_factor=two_factor, status=status, also=also)


async def _say(request: Request, message: Message, status: int = 200, about: str = "") -> Response:
    """The part with a message; header and notification follow, because what it says may be news to the page."""
    return await _answer(request, await two_factor_part(request, message=message, about=about), status, ALSO)


async def start_two_factor(request: Request) -> Response:
    """Starts a set-up, after the proof, and answers with the QR step; `purpose`: the phone is added, or replaces the others."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    purpose = _purpose(form["purpose"])
    if not current.function_on:
        return await _not_now(request, enrollment.NotNow("function_off"))
    if purpose == "add" and current.session.codes_blocked_at is not None:
        return await _not_now(request, enrollment.NotNow("blocked"))
    if purpose == "add" and len(await own_phones(request)) >= AUTHENTICATORS:
        return await _not_now(request, enrollment.NotNow("full"))
    proved = await reauthentication.reauthenticate(
        context, current, reauthentication.Typed(form["password"], form["code"])
    )
    if isinstance(proved, reauthentication.Needed):
        asking = await two_factor_part(request, asked=Asked("set_up", part.proof_of(proved), purpose=purpose))
        return await _answer(request, asking, part.refusal_status(proved))
    keep_token(request, proved.session_token)
    started = await enrollment.start(context, current, purpose)
    if isinstance(started, enrollment.NotNow):
        return await _not_now(request, started)
    if not part.wants_part(request):
        return redirect(request, HERE)
    return await _answer(request, await two_factor_part(request, pending=started))


def _purpose(typed: str) -> enrollment.Purpose:
    """Without one, as scripts send it, the phone replaces what there is."""
    if typed == "add":
        return "add"
    if typed in ("", "replace"):
        return "replace"
    raise HTTPException(422)


async def _not_now(request: Request, why: enrollment.NotNow) -> Response:
    match why.why:
        case "exempt":
            raise HTTPException(403, "permission")
        case "function_off":
            return await _say(request, "function_off", 409)
        case "full":
            return await _say(request, "full", 409)
        case "blocked":
            return await _say(request, "add_blocked", 409)


async def confirm_two_factor(request: Request) -> Response:
    """Confirms the set-up: the recovery codes, once, unless a phone was added; notification and header change with it."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    name = form["name"] if form.has("name") else None
    match await enrollment.confirm(context, current, form["code"], name):
        case enrollment.Confirmed(new_codes, session_token):
            keep_token(request, session_token)
            shown = await two_factor_part(request, codes=new_codes, first_codes=True)
            return await _answer(request, shown, also=ALSO)
        case enrollment.Added(name, session_token):
            keep_token(request, session_token)
            return await _say(request, "added", about=name)
        case (enrollment.WrongCode() | enrollment.WrongName()) as problem:
            return await _answer(request, await two_factor_part(request, problem=problem, typed_name=name), 422)
        case enrollment.Ended("confirmed"):
            return await _say(request, "already_confirmed")
        case enrollment.Ended("added"):
            return await _say(request, "already_added")
        case enrollment.Ended(why):
            return await _say(request, "too_many_wrong" if why == "too_many_wrong" else "pending_ended", 409)
        case enrollment.NotNow() as not_now:
            return await _not_now(request, not_now)


async def cancel_two_factor(request: Request) -> Response:
    """Ends the set-up under way; what was set up before goes on working."""
    await enrollment.cancel(context_of(request), current_of(request))
    if not part.wants_part(request):
        return redirect(request, HERE)
    return await _say(request, "cancelled")


async def remove_two_factor(request: Request) -> Response:
    """Removes one of several phones, or the whole second factor; a code or recovery code is always asked for."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    if not current.set_up:
        return await _answer(request, await two_factor_part(request), 409, ALSO)
    removing = to_remove(await own_phones(request), form["authenticator"])
    if removing == "gone":
        return await _say(request, "phone_gone", 409)
    typed = reauthentication.Typed(form["password"], form["code"])
    if removing == "which":
        lacks = reauthentication.missing(context, current, always_code=True)
        asking = Asked("remove", Proof(lacks.password, lacks.code), removing, unchosen=True)
        return await _answer(request, await two_factor_part(request, asked=asking), 422)
    proved = await reauthentication.reauthenticate(context, current, typed, always_code=True)
    if isinstance(proved, reauthentication.Needed):
        asking = Asked("remove", part.proof_of(proved), removing)
        return await _answer(request, await two_factor_part(request, asked=asking), part.refusal_status(proved))
    keep_token(request, proved.session_token)
    return await _removed(request, removing)


async def _removed(request: Request, removing: int | Literal["all"]) -> Response:
    context, current = context_of(request), current_of(request)
    removed = authenticators.LastOne() if removing == "all" else await authenticators.remove(context, current, removing)
    if isinstance(removed, authenticators.LastOne):
        await enrollment.remove(context, current)
    if isinstance(removed, authenticators.Gone):
        return await _say(request, "phone_gone", 409)
    if not part.wants_part(request):
        return redirect(request, HERE)
    if isinstance(removed, authenticators.Removed):
        return await _say(request, "phone_removed", about=removed.phone.name)
    return await _say(request, "removed")


async def rename_authenticator(request: Request) -> Response:
    """Gives one of one's phones another name."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    phone_id, name = request.path_params["id"], form["name"]
    renamed = await authenticators.rename(context, current, phone_id, name)
    if isinstance(renamed, authenticators.Gone):
        return await _say(request, "phone_gone", 409)
    if not isinstance(renamed, authenticators.Renamed):
        return await _answer(request, await two_factor_part(request, renaming=Named(phone_id, name, renamed)), 422)
    if not part.wants_part(request):
        return redirect(request, HERE)
    return await _say(request, "renamed")


async def make_recovery_codes(request: Request) -> Response:
    """New recovery codes in place of the old ones, after the proof; shown once."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    user = (await my_user_two_factor.oneself(request)).user
    if current.function_on and current.set_up:
        if form["generation"] and form["generation"] != str(user.codes_generation):
            return await _say(request, "already_shown")
        proved = await reauthentication.reauthenticate(
            context, current, reauthentication.Typed(form["password"], form["code"])
        )
        if isinstance(proved, reauthentication.Needed):
            asking = await two_factor_part(request, asked=Asked("recovery_codes", part.proof_of(proved)))
            return await _answer(request, asking, part.refusal_status(proved))
        keep_token(request, proved.session_token)
    made = await recovery_codes.renew(context, current, user.codes_generation)
    if isinstance(made, recovery_codes.Renewed):
        return await _answer(request, await two_factor_part(request, codes=made.codes))
    match made.why:
        case "exempt":
            raise HTTPException(403, "permission")
        case "function_off":
            return await _say(request, "function_off", 409)
        case "not_set_up":
            return await _answer(request, await two_factor_part(request), 409)
        case "shown_already":
            return await _say(request, "already_shown")
