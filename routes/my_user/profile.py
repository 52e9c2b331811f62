"""My User: name, e-mail address and time zone."""

from dataclasses import replace
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.users import profile
from db.users import User
from routes.my_user.oneself import oneself
from routes.my_user.page import my_user_page
from routes.my_user.profile_card import ProfileForm, profile_now
from routes.web.frame import frame_parts
from routes.web.outbox import outbox_of
from routes.web.part import answer, wants_part
from routes.web.reauthentication import reauthenticate
from routes.web.redirect import redirect
from routes.web.request import Fields, config_of, context_of, current_of, fields_of


async def save_profile(request: Request) -> Response:
    """Saves; another address needs reauthentication. Users of Single Sign-On change the time zone alone."""
    fields, user = await fields_of(request), (await oneself(request)).user
    wanted = _wanted(user, fields)
    form = ProfileForm(wanted.name, wanted.email, wanted.time_zone, profile.problems_with(wanted))
    if form.problems:
        return await _refused(request, form, 422)
    confirming = fields["confirm"] == "on" and wanted.email == user.email
    if (confirming or wanted.email != user.email) and (needed := await reauthenticate(request, fields)):
        return await _refused(request, replace(form, needed=needed, confirming=confirming), needed.status)
    done = await _store(request, user, wanted, confirming=confirming)
    if done == "too_many":
        return await _refused(request, replace(form, problems={"email": "too_many_letters"}), 429)
    if done == "asked":
        outbox_of(request).wake()
    return await _saved(request)


async def _store(
    request: Request, user: User, wanted: profile.Profile, *, confirming: bool
) -> Literal["unchanged", "changed", "asked", "too_many"]:
    """`confirming`: the present address gets a link, where there is a mail server."""
    context, current, by_mail = context_of(request), current_of(request), config_of(request).mail is not None
    done = await profile.change(context, user, wanted, current, by_mail=by_mail)
    return await profile.ask_to_confirm(context, current) if confirming and by_mail else done


def _wanted(user: User, fields: Fields) -> profile.Profile:
    """What was sent. The provider knows name and address of its users: anything else than what is stored is refused."""
    if user.login_method == "password":
        return profile.Profile(fields["name"].strip(), fields["email"].strip(), fields["time_zone"])
    wanted = profile.Profile(fields["name"] or user.name, fields["email"] or user.email, fields["time_zone"])
    if (wanted.name, wanted.email) != (user.name, user.email):
        raise HTTPException(403, "permission")
    return wanted


async def _refused(request: Request, form: ProfileForm, status: int) -> Response:
    card = await profile_now(request, form)
    return await answer(request, card, lambda: my_user_page(request, profile=card), status=status)


async def _saved(request: Request) -> Response:
    if not wants_part(request):
        return redirect(request, "/my-user")
    also = await frame_parts(request)
    card = await profile_now(request, said="saved")
    return await answer(request, card, lambda: my_user_page(request, profile=card), also=also)


async def cancel_address(request: Request) -> Response:
    """Discards a new address that waits for its link."""
    await fields_of(request)
    await profile.cancel(context_of(request), current_of(request))
    return await _saved(request)
