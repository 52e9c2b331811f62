"""The part of My User about one's own second factor: its variables, and how they are filled."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts import sessions
from accounts.limits import AUTHENTICATORS
from accounts.login import reauthentication
from accounts.two_factor import authenticators, enrollment, totp
from accounts.two_factor.recovery_codes import FEW
from db.authenticators import Authenticator
from db.reads import user_detail
from db.reads.user_detail import Detail
from db.users import User
from routes.web.part import Proof
from routes.web.request import config_of, context_of, current_of, maybe, moment
from routes.web.session import SAFE_METHODS, refresh


@dataclass(frozen=True)
class Pending:
    """The QR step."""

    qr: Markup  # inline SVG
    key: str  # base32 without spaces
    address: str  # otpauth://… link for those who read this on the phone
    purpose: Literal[
        "first", "replace", "add"
    ]  # what there is works until this phone is confirmed, with "add" afterwards, too
    problem: Literal["", "wrong", "malformed", "clock"] = ""
    tries_left: int = 5
    clock_seconds: int = 0  # with "clock": by how many seconds the phone is fast (+) or slow (−)
    name: str | None = None  # of the phone, as it was typed; None: propose one that is not taken
    name_problem: authenticators.NameProblem = ""
    taken: tuple[str, ...] = ()  # names of the phones that stay


@dataclass(frozen=True)
class Phone:
    id: int
    name: str  # "": its owner has not named it
    added_at: datetime
    last_used_at: datetime
    typed: str = ""  # the new name that was refused
    problem: authenticators.NameProblem = ""


@dataclass(frozen=True)
class Asked:
    """That act's form is open."""

    act: Literal["set_up", "remove", "recovery_codes"]
    proof: Proof | None
    removing: int | Literal["", "all", "which"] = ""  # a phone's number, the whole second factor, or still to be chosen
    unchosen: bool = False  # it was sent without a choice
    purpose: Literal["add", "replace"] = "replace"  # of a set-up, as it was chosen


@dataclass(frozen=True)
class Named:
    """A new name that was refused."""

    phone_id: int
    typed: str
    problem: authenticators.NameProblem


Message = Literal[
    "",
    "cancelled",
    "removed",
    "phone_removed",
    "phone_gone",
    "renamed",
    "added",
    "already_added",
    "already_confirmed",
    "already_shown",
    "full",
    "add_blocked",
    "pending_ended",
    "too_many_wrong",
    "function_off",
]


@dataclass(frozen=True)
class TwoFactor:  # my_user/_two_factor.html  #two-factor
    state: Literal["exempt", "off", "not_set_up", "pending", "codes", "set_up", "blocked"]
    # off: the function is off, nothing set up. If off but set up: state "set_up" with function_on False (remove works, others not offered)
    function_on: bool
    set_up_at: datetime | None
    phones: tuple[Phone, ...]  # oldest first
    may_add: bool  # fewer than five, and not blocked
    recovered: bool  # signed in with a recovery code: the phone may be lost
    codes_left: int
    few_codes: bool  # fewer than three are left
    codes_generation: int  # hidden field `generation` of the form POST /my-user/recovery-codes
    blocked_at: datetime | None
    pending: Pending | None
    codes: tuple[str, ...]  # state "codes": the 10 recovery codes, each "12345 67890 12345 67890"
    codes_text: str  # the same as text for the data: download link, already percent-encoded
    first_codes: (
        bool  # codes shown after a set-up ("Done. For your next sign-in wait for the next code.") or else new ones
    )
    asked: Asked | None
    message: Message
    about: str  # the name of the phone that `message` speaks of


NO_TWO_FACTOR = TwoFactor("off", False, None, (), False, False, 0, False, 0, None, None, (), "", False, None, "", "")


async def oneself(request: Request) -> Detail:
    """Oneself with roles, codes and the set-up under way; fetched once for a page that only reads."""
    if request.method in SAFE_METHODS and "detail" in request.scope:
        fetched: Detail = request.scope["detail"]
        return fetched
    session = current_of(request).session
    detail = await user_detail.find(context_of(request).db, session.user_id, session.id)
    if detail is None:  # deleted while the request was under way
        raise HTTPException(404)
    request.scope["detail"] = detail
    return detail


async def own_phones(request: Request) -> tuple[Authenticator, ...]:
    """One's phones, oldest first."""
    return (await oneself(request)).phones


async def opened(request: Request, act: str) -> TwoFactor:
    """The part with the form of `act` open ("set-up" or "remove", the latter of `?authenticator=`), if that act fits."""
    context, current = context_of(request), current_of(request)
    if act == "remove" and current.set_up:
        lacks = reauthentication.missing(context, current, always_code=True)
        removing = to_remove(await own_phones(request), request.query_params.get("authenticator", ""))
        if removing == "gone":
            return await two_factor_part(request, message="phone_gone")
        return await two_factor_part(request, asked=Asked("remove", Proof(lacks.password, lacks.code), removing))
    if act == "set-up" and current.set_up and current.function_on:
        lacks = reauthentication.missing(context, current)
        needed = Proof(lacks.password, lacks.code) if lacks.password or lacks.code else None
        purpose: enrollment.Purpose = "replace" if current.recovered else "add"
        return await two_factor_part(request, asked=Asked("set_up", needed, purpose=purpose))
    return await two_factor_part(request)


def to_remove(own: tuple[Authenticator, ...], typed: str) -> int | Literal["all", "which", "gone"]:
    """What is to be removed: the phone with that number, all (the only phone is all there is), or it is still to be asked which."""
    if typed == "all" or (not typed and len(own) < 2):
        return "all"
    if not typed:
        return "which"
    chosen = next((phone.id for phone in own if str(phone.id) == typed), None)
    if chosen is None:
        return "gone"
    return chosen if len(own) > 1 else "all"


async def two_factor_part(
    request: Request,
    *,
    pending: enrollment.Pending | None = None,
    problem: enrollment.WrongCode | enrollment.WrongName | None = None,
    typed_name: str | None = None,
    codes: tuple[str, ...] = (),
    first_codes: bool = False,
    asked: Asked | None = None,
    renaming: Named | None = None,
    message: Message = "",
    about: str = "",
) -> TwoFactor:
    """The part as things stand now, with what an act has to say."""
    reading = request.method in SAFE_METHODS
    current = current_of(request) if reading else await refresh(request)
    detail = await oneself(request)
    user = detail.user
    pending = pending or enrollment.pending(context_of(request), current, detail.set_up)
    return TwoFactor(
        state=_state(user, current, pending, codes),
        function_on=current.function_on,
        set_up_at=maybe(user.two_factor_at),
        phones=tuple(_phone(phone, renaming) for phone in detail.phones),
        may_add=user.codes_blocked_at is None and len(detail.phones) < AUTHENTICATORS,
        recovered=current.recovered,
        codes_left=detail.codes_left,
        few_codes=detail.codes_left < FEW,
        codes_generation=user.codes_generation,
        blocked_at=maybe(user.codes_blocked_at),
        pending=_qr_step(pending, detail, problem, typed_name) if pending and not codes else None,
        codes=codes,
        codes_text=quote("\n".join((f"{config_of(request).organisation} · {user.username}", *codes, "")))
        if codes
        else "",
        first_codes=first_codes,
        asked=asked,
        message=message,
        about=about,
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


def _phone(phone: Authenticator, renaming: Named | None) -> Phone:
    shown = Phone(phone.id, phone.name, moment(phone.confirmed_at), moment(phone.last_used_at))
    if renaming is None or renaming.phone_id != phone.id:
        return shown
    return replace(shown, typed=renaming.typed, problem=renaming.problem)


def _qr_step(
    pending: enrollment.Pending,
    detail: Detail,
    problem: enrollment.WrongCode | enrollment.WrongName | None,
    typed_name: str | None,
) -> Pending:
    wrong_code = problem if isinstance(problem, enrollment.WrongCode) else None
    return Pending(
        qr=Markup(totp.qr(pending.address)),  # noqa: S704  # because segno made it of modules, not of text
        key=pending.key,
        address=pending.address,
        purpose=pending.purpose,
        problem=wrong_code.problem if wrong_code else "",
        tries_left=pending.tries_left,
        clock_seconds=wrong_code.clock_seconds if wrong_code else 0,
        name=pending.name if typed_name is None else typed_name,
        name_problem=problem.problem if isinstance(problem, enrollment.WrongName) else "",
        taken=tuple(phone.name for phone in detail.phones) if pending.purpose == "add" else (),
    )
