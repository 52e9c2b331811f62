"""Development only: every page in every state, with sample data. Nothing here is real."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gallery import (
    activity_log,
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
    users,
)
from gallery.sample import Samples
from routes.web.part import Page, sample_answer

SCREENS = (
    login,
    sso,
    links,
    errors,
    home,
    my_user,
    general_settings,
    users,
    user,
    new_user,
    import_file,
    reminders,
    roles,
    activity_log,
)
SAMPLES: Samples = {name: sample for screen in SCREENS for name, sample in screen.SAMPLES.items()}


@dataclass(frozen=True)
class GalleryPage(Page):
    template = "gallery/gallery.html"
    names: tuple[str, ...]


async def show(request: Request) -> Response:
    """The list of samples."""
    return sample_answer(request, None, GalleryPage(tuple(SAMPLES)))


async def show_sample(request: Request) -> Response:
    """One sample."""
    name = request.path_params["name"]
    if name not in SAMPLES:
        raise HTTPException(404)
    return sample_answer(request, *SAMPLES[name])
