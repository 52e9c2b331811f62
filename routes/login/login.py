"""The login page: one form, one answer to every refusal."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from accounts.login import login
from accounts.system import contact
from accounts.system.contact import Contact
from accounts.two_factor import switch
from accounts.usernames import LONGEST
from routes.web import cookies, guard
from routes.web.part import Page, Part, page_answer, part_answer, wants_part
from routes.web.redirect import own_path, redirect, with_next
from routes.web.request import config_of, contact_of, context_of, fields_of

RETRY_AFTER_SECONDS = 2

# What the page says above the form: the one sentence; a full queue of password hashes; what a mailed link has just
# done.
Said = Literal["", "failed", "busy", "password_chosen", "address_confirmed"]
STATUS: dict[Said, int] = {"failed": 422, "busy": 503}
AFTER_A_LINK: dict[tuple[str, str], Said] = {
    ("password", "chosen"): "password_chosen",
    ("address", "confirmed"): "address_confirmed",
}


@dataclass(frozen=True)
class TwoFactorField(Part):
    """An empty element while the function is off."""

    template = "login/two_factor_field.html"
    root = "two-factor-field"
    shown: bool


@dataclass(frozen=True)
class LoginPage(Page):
    """`insecure`: plain http, and not on this machine. `sso_url`: "" without an identity provider."""

    template = "login/login.html"
    username: str
    next: str
    said: Said
    two_factor_field: TwoFactorField
    insecure: bool
    has_mail_server: bool
    sso_url: str
    contact: Contact


async def show(request: Request) -> Response:
    """The login page; to `next` for those who are signed in already."""
    next_path = own_path(request.query_params.get("next", "/"))
    if request.scope["current"]:
        return redirect(request, next_path)
    said: Said = next((AFTER_A_LINK[pair] for pair in request.query_params.items() if pair in AFTER_A_LINK), "")
    # Who has just chosen a password need not type the username as well.
    username = request.query_params.get("username", "") if said == "password_chosen" else ""
    page = await _page(request, username[:LONGEST], next_path, said)
    cookies.tell_apart(request, page)
    return page


async def sign_in(request: Request) -> Response:
    """Signs in, or shows the form again with the one sentence, whatever the cause."""
    form = await fields_of(request)
    next_path = own_path(form["next"] or "/")
    if request.scope["current"]:
        return redirect(request, next_path)
    typed = login.Typed(form["username"], form["password"], form["code"])
    match await login.sign_in(context_of(request), typed):
        case login.SignedIn() as signed_in:
            return _signed_in(request, signed_in, next_path)
        case login.Refused():
            return await _page(request, form["username"], next_path, "failed")
        case login.Busy():
            return await _page(request, form["username"], next_path, "busy")


def _signed_in(request: Request, signed_in: login.SignedIn, next_path: str) -> Response:
    response = redirect(request, _landing(signed_in, next_path))
    cookies.set_session(request, response, signed_in.session_token)
    cookies.set_browser(request, response, signed_in.browser_token)
    return response


def _landing(signed_in: login.SignedIn, next_path: str) -> str:
    """A recovery code leads to My User, where the new phone is set up; a one-time password to the choice of another."""
    if signed_in.confined:
        return guard.CHOOSE_PASSWORD
    return "/my-user" if signed_in.recovered else next_path


async def _page(request: Request, username: str, next_path: str, said: Said) -> Response:
    config, state = config_of(request), await switch.read(context_of(request))
    request.app.state.sample_data = state.sample_data
    request.app.state.contact = contact.read(state.contact)
    page = LoginPage(
        username=username,
        next="" if next_path == "/" else next_path,
        said=said,
        two_factor_field=TwoFactorField(state.on),
        insecure=not config.secure and not config.loopback,
        has_mail_server=config.mail is not None,
        sso_url=with_next("/sso/login", next_path) if config.sso else "",
        contact=contact_of(request),
    )
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if said == "busy" else None
    return page_answer(request, page, STATUS.get(said, 200), headers)


async def two_factor_field(request: Request) -> Response:
    """The field alone, for an open login page: 204 when what it shows is right. Without htmx the whole page."""
    state = await switch.read(context_of(request))
    if request.query_params.get("shown") == ("on" if state.on else "off"):
        return Response(status_code=204)
    if not wants_part(request):
        return await _page(request, "", "/", "")
    return part_answer(request, TwoFactorField(state.on))
