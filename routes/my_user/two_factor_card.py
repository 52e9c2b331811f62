"""The two-factor card of My User: one small part per state, each with what it shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from markupsafe import Markup

from accounts.two_factor.authenticators import NameProblem
from accounts.two_factor.enrollment import WrongCode
from db.authenticators import Purpose
from routes.web.part import Part
from routes.web.reauthentication import Reauthentication

# The word next to the heading.
Standing = Literal["exempt", "off", "not_set_up", "pending", "set_up", "not_in_force", "blocked"]

# Why there are new recovery codes. "replaced": with the set-up of a phone in place of another.
After = Literal["set_up", "replaced", "renewed"]

Said = Literal[
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
class Message(Part):
    """What an act has to say. `about`: the name of the phone that it speaks of."""

    template = "my_user/two_factor/message.html"
    said: Said
    about: str = ""
    codes_left: int = 0


@dataclass(frozen=True)
class Phone:
    """`typed` and `problem`: the new name that was refused. A name "" was never given."""

    id: int
    name: str
    added_at: datetime
    last_used_at: datetime
    typed: str = ""
    problem: NameProblem = ""


@dataclass(frozen=True, kw_only=True)
class TwoFactorCard(Part):
    """What the states have in common; each names its template."""

    root = "two-factor"
    standing: Standing
    message: Message | None = None


@dataclass(frozen=True, kw_only=True)
class Exempt(TwoFactorCard):
    template = "my_user/two_factor/exempt.html"


@dataclass(frozen=True, kw_only=True)
class SwitchedOff(TwoFactorCard):
    template = "my_user/two_factor/switched_off.html"


@dataclass(frozen=True, kw_only=True)
class NotSetUp(TwoFactorCard):
    template = "my_user/two_factor/not_set_up.html"


@dataclass(frozen=True, kw_only=True)
class QrStep(TwoFactorCard):
    """`key`: base32 without spaces. `uri`: otpauth://, for those who read this on the phone."""

    template = "my_user/two_factor/qr_step.html"
    qr: Markup
    key: str
    uri: str
    purpose: Literal["first", "replace", "add"]
    tries_left: int
    wrong_code: WrongCode | None
    # As it was typed; None: propose one that is not among `taken`, the names of the phones that stay.
    name: str | None
    name_problem: NameProblem
    taken: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NewCodes(TwoFactorCard):
    """Ten recovery codes in groups, shown once, with what a sheet of paper needs to be understood later."""

    template = "my_user/two_factor/new_codes.html"
    codes: tuple[str, ...]
    bits: int
    username: str
    address: str
    made_at: datetime
    after: After


@dataclass(frozen=True, kw_only=True)
class SetUp(TwoFactorCard):
    """`recovered`: signed in with a recovery code, so that the phone may be lost. `phones`: oldest first."""

    template = "my_user/two_factor/set_up.html"
    function_on: bool
    set_up_at: datetime | None
    phones: tuple[Phone, ...]
    recovered: bool
    codes_left: int
    few_codes: bool
    codes_generation: int


@dataclass(frozen=True, kw_only=True)
class Blocked(TwoFactorCard):
    template = "my_user/two_factor/blocked.html"
    function_on: bool
    blocked_at: datetime | None
    codes_left: int
    several_phones: bool


@dataclass(frozen=True, kw_only=True)
class AskFirstSetUp(TwoFactorCard):
    template = "my_user/two_factor/ask_first_set_up.html"
    needed: Reauthentication | None


@dataclass(frozen=True, kw_only=True)
class AskSetUpAnew(TwoFactorCard):
    template = "my_user/two_factor/ask_set_up_anew.html"
    needed: Reauthentication | None


@dataclass(frozen=True, kw_only=True)
class AskAnotherPhone(TwoFactorCard):
    """Whether the new phone joins those that there are, or takes their place."""

    template = "my_user/two_factor/ask_another_phone.html"
    needed: Reauthentication | None
    purpose: Purpose
    # As in QrStep.
    name: str | None
    name_problem: NameProblem
    taken: tuple[str, ...]
    may_add: bool
    several_phones: bool


@dataclass(frozen=True, kw_only=True)
class AskWhichPhone(TwoFactorCard):
    """`unchosen`: the form was sent without a choice."""

    template = "my_user/two_factor/ask_which_phone.html"
    needed: Reauthentication | None
    phones: tuple[Phone, ...]
    unchosen: bool


@dataclass(frozen=True, kw_only=True)
class AskRemovePhone(TwoFactorCard):
    template = "my_user/two_factor/ask_remove_phone.html"
    needed: Reauthentication | None
    phone: Phone


@dataclass(frozen=True, kw_only=True)
class AskRemoveAll(TwoFactorCard):
    template = "my_user/two_factor/ask_remove_all.html"
    needed: Reauthentication | None
    several_phones: bool


@dataclass(frozen=True, kw_only=True)
class AskNewCodes(TwoFactorCard):
    template = "my_user/two_factor/ask_new_codes.html"
    needed: Reauthentication | None
    codes_generation: int
