"""Links to choose a password (invitation, password reset), to bind an identity or to confirm a new e-mail address. A
GET changes nothing; the page's button does.
"""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from accounts.links import links
from accounts.system.contact import Contact
from accounts.users import profile
from db.links import LinkKind, WayIn
from db.users import User
from routes.web import cookies
from routes.web.link_urls import PATHS
from routes.web.part import Page, page_answer
from routes.web.redirect import redirect
from routes.web.request import config_of, contact_of, context_of, fields_of


@dataclass(frozen=True)
class LinkForm:
    kind: WayIn
    # the link's own path
    action: str
    username: str
    name: str
    # "" | of accounts.passwords.Problem
    problem: str


@dataclass(frozen=True)
class LinkPage(Page):
    template = "links/links.html"
    link: LinkForm


@dataclass(frozen=True)
class NewAddress:
    action: str
    username: str
    name: str
    # "": there was none
    before: str
    after: str


@dataclass(frozen=True)
class NewAddressPage(Page):
    template = "links/new_address.html"
    new_address: NewAddress


@dataclass(frozen=True)
class Binding:
    """How a user who was added beforehand is bound to an identity."""

    name: str
    username: str
    # a link, since `form-action` would stop a form; "" while no provider is configured
    sign_in_url: str


@dataclass(frozen=True)
class BindingPage(Page):
    template = "links/binding.html"
    binding: Binding


@dataclass(frozen=True)
class LinkOver:
    kind: LinkKind
    # Users who forgot the password can request an e-mail.
    reset: bool = False


@dataclass(frozen=True)
class LinkOverPage(Page):
    template = "links/over.html"
    link_over: LinkOver
    contact: Contact


async def show_invitation(request: Request) -> Response:
    """The page on which an invited user chooses a password, or goes on to the identity provider."""
    typed_token = request.path_params["token"]
    user = await links.peek(context_of(request), "binding", typed_token)
    if isinstance(user, links.NotValid):
        return await _show(request, "invitation")
    configured = config_of(request).sso is not None
    url = f"/sso/login?invitation={quote(typed_token)}" if configured else ""
    return page_answer(request, BindingPage(Binding(user.name, user.username, url)))


async def accept_invitation(request: Request) -> Response:
    """Chooses the first password. It starts no session."""
    return await _choose(request, "invitation")


async def show_reset(request: Request) -> Response:
    """The page on which a user replaces a forgotten password."""
    return await _show(request, "password_reset")


async def reset(request: Request) -> Response:
    """Chooses a new password. It starts no session."""
    return await _choose(request, "password_reset")


async def show_new_address(request: Request) -> Response:
    """The page on which a user confirms a new e-mail address."""
    found = await profile.look(context_of(request), request.path_params["token"])
    if isinstance(found, links.NotValid):
        return _over(request, "new_address")
    user, action = found.user, PATHS["new_address"] + request.path_params["token"]
    shown = NewAddress(action, user.username, user.name, user.email, found.address)
    return page_answer(request, NewAddressPage(shown))


async def confirm_new_address(request: Request) -> Response:
    """Puts the new address in force. It starts no session."""
    await fields_of(request)
    confirmed = await profile.confirm(context_of(request), request.path_params["token"])
    if isinstance(confirmed, links.NotValid):
        return _over(request, "new_address")
    current = request.scope["current"]
    signed_in = current is not None and current.session.user_id == confirmed.user.id
    return redirect(request, "/my-user?address=confirmed" if signed_in else "/login?address=confirmed")


async def _show(request: Request, kind: WayIn) -> Response:
    found = await links.peek(context_of(request), kind, request.path_params["token"])
    return _over(request, kind) if isinstance(found, links.NotValid) else _form(request, kind, found)


async def _choose(request: Request, kind: WayIn) -> Response:
    context, form = context_of(request), await fields_of(request)
    match await links.choose_password(context, kind, request.path_params["token"], form["new_password"]):
        case links.Chosen(username, browser_token):
            response = redirect(request, f"/login?password=chosen&username={quote(username)}")
            if browser_token:
                cookies.set_browser(request, response, browser_token)
            return response
        case links.Refused(user, problem):
            return _form(request, kind, user, problem, 422)
        case links.NotValid():
            return _over(request, kind)


def _form(request: Request, kind: WayIn, user: User, problem: str = "", status: int = 200) -> Response:
    form = LinkForm(kind, PATHS[kind] + request.path_params["token"], user.username, user.name, problem)
    return page_answer(request, LinkPage(form), status)


def _over(request: Request, kind: LinkKind) -> Response:
    """410, whatever the cause: a link that does not work says no more than that."""
    mail = config_of(request).mail is not None
    return page_answer(request, LinkOverPage(LinkOver(kind, mail), contact_of(request)), 410)
