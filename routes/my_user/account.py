"""What My User shows: the variables of its parts, and how they are filled."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from accounts import sessions
from accounts.users import profile as own_profile
from config.time_zones import time_zones
from db import outbox
from routes.my_user.two_factor_part import NO_TWO_FACTOR, TwoFactor, oneself, two_factor_part
from routes.single_sign_on import SingleSignOn, single_sign_on_of
from routes.web import part as web_part
from routes.web.part import Proof
from routes.web.request import config_of, context_of, current_of, moment
from routes.web.session import refresh


@dataclass(frozen=True)
class Profile:  # my_user/_profile.html
    username: str
    name: str
    email: str
    company: str
    unit: str
    roles: tuple[str, ...]
    login_method: Literal["password", "sso"]
    sso: SingleSignOn | None  # of those who sign in so
    time_zone: str  # "" = the installation's
    installation_time_zone: str
    time_zones: tuple[str, ...]  # for a <select> (first option: the installation's)
    problems: dict[str, str]  # field → "empty" | "too_long" | "bad_address" | "unknown_zone" | "bad_characters"
    proof: Proof | None  # asked for when the address changes
    saved: bool  # just saved: say so (role=status)
    mail: bool = False  # there is a mail server: a new address is in force after its link
    new_address: str = ""  # waits for its link
    new_address_error: str = (
        ""  # what its letter's last try came to, as users/_mail_errors.html reads it; "" if all is well
    )
    new_address_failed: bool = False  # and that was the last
    confirmed: bool = False  # a new address was just put in force by its link: say so


@dataclass(frozen=True)
class SessionRow:
    id: int
    browser: str  # "Firefox on Linux"
    address: str
    started_at: datetime
    last_used_at: datetime
    own: bool  # this one


@dataclass(frozen=True)
class Sessions:  # my_user/_sessions.html  #sessions
    rows: tuple[SessionRow, ...]
    ended: int | None  # just ended that many: say so


@dataclass(frozen=True)
class MyUserPage(web_part.Page):
    template = "my_user/my_user.html"
    profile: Profile
    two_factor: TwoFactor
    sessions: Sessions


@dataclass(frozen=True)
class PasswordForm:
    problem: str  # "" | of accounts.passwords.Problem | "wrong_current" | "waiting" | "same"
    wait_seconds: int
    username: str  # for a hidden/readonly autocomplete=username field, so that password managers know whose it is


@dataclass(frozen=True)
class PasswordPage(web_part.Page):
    template = "my_user/password.html"
    password: PasswordForm


@dataclass(frozen=True)
class ChoosePasswordPage(web_part.Page):
    template = "my_user/choose_password.html"
    password: PasswordForm


ALSO = ("notification", "user_header")


async def answer(
    request: Request,
    part: str,
    *,
    profile: Profile | None = None,
    two_factor: TwoFactor | None = None,
    sessions_ended: int | None = None,
    status: int = 200,
    also: tuple[str, ...] = (),
) -> Response:
    """The whole page, or the part that changed; what a part does not need is not fetched for it."""
    partial = web_part.wants_part(request)
    current = await refresh(request) if also else None
    whole = MyUserPage(
        profile or (NO_PROFILE if partial and part != "profile" else await profile_part(request)),
        two_factor or (NO_TWO_FACTOR if partial and part != "two_factor" else await two_factor_part(request)),
        Sessions((), None) if partial and part != "sessions" else await sessions_part(request, sessions_ended),
    )
    return web_part.render(request, whole, part=part, also=also, status=status, current=current)


NO_PROFILE = Profile("", "", "", "", "", (), "password", None, "", "", (), {}, None, saved=False)


async def profile_part(request: Request, *, saved: bool = False, confirmed: bool = False) -> Profile:
    detail, config = await oneself(request), config_of(request)
    waits = (detail.new_address_until or 0) > context_of(request).now
    user = detail.user
    fate = await outbox.newest(context_of(request).db, own_profile.KIND, user.id) if waits else None
    return Profile(
        username=user.username,
        name=user.name,
        email=user.email,
        company=user.company,
        unit=user.unit,
        roles=detail.roles,
        login_method="sso" if user.login_method == "sso" else "password",
        sso=single_sign_on_of(request, user),
        time_zone=user.time_zone,
        installation_time_zone=config.time_zone,
        time_zones=time_zone_names(),
        problems={},
        proof=None,
        saved=saved,
        mail=config.mail is not None,
        new_address=(detail.new_address or "") if waits else "",
        new_address_error=fate.error if fate else "",
        new_address_failed=fate is not None and fate.failed_at is not None,
        confirmed=confirmed,
    )


@cache
def time_zone_names() -> tuple[Markup, ...]:
    """Marked as safe once: My User would else escape four hundred names each time."""
    return tuple(Markup(name) for name in time_zones())  # noqa: S704  # because the names are the time zone database's


async def sessions_part(request: Request, ended: int | None) -> Sessions:
    context, current = context_of(request), current_of(request)
    rows = [
        SessionRow(
            id=row.id,
            browser=row.browser,
            address=row.address,
            started_at=moment(row.started_at),
            last_used_at=moment(row.last_used_at),
            own=row.id == current.session.id,
        )
        for row in await sessions.open_sessions(context, current.session.user_id)
    ]
    return Sessions(tuple(sorted(rows, key=lambda row: not row.own)), ended)
