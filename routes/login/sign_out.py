"""Sign out, and the page that says so."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from accounts import sessions
from routes.web import cookies, redirect
from routes.web.part import Page, page_answer
from routes.web.request import config_of, context_of, current_of


@dataclass(frozen=True)
class SignedOutPage(Page):
    """`sign_out_there`: the identity provider has an end-session endpoint."""

    template = "login/signed_out.html"
    sign_out_there: bool


async def sign_out(request: Request) -> Response:
    """Ends this session; the browser stays known."""
    current = current_of(request)
    await sessions.sign_out(context_of(request), current)
    response = redirect.signed_out(request, current.session.end_session_endpoint)
    cookies.drop_session(request, response)
    return response


async def signed_out(request: Request) -> Response:
    """*You are signed out*, and how to sign out at the identity provider as well."""
    there = request.query_params.get("sso") == "yes" and config_of(request).sso is not None
    return page_answer(request, SignedOutPage(there))
