"""Single Sign-On: redirects to the identity provider, and its callback. Links only: `form-action` would stop a form."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import sessions
from accounts.sso import callback, pending
from accounts.sso.provider import IdentityProvider
from accounts.system.contact import Contact
from routes.web import cookies, errors
from routes.web.link_urls import PATHS
from routes.web.part import Page, page_answer
from routes.web.redirect import own_path, redirect, with_next
from routes.web.request import config_of, contact_of, context_of, keep_token

# Binds a pending sign-in to the browser that started it.
COOKIE = "sso_login"
RETRY_AFTER_SECONDS = 5
# all others: not allowed
STATUS: dict[pending.Why, int] = {
    "attempt": 400,
    "said": 400,
    "cancelled": 400,
    "link_over": 410,
    "too_many": 429,
    "unusable": 502,
    "silent": 504,
    "busy": 503,
}


@dataclass(frozen=True)
class SignOn:
    # "proved", or why not
    why: pending.Why | str
    purpose: pending.Purpose
    # "": another try would end the same way.
    again_url: str
    next: str


@dataclass(frozen=True)
class SignOnPage(Page):
    template = "sso/sso.html"
    sign_on: SignOn
    contact: Contact


async def begin(request: Request) -> Response:
    """Redirects to the provider: to sign in, to be bound by a link, or to reauthenticate."""
    provider, current = _provider(request), request.scope["current"]
    if not _is_navigation(request):
        return errors.answer(request, 403, "cross_site")
    next_path = own_path(request.query_params.get("next", "/"))
    link_token = request.query_params.get("invitation", "")
    if request.query_params.get("proof") == "yes":
        if current is None or current.session.login_method != "sso":
            return redirect(request, with_next("/login", next_path) if current is None else next_path)
        wanted = pending.AuthorizationRequest(next_path, "proof", asked="max_age")
    elif link_token and not _comes_from_the_page_of_a_link(request):
        # Another site leads here, with a link of its choice: the user who is signed in at the provider would be bound
        # without a word.
        return redirect(request, f"/invitation/{quote(link_token, safe='')}")
    elif link_token:
        wanted = pending.AuthorizationRequest("/", "binding", link_token if link_token.isascii() else "")
    elif current is not None:
        return redirect(request, next_path)
    else:
        wanted = pending.AuthorizationRequest(next_path)
    context, browser_token = context_of(request), cookies.cookie(request, COOKIE)
    started = await pending.start(
        context, provider, wanted, browser_token, current if wanted.purpose == "proof" else None
    )
    return _to_provider(request, started) if isinstance(started, pending.Redirect) else _refused(request, started)


def _is_navigation(request: Request) -> bool:
    """Whether a page is opened. Images, frames and prefetches of any site begin nothing and count nothing."""
    headers = request.headers
    opened = (headers.get("Sec-Fetch-Mode", "navigate"), headers.get("Sec-Fetch-Dest", "document"))
    return opened == ("navigate", "document") and "prefetch" not in headers.get("Sec-Purpose", "")


def _comes_from_the_page_of_a_link(request: Request) -> bool:
    """Browsers without Sec-Fetch-Site name the page in `Referer`, which no other site can set."""
    site = request.headers.get("Sec-Fetch-Site")
    page = f"{config_of(request).base_url}{PATHS['binding']}"
    return site == "same-origin" if site is not None else request.headers.get("Referer", "").startswith(page)


def _provider(request: Request) -> IdentityProvider:
    """The configured provider. HEAD, which scanners and previews send, begins and ends nothing."""
    if request.method == "HEAD":
        raise HTTPException(405, headers={"Allow": "GET"})
    provider: IdentityProvider | None = request.app.state.provider
    if provider is None:
        raise HTTPException(404)
    return provider


def _to_provider(request: Request, to: pending.Redirect) -> Response:
    answer = _see_other(to.url)
    cookies.set_cookie(request, answer, COOKIE, to.browser_token, pending.LIVES_SECONDS)
    return answer


def _see_other(url: str) -> Response:
    return Response(status_code=303, headers={"Location": url})


async def finish(request: Request) -> Response:
    """The callback: what the provider sent the browser back with."""
    provider, context, current = _provider(request), context_of(request), request.scope["current"]
    browser_token = cookies.cookie(request, COOKIE)
    answer = await _outcome(
        request,
        await callback.complete(context, callback.Callback(provider, _parameters(request), browser_token, current)),
    )
    if browser_token and not await pending.is_pending(context, browser_token):
        cookies.drop_cookie(request, answer, COOKIE)
    return answer


async def _outcome(
    request: Request, outcome: callback.SignedIn | callback.Reauthenticated | pending.Redirect | pending.Refused
) -> Response:
    current = request.scope["current"]
    match outcome:
        case callback.SignedIn():
            # Another tab was quicker, or another user was signed in.
            if current is not None:
                await sessions.sign_out(context_of(request), current)
            answer = redirect(request, outcome.next)
            cookies.set_session(request, answer, outcome.session_token)
            cookies.set_browser(request, answer, outcome.browser_token)
            return answer
        case callback.Reauthenticated():
            keep_token(request, outcome.session_token)
            return page_answer(request, SignOnPage(SignOn("proved", "proof", "", outcome.next), contact_of(request)))
        case pending.Redirect():
            return _to_provider(request, outcome)
        case pending.Refused():
            return _refused(request, outcome)


def _parameters(request: Request) -> callback.Parameters:
    """The parameters; one that is repeated or over-long counts as missing."""

    def one(name: str, longest: int) -> str | None:
        values = request.query_params.getlist(name)
        return values[0] if len(values) == 1 and len(values[0]) <= longest else "" if values else None

    return callback.Parameters(
        state=one("state", callback.LONGEST_STATE) or "",
        code=one("code", callback.LONGEST_CODE) or "",
        error=one("error", callback.LONGEST_STATE) or ("unreadable" if "error" in request.query_params else ""),
        issuer=one("iss", callback.LONGEST_CODE),
    )


def _refused(request: Request, refused: pending.Refused) -> Response:
    """The page of a refusal; the exact cause is in the log alone."""
    status = STATUS.get(refused.why, 403)
    again = with_next("/sso/login?proof=yes" if refused.purpose == "proof" else "/sso/login", refused.next)
    shown = SignOn(refused.why, refused.purpose, again if refused.purpose != "binding" else "", refused.next)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status in (429, 503) else None
    return page_answer(request, SignOnPage(shown, contact_of(request)), status, headers)


async def end_provider_session(request: Request) -> Response:
    """Redirects to the provider's end-session endpoint, to sign out there, too."""
    url = await pending.end_session_url(context_of(request), _provider(request))
    if isinstance(url, pending.Refused):
        return _refused(request, url)
    return _see_other(url) if url else redirect(request, "/login/signed-out")
