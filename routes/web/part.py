"""Parts and pages: what one template shows, and how htmx gets a part where every other client gets the whole page."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from routes.web.me import Me, me_of
from routes.web.rendered import Rendered
from routes.web.request import config_of, now_of
from routes.web.templates import Templates
from routes.web.time_zones import zone_of

# What every template sees in addition to its own variables.
SHARED = ("me", "organisation", "now", "sample_data", "sso_name", "zone")


@dataclass(frozen=True)
class Part:
    """Its fields are the variables of its template. `root`: the id of the root element, which the part replaces."""

    template: ClassVar[str]
    root: ClassVar[str] = ""


@dataclass(frozen=True)
class Page(Part):
    """A whole page: its template extends a layout. Parts among its fields are shown with `show(…)`."""


async def answer(
    request: Request, part: Part, page: Callable[[], Awaitable[Page]], *, status: int = 200, also: Sequence[Part] = ()
) -> Response:
    """The part for htmx, with those in `also` swapped in too; for every other client the page, which is made only
    then.
    """
    if not wants_part(request):
        return page_answer(request, await page(), status)
    html = _html_of(request, part) + "".join(_swapped_too(request, other) for other in also)
    url = _without_form(request) if status == 200 else ""
    return _answer(html, status, {"HX-Replace-Url": url} if url else None)


def _without_form(request: Request) -> str:
    """Where the browser is, if its URL opened a form that is now sent or cancelled: the page's URL without that form.
    "": the URL stays.
    """
    try:
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return ""
    fields = parse_qsl(shown.query, keep_blank_values=True)
    path, query = shown.path.removesuffix("/edit"), [(name, value) for name, value in fields if name != "act"]
    if (path, query) == (shown.path, fields) or (request.method != "POST" and request.url.path != path):
        return ""
    return path + (f"?{urlencode(query)}" if query else "")


def page_answer(request: Request, page: Page, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The whole page, for every client."""
    return _answer(_html_of(request, page), status, headers)


def part_answer(request: Request, part: Part) -> Response:
    """The part alone, for a poll."""
    return _answer(_html_of(request, part), 200)


def shipped_answer(request: Request, page: Page, status: int) -> Response:
    """The whole page from the shipped templates alone, where a designer's may not work."""
    templates: Templates = request.app.state.templates
    shared = _shared(request, None)
    return _answer(templates.shipped.get_template(page.template).render({**shared, **vars(page)}), status)


def sample_answer(request: Request, me: Me | None, page: Page) -> Response:
    """A page with sample data, as a sample of a user sees it: for the gallery."""
    return _answer(_rendered(request, page, _shared(request, me) | {"sso_name": "Acme SSO"}), 200)


def wants_part(request: Request) -> bool:
    """Whether htmx asks for a part."""
    return request.headers.get("HX-Request-Type") == "partial"


@jinja2.pass_context
def show(context: jinja2.runtime.Context, part: Part) -> Rendered:
    """For templates: a part in its place on the page."""
    shared = {name: context[name] for name in SHARED}
    return Rendered(context.environment.get_template(part.template).render({**shared, **vars(part)}))


def _swapped_too(request: Request, part: Part) -> str:
    return f'<hx-partial hx-target="#{part.root}" hx-swap="outerHTML">{_html_of(request, part)}</hx-partial>'


def _html_of(request: Request, part: Part) -> str:
    return _rendered(request, part, _shared(request, me_of(request.scope.get("current"))))


def _rendered(request: Request, part: Part, shared: dict[str, Any]) -> str:
    templates: Templates = request.app.state.templates
    variables = {**shared, **vars(part)}
    return templates.using(lambda environment: environment.get_template(part.template).render(variables))


def _shared(request: Request, me: Me | None) -> dict[str, Any]:
    """`sample_data`: whether this is a demonstration, as the last session or login page that was looked up has it."""
    config = config_of(request)
    return {
        "me": me,
        "organisation": config.organisation,
        "now": now_of(request),
        "sample_data": request.app.state.sample_data,
        "sso_name": config.sso.name if config.sso else "",
        "zone": zone_of(config, me),
    }


def _answer(html: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    response = HTMLResponse(html, status, headers)
    response.headers.append("Vary", "HX-Request-Type")
    return response
