"""My User: what users do about their own second factor: set-up, phones, recovery codes, removal."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.limits import AUTHENTICATORS
from accounts.two_factor import authenticators, enrollment, recovery_codes, removal
from db.authenticators import Purpose
from routes.my_user import two_factor_states as states
from routes.my_user.oneself import oneself
from routes.my_user.page import my_user_page
from routes.my_user.sessions_card import sessions_now
from routes.my_user.two_factor_card import Said, TwoFactorCard
from routes.web.frame import frame_parts
from routes.web.part import Part, answer, wants_part
from routes.web.reauthentication import asked_at_once, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of, fields_of, keep_token

HERE = "/my-user#two-factor"


async def answer_with(request: Request, card: TwoFactorCard, status: int = 200, also: Sequence[Part] = ()) -> Response:
    """The card, or My User with it."""
    return await answer(request, card, lambda: my_user_page(request, two_factor=card), status=status, also=also)


async def _say(request: Request, what: Said, status: int = 200, about: str = "") -> Response:
    """The card with a message; header, notification and sessions follow, because what it says may be news to the
    page.
    """
    return await _with_others(request, await states.said(request, what, about), status)


async def _with_others(request: Request, card: TwoFactorCard, status: int = 200) -> Response:
    also = (*await frame_parts(request), await sessions_now(request)) if wants_part(request) else ()
    return await answer_with(request, card, status, also)


async def opened(request: Request, act: str) -> TwoFactorCard:
    """The card with the form of `act` open (set-up, new-codes, or remove with `?authenticator=`), if that act fits."""
    current = current_of(request)
    if act == "remove" and current.set_up:
        return await _removal_opened(request)
    fits = current.set_up and current.function_on
    if act == "new-codes" and fits:
        return await states.ask_new_codes(request, asked_at_once(request))
    if act == "set-up" and fits:
        purpose: Purpose = "replace" if current.recovered else "add"
        return await states.ask_set_up(request, asked_at_once(request), states.Asked(purpose))
    return await states.card_now(request)


async def _removal_opened(request: Request) -> TwoFactorCard:
    own = (await oneself(request)).phones
    removing = states.to_remove(own, request.query_params.get("authenticator", ""))
    if removing == "gone":
        return await states.said(request, "phone_gone")
    return await states.ask_removal(request, asked_at_once(request, always_code=True), removing)


async def start_two_factor(request: Request) -> Response:
    """Starts a set-up and answers with the QR step; `purpose`: the phone is added, or replaces the others."""
    form = await fields_of(request)
    purpose, name = _purpose(form["purpose"]), form["name"]
    if impossible := await _impossible(request, purpose):
        return await _not_now(request, impossible)
    asked = states.Asked(purpose, name if form.has("name") else None)
    if needed := await reauthenticate(request, form):
        return await answer_with(request, await states.ask_set_up(request, needed, asked), needed.status)
    match await enrollment.start(context_of(request), current_of(request), purpose, name):
        case enrollment.NotNow() as not_now:
            return await _not_now(request, not_now)
        case enrollment.WrongName(problem):
            card = await states.ask_set_up(request, None, replace(asked, name_problem=problem))
            return await answer_with(request, card, 422)
        case started if wants_part(request):
            return await answer_with(request, await states.qr_step(request, started))
    return redirect(request, HERE)


def _purpose(typed: str) -> Purpose:
    """Without one, as scripts send it, the phone replaces what there is."""
    if typed == "add":
        return "add"
    if typed in ("", "replace"):
        return "replace"
    raise HTTPException(422)


async def _impossible(request: Request, purpose: Purpose) -> enrollment.NotNow | None:
    """What can be refused before the password is asked for."""
    current = current_of(request)
    if not current.function_on:
        return enrollment.NotNow("function_off")
    if purpose == "add" and current.session.codes_blocked_at is not None:
        return enrollment.NotNow("blocked")
    if purpose == "add" and len((await oneself(request)).phones) >= AUTHENTICATORS:
        return enrollment.NotNow("full")
    return None


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
    """Confirms the set-up: the recovery codes, once, unless a phone was added; notification and header change with
    it.
    """
    form = await fields_of(request)
    name = form["name"] if form.has("name") else None
    match await enrollment.confirm(context_of(request), current_of(request), form["code"], name):
        case enrollment.Confirmed(new_codes, session_token, replaced):
            keep_token(request, session_token)
            card = await states.new_codes(request, new_codes, "replaced" if replaced else "set_up")
            return await _with_others(request, card)
        case enrollment.Added(name, session_token):
            keep_token(request, session_token)
            return await _say(request, "added", about=name)
        case (enrollment.WrongCode() | enrollment.WrongName()) as problem:
            return await answer_with(request, await states.qr_step_refused(request, states.Refused(problem, name)), 422)
        case enrollment.Ended() as ended:
            return await _ended(request, ended)
        case enrollment.NotNow() as not_now:
            return await _not_now(request, not_now)


async def _ended(request: Request, ended: enrollment.Ended) -> Response:
    match ended.why:
        case "confirmed":
            return await _say(request, "already_confirmed")
        case "added":
            return await _say(request, "already_added")
        case "too_many_wrong":
            return await _say(request, "too_many_wrong", 409)
        case "none":
            return await _say(request, "pending_ended", 409)


async def cancel_two_factor(request: Request) -> Response:
    """Ends the pending set-up; what was set up before goes on working."""
    await enrollment.cancel(context_of(request), current_of(request))
    if not wants_part(request):
        return redirect(request, HERE)
    return await _say(request, "cancelled")


async def remove_two_factor(request: Request) -> Response:
    """Removes one of several phones, or the whole second factor; a code or recovery code is always asked for."""
    form = await fields_of(request)
    if not current_of(request).set_up:
        return await _with_others(request, await states.card_now(request), 409)
    removing = states.to_remove((await oneself(request)).phones, form["authenticator"])
    if removing == "gone":
        return await _say(request, "phone_gone", 409)
    if removing == "which":
        needed = asked_at_once(request, always_code=True)
        return await answer_with(request, await states.ask_removal(request, needed, removing, unchosen=True), 422)
    if needed := await reauthenticate(request, form, always_code=True):
        return await answer_with(request, await states.ask_removal(request, needed, removing), needed.status)
    return await _removed(request, removing)


async def _removed(request: Request, removing: int | Literal["all"]) -> Response:
    context, current = context_of(request), current_of(request)
    removed = authenticators.LastOne() if removing == "all" else await authenticators.remove(context, current, removing)
    if isinstance(removed, authenticators.LastOne):
        await removal.remove(context, current)
    if isinstance(removed, authenticators.Gone):
        return await _say(request, "phone_gone", 409)
    if not wants_part(request):
        return redirect(request, HERE)
    if isinstance(removed, authenticators.Removed):
        return await _say(request, "phone_removed", about=removed.phone.name)
    return await _say(request, "removed")


async def rename_authenticator(request: Request) -> Response:
    """Gives one of the user's phones another name."""
    form, phone_id = await fields_of(request), request.path_params["id"]
    renamed = await authenticators.rename(context_of(request), current_of(request), phone_id, form["name"])
    if isinstance(renamed, authenticators.Gone):
        return await _say(request, "phone_gone", 409)
    if not isinstance(renamed, authenticators.Renamed):
        refused = states.RenameRefused(phone_id, form["name"], renamed)
        return await answer_with(request, await states.card_now(request, renaming=refused), 422)
    if not wants_part(request):
        return redirect(request, HERE)
    return await _say(request, "renamed")


async def make_recovery_codes(request: Request) -> Response:
    """New recovery codes in place of the old ones; shown once."""
    current, form = current_of(request), await fields_of(request)
    generation = (await oneself(request)).user.codes_generation
    if current.function_on and current.set_up:
        if form["generation"] and form["generation"] != str(generation):
            return await _say(request, "already_shown")
        if needed := await reauthenticate(request, form):
            return await answer_with(request, await states.ask_new_codes(request, needed), needed.status)
    made = await recovery_codes.renew(context_of(request), current, generation)
    if isinstance(made, recovery_codes.Renewed):
        return await _with_others(request, await states.new_codes(request, made.codes, "renewed"))
    match made.why:
        case "exempt":
            raise HTTPException(403, "permission")
        case "function_off":
            return await _say(request, "function_off", 409)
        case "not_set_up":
            return await answer_with(request, await states.card_now(request), 409)
        case "shown_already":
            return await _say(request, "already_shown")
