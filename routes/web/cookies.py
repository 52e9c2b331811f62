"""The cookies: opaque, signed, HttpOnly.

Browsers send the cookies of a host to all of its ports, so that names hold a port that is not the scheme's own.
"""

from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from accounts import vault
from accounts.sessions import BROWSER_SECONDS
from config import Config
from routes.web.request import config_of
from settings.urls import own_port


def name_of(config: Config, name: str) -> str:
    """What a cookie is called in the browser."""
    return _names(config.base_url, config.secure, name)[0]


@cache
def _names(base_url: str, secure: bool, name: str) -> tuple[str, ...]:
    """With the port, if it is not the scheme's own, and without."""
    plain, port = f"{'__Host-' if secure else ''}two_keys_{name}", own_port(base_url)
    return (plain,) if port is None else (f"{plain}_{port}", plain)


def cookie(request: Request, name: str) -> str | None:
    """What a cookie of ours holds; None without, or if no key of ours signed it.

    Cookies of versions before 0.2.0 have no port in their names, and are read if there is none with it.
    """
    cookies = request.cookies
    if not cookies:
        return None
    config, vault = config_of(request), request.app.state.vault
    for cookie_name in _names(config.base_url, config.secure, name):
        value = cookies.get(cookie_name)
        token: str | None = vault.unsign(value) if value else None
        if token and token.startswith(f"{name}:"):
            return token.removeprefix(f"{name}:")
    return None


def set_session(request: Request, answer: Response, session_token: str) -> None:
    """Sends the session's cookie: opaque, until the browser closes or the session ends."""
    set_cookie(request, answer, "session", session_token, None)


def set_browser(request: Request, answer: Response, browser_token: str) -> None:
    """Sends the known browser's cookie, for a year."""
    set_cookie(request, answer, "browser", browser_token, BROWSER_SECONDS)


def tell_apart(request: Request, answer: Response) -> None:
    """Sends a browser that has none the cookie by which it becomes a known one with a sign-in. It is of no user before
    that, and tells a form that was sent twice from one that another browser sends.
    """
    if cookie(request, "browser") is None:
        set_cookie(request, answer, "browser", vault.token(), None)


def set_cookie(request: Request, answer: Response, name: str, token: str, max_age: int | None) -> None:
    """Sends a cookie: signed, HttpOnly, of this site alone; `max_age` in seconds, None until the browser closes."""
    config = config_of(request)
    value = request.app.state.vault.sign(f"{name}:{token}")
    # Starlette's own way takes five times as long.
    age = "" if max_age is None else f"; Max-Age={max_age}"
    secure = "; Secure" if config.secure else ""
    header = f"{name_of(config, name)}={value}; HttpOnly{age}; Path=/; SameSite=lax{secure}"
    answer.headers.append("Set-Cookie", header)


def drop_session(request: Request, answer: Response) -> None:
    """Takes the session's cookie back."""
    drop_cookie(request, answer, "session")


def drop_cookie(request: Request, answer: Response, name: str) -> None:
    """Takes a cookie back."""
    config = config_of(request)
    answer.delete_cookie(name_of(config, name), path="/", secure=config.secure, httponly=True, samesite="lax")
