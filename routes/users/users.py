"""Users: who is there, who has the second factor set up, and what helps those who cannot sign in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from accounts.login import reauthentication, throttle
from accounts.users import administration, two_factor_reset
from db import activity, adoption
from db.adoption import Figures
from db.reads import overview, user_detail
from db.reads.user_detail import Detail
from routes.users import account as account_part
from routes.users.account import UserAccount
from routes.users.filter import Chip, asked_of
from routes.web import part as parts
from routes.web.entry import entry_of
from routes.web.part import UserHeader
from routes.web.reauthentication import Reauthentication
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of, fields_of, keep_token, maybe, moment
from routes.web.session import refresh

PAGE_SIZE = 50


@dataclass(frozen=True)
class UserRow:
    id: int
    username: str
    name: str
    company: str
    unit: str
    login_method: Literal["password", "sso"]
    set_up: bool
    last_login_at: datetime | None
    disabled: bool
    joined: bool = True  # False: no password chosen yet, or (Single Sign-On) not bound yet
    invited: bool = False  # and a link with which they do so is out
    last_reminded_at: datetime | None = None


@dataclass(frozen=True)
class UserList:  # users/_users.html
    rows: tuple[UserRow, ...]
    q: str
    kept: dict[str, str]  # the filters that a search keeps
    chips: tuple[Chip, ...]
    filtered: bool
    csv_url: str
    first_url: str  # "" on the first page
    next_url: str  # "" on the last
    asking: bool = False  # those who have not set it up can be chosen and asked to
    not_joined: bool = False  # only those who have not joined yet are shown


@dataclass(frozen=True)
class UsersPage(parts.Page):
    template = "users/users.html"
    adoption: Figures
    users: UserList


@dataclass(frozen=True)
class RefusedLogin:
    at: datetime
    cause: str  # as in login.refused's detail
    address: str


@dataclass(frozen=True)
class UserSecurity:  # users/_user_security.html  #user-security
    id: int
    username: str
    name: str
    login_method: Literal["password", "sso"]
    function_on: bool
    set_up: bool
    set_up_at: datetime | None
    phones: int
    last_used_at: datetime | None
    codes_left: int
    blocked_at: datetime | None
    may_edit: bool  # holds users.edit and every permission that this user holds: acts are offered
    sees_refusals: bool  # holds users.edit
    own: bool  # oneself: no reset here (My User instead)
    waiting: bool  # sign-ins of this user have to wait at the moment
    waiting_until: datetime | None
    refusals: tuple[RefusedLogin, ...]
    resetting: bool  # the reset form is open
    reason: str
    proof: Reauthentication | None
    problem: Literal["", "no_reason", "reason_too_long", "not_set_up"]
    done: Literal["", "reset", "released"]
    joined: bool = True  # has chosen a password, or signs in by Single Sign-On


@dataclass(frozen=True)
class UserPage(parts.Page):
    template = "users/user.html"
    user_header: UserHeader
    user_account: UserAccount
    user_security: UserSecurity


async def show_all(request: Request) -> Response:
    """The overview: a page of users by username, searched and filtered."""
    db, current = context_of(request).db, current_of(request)
    asked = await asked_of(request)
    after = request.query_params.get("after", "")
    found = await overview.page(db, asked.filter, after, PAGE_SIZE + 1, context_of(request).now)
    figures = await adoption.figures(db)
    listed = UserList(
        rows=tuple(_row(user) for user in found[:PAGE_SIZE]),
        q=asked.values.get("q", ""),
        kept={name: value for name, value in asked.values.items() if name != "q"},
        chips=asked.chips,
        filtered=bool(asked.values),
        csv_url=asked.url("/users.csv"),
        first_url=asked.url() if after else "",
        next_url=asked.url(after=found[PAGE_SIZE - 1].username) if len(found) > PAGE_SIZE else "",
        asking=permissions.USERS_EDIT in current.permissions and current.function_on,
        not_joined="joined" in asked.values,
    )
    return parts.render(request, UsersPage(figures, listed), part="users")


def _row(user: overview.Listed) -> UserRow:
    return UserRow(
        id=user.id,
        username=user.username,
        name=user.name,
        company=user.company,
        unit=user.unit,
        login_method=user.login_method,
        set_up=user.two_factor_at is not None,
        last_login_at=maybe(user.last_login_at),
        disabled=user.disabled_at is not None,
        joined=user.password_set_at is not None or user.sso_subject is not None,
        invited=user.invited == 1,
        last_reminded_at=maybe(user.last_reminded_at),
    )


async def show_one(request: Request) -> Response:
    """A user's page; `?act=reset` with the form that resets the second factor; `?part=` one of its parts."""
    detail = await detail_of(request)
    user = detail.user
    resetting = request.query_params.get("act") == "reset"
    if resetting and not (
        may_edit(request, detail) and user.two_factor_at and user.id != current_of(request).session.user_id
    ):
        raise HTTPException(403, "permission")
    asked = reauthentication.missing(context_of(request), current_of(request))
    needed = Reauthentication(asked.password, asked.code) if resetting and (asked.password or asked.code) else None
    part = "user_account" if request.query_params.get("part") == "user-account" else "user_security"
    return await answer(request, detail, resetting=resetting, asked=needed, part=part)


async def detail_of(request: Request) -> Detail:
    """The user whose page this is."""
    detail = await user_detail.find(context_of(request).db, request.path_params["id"])
    if detail is None:
        raise HTTPException(404)
    return detail


def may_edit(request: Request, detail: Detail) -> bool:
    """Whether the one who asks may act on this user: holds `users.edit` and every permission that the user holds."""
    return permissions.may_act_on(current_of(request).permissions, detail.permissions)


async def answer(
    request: Request,
    detail: Detail,
    *,
    resetting: bool = False,
    reason: str = "",
    asked: Reauthentication | None = None,
    problem: Literal["", "no_reason", "reason_too_long", "not_set_up"] = "",
    done: Literal["", "reset", "released"] = "",
    account: UserAccount | None = None,
    part: str = "user_security",
    also: tuple[str, ...] = (),
    status: int = 200,
) -> Response:
    """The user's page, or one of its parts; `account`: with a form open, or something to say."""
    context, current, user = context_of(request), current_of(request), detail.user
    method: Literal["password", "sso"] = user.login_method
    sees_refusals = permissions.USERS_EDIT in current.permissions
    waiting_until = await throttle.waiting_until(context, user.username) if sees_refusals else 0
    security = UserSecurity(
        id=user.id,
        username=user.username,
        name=user.name,
        login_method=method,
        function_on=current.function_on,
        set_up=user.two_factor_at is not None,
        set_up_at=maybe(user.two_factor_at),
        phones=len(detail.phones),
        last_used_at=maybe(detail.phone_used_at),
        codes_left=detail.codes_left,
        blocked_at=maybe(user.codes_blocked_at),
        may_edit=may_edit(request, detail),
        sees_refusals=sees_refusals,
        own=user.id == current.session.user_id,
        waiting=waiting_until > context.now,
        waiting_until=moment(waiting_until) if waiting_until > context.now else None,
        refusals=await _refusals(request, user.id) if sees_refusals else (),
        resetting=resetting,
        reason=reason,
        proof=asked,
        problem=problem,
        done=done,
        joined=user.password_hash is not None or method == "sso",
    )
    header = UserHeader(user.name, user.unit, user.two_factor_at is not None)
    account = account or await account_part.account_of(request, detail, may_edit(request, detail))
    return parts.render(
        request,
        UserPage(header, account, security),
        part=part,
        also=("shown_user_header",) if done == "reset" else also,
        status=status,
        current=await refresh(request) if also else None,
    )


async def _refusals(request: Request, user_id: int) -> tuple[RefusedLogin, ...]:
    entries = await activity.of_subject(context_of(request).db, user_id, "login.refused", 10)
    shown = map(entry_of, entries)
    return tuple(RefusedLogin(entry.at, entry.detail.get("cause", ""), entry.address) for entry in shown)


async def let_try_again(request: Request) -> Response:
    """Ends the waiting of a user's sign-ins, not a block."""
    detail = await detail_of(request)
    barred = await administration.let_try_again(context_of(request), detail.user.id, current_of(request))
    if barred:
        raise HTTPException(404) if barred == "gone" else HTTPException(403, "permission")
    if not parts.wants_part(request):
        return redirect(request, f"/users/{detail.user.id}")
    return await answer(request, detail, done="released")


async def reset_two_factor(request: Request) -> Response:
    """Resets another user's second factor, with a reason and after the proof."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    detail = await detail_of(request)
    user = detail.user
    if not may_edit(request, detail) or user.id == current.session.user_id:
        raise HTTPException(403, "permission")
    reason = form["reason"].strip()
    problem = two_factor_reset.problem_with_reason(reason)
    if user.two_factor_at is None:
        return await answer(request, detail, problem="not_set_up", status=409)
    if problem:
        lacks = reauthentication.missing(context, current)
        asked = Reauthentication(lacks.password, lacks.code) if lacks.password or lacks.code else None
        return await answer(request, detail, resetting=True, reason=reason, asked=asked, problem=problem, status=422)
    proved = await reauthentication.reauthenticate(
        context, current, reauthentication.Typed(form["password"], form["code"])
    )
    if isinstance(proved, reauthentication.Needed):
        status = parts.refusal_status(proved)
        return await answer(request, detail, resetting=True, reason=reason, asked=parts.proof_of(proved), status=status)
    keep_token(request, proved.session_token)
    refused = await two_factor_reset.reset(context, user.id, reason, current)
    if refused in ("own", "holds_more"):
        raise HTTPException(403, "permission")
    if not parts.wants_part(request):
        return redirect(request, f"/users/{user.id}")
    done: Literal["", "reset"] = "" if refused else "reset"
    return await answer(
        request,
        await detail_of(request),
        done=done,
        problem="not_set_up" if refused else "",
        status=409 if refused else 200,
    )
