"""Who may pass: hosts and cross-site requests, cookie → session, permissions, security headers, the access log."""

import logging
import re
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts import sessions
from accounts.desk import Desk, Visitor
from accounts.installation import BROWSER_SECONDS
from accounts.sessions import Current
from accounts.user_upload import LARGEST_BYTES
from config import Config, is_loopback
from routes import errors, page, user_import, visitor

Endpoint = Callable[[Request], Awaitable[Response]]

SAFE_METHODS = ("GET", "HEAD")
CHOOSE_PASSWORD = "/my-user/password"
OPEN_TO_CONFINED = (CHOOSE_PASSWORD, "/logout")
LARGEST_BODY_BYTES = 64 * 1024
LARGER_BODIES = {
    user_import.PATH: LARGEST_BYTES + LARGEST_BODY_BYTES  # read only after its route has seen the permission
}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, forms would send `Origin: null`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
HSTS = "max-age=63072000; includeSubDomains"

_access = logging.getLogger("two_keys.access")


class SecureHeaders:
    """Around everything, errors and static files included: security headers on every answer, a line of the access log for each."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self.state = app.state  # type: ignore[attr-defined]  # because the app inside is the Starlette object
        self._headers = HEADERS | ({"Strict-Transport-Security": HSTS} if config.secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if "new_session_token" in scope:  # also with an error: the proof was given, whatever came of the act
                    headers.append("Set-Cookie", _new_cookie(Request(scope)))
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            _access.info(
                "%s %s %d %.0f ms",
                scope["method"],
                scope.get("pattern", "-"),
                status,
                (time.perf_counter() - began) * 1000,
            )


class Gate:
    """Before any route: the host, the origin of what changes something, the length of the body."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            answer = errors.answer(Request(scope, receive), *refusal)
            await answer(scope, receive, send)
            return
        await self.app(scope, _limited(receive, _largest(scope)), send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        if scope["path"] == "/health":
            return None
        if not self._host_allowed(headers.get("host", "")):
            return 400, "host"
        if scope["method"] not in SAFE_METHODS and not self._same_origin(headers):
            return 403, "cross_site"
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return 400, "form"
        return (413, "") if len(length) > 9 or int(length) > _largest(scope) else None

    def _host_allowed(self, host: str) -> bool:
        name = _hostname(host)
        return name == self._config.host or (self._config.loopback and is_loopback(name))

    def _same_origin(self, headers: Headers) -> bool:
        """The algorithm of Go's CrossOriginProtection, stricter: with neither header the request is refused."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        try:
            origin = urlsplit(headers.get("origin", ""))
        except ValueError:
            return False
        if origin.scheme != urlsplit(self._config.base_url).scheme or not self._host_allowed(origin.netloc):
            return False
        return origin.netloc in (urlsplit(self._config.base_url).netloc, headers.get("host"))


_HOST = re.compile(r"(?P<name>[a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


def _hostname(host: str) -> str:
    """The name in NAME or NAME:PORT; "" for anything else."""
    fits = _HOST.fullmatch(host)
    return fits["name"].strip("[]").lower() if fits else ""


def _largest(scope: Scope) -> int:
    return LARGER_BODIES.get(scope["path"], LARGEST_BODY_BYTES)


def _limited(receive: Receive, largest: int) -> Receive:
    received = 0

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > largest:
            raise HTTPException(413)
        return message

    return counting


def everyone(path: str, endpoint: Endpoint) -> Endpoint:
    """Lets anybody pass; `current` is who is signed in, if anybody is."""

    async def guarded(request: Request) -> Response:
        _prepare(request, path)
        request.scope["current"] = await _resume(request)
        return await endpoint(request)

    return guarded


def nobody_in_particular(path: str, endpoint: Endpoint) -> Endpoint:
    """Lets anybody pass without looking who it is: static files, health."""

    async def guarded(request: Request) -> Response:
        request.scope["pattern"] = path
        return await endpoint(request)

    return guarded


def signed_in(
    path: str, endpoint: Endpoint, permission: str = "", password_only: bool = False, by_itself: bool = False
) -> Endpoint:
    """Lets pass who is signed in and, if one is named, holds the permission; `password_only`: not those who use Single Sign-On.

    What a page asks for `by_itself` neither prolongs a session nor leads an expired one to the login: 204.
    """

    async def guarded(request: Request) -> Response:
        _prepare(request, path)
        current = await _resume(request)
        if current is None:
            if by_itself:
                return Response(status_code=204)
            return page.sign_in_first(request, request.scope["path"], request.scope["query_string"].decode("latin-1"))
        request.scope["current"] = current
        if current.confined and path not in OPEN_TO_CONFINED:
            return Response(status_code=204) if by_itself else _choose_password_first(request)
        if not by_itself:
            await sessions.touch(page.desk_of(request), current)
        if (permission and permission not in current.permissions) or (
            password_only and current.session.login_method != "password"
        ):
            raise HTTPException(403, "permission")
        return await endpoint(request)

    return guarded


def _choose_password_first(request: Request) -> Response:
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": CHOOSE_PASSWORD})
    return Response(status_code=303, headers={"Location": CHOOSE_PASSWORD})


def _prepare(request: Request, path: str) -> None:
    request.scope["pattern"] = path
    state, config = request.app.state, page.config_of(request)
    browser = cookie(request, "browser")
    who = Visitor(
        visitor.address_of(request, config), visitor.browser_name(request.headers.get("User-Agent", "")), browser
    )
    request.scope["desk"] = Desk(state.db, state.vault, state.hasher, state.clock(), who, config.organisation)


async def _resume(request: Request) -> Current | None:
    session_token = cookie(request, "session")
    if session_token is None:
        return None
    reading = request.method in SAFE_METHODS
    current = await sessions.resume(page.desk_of(request), session_token, reading, _issuer(request))
    if current is not None:
        request.app.state.sample_data = current.session.sample_data == "on"
    return current


def _issuer(request: Request) -> str:
    provider = page.config_of(request).sso
    return provider.issuer if provider else ""


async def refreshed(request: Request) -> Current:
    """The session as a change in this request has left it."""
    session_token = request.scope.get("new_session_token") or cookie(request, "session") or ""
    current = await sessions.resume(page.desk_of(request), session_token, True, _issuer(request))
    return current or page.current_of(request)


def _cookie_name(config: Config, name: str) -> str:
    return f"{'__Host-' if config.secure else ''}two_keys_{name}"


def cookie(request: Request, name: str) -> str | None:
    """What a cookie of ours holds; None without, or if no key of ours signed it."""
    value = request.cookies.get(_cookie_name(page.config_of(request), name))
    token: str | None = request.app.state.vault.unsign(value) if value else None
    return token.removeprefix(f"{name}:") if token and token.startswith(f"{name}:") else None


def set_session(request: Request, answer: Response, session_token: str) -> None:
    """Sends the session's cookie: opaque, until the browser closes or the session ends."""
    set_cookie(request, answer, "session", session_token, None)


def set_browser(request: Request, answer: Response, browser_token: str) -> None:
    """Sends the known browser's cookie, for a year."""
    set_cookie(request, answer, "browser", browser_token, BROWSER_SECONDS)


def set_cookie(request: Request, answer: Response, name: str, token: str, max_age: int | None) -> None:
    """Sends a cookie: signed, HttpOnly, of this site alone; `max_age` in seconds, None until the browser closes."""
    config = page.config_of(request)
    value = request.app.state.vault.sign(f"{name}:{token}")
    answer.set_cookie(
        _cookie_name(config, name), value, max_age, path="/", secure=config.secure, httponly=True, samesite="lax"
    )


def drop_session(request: Request, answer: Response) -> None:
    """Takes the session's cookie back."""
    drop_cookie(request, answer, "session")


def drop_cookie(request: Request, answer: Response, name: str) -> None:
    """Takes a cookie back."""
    config = page.config_of(request)
    answer.delete_cookie(_cookie_name(config, name), path="/", secure=config.secure, httponly=True, samesite="lax")


def _new_cookie(request: Request) -> str:
    """The session's cookie with the token that a proof in this request has made."""
    answer = Response()
    set_session(request, answer, request.scope["new_session_token"])
    return answer.headers["Set-Cookie"]
