"""Home: the user's own second factor and the next step; for those allowed the adoption and the newest entries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from accounts.sessions import Current
from accounts.system import first_day
from accounts.two_factor import recovery_codes
from db import activity
from db.adoption import Figures
from db.reads.home import Facts
from routes.home.first_day import FirstDay, first_day_of, offered
from routes.web.entry import Entry, Unreadable, entry_of
from routes.web.part import Page, page_answer
from routes.web.request import context_of, current_of, moment

NEWEST = 5
SecondFactor = Literal["exempt", "off", "not_set_up", "set_up", "few_codes", "blocked"]


@dataclass(frozen=True)
class LastSignIn:
    at: datetime
    address: str


@dataclass(frozen=True)
class HomePage(Page):
    """`last_sign_in`: the one before this. `adoption` and `recent` are None for those who may not see them,
    `first_day` also once it is put away.
    """

    template = "home/home.html"
    last_sign_in: LastSignIn | None
    second_factor: SecondFactor
    codes_left: int
    first_day: FirstDay | None
    adoption: Figures | None
    recent: tuple[Entry | Unreadable, ...] | None


async def show(request: Request) -> Response:
    current = current_of(request)
    sees_users = permissions.USERS_VIEW in current.permissions
    figures, facts = await _of_all(request, sees_users=sees_users)
    page = HomePage(
        last_sign_in=_last_sign_in(current),
        second_factor=_second_factor(current),
        codes_left=current.session.codes_left,
        first_day=first_day_of(request, facts) if facts else None,
        adoption=figures if sees_users else None,
        recent=await _recent(request) if permissions.ACTIVITY_LOG_VIEW in current.permissions else None,
    )
    return page_answer(request, page)


async def _of_all(request: Request, *, sees_users: bool) -> tuple[Figures | None, Facts | None]:
    if not sees_users and not offered(request):
        return None, None
    figures, facts = await first_day.read(context_of(request), current_of(request).session.user_id)
    return figures, facts if offered(request) else None


def _last_sign_in(current: Current) -> LastSignIn | None:
    at = current.session.previous_login_at
    return LastSignIn(moment(at), current.session.previous_login_address or "") if at else None


async def _recent(request: Request) -> tuple[Entry | Unreadable, ...]:
    return tuple(map(entry_of, await activity.newest(context_of(request).db, NEWEST)))


def _second_factor(current: Current) -> SecondFactor:
    if current.session.login_method == "sso":
        return "exempt"
    if not current.function_on:
        return "off"
    if not current.set_up:
        return "not_set_up"
    if current.session.codes_blocked_at is not None:
        return "blocked"
    return "few_codes" if current.session.codes_left < recovery_codes.FEW else "set_up"
