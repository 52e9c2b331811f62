"""Around everything: security headers on every answer, and the access log."""

import time
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config import Config
from routes.web import access_log
from routes.web.cookies import set_session

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # with no-referrer, forms would send `Origin: null`
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


HSTS = "max-age=63072000; includeSubDomains"


class SecureHeaders:
    """Around everything, errors and static files included: security headers on every answer, a line of the access log
    for each.
    """

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self.state = app.state  # type: ignore[attr-defined]  # because the app inside is the Starlette object
        headers = HEADERS | ({"Strict-Transport-Security": HSTS} if config.secure else {})
        # also for what the server answers by itself
        self.security_headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._completed(message["headers"], scope)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            access_log.write(scope["method"], scope.get("pattern", "-"), status, time.perf_counter() - began)

    def _completed(self, headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> list[tuple[bytes, bytes]]:
        """With the security headers that the answer does not set itself."""
        completed = list(headers)
        present = {name for name, _ in completed}
        completed += [header for header in self.security_headers if header[0] not in present]
        # Also with an error: reauthentication succeeded, whatever came of the action.
        if "new_session_token" in scope:
            completed.append((b"set-cookie", _new_cookie(Request(scope)).encode("latin-1")))
        return completed


def _new_cookie(request: Request) -> str:
    """The session's cookie with the token that reauthentication in this request created."""
    answer = Response()
    set_session(request, answer, request.scope["new_session_token"])
    return answer.headers["Set-Cookie"]
