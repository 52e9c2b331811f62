"""Login, sign-out, and *Forgot your password?* The form is one, and posted plainly: password managers offer to save only after a real navigation."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from accounts import sessions
from accounts.links import reset_requests
from accounts.login import login as login_decision
from accounts.two_factor import switch as two_factor_switch
from routes import sso
from routes.web import cookies, guard, part
from routes.web.redirect import own_path, redirect
from routes.web.request import config_of, context_of, current_of, fields_of

RETRY_AFTER_SECONDS = 2
SIGNED_OUT = "/login/signed-out"
SIGNED_OUT_THERE_TOO = "/login/signed-out?sso=yes"


@dataclass(frozen=True)
class TwoFactorField:  # login/_two_factor_field.html
    shown: bool


@dataclass(frozen=True)
class LoginForm:
    username: str
    next: str
    failed: bool  # shows the one sentence
    busy: bool  # too many sign-ins at this moment
    insecure: bool  # plain http on an address that is not this machine
    chosen: bool = False  # a password was just chosen by a link
    confirmed: bool = False  # a new address was just confirmed by a link
    reset: bool = False  # who forgot the password can ask for a letter: there is a mail server
    sso_url: str = ""  # the way in through the identity provider; "" without one


@dataclass(frozen=True)
class LoginPage(part.Page):
    template = "login/login.html"
    login: LoginForm
    two_factor_field: TwoFactorField


@dataclass(frozen=True)
class ResetRequest:
    mail: bool  # there is a mail server; else only an administrator can help
    asked: bool  # just asked; it is not said what came of it


@dataclass(frozen=True)
class ResetRequestPage(part.Page):
    template = "login/reset.html"
    reset_request: ResetRequest


@dataclass(frozen=True)
class SignedOutPage(part.Page):
    template = "login/signed_out.html"
    sign_out_there: bool  # the identity provider can be signed out of, too


async def show(request: Request) -> Response:
    """The login page; to `next` for those who are signed in already."""
    next_path = own_path(request.query_params.get("next", "/"))
    if request.scope["current"]:
        return redirect(request, next_path)
    asked = request.query_params
    chosen, confirmed = asked.get("password") == "chosen", asked.get("address") == "confirmed"
    return await _form(request, "", next_path, chosen=chosen, confirmed=confirmed)


async def sign_in(request: Request) -> Response:
    """Signs in, or shows the form again with the one sentence, whatever the cause."""
    form = await fields_of(request)
    next_path = own_path(form["next"] or "/")
    if request.scope["current"]:
        return redirect(request, next_path)
    outcome = await login_decision.sign_in(
        context_of(request), login_decision.Typed(form["username"], form["password"], form["code"])
    )
    match outcome:
        case login_decision.SignedIn():
            answer = redirect(request, _landing(outcome, next_path))
            cookies.set_session(request, answer, outcome.session_token)
            cookies.set_browser(request, answer, outcome.browser_token)
            return answer
        case login_decision.Refused():
            return await _form(request, form["username"], next_path, failed=True, status=422)
        case login_decision.Busy():
            return await _form(request, form["username"], next_path, busy=True, status=503)


def _landing(signed_in: login_decision.SignedIn, next_path: str) -> str:
    """A recovery code leads to My User, where the new phone is set up; a one-time password to the choice of another."""
    if signed_in.confined:
        return guard.CHOOSE_PASSWORD
    return "/my-user" if signed_in.recovered else next_path


async def _form(
    request: Request,
    username: str,
    next_path: str,
    *,
    failed: bool = False,
    busy: bool = False,
    chosen: bool = False,
    confirmed: bool = False,
    status: int = 200,
) -> Response:
    switch = await two_factor_switch.read(context_of(request))
    request.app.state.sample_data = switch.sample_data
    config = config_of(request)
    form = LoginForm(
        username,
        "" if next_path == "/" else next_path,
        failed,
        busy,
        insecure=not config.secure and not config.loopback,
        chosen=chosen,
        confirmed=confirmed,
        reset=config.mail is not None,
        sso_url=sso.with_next("/sso/login", next_path) if config.sso else "",
    )
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if busy else None
    return part.render(request, LoginPage(form, TwoFactorField(switch.on)), status=status, headers=headers)


async def two_factor_field(request: Request) -> Response:
    """The field alone, for an open login page: 204 when what it shows is right."""
    switch = await two_factor_switch.read(context_of(request))
    if request.query_params.get("shown") == ("on" if switch.on else "off"):
        return Response(status_code=204)
    empty = LoginForm("", "", failed=False, busy=False, insecure=False)
    return part.render(request, LoginPage(empty, TwoFactorField(switch.on)), part="two_factor_field")


async def show_reset_request(request: Request) -> Response:
    """*Forgot your password?*: asks for the username."""
    return _reset_request(request, asked=request.query_params.get("asked") == "on")


async def request_reset(request: Request) -> Response:
    """Queues the request. The answer is one, whoever was named, and whether anybody was."""
    form = await fields_of(request)
    if config_of(request).mail is None:
        return _reset_request(request, asked=False)
    await reset_requests.request(context_of(request), form["username"])
    return redirect(request, "/login/reset?asked=on")


def _reset_request(request: Request, *, asked: bool) -> Response:
    mail = config_of(request).mail is not None
    shown = ResetRequest(mail, asked and mail)
    return part.render(request, ResetRequestPage(shown), status=200 if mail else 404)


async def sign_out(request: Request) -> Response:
    """Ends this session; the browser stays known."""
    current = current_of(request)
    await sessions.sign_out(context_of(request), current)
    answer = redirect(request, SIGNED_OUT_THERE_TOO if current.session.end_session_endpoint else SIGNED_OUT)
    cookies.drop_session(request, answer)
    return answer


async def signed_out(request: Request) -> Response:
    """*You are signed out*, and how to be so at the identity provider, too."""
    there = request.query_params.get("sso") == "yes" and config_of(request).sso is not None
    return part.render(request, SignedOutPage(there))
