"""*Forgot your password?*: asks for the username or e-mail address. The answer is the same for every one."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from accounts.links import reset_requests
from accounts.system.contact import Contact
from routes.web.part import Page, page_answer
from routes.web.redirect import redirect
from routes.web.request import config_of, contact_of, context_of, fields_of


@dataclass(frozen=True)
class ResetRequestPage(Page):
    """Without a mail server only an administrator can help."""

    template = "login/reset.html"
    has_mail_server: bool
    asked: bool
    contact: Contact


async def show_reset_request(request: Request) -> Response:
    """The form; `?asked=on`: what happens next."""
    return _page(request, asked=request.query_params.get("asked") == "on")


async def request_reset(request: Request) -> Response:
    """Queues the request, whatever was typed."""
    form = await fields_of(request)
    if config_of(request).mail is None:
        return _page(request, asked=False)
    await reset_requests.request(context_of(request), form["username"])
    return redirect(request, "/login/reset?asked=on")


def _page(request: Request, *, asked: bool) -> Response:
    has_mail_server = config_of(request).mail is not None
    page = ResetRequestPage(has_mail_server, asked and has_mail_server, contact_of(request))
    return page_answer(request, page, 200 if has_mail_server else 404)
