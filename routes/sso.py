"""Single Sign-On: off to the identity provider, and back; every way is a link, since `form-action` would stop a form."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import sessions, sso, sso_attempts
from accounts.sso_provider import IdentityProvider
from routes import guard, page

COOKIE = "sso_login"  # binds what is under way at the provider to the browser that began it
RETRY_AFTER_SECONDS = 5
STATUS: dict[sso_attempts.Why, int] = {  # all others: not allowed
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
    why: sso_attempts.Why | str  # "proved", or why not
    purpose: sso_attempts.Purpose
    again_url: str  # "": it would end the same way
    next: str


@dataclass(frozen=True)
class SignOnPage(page.Page):
    template = "sso/sso.html"
    sign_on: SignOn


def with_next(address: str, path: str) -> str:
    """An address of ours that leads on to `path` afterwards."""
    return address if path == "/" else f"{address}{'&' if '?' in address else '?'}next={quote(path)}"


async def begin(request: Request) -> Response:
    """Off to the provider: to sign in, to accept an invitation, or to show that it is still the same person."""
    provider, current = _provider(request), request.scope["current"]
    next_path = page.own_path(request.query_params.get("next", "/"))
    link_token = request.query_params.get("invitation", "")
    if request.query_params.get("proof") == "yes":
        if current is None or current.session.login_method != "sso":
            return page.redirect(request, with_next("/login", next_path) if current is None else next_path)
        wanted = sso_attempts.Wanted(next_path, "proof", asked="max_age")
    elif link_token and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        # Another site leads here, with a link of its choice: whoever is signed in at the provider would be bound without a word.
        return page.redirect(request, f"/invitation/{quote(link_token, safe='')}")
    elif link_token:
        wanted = sso_attempts.Wanted("/", "binding", link_token if link_token.isascii() else "")
    elif current is not None:
        return page.redirect(request, next_path)
    else:
        wanted = sso_attempts.Wanted(next_path)
    desk, browser_token = page.desk_of(request), guard.cookie(request, COOKIE)
    begun = await sso_attempts.begin(
        desk, provider, wanted, browser_token, current if wanted.purpose == "proof" else None
    )
    return _off(request, begun) if isinstance(begun, sso_attempts.Begun) else _refused(request, begun)


def _provider(request: Request) -> IdentityProvider:
    """The configured provider. HEAD, which scanners and previews send, begins and ends nothing."""
    if request.method == "HEAD":
        raise HTTPException(405, headers={"Allow": "GET"})
    provider: IdentityProvider | None = request.app.state.provider
    if provider is None:
        raise HTTPException(404)
    return provider


def _off(request: Request, begun: sso_attempts.Begun) -> Response:
    answer = _away(begun.address)
    guard.set_cookie(request, answer, COOKIE, begun.browser_token, sso_attempts.LIVES_SECONDS)
    return answer


def _away(address: str) -> Response:
    """To a page of the identity provider: the way there is a link, since `form-action` would stop a form."""
    return Response(status_code=303, headers={"Location": address})


async def come_back(request: Request) -> Response:
    """What the provider sent the browser back with."""
    provider, desk, current = _provider(request), page.desk_of(request), request.scope["current"]
    browser_token = guard.cookie(request, COOKIE)
    answer = await _judged(request, await sso.finish(desk, provider, _answer(request), browser_token, current))
    if browser_token and not await sso_attempts.under_way(desk, browser_token):
        guard.drop_cookie(request, answer, COOKIE)
    return answer


async def _judged(
    request: Request, outcome: sso.SignedIn | sso.Proved | sso_attempts.Begun | sso_attempts.Refused
) -> Response:
    current = request.scope["current"]
    match outcome:
        case sso.SignedIn():
            if current is not None:  # another tab was quicker, or somebody else was signed in
                await sessions.sign_out(page.desk_of(request), current)
            answer = page.redirect(request, outcome.next)
            guard.set_session(request, answer, outcome.session_token)
            guard.set_browser(request, answer, outcome.browser_token)
            return answer
        case sso.Proved():
            page.keep_token(request, outcome.session_token)
            return page.render(request, SignOnPage(SignOn("proved", "proof", "", outcome.next)))
        case sso_attempts.Begun():
            return _off(request, outcome)
        case sso_attempts.Refused():
            return _refused(request, outcome)


def _answer(request: Request) -> sso.Answer:
    """The parameters; what stands there twice or is over-long counts as missing."""

    def one(name: str, longest: int) -> str | None:
        values = request.query_params.getlist(name)
        return values[0] if len(values) == 1 and len(values[0]) <= longest else "" if values else None

    return sso.Answer(
        state=one("state", sso.LONGEST_STATE) or "",
        code=one("code", sso.LONGEST_CODE) or "",
        error=one("error", sso.LONGEST_STATE) or ("unreadable" if "error" in request.query_params else ""),
        issuer=one("iss", sso.LONGEST_CODE),
    )


def _refused(request: Request, refused: sso_attempts.Refused) -> Response:
    """The page of a refusal; the exact cause is in the log alone."""
    status = STATUS.get(refused.why, 403)
    again = with_next("/sso/login?proof=yes" if refused.purpose == "proof" else "/sso/login", refused.next)
    shown = SignOn(refused.why, refused.purpose, again if refused.purpose != "binding" else "", refused.next)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status in (429, 503) else None
    return page.render(request, SignOnPage(shown), status=status, headers=headers)


async def sign_out_there(request: Request) -> Response:
    """Off to the provider's page to sign out there, too."""
    address = await sso_attempts.way_out(page.desk_of(request), _provider(request))
    if isinstance(address, sso_attempts.Refused):
        return _refused(request, address)
    return _away(address) if address else page.redirect(request, "/login/signed-out")
