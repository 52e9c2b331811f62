"""Which state of the two-factor card fits, filled from what holds now."""

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup
from starlette.requests import Request

from accounts.limits import AUTHENTICATORS
from accounts.two_factor import enrollment, totp
from accounts.two_factor.authenticators import NameProblem
from accounts.two_factor.qr_step import Pending
from accounts.two_factor.recovery_codes import BITS, FEW
from db.authenticators import Authenticator, Purpose
from routes.my_user import two_factor_card as card
from routes.my_user.oneself import Now, now
from routes.my_user.two_factor_card import Phone, TwoFactorCard
from routes.web.reauthentication import Reauthentication
from routes.web.request import config_of, maybe, moment, now_of

# What to remove: a phone's number, the whole second factor (the only phone is all there is), or still to be chosen.
Removing = int | Literal["all", "which"]


@dataclass(frozen=True)
class Refused:
    """What a QR step was answered with; `name`: of the phone, as it was typed."""

    problem: enrollment.WrongCode | enrollment.WrongName
    name: str | None


@dataclass(frozen=True)
class Asked:
    """What was typed in the form that starts a set-up; `name`: of the phone, None: not typed yet."""

    purpose: Purpose = "replace"
    name: str | None = None
    name_problem: NameProblem = ""


@dataclass(frozen=True)
class RenameRefused:
    phone_id: int
    typed: str
    problem: NameProblem


async def card_now(
    request: Request, message: card.Message | None = None, renaming: RenameRefused | None = None
) -> TwoFactorCard:
    """The card in its current state, with the message of an action."""
    at = await now(request)
    standing = _standing(at)
    match standing:
        case "exempt":
            return card.Exempt(standing=standing, message=message)
        case "off":
            return card.SwitchedOff(standing=standing, message=message)
        case "not_set_up":
            return card.NotSetUp(standing=standing, message=message)
        case "pending":
            assert at.pending is not None
            return _qr_step(at, at.pending, None, message)
        case "blocked":
            return _blocked(at, message)
        case "set_up" | "not_in_force":
            return _set_up(at, standing, message, renaming)


async def said(request: Request, what: card.Said, about: str = "") -> TwoFactorCard:
    """The card with a message."""
    left = (await now(request)).detail.codes_left if what == "added" else 0
    return await card_now(request, card.Message(what, about, left))


async def qr_step(request: Request, pending: Pending, refused: Refused | None = None) -> TwoFactorCard:
    """The QR step of a set-up that was just started or refused."""
    return _qr_step(await now(request), pending, refused, None)


async def qr_step_refused(request: Request, refused: Refused) -> TwoFactorCard:
    """The QR step again; the card as it is if the set-up has ended in the meantime."""
    at = await now(request)
    return _qr_step(at, at.pending, refused, None) if at.pending else await card_now(request)


async def new_codes(request: Request, codes: tuple[str, ...], after: card.After) -> TwoFactorCard:
    """New recovery codes, shown once."""
    at = await now(request)
    return card.NewCodes(
        standing="set_up",
        codes=codes,
        bits=BITS,
        username=at.detail.user.username,
        address=f"{config_of(request).base_url}/login",
        made_at=now_of(request),
        after=after,
    )


async def ask_set_up(request: Request, needed: Reauthentication | None, asked: Asked) -> TwoFactorCard:
    """The form that starts a set-up: the first one, one in place of a blocked phone, or of another phone."""
    at = await now(request)
    standing, user = _standing(at), at.detail.user
    if user.two_factor_at is None:
        return card.AskFirstSetUp(standing=standing, needed=needed)
    if standing == "blocked":
        return card.AskSetUpAnew(standing=standing, needed=needed)
    return card.AskAnotherPhone(
        standing=standing,
        needed=needed,
        purpose=asked.purpose,
        name=asked.name,
        name_problem=asked.name_problem,
        taken=tuple(phone.name for phone in at.detail.phones),
        may_add=user.codes_blocked_at is None and len(at.detail.phones) < AUTHENTICATORS,
        several_phones=len(at.detail.phones) > 1,
    )


async def ask_removal(
    request: Request, needed: Reauthentication | None, removing: Removing, *, unchosen: bool = False
) -> TwoFactorCard:
    """The form that removes a phone, or the whole second factor."""
    at = await now(request)
    standing, phones = _standing(at), tuple(_phone(phone, None) for phone in at.detail.phones)
    if removing == "which":
        return card.AskWhichPhone(standing=standing, needed=needed, phones=phones, unchosen=unchosen)
    phone = next((phone for phone in phones if phone.id == removing), None)
    if phone is None:
        return card.AskRemoveAll(standing=standing, needed=needed, several_phones=len(phones) > 1)
    return card.AskRemovePhone(standing=standing, needed=needed, phone=phone)


async def ask_new_codes(request: Request, needed: Reauthentication | None) -> TwoFactorCard:
    """The form that makes new recovery codes."""
    at = await now(request)
    generation = at.detail.user.codes_generation
    return card.AskNewCodes(standing=_standing(at), needed=needed, codes_generation=generation)


def to_remove(own: tuple[Authenticator, ...], typed: str) -> Removing | Literal["gone"]:
    """What the field `authenticator` names; "gone": no phone of theirs."""
    if typed == "all" or (not typed and len(own) < 2):
        return "all"
    if not typed:
        return "which"
    chosen = next((phone.id for phone in own if str(phone.id) == typed), None)
    if chosen is None:
        return "gone"
    return chosen if len(own) > 1 else "all"


def _standing(at: Now) -> card.Standing:
    user = at.detail.user
    if user.login_method == "sso":
        return "exempt"
    if at.pending:
        return "pending"
    if user.two_factor_at is None:
        return "not_set_up" if at.current.function_on else "off"
    if user.codes_blocked_at is not None:
        return "blocked"
    return "set_up" if at.current.function_on else "not_in_force"


def _qr_step(at: Now, pending: Pending, refused: Refused | None, message: card.Message | None) -> TwoFactorCard:
    problem = refused.problem if refused else None
    return card.QrStep(
        standing="pending",
        message=message,
        qr=Markup(totp.qr(pending.uri)),  # noqa: S704  # because segno made it of modules, not of text
        key=pending.key,
        uri=pending.uri,
        purpose=pending.purpose,
        tries_left=pending.tries_left,
        wrong_code=problem if isinstance(problem, enrollment.WrongCode) else None,
        name=refused.name if refused and refused.name is not None else pending.name,
        name_problem=problem.problem if isinstance(problem, enrollment.WrongName) else "",
        taken=tuple(phone.name for phone in at.detail.phones) if pending.purpose == "add" else (),
    )


def _blocked(at: Now, message: card.Message | None) -> TwoFactorCard:
    return card.Blocked(
        standing="blocked",
        message=message,
        function_on=at.current.function_on,
        blocked_at=maybe(at.detail.user.codes_blocked_at),
        codes_left=at.detail.codes_left,
        several_phones=len(at.detail.phones) > 1,
    )


def _set_up(
    at: Now, standing: card.Standing, message: card.Message | None, renaming: RenameRefused | None
) -> TwoFactorCard:
    return card.SetUp(
        standing=standing,
        message=message,
        function_on=at.current.function_on,
        set_up_at=maybe(at.detail.user.two_factor_at),
        phones=tuple(_phone(phone, renaming) for phone in at.detail.phones),
        recovered=at.current.recovered,
        codes_left=at.detail.codes_left,
        few_codes=at.detail.codes_left < FEW,
        codes_generation=at.detail.user.codes_generation,
    )


def _phone(phone: Authenticator, renaming: RenameRefused | None) -> Phone:
    refused = renaming if renaming and renaming.phone_id == phone.id else None
    return Phone(
        phone.id,
        phone.name,
        moment(phone.confirmed_at),
        moment(phone.last_used_at),
        refused.typed if refused else "",
        refused.problem if refused else "",
    )
