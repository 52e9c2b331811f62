"""What My User shows: the variables of its parts, and how they are filled."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal
from urllib.parse import quote

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import enrollment, sessions, totp
from config import time_zones
from db import users as stored_users
from db.users import Detail, User
from routes import guard, page
from routes.page import Proof


@dataclass(frozen=True)
class Profile:  # my_user/_profile.html
    username: str
    name: str
    email: str
    company: str
    unit: str
    roles: tuple[str, ...]
    login_method: Literal["password", "sso"]
    time_zone: str  # "" = the installation's
    installation_time_zone: str
    time_zones: tuple[str, ...]  # for a <select> (first option: the installation's)
    problems: dict[str, str]  # field → "empty" | "too_long" | "bad_address" | "unknown_zone" | "bad_characters"
    proof: Proof | None  # asked for when the address changes
    saved: bool  # just saved: say so (role=status)


@dataclass(frozen=True)
class Pending:
    """The QR step."""

    qr: Markup  # inline SVG
    key: str  # base32 without spaces
    address: str  # otpauth://… link for those who read this on the phone
    replaces: bool  # sets up another phone; the old one works until this one is confirmed
    problem: Literal["", "wrong", "malformed", "clock"] = ""
    tries_left: int = 5
    clock_seconds: int = 0  # with "clock": by how many seconds the phone is fast (+) or slow (−)


@dataclass(frozen=True)
class TwoFactor:  # my_user/_two_factor.html  #two-factor
    state: Literal["exempt", "off", "not_set_up", "pending", "codes", "set_up", "blocked"]
    # off: the function is off, nothing set up. If off but set up: state "set_up" with function_on False (remove works, others not offered)
    function_on: bool
    set_up_at: datetime | None
    last_used_at: datetime | None
    codes_left: int
    codes_generation: int  # hidden field `generation` of the form POST /my-user/recovery-codes
    blocked_at: datetime | None
    pending: Pending | None
    codes: tuple[str, ...]  # state "codes": the 10 recovery codes, each "12345 67890 12345 67890"
    codes_text: str  # the same as text for the data: download link, already percent-encoded
    first_codes: (
        bool  # codes shown after a set-up ("Done. For your next sign-in wait for the next code.") or else new ones
    )
    asking: Literal["", "set_up", "remove", "recovery_codes"]  # that act's form is open and asks for `proof`
    proof: Proof | None
    message: Literal["", "cancelled", "removed", "already_shown", "pending_ended", "too_many_wrong", "function_off"]


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
class MyUserPage(page.Page):
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
class PasswordPage(page.Page):
    template = "my_user/password.html"
    password: PasswordForm


@dataclass(frozen=True)
class ChoosePasswordPage(page.Page):
    template = "my_user/choose_password.html"
    password: PasswordForm


ALSO = ("notification", "user_header")
Asking = Literal["", "set_up", "remove", "recovery_codes"]
Message = Literal["", "cancelled", "removed", "already_shown", "pending_ended", "too_many_wrong", "function_off"]


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
    parts = page.wants_part(request)
    current = await guard.refreshed(request) if also else None
    whole = MyUserPage(
        profile or (NO_PROFILE if parts and part != "profile" else await profile_part(request)),
        two_factor or (NO_TWO_FACTOR if parts and part != "two_factor" else await two_factor_part(request)),
        Sessions((), None) if parts and part != "sessions" else await sessions_part(request, sessions_ended),
    )
    return page.render(request, whole, part=part, also=also, status=status, current=current)


NO_PROFILE = Profile("", "", "", "", "", (), "password", "", "", (), {}, None, saved=False)
NO_TWO_FACTOR = TwoFactor("off", False, None, None, 0, 0, None, None, (), "", False, "", None, "")


async def oneself(request: Request) -> Detail:
    """Oneself with roles, codes and the set-up under way; fetched once for a page that only reads."""
    if request.method in guard.SAFE_METHODS and "detail" in request.scope:
        fetched: Detail = request.scope["detail"]
        return fetched
    session = page.current_of(request).session
    detail = await stored_users.detail(page.desk_of(request).db, session.user_id, session.id)
    if detail is None:  # deleted while the request was under way
        raise HTTPException(404)
    request.scope["detail"] = detail
    return detail


async def profile_part(request: Request, *, saved: bool = False) -> Profile:
    detail, config = await oneself(request), page.config_of(request)
    user = detail.user
    return Profile(
        username=user.username,
        name=user.name,
        email=user.email,
        company=user.company,
        unit=user.unit,
        roles=detail.roles,
        login_method="sso" if user.login_method == "sso" else "password",
        time_zone=user.time_zone,
        installation_time_zone=config.time_zone,
        time_zones=time_zone_names(),
        problems={},
        proof=None,
        saved=saved,
    )


@cache
def time_zone_names() -> tuple[Markup, ...]:
    """Marked as safe once: My User would else escape four hundred names each time."""
    return tuple(Markup(name) for name in time_zones())  # noqa: S704  # because the names are the time zone database's


async def two_factor_part(
    request: Request,
    *,
    pending: enrollment.Pending | None = None,
    problem: enrollment.WrongCode | None = None,
    codes: tuple[str, ...] = (),
    first_codes: bool = False,
    asking: Asking = "",
    asked: Proof | None = None,
    message: Message = "",
) -> TwoFactor:
    reading = request.method in guard.SAFE_METHODS
    current = page.current_of(request) if reading else await guard.refreshed(request)
    detail = await oneself(request)
    user = detail.user
    pending = pending or enrollment.pending(page.desk_of(request), current, detail.set_up)
    return TwoFactor(
        state=_state(user, current, pending, codes),
        function_on=current.function_on,
        set_up_at=page.maybe(user.two_factor_at),
        last_used_at=page.maybe(detail.phone_used_at),
        codes_left=detail.codes_left,
        codes_generation=user.codes_generation,
        blocked_at=page.maybe(user.codes_blocked_at),
        pending=_qr_step(pending, problem) if pending and not codes else None,
        codes=codes,
        codes_text=quote("\n".join((f"{page.config_of(request).organisation} · {user.username}", *codes, "")))
        if codes
        else "",
        first_codes=first_codes,
        asking=asking,
        proof=asked,
        message=message,
    )


def _state(
    user: User, current: sessions.Current, pending: enrollment.Pending | None, codes: tuple[str, ...]
) -> Literal["exempt", "off", "not_set_up", "pending", "codes", "set_up", "blocked"]:
    if user.login_method == "sso":
        return "exempt"
    if codes:
        return "codes"
    if pending:
        return "pending"
    if user.two_factor_at is not None:
        return "blocked" if user.codes_blocked_at is not None else "set_up"
    return "not_set_up" if current.function_on else "off"


def _qr_step(pending: enrollment.Pending, problem: enrollment.WrongCode | None) -> Pending:
    return Pending(
        qr=Markup(totp.qr(pending.address)),  # noqa: S704  # because segno made it of modules, not of text
        key=pending.key,
        address=pending.address,
        replaces=pending.replaces,
        problem=problem.problem if problem else "",
        tries_left=pending.tries_left,
        clock_seconds=problem.clock_seconds if problem else 0,
    )


async def sessions_part(request: Request, ended: int | None) -> Sessions:
    desk, current = page.desk_of(request), page.current_of(request)
    rows = [
        SessionRow(
            id=row.id,
            browser=row.browser,
            address=row.address,
            started_at=page.moment(row.started_at),
            last_used_at=page.moment(row.last_used_at),
            own=row.id == current.session.id,
        )
        for row in await sessions.open_sessions(desk, current.session.user_id)
    ]
    return Sessions(tuple(sorted(rows, key=lambda row: not row.own)), ended)
