"""Pages and parts: the only place that knows about HTMX. Also what every template sees, and what a handler may ask of its request."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal
from urllib.parse import quote

import jinja2
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from accounts.desk import Desk
from accounts.proof import Needed
from accounts.sessions import Current
from config import Config


@dataclass(frozen=True)
class Me:
    """Whoever is signed in, as every template sees them (`me`; None when nobody is)."""

    id: int
    username: str
    name: str
    company: str
    unit: str
    login_method: Literal["password", "sso"]
    permissions: frozenset[str]
    time_zone: str
    set_up: bool  # has two-factor authentication set up: shows the two keys
    notification: bool  # the notification shows
    confined: bool  # signed in with a one-time password: may only choose a password


@dataclass(frozen=True)
class Proof:
    """The fields by which somebody proves who they are before an act marked † (names: password, code)."""

    password: bool  # ask for the password
    code: bool  # ask for a code or recovery code
    problem: Literal["", "missing", "wrong", "used", "waiting", "blocked"] = ""
    wait_seconds: int = 0


@dataclass(frozen=True)
class UserHeader:
    """Variable of users/_user_header.html: `.user-header`; with own=True also `id="user-header"` and a link to My User."""

    name: str
    unit: str
    set_up: bool
    own: bool


@dataclass(frozen=True)
class Notification:
    """Variable of my_user/_notification.html (`#notification`, an empty element when not shown)."""

    shown: bool


@dataclass(frozen=True)
class Entry:
    """One entry of the activity log as a template sees it."""

    number: int
    at: datetime
    action: str  # "two_factor.switched"
    actor: str  # username, "command line", "system" or "unknown user"
    subject: str  # username or ""
    before: str
    after: str
    address: str
    detail: dict[str, str]


@dataclass(frozen=True)
class Page:
    """A page's variables: a frozen dataclass with the name of its template."""

    template: ClassVar[str]


SHARED_PARTS = {  # what can travel beside a part: its template, and its variable
    "notification": ("my_user/_notification.html", "notification"),
    "user_header": ("users/_user_header.html", "user_header"),
    "shown_user_header": ("users/_user_header.html", "user_header"),  # of the user whose page this is
}


def render(
    request: Request,
    page: Page,
    *,
    part: str = "",
    also: tuple[str, ...] = (),
    status: int = 200,
    current: Current | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The part for HTMX, with the others in `also` swapped beside it; the whole page for everybody else.

    `current`: the session as a change has left it, where the one of the request is out of date.
    """
    environment: jinja2.Environment = request.app.state.templates
    me = me_of(current or request.scope.get("current"))
    shared = _shared(request, me)
    if part and wants_part(request):
        folder = page.template.split("/")[0]
        html = environment.get_template(f"{folder}/_{part}.html").render({**shared, part: getattr(page, part)})
        html += "".join(_beside(environment, shared, name, getattr(page, "user_header", None)) for name in also)
    else:
        html = environment.get_template(page.template).render(
            {**shared, **{field.name: getattr(page, field.name) for field in fields(page)}}
        )
    answer = HTMLResponse(html, status, headers)
    answer.headers.append("Vary", "HX-Request-Type")
    return answer


def _shared(request: Request, me: Me | None) -> dict[str, Any]:
    """What every template sees. That this is a demonstration was learnt from the last session or login page that was looked up."""
    state, provider = request.app.state, config_of(request).sso
    return {
        "me": me,
        "organisation": config_of(request).organisation,
        "now": now_of(request),
        "sample_data": state.sample_data,
        "sso_name": provider.name if provider else "",
    }


def render_sample(request: Request, me: "Me | None", page: Page) -> Response:
    """A page with sample data, for the gallery."""
    made: jinja2.Environment = request.app.state.templates
    variables = {field.name: getattr(page, field.name) for field in fields(page)}
    shared = _shared(request, me) | {"sso_name": "Acme SSO"}
    return HTMLResponse(made.get_template(page.template).render({**shared, **variables}))


def render_shared(request: Request, name: str) -> Response:
    """One of the layout's own parts, alone: "notification"."""
    me = me_of(request.scope["current"])
    shared = _shared(request, me)
    return HTMLResponse(_shared_part(request.app.state.templates, shared, name))


def wants_part(request: Request) -> bool:
    """Whether HTMX asks for a part; everybody else gets the whole page, or a 303 after a change."""
    return request.headers.get("HX-Request-Type") == "partial"


def _shared_part(
    environment: jinja2.Environment, shared: dict[str, Any], name: str, shown: UserHeader | None = None
) -> str:
    me: Me = shared["me"]
    template, variable_name = SHARED_PARTS[name]
    variables = {
        "notification": Notification(me.notification),
        "user_header": UserHeader(me.name, me.unit, me.set_up, own=True),
    }
    variable = shown if name == "shown_user_header" else variables[variable_name]
    return environment.get_template(template).render({**shared, variable_name: variable})


def _beside(environment: jinja2.Environment, shared: dict[str, Any], name: str, shown: UserHeader | None) -> str:
    html = _shared_part(environment, shared, name, shown)
    return f'<hx-partial hx-target="#{name.replace("_", "-")}" hx-swap="outerHTML">{html}</hx-partial>'


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
    """`path` if it leads to a page of this site, else "/": one leading slash, no second, no backslash, no control character."""
    plain = path.isprintable() and path.isascii() and " " not in path
    fits = path.startswith("/") and not path.startswith("//") and "\\" not in path and len(path) <= 2000
    return path if plain and fits else "/"


class Fields:
    """The fields of a form. A missing one is empty."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    def __getitem__(self, name: str) -> str:
        return str(self._form.get(name, ""))

    def has(self, name: str) -> bool:
        """Whether the field was sent at all."""
        return name in self._form

    def all(self, name: str) -> list[str]:
        """Every value of a field that may come several times."""
        return [str(value) for value in self._form.getlist(name)]


async def fields_of(request: Request) -> Fields:
    """The fields of the form that was sent. Anything but the plain encoding is refused.

    The form with a file (routes/user_import.py) alone sends another, and is not read here.
    """
    kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind != FORM and (kind or await request.body()):
        raise HTTPException(400, "form")
    return Fields(await request.form(max_files=0, max_fields=100))


FORM = "application/x-www-form-urlencoded"


def desk_of(request: Request) -> Desk:
    """The desk of this request."""
    desk: Desk = request.scope["desk"]
    return desk


def current_of(request: Request) -> Current:
    """Who asks; only in routes that are listed for those who are signed in."""
    current: Current = request.scope["current"]
    return current


def config_of(request: Request) -> Config:
    """The settings."""
    config: Config = request.app.state.config
    return config


def now_of(request: Request) -> datetime:
    """The moment of this request."""
    return moment(request.scope["desk"].now if "desk" in request.scope else request.app.state.clock())


def moment(epoch_seconds: int) -> datetime:
    """A stored time as an aware one, in UTC."""
    return datetime.fromtimestamp(epoch_seconds, UTC)


def maybe(epoch_seconds: int | None) -> datetime | None:
    """The same for a time that may be missing."""
    return None if epoch_seconds is None else moment(epoch_seconds)


def keep_token(request: Request, session_token: str | None) -> None:
    """Hands the session's new token to the guard, which sends it with the answer."""
    if session_token is not None:
        request.scope["new_session_token"] = session_token


def proof_of(needed: Needed) -> Proof:
    """What is missing of a proof, for the template."""
    return Proof(needed.password, needed.code, needed.problem, needed.wait_seconds)


def refusal_status(needed: Needed) -> int:
    """429 while waiting, else 422."""
    return 429 if needed.problem == "waiting" else 422


def me_of(current: Current | None) -> Me | None:
    """Whoever is signed in, as templates see them."""
    if current is None:
        return None
    session = current.session
    return Me(
        id=session.user_id,
        username=session.username,
        name=session.name,
        company=session.company,
        unit=session.unit,
        login_method="sso" if session.login_method == "sso" else "password",
        permissions=current.permissions,
        time_zone=session.time_zone,
        set_up=current.set_up,
        notification=current.notified,
        confined=current.confined,
    )
