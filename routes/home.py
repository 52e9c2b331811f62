"""Home: where one stands, and what to do next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from accounts.sessions import Current
from accounts.two_factor import recovery_codes
from db import activity, adoption
from routes import activity_log
from routes.web import part
from routes.web.part import Entry
from routes.web.request import context_of, current_of, moment


@dataclass(frozen=True)
class LastSignIn:
    at: datetime
    address: str


@dataclass(frozen=True)
class Adoption:
    """How many active users with username/password have set it up, and how many have not."""

    set_up: int
    not_set_up: int


@dataclass(frozen=True)
class HomePage(part.Page):
    template = "home/home.html"
    last_sign_in: LastSignIn | None  # the one before this; None: this is the first
    second_factor: Literal["exempt", "off", "not_set_up", "set_up", "few_codes", "blocked"]
    codes_left: int
    adoption: Adoption | None  # for those who may see users
    recent: tuple[Entry, ...] | None  # for those who may see the log


async def show(request: Request) -> Response:
    """Greeting, last sign-in, own second factor; for those allowed the adoption and the newest entries of the log."""
    context, current = context_of(request), current_of(request)
    session = current.session
    last = (
        LastSignIn(moment(session.previous_login_at), session.previous_login_address or "")
        if session.previous_login_at
        else None
    )
    figures = await adoption.figures(context.db) if permissions.USERS_VIEW in current.permissions else None
    seen = permissions.ACTIVITY_LOG_VIEW in current.permissions
    newest = await activity.page(context.db, activity.Filter(), None, 5) if seen else []
    return part.render(
        request,
        HomePage(
            last,
            _second_factor(current),
            session.codes_left,
            Adoption(figures.set_up, figures.not_set_up) if figures else None,
            tuple(activity_log.entry_of(entry) for entry in newest) if seen else None,
        ),
    )


def _second_factor(current: Current) -> Literal["exempt", "off", "not_set_up", "set_up", "few_codes", "blocked"]:
    if current.session.login_method == "sso":
        return "exempt"
    if not current.function_on:
        return "off"
    if not current.set_up:
        return "not_set_up"
    if current.session.codes_blocked_at is not None:
        return "blocked"
    return "few_codes" if current.session.codes_left < recovery_codes.FEW else "set_up"
