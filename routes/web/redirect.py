"""To another page of this site."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response


def redirect(request: Request, path: str) -> Response:
    """To another page of this site: 303, or HX-Redirect for HTMX."""
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": path, "Vary": "HX-Request"})
    return Response(status_code=303, headers={"Location": path, "Vary": "HX-Request"})


def sign_in_first(request: Request, path: str, query: str) -> Response:
    """To the login, and back here afterwards if this was a page: 303, or 401 with HX-Redirect for HTMX."""
    here = path + (f"?{query}" if query else "")
    back = f"/login?next={quote(here, safe='/')}" if request.method in ("GET", "HEAD") and here != "/" else "/login"
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": "/login", "Vary": "HX-Request"})
    return Response(status_code=303, headers={"Location": back, "Vary": "HX-Request"})


def own_path(path: str) -> str:
    """`path` if it leads to a page of this site, else "/": one leading slash, no second, no backslash, no control
    character.
    """
    plain = path.isprintable() and path.isascii() and " " not in path
    fits = path.startswith("/") and not path.startswith("//") and "\\" not in path and len(path) <= 2000
    return path if plain and fits else "/"


SIGNED_OUT = "/login/signed-out"


def signed_out(request: Request, end_session_endpoint: str) -> Response:
    """To *You are signed out*, which offers the provider's end-session endpoint, if there is one."""
    return redirect(request, f"{SIGNED_OUT}?sso=yes" if end_session_endpoint else SIGNED_OUT)


def with_next(address: str, path: str) -> str:
    """An address of ours that leads on to `path` afterwards."""
    return address if path == "/" else f"{address}{'&' if '?' in address else '?'}next={quote(path)}"
