"""Development only: every page in every state, with sample data. Nothing here is real."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from gallery import (
    activity_log,
    bulk,
    emails,
    entered_addresses,
    errors,
    general_settings,
    home,
    import_file,
    links,
    login,
    my_user,
    new_user,
    reminders,
    roles,
    sso,
    user,
    user_sessions,
    users,
)
from gallery.help import SAMPLES as HELP
from gallery.sample import Samples
from routes.mail import written
from routes.web.part import Page, sample_answer
from routes.web.request import config_of

SCREENS: dict[str, Samples] = {
    "Sign in": login.SAMPLES,
    "Single Sign-On": sso.SAMPLES,
    "Links": links.SAMPLES,
    "Errors": errors.SAMPLES,
    "Home": home.SAMPLES,
    "My User": my_user.SAMPLES,
    "General Settings": general_settings.SAMPLES,
    "Users": users.SAMPLES,
    "A user": user.SAMPLES | user_sessions.SAMPLES | entered_addresses.SAMPLES,
    "Add user": new_user.SAMPLES,
    "Import": import_file.SAMPLES,
    "Reminders and invitations": reminders.SAMPLES,
    "Acts on many users": bulk.SAMPLES,
    "Roles": roles.SAMPLES,
    "Activity log": activity_log.SAMPLES,
    "Help": HELP,
}
SAMPLES: Samples = {name: sample for samples in SCREENS.values() for name, sample in samples.items()}
# mail programs know no style sheets, so that e-mails have inline styles
EMAIL_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@dataclass(frozen=True)
class GalleryPage(Page):
    """`groups`: the names of the samples by screen, those that contain `query`."""

    template = "gallery/gallery.html"
    query: str
    groups: Mapping[str, tuple[str, ...]]
    emails: tuple[str, ...]


async def show(request: Request) -> Response:
    """The samples by screen; with `?q=` those whose name or screen contains all of its words."""
    query = request.query_params.get("q", "").strip()
    words = query.casefold().split()

    def found(screen: str, samples: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in samples if all(word in f"{screen} {name}".casefold() for word in words))

    groups = {screen: names for screen, samples in SCREENS.items() if (names := found(screen, samples))}
    return sample_answer(request, None, GalleryPage(query, groups, found("E-mails", emails.SAMPLES)))


async def show_sample(request: Request) -> Response:
    """One sample; of an e-mail the HTML, with `?as=text` the text."""
    name = request.path_params["name"]
    if name in emails.SAMPLES:
        email = request.app.state.templates.using(
            lambda environment: written(config_of(request), environment, emails.SAMPLES[name])
        )
        if request.query_params.get("as") == "text":
            return PlainTextResponse(f"{email.subject}\n\n{email.text}")
        return HTMLResponse(email.html, headers=EMAIL_POLICY)
    if name not in SAMPLES:
        raise HTTPException(404)
    return sample_answer(request, *SAMPLES[name])
