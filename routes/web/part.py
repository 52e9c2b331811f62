"""Pages and parts: the only place that knows about HTMX. Also what every template sees, and what a handler may ask of its request."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from accounts.login.reauthentication import Needed
from accounts.sessions import Current
from routes.web.me import Me, me_of
from routes.web.reauthentication import Reauthentication
from routes.web.rendered import Rendered
from routes.web.request import config_of, now_of
from routes.web.time_zones import zone_of


@dataclass(frozen=True)
class UserHeader:
    """Variable of users/_user_header.html: of the user whose page this is."""

    name: str
    unit: str
    set_up: bool


@dataclass(frozen=True)
class Part:
    """What one template shows: its fields are the template's variables. `root`: the id of its root element, which it replaces."""

    template: ClassVar[str]
    root: ClassVar[str] = ""


@dataclass(frozen=True)
class Page(Part):
    """A whole page: its template extends a layout. Parts among its fields are shown with `show(…)`."""


async def answer(
    request: Request, part: Part, page: Callable[[], Awaitable[Page]], *, status: int = 200, also: Sequence[Part] = ()
) -> Response:
    """The part for htmx, with those in `also` swapped in as well; the whole page, made only then, for every other client."""
    if not wants_part(request):
        return page_answer(request, await page(), status)
    html = html_of(request, part) + "".join(_swapped_too(request, other) for other in also)
    return _answer(html, status)


def page_answer(request: Request, page: Page, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The whole page, for every client."""
    return _answer(html_of(request, page), status, headers)


def part_answer(request: Request, part: Part) -> Response:
    """The part alone, for what a page asks for by itself."""
    return _answer(html_of(request, part), 200)


def html_of(request: Request, part: Part) -> str:
    environment: jinja2.Environment = request.app.state.templates
    shared = _shared(request, me_of(request.scope.get("current")))
    return environment.get_template(part.template).render({**shared, **vars(part)})


@jinja2.pass_context
def show(context: jinja2.runtime.Context, part: Part) -> Rendered:
    """For templates: a part in its place on the page."""
    shared = {name: context[name] for name in SHARED}
    return Rendered(context.environment.get_template(part.template).render({**shared, **vars(part)}))


def _swapped_too(request: Request, part: Part) -> str:
    return f'<hx-partial hx-target="#{part.root}" hx-swap="outerHTML">{html_of(request, part)}</hx-partial>'


def _answer(html: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    response = HTMLResponse(html, status, headers)
    response.headers.append("Vary", "HX-Request-Type")
    return response


SHARED_PARTS = {  # what can travel beside a part: its template, and its variable
    "notification": ("layouts/notification.html", "notification"),
    "user_header": ("layouts/own_header.html", "user_header"),
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


# What every template sees.
SHARED = ("me", "organisation", "now", "sample_data", "sso_name", "zone")


def _shared(request: Request, me: Me | None) -> dict[str, Any]:
    """What every template sees. That this is a demonstration was learnt from the last session or login page that was looked up."""
    state, provider = request.app.state, config_of(request).sso
    return {
        "me": me,
        "organisation": config_of(request).organisation,
        "now": now_of(request),
        "sample_data": state.sample_data,
        "sso_name": provider.name if provider else "",
        "zone": zone_of(config_of(request), me),
    }


def sample_answer(request: Request, me: Me | None, page: Page) -> Response:
    """A page with sample data, seen by a sample of a user: for the gallery."""
    environment: jinja2.Environment = request.app.state.templates
    shared = _shared(request, me) | {"sso_name": "Acme SSO"}
    return HTMLResponse(environment.get_template(page.template).render({**shared, **vars(page)}))


def wants_part(request: Request) -> bool:
    """Whether HTMX asks for a part; everybody else gets the whole page, or a 303 after a change."""
    return request.headers.get("HX-Request-Type") == "partial"


def _shared_part(
    environment: jinja2.Environment, shared: dict[str, Any], name: str, shown: UserHeader | None = None
) -> str:
    me: Me = shared["me"]
    template, _ = SHARED_PARTS[name]
    if name == "notification":
        return environment.get_template(template).render({**shared, "shown": me.notification})
    own = UserHeader(me.name, me.unit, me.set_up)
    variable = shown if name == "shown_user_header" else own
    return environment.get_template(template).render({**shared, **vars(variable)})


def _beside(environment: jinja2.Environment, shared: dict[str, Any], name: str, shown: UserHeader | None) -> str:
    html = _shared_part(environment, shared, name, shown)
    return f'<hx-partial hx-target="#{name.replace("_", "-")}" hx-swap="outerHTML">{html}</hx-partial>'


def proof_of(needed: Needed) -> Reauthentication:
    """What is missing of a proof, for the template."""
    return Reauthentication(needed.password, needed.code, needed.problem, needed.wait_seconds)


def refusal_status(needed: Needed) -> int:
    """429 while waiting, else 422."""
    return 429 if needed.problem == "waiting" else 422
