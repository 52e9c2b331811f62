"""My User: profile, password, second factor and sessions; and the notification that leads here."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import enrollment, proof, sessions, totp, users
from config import time_zones
from db import users as stored_users
from db.users import Detail, User
from routes import guard, page
from routes.page import Proof


@dataclass(frozen=True)
class Profile:  # my_user/_profile.html
    username: str
    name: str
    email: str
    company: str
    unit: str
    roles: tuple[str, ...]
    login_method: Literal["password", "sso"]
    time_zone: str  # "" = the installation's
    installation_time_zone: str
    time_zones: tuple[str, ...]  # for a <select> (first option: the installation's)
    problems: dict[str, str]  # field → "empty" | "too_long" | "bad_address" | "unknown_zone" | "bad_characters"
    proof: Proof | None  # asked for when the address changes
    saved: bool  # just saved: say so (role=status)


@dataclass(frozen=True)
class Pending:
    """The QR step."""

    qr: Markup  # inline SVG
    key: str  # base32 without spaces
    address: str  # otpauth://… link for those who read this on the phone
    replaces: bool  # sets up another phone; the old one works until this one is confirmed
    problem: Literal["", "wrong", "malformed", "clock"] = ""
    tries_left: int = 5
    clock_seconds: int = 0  # with "clock": by how many seconds the phone is fast (+) or slow (−)


@dataclass(frozen=True)
class TwoFactor:  # my_user/_two_factor.html  #two-factor
    state: Literal["exempt", "off", "not_set_up", "pending", "codes", "set_up", "blocked"]
    # off: the function is off, nothing set up. If off but set up: state "set_up" with function_on False (remove works, others not offered)
    function_on: bool
    set_up_at: datetime | None
    last_used_at: datetime | None
    codes_left: int
    codes_generation: int  # hidden field `generation` of the form POST /my-user/recovery-codes
    blocked_at: datetime | None
    pending: Pending | None
    codes: tuple[str, ...]  # state "codes": the 10 recovery codes, each "12345 67890 12345 67890"
    codes_text: str  # the same as text for the data: download link, already percent-encoded
    first_codes: (
        bool  # codes shown after a set-up ("Done. For your next sign-in wait for the next code.") or else new ones
    )
    asking: Literal["", "set_up", "remove", "recovery_codes"]  # that act's form is open and asks for `proof`
    proof: Proof | None
    message: Literal["", "cancelled", "removed", "already_shown", "pending_ended", "too_many_wrong", "function_off"]


@dataclass(frozen=True)
class SessionRow:
    id: int
    browser: str  # "Firefox on Linux"
    address: str
    started_at: datetime
    last_used_at: datetime
    own: bool  # this one


@dataclass(frozen=True)
class Sessions:  # my_user/_sessions.html  #sessions
    rows: tuple[SessionRow, ...]
    ended: int | None  # just ended that many: say so


@dataclass(frozen=True)
class MyUserPage(page.Page):
    template = "my_user/my_user.html"
    profile: Profile
    two_factor: TwoFactor
    sessions: Sessions


@dataclass(frozen=True)
class PasswordForm:
    problem: str  # "" | of accounts.passwords.Problem | "wrong_current" | "waiting" | "same"
    wait_seconds: int
    username: str  # for a hidden/readonly autocomplete=username field, so that password managers know whose it is


@dataclass(frozen=True)
class PasswordPage(page.Page):
    template = "my_user/password.html"
    password: PasswordForm


@dataclass(frozen=True)
class ChoosePasswordPage(page.Page):
    template = "my_user/choose_password.html"
    password: PasswordForm


ALSO = ("notification", "user_header")
Asking = Literal["", "set_up", "remove", "recovery_codes"]
Message = Literal["", "cancelled", "removed", "already_shown", "pending_ended", "too_many_wrong", "function_off"]


async def show(request: Request) -> Response:
    """My User; `?act=remove` with the form that removes the second factor, `?part=` one of its parts."""
    part = request.query_params.get("part", "two_factor").replace("-", "_")
    removing = request.query_params.get("act") == "remove" and page.current_of(request).set_up
    asking: Asking = "remove" if removing else ""
    two_factor = await _two_factor(request, asking=asking, asked=await _asked_for_removal(request) if asking else None)
    return await _page(request, part if part in ("profile", "sessions") else "two_factor", two_factor=two_factor)


async def _page(
    request: Request,
    part: str,
    *,
    profile: Profile | None = None,
    two_factor: TwoFactor | None = None,
    sessions_ended: int | None = None,
    status: int = 200,
    also: tuple[str, ...] = (),
) -> Response:
    """The whole page, or the part that changed; what a part does not need is not fetched for it."""
    parts = page.wants_part(request)
    current = await guard.refreshed(request) if also else None
    whole = MyUserPage(
        profile or (NO_PROFILE if parts and part != "profile" else await _profile(request)),
        two_factor or (NO_TWO_FACTOR if parts and part != "two_factor" else await _two_factor(request)),
        Sessions((), None) if parts and part != "sessions" else await _sessions(request, sessions_ended),
    )
    return page.render(request, whole, part=part, also=also, status=status, current=current)


NO_PROFILE = Profile("", "", "", "", "", (), "password", "", "", (), {}, None, saved=False)
NO_TWO_FACTOR = TwoFactor("off", False, None, None, 0, 0, None, None, (), "", False, "", None, "")


async def _detail(request: Request) -> Detail:
    """Oneself with roles, codes and the set-up under way; fetched once for a page that only reads."""
    if request.method in guard.SAFE_METHODS and "detail" in request.scope:
        fetched: Detail = request.scope["detail"]
        return fetched
    session = page.current_of(request).session
    detail = await stored_users.detail(page.desk_of(request).db, session.user_id, session.id)
    if detail is None:  # deleted while the request was under way
        raise HTTPException(404)
    request.scope["detail"] = detail
    return detail


async def _profile(request: Request, *, saved: bool = False) -> Profile:
    detail, config = await _detail(request), page.config_of(request)
    user = detail.user
    return Profile(
        username=user.username,
        name=user.name,
        email=user.email,
        company=user.company,
        unit=user.unit,
        roles=detail.roles,
        login_method="sso" if user.login_method == "sso" else "password",
        time_zone=user.time_zone,
        installation_time_zone=config.time_zone,
        time_zones=time_zones(),
        problems={},
        proof=None,
        saved=saved,
    )


async def save_profile(request: Request) -> Response:
    """Saves name, address and time zone; another address needs a proof. Those who use Single Sign-On change the time zone alone."""
    desk, current, form, user = (
        page.desk_of(request),
        page.current_of(request),
        await page.fields_of(request),
        (await _detail(request)).user,
    )
    wanted = users.Profile(form["name"].strip(), form["email"].strip(), form["time_zone"])
    if user.login_method == "sso":
        wanted = _time_zone_alone(user, form)
    problems = users.problems_with_profile(wanted)
    shown = replace(
        await _profile(request), name=wanted.name, email=wanted.email, time_zone=wanted.time_zone, problems=problems
    )
    if problems:
        return await _page(request, "profile", profile=shown, status=422)
    if wanted.email != user.email:
        proved = await proof.prove(desk, current, proof.Typed(form["password"], form["code"]))
        if isinstance(proved, proof.Needed):
            shown = replace(shown, proof=page.proof_of(proved))
            return await _page(request, "profile", profile=shown, status=page.refusal_status(proved))
        page.keep_token(request, proved.session_token)
    await users.change_profile(desk, user, wanted, current)
    if not page.wants_part(request):
        return page.redirect(request, "/my-user")
    return await _page(request, "profile", profile=await _profile(request, saved=True), also=ALSO)


def _time_zone_alone(user: User, form: page.Fields) -> users.Profile:
    """For a user of Single Sign-On, whose name and address the provider knows: anything else is refused."""
    wanted = users.Profile(form["name"] or user.name, form["email"] or user.email, form["time_zone"])
    if (wanted.name, wanted.email) != (user.name, user.email):
        raise HTTPException(403, "permission")
    return wanted


async def notification(request: Request) -> Response:
    """The notification, for an open page: 204 when what it shows is right."""
    shown = page.current_of(request).notified
    if request.query_params.get("shown") == ("on" if shown else "off"):
        return Response(status_code=204)
    return page.render_shared(request, "notification")


# ------------------------------------------------------------------------------------------------------- the second factor


async def _two_factor(
    request: Request,
    *,
    pending: enrollment.Pending | None = None,
    problem: enrollment.WrongCode | None = None,
    codes: tuple[str, ...] = (),
    first_codes: bool = False,
    asking: Asking = "",
    asked: Proof | None = None,
    message: Message = "",
) -> TwoFactor:
    reading = request.method in guard.SAFE_METHODS
    current = page.current_of(request) if reading else await guard.refreshed(request)
    detail = await _detail(request)
    user = detail.user
    pending = pending or enrollment.pending(page.desk_of(request), current, detail.set_up)
    return TwoFactor(
        state=_state(user, current, pending, codes),
        function_on=current.function_on,
        set_up_at=page.maybe(user.two_factor_at),
        last_used_at=page.maybe(detail.phone_used_at),
        codes_left=detail.codes_left,
        codes_generation=user.codes_generation,
        blocked_at=page.maybe(user.codes_blocked_at),
        pending=_qr_step(pending, problem) if pending and not codes else None,
        codes=codes,
        codes_text=quote("\n".join((f"{page.config_of(request).organisation} · {user.username}", *codes, "")))
        if codes
        else "",
        first_codes=first_codes,
        asking=asking,
        proof=asked,
        message=message,
    )


def _state(
    user: User, current: sessions.Current, pending: enrollment.Pending | None, codes: tuple[str, ...]
) -> Literal["exempt", "off", "not_set_up", "pending", "codes", "set_up", "blocked"]:
    if user.login_method == "sso":
        return "exempt"
    if codes:
        return "codes"
    if pending:
        return "pending"
    if user.two_factor_at is not None:
        return "blocked" if user.codes_blocked_at is not None else "set_up"
    return "not_set_up" if current.function_on else "off"


def _qr_step(pending: enrollment.Pending, problem: enrollment.WrongCode | None) -> Pending:
    return Pending(
        qr=Markup(totp.qr(pending.address)),  # noqa: S704  # because segno made it of modules, not of text
        key=pending.key,
        address=pending.address,
        replaces=pending.replaces,
        problem=problem.problem if problem else "",
        tries_left=pending.tries_left,
        clock_seconds=problem.clock_seconds if problem else 0,
    )


async def start_two_factor(request: Request) -> Response:
    """Starts a set-up, after the proof, and answers with the QR step."""
    desk, current, form = page.desk_of(request), page.current_of(request), await page.fields_of(request)
    if not current.function_on:
        return await _not_now(request, enrollment.NotNow("function_off"))
    proved = await proof.prove(desk, current, proof.Typed(form["password"], form["code"]))
    if isinstance(proved, proof.Needed):
        asking = await _two_factor(request, asking="set_up", asked=page.proof_of(proved))
        return await _page(request, "two_factor", two_factor=asking, status=page.refusal_status(proved))
    page.keep_token(request, proved.session_token)
    started = await enrollment.start(desk, current)
    if isinstance(started, enrollment.NotNow):
        return await _not_now(request, started)
    if not page.wants_part(request):
        return page.redirect(request, "/my-user#two-factor")
    return await _page(request, "two_factor", two_factor=await _two_factor(request, pending=started))


async def _not_now(request: Request, why: enrollment.NotNow) -> Response:
    if why.why == "exempt":
        raise HTTPException(403, "permission")
    two_factor = await _two_factor(request, message="function_off")
    return await _page(request, "two_factor", two_factor=two_factor, status=409, also=ALSO)


async def confirm_two_factor(request: Request) -> Response:
    """Confirms the set-up: the recovery codes, once; notification and header change with it."""
    desk, current, form = page.desk_of(request), page.current_of(request), await page.fields_of(request)
    match await enrollment.confirm(desk, current, form["code"]):
        case enrollment.Confirmed(codes):
            shown = await _two_factor(request, codes=codes, first_codes=True)
            return await _page(request, "two_factor", two_factor=shown, also=ALSO)
        case enrollment.WrongCode() as problem:
            shown = await _two_factor(request, problem=problem)
            return await _page(request, "two_factor", two_factor=shown, status=422)
        case enrollment.Ended("confirmed"):
            shown = await _two_factor(request, message="already_shown")
            return await _page(request, "two_factor", two_factor=shown, also=ALSO)
        case enrollment.Ended(why):
            shown = await _two_factor(request, message="too_many_wrong" if why == "too_many_wrong" else "pending_ended")
            return await _page(request, "two_factor", two_factor=shown, status=409)
        case enrollment.NotNow() as why:
            return await _not_now(request, why)


async def cancel_two_factor(request: Request) -> Response:
    """Ends the set-up under way; the phone that was set up before goes on working."""
    await enrollment.cancel(page.desk_of(request), page.current_of(request))
    if not page.wants_part(request):
        return page.redirect(request, "/my-user#two-factor")
    return await _page(request, "two_factor", two_factor=await _two_factor(request, message="cancelled"))


async def _asked_for_removal(request: Request) -> Proof:
    lacks = proof.missing(page.desk_of(request), page.current_of(request), always_code=True)
    return Proof(lacks.password, lacks.code)


async def remove_two_factor(request: Request) -> Response:
    """Removes the second factor, for which a code or recovery code is always asked."""
    desk, current, form = page.desk_of(request), page.current_of(request), await page.fields_of(request)
    if not current.set_up:
        shown = await _two_factor(request)
        return await _page(request, "two_factor", two_factor=shown, status=409, also=ALSO)
    proved = await proof.prove(desk, current, proof.Typed(form["password"], form["code"]), always_code=True)
    if isinstance(proved, proof.Needed):
        asking = await _two_factor(request, asking="remove", asked=page.proof_of(proved))
        return await _page(request, "two_factor", two_factor=asking, status=page.refusal_status(proved))
    page.keep_token(request, proved.session_token)
    await enrollment.remove(desk, current)
    if not page.wants_part(request):
        return page.redirect(request, "/my-user#two-factor")
    return await _page(request, "two_factor", two_factor=await _two_factor(request, message="removed"), also=ALSO)


async def make_recovery_codes(request: Request) -> Response:
    """New recovery codes in place of the old ones, after the proof; shown once."""
    desk, current, form = page.desk_of(request), page.current_of(request), await page.fields_of(request)
    if not current.function_on:
        return await _not_now(request, enrollment.NotNow("function_off"))
    if not current.set_up:
        return await _page(request, "two_factor", two_factor=await _two_factor(request), status=409)
    generation = form["generation"]
    user = (await _detail(request)).user
    if generation and generation != str(user.codes_generation):
        return await _page(request, "two_factor", two_factor=await _two_factor(request, message="already_shown"))
    proved = await proof.prove(desk, current, proof.Typed(form["password"], form["code"]))
    if isinstance(proved, proof.Needed):
        asking = await _two_factor(request, asking="recovery_codes", asked=page.proof_of(proved))
        return await _page(request, "two_factor", two_factor=asking, status=page.refusal_status(proved))
    page.keep_token(request, proved.session_token)
    made = await enrollment.make_recovery_codes(desk, current, user.codes_generation)
    if isinstance(made, enrollment.NotNow):
        return await _not_now(request, made)
    if isinstance(made, enrollment.Ended):
        return await _page(request, "two_factor", two_factor=await _two_factor(request, message="already_shown"))
    return await _page(request, "two_factor", two_factor=await _two_factor(request, codes=made.codes))


# ---------------------------------------------------------------------------------------------------------------- sessions


async def _sessions(request: Request, ended: int | None) -> Sessions:
    desk, current = page.desk_of(request), page.current_of(request)
    rows = [
        SessionRow(
            id=row.id,
            browser=row.browser,
            address=row.address,
            started_at=page.moment(row.started_at),
            last_used_at=page.moment(row.last_used_at),
            own=row.id == current.session.id,
        )
        for row in await sessions.open_sessions(desk, current.session.user_id)
    ]
    return Sessions(tuple(sorted(rows, key=lambda row: not row.own)), ended)


async def end_session(request: Request) -> Response:
    """Signs out one of one's own sessions."""
    desk, current = page.desk_of(request), page.current_of(request)
    session_id = request.path_params["id"]
    if session_id == current.session.id:
        await sessions.sign_out(desk, current)
        answer = page.redirect(request, "/login/signed-out")
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
    return await _page(request, "sessions", sessions_ended=ended)


# ---------------------------------------------------------------------------------------------------------------- password


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
    form = PasswordForm(problem, wait_seconds, current.session.username)
    return page.render(request, ChoosePasswordPage(form) if current.confined else PasswordPage(form), status=status)


async def well_known_change_password(request: Request) -> Response:
    """Where password managers look (W3C: A Well-Known URL for Changing Passwords)."""
    return page.redirect(request, "/my-user/password")
