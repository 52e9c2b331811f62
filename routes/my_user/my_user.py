"""My User: what one does there about profile, password and sessions; and the notification that leads here."""

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import sessions
from accounts.login import reauthentication
from accounts.users import profile, users
from db.users import User
from routes.login import login
from routes.my_user import account, two_factor_part
from routes.web import cookies
from routes.web import part as parts
from routes.web.redirect import redirect
from routes.web.request import Fields, config_of, context_of, current_of, fields_of, keep_token


async def show(request: Request) -> Response:
    """My User; `?act=set-up` or `?act=remove` with that act's form open, `?part=` one of its parts."""
    asked = request.query_params
    part = asked.get("part", "two_factor").replace("-", "_")
    two_factor = await two_factor_part.opened(request, asked.get("act", ""))
    shown = await account.profile_part(request, confirmed=True) if asked.get("address") == "confirmed" else None
    return await account.answer(
        request, part if part in ("profile", "sessions") else "two_factor", two_factor=two_factor, profile=shown
    )


async def save_profile(request: Request) -> Response:
    """Saves name, address and time zone; another address needs a proof. Those who use Single Sign-On change the time zone alone."""
    context, current, form, user = (
        context_of(request),
        current_of(request),
        await fields_of(request),
        (await two_factor_part.oneself(request)).user,
    )
    wanted = profile.Profile(form["name"].strip(), form["email"].strip(), form["time_zone"])
    if user.login_method == "sso":
        wanted = _time_zone_alone(user, form)
    problems = profile.problems_with(wanted)
    shown = replace(
        await account.profile_part(request),
        name=wanted.name,
        email=wanted.email,
        time_zone=wanted.time_zone,
        problems=problems,
    )
    if problems:
        return await account.answer(request, "profile", profile=shown, status=422)
    if wanted.email != user.email:
        proved = await reauthentication.reauthenticate(
            context, current, reauthentication.Typed(form["password"], form["code"])
        )
        if isinstance(proved, reauthentication.Needed):
            shown = replace(shown, proof=parts.proof_of(proved))
            return await account.answer(request, "profile", profile=shown, status=parts.refusal_status(proved))
        keep_token(request, proved.session_token)
    by_mail = config_of(request).mail is not None
    done = await profile.change(context, user, wanted, current, by_mail=by_mail)
    if done == "too_many":
        shown = replace(shown, problems={"email": "too_many_letters"})
        return await account.answer(request, "profile", profile=shown, status=429)
    if done == "asked":
        request.app.state.post.wake()
    return await _profile_saved(request)


async def _profile_saved(request: Request) -> Response:
    if not parts.wants_part(request):
        return redirect(request, "/my-user")
    return await account.answer(
        request, "profile", profile=await account.profile_part(request, saved=True), also=account.ALSO
    )


async def cancel_address(request: Request) -> Response:
    """Lets go of a new address that waits for its link."""
    await fields_of(request)
    await profile.cancel(context_of(request), current_of(request))
    return await _profile_saved(request)


def _time_zone_alone(user: User, form: Fields) -> profile.Profile:
    """For a user of Single Sign-On, whose name and address the provider knows: anything else is refused."""
    wanted = profile.Profile(form["name"] or user.name, form["email"] or user.email, form["time_zone"])
    if (wanted.name, wanted.email) != (user.name, user.email):
        raise HTTPException(403, "permission")
    return wanted


async def notification(request: Request) -> Response:
    """The notification, for an open page: 204 when what it shows is right."""
    shown = current_of(request).notified
    if request.query_params.get("shown") == ("on" if shown else "off"):
        return Response(status_code=204)
    return parts.render_shared(request, "notification")


async def end_session(request: Request) -> Response:
    """Signs out one of one's own sessions."""
    context, current = context_of(request), current_of(request)
    session_id = request.path_params["id"]
    if session_id == current.session.id:
        await sessions.sign_out(context, current)
        there = current.session.end_session_endpoint
        answer = redirect(request, login.SIGNED_OUT_THERE_TOO if there else login.SIGNED_OUT)
        cookies.drop_session(request, answer)
        return answer
    ended = await sessions.end_one(context, current, session_id)
    return await _sessions_changed(request, int(ended))


async def end_other_sessions(request: Request) -> Response:
    """Signs out all of one's other sessions."""
    return await _sessions_changed(request, await sessions.end_others(context_of(request), current_of(request)))


async def _sessions_changed(request: Request, ended: int) -> Response:
    if not parts.wants_part(request):
        return redirect(request, "/my-user#sessions")
    return await account.answer(request, "sessions", sessions_ended=ended)


async def show_password(request: Request) -> Response:
    """The form that changes the password, or chooses the first one."""
    return _password_form(request, "", 0, 200)


async def change_password(request: Request) -> Response:
    """Changes the password: always with the current one, but in a session opened with a one-time password."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    outcome = await users.change_password(context, current, form["current_password"], form["new_password"])
    if isinstance(outcome, users.PasswordRefused):
        return _password_form(
            request, outcome.problem, outcome.wait_seconds, 429 if outcome.problem == "waiting" else 422
        )
    keep_token(request, outcome)
    return redirect(request, "/" if current.confined else "/my-user")


def _password_form(request: Request, problem: str, wait_seconds: int, status: int) -> Response:
    current = current_of(request)
    form = account.PasswordForm(problem, wait_seconds, current.session.username)
    return parts.render(
        request,
        account.ChoosePasswordPage(form) if current.confined else account.PasswordPage(form),
        status=status,
    )


async def well_known_change_password(request: Request) -> Response:
    """Where password managers look (W3C: A Well-Known URL for Changing Passwords)."""
    return redirect(request, "/my-user/password")
