"""My User: what one does there about profile, password and sessions; and the notification that leads here."""

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import profile, proof, sessions, users
from db.users import User
from routes import guard, login, my_user_parts, my_user_two_factor_part, page


async def show(request: Request) -> Response:
    """My User; `?act=set-up` or `?act=remove` with that act's form open, `?part=` one of its parts."""
    asked = request.query_params
    part = asked.get("part", "two_factor").replace("-", "_")
    two_factor = await my_user_two_factor_part.opened(request, asked.get("act", ""))
    shown = await my_user_parts.profile_part(request, confirmed=True) if asked.get("address") == "confirmed" else None
    return await my_user_parts.answer(
        request, part if part in ("profile", "sessions") else "two_factor", two_factor=two_factor, profile=shown
    )


async def save_profile(request: Request) -> Response:
    """Saves name, address and time zone; another address needs a proof. Those who use Single Sign-On change the time zone alone."""
    desk, current, form, user = (
        page.desk_of(request),
        page.current_of(request),
        await page.fields_of(request),
        (await my_user_two_factor_part.oneself(request)).user,
    )
    wanted = profile.Profile(form["name"].strip(), form["email"].strip(), form["time_zone"])
    if user.login_method == "sso":
        wanted = _time_zone_alone(user, form)
    problems = profile.problems_with(wanted)
    shown = replace(
        await my_user_parts.profile_part(request),
        name=wanted.name,
        email=wanted.email,
        time_zone=wanted.time_zone,
        problems=problems,
    )
    if problems:
        return await my_user_parts.answer(request, "profile", profile=shown, status=422)
    if wanted.email != user.email:
        proved = await proof.prove(desk, current, proof.Typed(form["password"], form["code"]))
        if isinstance(proved, proof.Needed):
            shown = replace(shown, proof=page.proof_of(proved))
            return await my_user_parts.answer(request, "profile", profile=shown, status=page.refusal_status(proved))
        page.keep_token(request, proved.session_token)
    by_mail = page.config_of(request).mail is not None
    done = await profile.change(desk, user, wanted, current, by_mail=by_mail)
    if done == "too_many":
        shown = replace(shown, problems={"email": "too_many_letters"})
        return await my_user_parts.answer(request, "profile", profile=shown, status=429)
    if done == "asked":
        request.app.state.post.wake()
    return await _profile_saved(request)


async def _profile_saved(request: Request) -> Response:
    if not page.wants_part(request):
        return page.redirect(request, "/my-user")
    return await my_user_parts.answer(
        request, "profile", profile=await my_user_parts.profile_part(request, saved=True), also=my_user_parts.ALSO
    )


async def cancel_address(request: Request) -> Response:
    """Lets go of a new address that waits for its link."""
    await page.fields_of(request)
    await profile.cancel(page.desk_of(request), page.current_of(request))
    return await _profile_saved(request)


def _time_zone_alone(user: User, form: page.Fields) -> profile.Profile:
    """For a user of Single Sign-On, whose name and address the provider knows: anything else is refused."""
    wanted = profile.Profile(form["name"] or user.name, form["email"] or user.email, form["time_zone"])
    if (wanted.name, wanted.email) != (user.name, user.email):
        raise HTTPException(403, "permission")
    return wanted


async def notification(request: Request) -> Response:
    """The notification, for an open page: 204 when what it shows is right."""
    shown = page.current_of(request).notified
    if request.query_params.get("shown") == ("on" if shown else "off"):
        return Response(status_code=204)
    return page.render_shared(request, "notification")


async def end_session(request: Request) -> Response:
    """Signs out one of one's own sessions."""
    desk, current = page.desk_of(request), page.current_of(request)
    session_id = request.path_params["id"]
    if session_id == current.session.id:
        await sessions.sign_out(desk, current)
        there = current.session.end_session_endpoint
        answer = page.redirect(request, login.SIGNED_OUT_THERE_TOO if there else login.SIGNED_OUT)
        guard.drop_session(request, answer)
        return answer
    ended = await sessions.end_one(desk, current, session_id)
    return await _sessions_changed(request, int(ended))


async def end_other_sessions(request: Request) -> Response:
    """Signs out all of one's other sessions."""
    return await _sessions_changed(request, await sessions.end_others(page.desk_of(request), page.current_of(request)))


async def _sessions_changed(request: Request, ended: int) -> Response:
    if not page.wants_part(request):
        return page.redirect(request, "/my-user#sessions")
    return await my_user_parts.answer(request, "sessions", sessions_ended=ended)


async def show_password(request: Request) -> Response:
    """The form that changes the password, or chooses the first one."""
    return _password_form(request, "", 0, 200)


async def change_password(request: Request) -> Response:
    """Changes the password: always with the current one, but in a session opened with a one-time password."""
    desk, current, form = page.desk_of(request), page.current_of(request), await page.fields_of(request)
    outcome = await users.change_password(desk, current, form["current_password"], form["new_password"])
    if isinstance(outcome, users.PasswordRefused):
        return _password_form(
            request, outcome.problem, outcome.wait_seconds, 429 if outcome.problem == "waiting" else 422
        )
    page.keep_token(request, outcome)
    return page.redirect(request, "/" if current.confined else "/my-user")


def _password_form(request: Request, problem: str, wait_seconds: int, status: int) -> Response:
    current = page.current_of(request)
    form = my_user_parts.PasswordForm(problem, wait_seconds, current.session.username)
    return page.render(
        request,
        my_user_parts.ChoosePasswordPage(form) if current.confined else my_user_parts.PasswordPage(form),
        status=status,
    )


async def well_known_change_password(request: Request) -> Response:
    """Where password managers look (W3C: A Well-Known URL for Changing Passwords)."""
    return page.redirect(request, "/my-user/password")
