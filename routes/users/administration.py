"""What those who edit users do to an account: change, disable, enable, delete."""

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.users import administration, profile, status
from accounts.users.administration import Details
from db.users import User
from routes.users import account_states as states
from routes.users.account_card import Said
from routes.users.barred import refusal
from routes.users.sessions_card import sessions_if_shown
from routes.users.subject import is_own, subject
from routes.users.user import answer_account, header_of
from routes.web.frame import frame_parts
from routes.web.outbox import outbox_of
from routes.web.part import wants_part
from routes.web.reauthentication import reauthenticate
from routes.web.redirect import redirect
from routes.web.request import Fields, config_of, context_of, current_of, fields_of


async def show_edit(request: Request) -> Response:
    """The form that changes a user."""
    await subject(request, allow_self=True, units=states.MOST_UNITS)
    return await answer_account(request, await states.edit(request))


async def change(request: Request) -> Response:
    """Changes a user; another address needs reauthentication. A field that was not sent stays as it is."""
    form, user = await fields_of(request), (await subject(request, allow_self=True)).user
    seen, wanted = administration.details_of(user), _wanted(user, form)
    version = form["version"] or administration.version_of(seen)
    if version != administration.version_of(seen):
        return await answer_account(request, await states.edit_conflict(request), 409)
    if problems := administration.problems_with(wanted):
        return await answer_account(request, await states.edit(request, wanted, version, problems), 422)
    moved, vouched = wanted.email != seen.email, form["vouched"] == "on"
    if (moved or vouched) and (needed := await reauthenticate(request, form)):
        asking = await states.edit(request, wanted, version, needed=needed)
        return await answer_account(request, replace(asking, vouched=vouched), needed.status)
    return await _put_in_force(request, user, wanted, vouched=vouched)


async def _put_in_force(request: Request, user: User, wanted: Details, *, vouched: bool) -> Response:
    seen = administration.details_of(user)
    if vouched and wanted.email == seen.email:
        await _vouch_for_address(request, user.id)
    if wanted.email != seen.email and user.id == current_of(request).session.user_id:
        return await _change_own_address(request, user, wanted)
    return await _change(request, user.id, seen, wanted)


async def _vouch_for_address(request: Request, user_id: int) -> None:
    """An address that another user entered is as if it were entered anew. Raises 403, 404."""
    done = await administration.vouch_for_address(context_of(request), user_id, current_of(request))
    if done != "done":
        raise refusal(done)


async def _change(request: Request, user_id: int, seen: Details, wanted: Details, said: Said = "saved") -> Response:
    match await administration.change(context_of(request), user_id, seen, wanted, current_of(request)):
        case "conflict":
            return await answer_account(request, await states.edit_conflict(request), 409)
        case "username_of_another" as problem:
            asked = await states.edit(request, wanted, administration.version_of(seen), {"email": problem})
            return await answer_account(request, asked, 422)
        case "changed" | "unchanged":
            return await _saved(request, said)
        case barred:
            raise refusal(barred)


async def _change_own_address(request: Request, user: User, wanted: Details) -> Response:
    """As on My User: with a mail server the address is in force after its link. Then the rest."""
    if user.login_method == "sso":
        raise HTTPException(403, "permission")
    by_mail, asked = config_of(request).mail is not None, profile.Profile(user.name, wanted.email, user.time_zone)
    done = await profile.change(context_of(request), user, asked, current_of(request), by_mail=by_mail)
    if done == "too_many":
        problems = {"email": "too_many_letters"}
        return await answer_account(request, await states.edit(request, wanted, "", problems), 429)
    if done == "asked":
        outbox_of(request).wake()
    seen = administration.details_of((await subject(request, allow_self=True)).user)
    return await _change(
        request, user.id, seen, replace(wanted, email=seen.email), "address_asked" if done == "asked" else "saved"
    )


def _wanted(user: User, form: Fields) -> Details:
    stored = vars(administration.details_of(user))
    return Details(**{field: form[field].strip() if form.has(field) else value for field, value in stored.items()})


async def _saved(request: Request, said: Said) -> Response:
    if not wants_part(request):
        return redirect(request, f"/users/{request.path_params['id']}")
    card, detail = await states.said(request, said), await subject(request, allow_self=True)
    own = await frame_parts(request) if is_own(request, detail) else ()
    return await answer_account(request, card, also=(header_of(detail), *own[1:]))


async def _done(request: Request, what: Said) -> Response:
    if not wants_part(request):
        return redirect(request, f"/users/{request.path_params['id']}")
    also = await sessions_if_shown(request, await subject(request))
    return await answer_account(request, await states.said(request, what), also=also)


async def _refused(request: Request, why: Said) -> Response:
    return await answer_account(request, await states.said(request, why), 409)


async def ask_disable(request: Request) -> Response:
    """Says what disabling entails, and asks."""
    return await answer_account(request, await states.ask_disable(request, await subject(request)))


async def disable(request: Request) -> Response:
    """Disables a user; their sessions end."""
    match await status.disable(context_of(request), request.path_params["id"], current_of(request)):
        case "disabled":
            return await _done(request, "disabled")
        case "already":
            return await _refused(request, "already_disabled")
        case "last_administrator":
            return await _refused(request, "last_administrator")
        case barred:
            raise refusal(barred)


async def enable(request: Request) -> Response:
    """Enables a user. The way in that they had works again, so it needs reauthentication."""
    form, detail = await fields_of(request), await subject(request)
    if detail.user.disabled_at is not None and (needed := await reauthenticate(request, form)):
        return await answer_account(request, await states.ask_enable(request, detail, needed), needed.status)
    match await status.enable(context_of(request), request.path_params["id"], current_of(request)):
        case "enabled":
            return await _done(request, "enabled")
        case "already":
            return await _refused(request, "already_enabled")
        case barred:
            raise refusal(barred)


async def ask_delete(request: Request) -> Response:
    """Says what deleting entails, and asks."""
    return await answer_account(request, await states.ask_delete(request, await subject(request)))


async def delete(request: Request) -> Response:
    """Deletes a user for good."""
    context, current, by_mail = context_of(request), current_of(request), config_of(request).mail is not None
    match await status.delete(context, request.path_params["id"], current, by_mail=by_mail):
        case "deleted":
            return redirect(request, "/users")
        case "last_administrator":
            return await _refused(request, "last_administrator")
        case barred:
            raise refusal(barred)
