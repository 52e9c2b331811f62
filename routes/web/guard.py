"""Who may pass: hosts and cross-site requests, cookie → session, permissions, security headers, the access log."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts import sessions
from accounts.context import Client, Context
from accounts.user_import.upload import LARGEST_BYTES
from config import Config
from routes.web import client, errors
from routes.web.cookies import cookie
from routes.web.redirect import sign_in_first
from routes.web.request import config_of, context_of
from routes.web.session import SAFE_METHODS, resume
from routes.web.unknown_hosts import UnknownHosts
from settings.urls import host_and_port, is_loopback

Endpoint = Callable[[Request], Awaitable[Response]]

CHOOSE_PASSWORD = "/my-user/password"
OPEN_TO_CONFINED = (CHOOSE_PASSWORD, "/logout")
LARGEST_BODY_BYTES = 64 * 1024
LARGER_BODIES = {
    # read only after its route has seen the permission
    "/users/import": LARGEST_BYTES + LARGEST_BODY_BYTES
}


class Gate:
    """Before any route: the host, the origin of what changes something, the length of the body."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self._base_url = urlsplit(config.base_url)
        self._host, self._loopback = config.host, config.loopback
        self._unknown_hosts = UnknownHosts(config.base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            if refusal[1] == "host":
                self._unknown_hosts.warn(", ".join(headers.getlist("host")))
            answer = errors.answer(Request(scope, receive), *refusal)
            await answer(scope, receive, send)
            return
        await self.app(scope, _limited(receive, _largest(scope)), send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        hosts = headers.getlist("host")
        if len(hosts) > 1:
            return 400, "host"
        if scope["path"] == "/health":
            return None
        if not self._host_allowed("".join(hosts)):
            return 400, "host"
        if scope["method"] not in SAFE_METHODS and not self._same_origin(headers):
            return 403, "cross_site"
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return 400, "form"
        return (413, "") if len(length) > 9 or int(length) > _largest(scope) else None

    def _host_allowed(self, host: str) -> bool:
        name = _hostname(host)
        return name == self._host or (self._loopback and is_loopback(name))

    def _same_origin(self, headers: Headers) -> bool:
        """The algorithm of Go's CrossOriginProtection, stricter: with neither header the request is refused."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        try:
            origin = urlsplit(headers.get("origin", ""))
        except ValueError:
            return False
        if origin.scheme != self._base_url.scheme or not self._host_allowed(origin.netloc):
            return False
        return origin.netloc in (self._base_url.netloc, headers.get("host"))


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
        await _prepare(request, path)
        request.scope["current"] = await resume(request)
        return await endpoint(request)

    return guarded


def without_session(path: str, endpoint: Endpoint) -> Endpoint:
    """For static files and health: resumes no session."""

    async def guarded(request: Request) -> Response:
        request.scope["pattern"] = path
        return await endpoint(request)

    return guarded


def signed_in(
    path: str, endpoint: Endpoint, permission: str = "", password_only: bool = False, poll: bool = False
) -> Endpoint:
    """Lets pass who is signed in and, if one is named, holds the permission; `password_only`: not those who use Single
    Sign-On.

    A `poll` neither prolongs a session nor leads an expired one to the login: 204.
    """

    async def guarded(request: Request) -> Response:
        await _prepare(request, path)
        current = await resume(request)
        if current is None:
            if poll:
                return Response(status_code=204)
            return sign_in_first(request, request.scope["path"], request.scope["query_string"].decode("latin-1"))
        request.scope["current"] = current
        if current.confined and path not in OPEN_TO_CONFINED:
            return Response(status_code=204) if poll else _choose_password_first(request)
        if not poll:
            await sessions.touch(context_of(request), current)
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


async def _prepare(request: Request, path: str) -> None:
    request.scope["pattern"] = path
    state, config = request.app.state, config_of(request)
    browser = cookie(request, "browser")
    who = Client(
        client.address_of(request, config), client.browser_name(request.headers.get("User-Agent", "")), browser
    )
    request.scope["context"] = Context(
        state.db,
        state.vault,
        state.hasher,
        state.clock(),
        who,
        config.organisation,
        host_and_port(config.base_url),
        config.issuer,
    )
    await state.proxies.look(request)
