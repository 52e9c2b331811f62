"""The card of a user's page about their second factor and refused sign-ins."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from starlette.requests import Request

from accounts import permissions
from accounts.users import two_factor_reset
from db.reads.user_detail import Detail
from routes.users.subject import is_own, may_edit, shown_with
from routes.web.entry import Entry, entry_of
from routes.web.part import Part
from routes.web.reauthentication import Reauthentication
from routes.web.request import current_of, maybe, moment

Standing = Literal["exempt", "blocked", "not_set_up", "set_up", "not_in_force"]
Said = Literal["", "reset", "released", "nothing_to_reset"]


@dataclass(frozen=True)
class RefusedLogin:
    """`cause`: as the activity log keeps it."""

    at: datetime
    cause: str
    address: str


@dataclass(frozen=True)
class Refusals:
    """For those who may edit users. `waiting_until`: None if the user need not wait.

    `everywhere`: in all browsers that have not signed the user in before.
    """

    rows: tuple[RefusedLogin, ...]
    waiting_until: datetime | None
    everywhere: bool = False


@dataclass(frozen=True)
class SecurityFacts:
    """`joined`: has chosen a password, or signs in by Single Sign-On."""

    id: int
    name: str
    function_on: bool
    set_up_at: datetime | None
    phones: int
    last_used_at: datetime | None
    codes_left: int
    blocked_at: datetime | None
    joined: bool


@dataclass(frozen=True, kw_only=True)
class SecurityCard(Part):
    """`own`: no reset here, but on My User."""

    template = "users/security/security.html"
    root = "user-security"
    facts: SecurityFacts
    standing: Standing
    may_edit: bool
    own: bool
    refusals: Refusals | None
    said: Said = ""


@dataclass(frozen=True, kw_only=True)
class AskReset(SecurityCard):
    template = "users/security/ask_reset.html"
    reason: str
    problem: Literal["", two_factor_reset.ReasonProblem]
    needed: Reauthentication | None


async def security_now(request: Request, detail: Detail, said: Said = "") -> SecurityCard:
    return SecurityCard(
        facts=_facts(request, detail),
        standing=_standing(request, detail),
        may_edit=may_edit(request, detail),
        own=is_own(request, detail),
        refusals=await _refusals(request, detail),
        said=said,
    )


async def ask_reset(
    request: Request,
    detail: Detail,
    needed: Reauthentication | None,
    reason: str = "",
    problem: Literal["", two_factor_reset.ReasonProblem] = "",
) -> AskReset:
    """The form that resets the second factor."""
    shown = await security_now(request, detail)
    return AskReset(**vars(shown), reason=reason, problem=problem, needed=needed)


def _facts(request: Request, detail: Detail) -> SecurityFacts:
    user = detail.user
    return SecurityFacts(
        id=user.id,
        name=user.name or user.username,
        function_on=current_of(request).function_on,
        set_up_at=maybe(user.two_factor_at),
        phones=len(detail.phones),
        last_used_at=maybe(detail.phone_used_at),
        codes_left=detail.codes_left,
        blocked_at=maybe(user.codes_blocked_at),
        joined=user.password_hash is not None or user.login_method == "sso",
    )


def _standing(request: Request, detail: Detail) -> Standing:
    user = detail.user
    if user.login_method == "sso":
        return "exempt"
    if user.codes_blocked_at is not None:
        return "blocked"
    if user.two_factor_at is None:
        return "not_set_up"
    return "set_up" if current_of(request).function_on else "not_in_force"


async def _refusals(request: Request, detail: Detail) -> Refusals | None:
    if permissions.USERS_EDIT not in current_of(request).permissions:
        return None
    shown = await shown_with(request, detail)
    return Refusals(
        tuple(
            RefusedLogin(entry.at, entry.detail.get("cause", ""), entry.address)
            for entry in map(entry_of, shown.refused)
            if isinstance(entry, Entry)
        ),
        moment(shown.waiting_until) if shown.waiting_until and detail.user.login_method == "password" else None,
        shown.everywhere_until > 0,
    )
