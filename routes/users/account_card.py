"""The account card of a user's page: one part per state, each with what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from accounts.users.administration import Details
from db.links import WayIn
from db.reads.ways_in import Maker
from routes.single_sign_on import SingleSignOn
from routes.web.part import Part
from routes.web.reauthentication import Reauthentication

# The word next to the heading. "invited": a link that still works is out.
Standing = Literal["active", "disabled", "invited", "not_invited", "not_joined"]

Said = Literal[
    "saved",
    "address_asked",
    "disabled",
    "enabled",
    "conflict",
    "last_administrator",
    "already_disabled",
    "already_enabled",
    "does_not_fit",
    "no_provider",
    "nobody_else_signs_in",
    "not_bound",
]


@dataclass(frozen=True)
class Message(Part):
    """What an act has to say."""

    template = "users/account/message.html"
    said: Said
    name: str


@dataclass(frozen=True)
class Facts:
    """A time zone "" is the installation's; `sso`: of those who sign in by it."""

    id: int
    username: str
    name: str
    email: str
    company: str
    unit: str
    time_zone: str
    roles: tuple[str, ...]
    sso: SingleSignOn | None
    # who entered the address, if it was another user
    email_by: Maker | None
    created_at: datetime
    last_login_at: datetime | None
    disabled_at: datetime | None
    # who entered the address, by number
    email_set_by: int | None = None


@dataclass(frozen=True)
class OutstandingLink:
    """A link that still works. `email`: where it is mailed to, "" if it was handed over. `error`: of the last try to
    send it.
    """

    kind: WayIn
    expires_at: datetime
    email: str
    unsent: bool
    error: str
    failed: bool


@dataclass(frozen=True, kw_only=True)
class AccountCard(Part):
    """`newest_link`: hidden in forms that create a link, so that one sent twice creates no second. `by_mail`: links are
    mailed.
    """

    root = "user-account"
    facts: Facts
    standing: Standing
    may_edit: bool
    link: OutstandingLink | None
    newest_link: int
    by_mail: bool
    message: Message | None = None


@dataclass(frozen=True, kw_only=True)
class Account(AccountCard):
    """`provider`: the name of the configured identity provider, "" without one. `own`: no acts on oneself."""

    template = "users/account/account.html"
    own: bool
    provider: str


@dataclass(frozen=True, kw_only=True)
class EditAccount(AccountCard):
    """`version`: the details that the form was rendered with. `problems`: field → what is wrong with it.
    `may_vouch`: for an address that another user entered; `vouched`: that was ticked. `units`: to suggest.
    """

    template = "users/account/edit.html"
    typed: Details
    version: str
    problems: Mapping[str, str]
    needed: Reauthentication | None
    installation_time_zone: str
    may_vouch: bool
    vouched: bool = False
    units: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AskLoginMethod(AccountCard):
    """`last_with_password`: no other administrator signs in with a password."""

    template = "users/account/ask_login_method.html"
    provider: str
    phones: int
    codes_left: int
    last_with_password: bool
    needed: Reauthentication | None


@dataclass(frozen=True, kw_only=True)
class AskUnbind(AccountCard):
    template = "users/account/ask_unbind.html"
    needed: Reauthentication | None


@dataclass(frozen=True, kw_only=True)
class AskLink(AccountCard):
    """`show`: the link is to be handed over, though it could be mailed."""

    template = "users/account/ask_link.html"
    kind: WayIn
    show: bool
    needed: Reauthentication


@dataclass(frozen=True, kw_only=True)
class AskEnable(AccountCard):
    template = "users/account/ask_enable.html"
    needed: Reauthentication


@dataclass(frozen=True, kw_only=True)
class AskDisable(AccountCard):
    """`entered`: to how many other users links are sent at an address that this one entered, and then no more."""

    template = "users/account/ask_disable.html"
    entered: int


@dataclass(frozen=True, kw_only=True)
class AskDelete(AccountCard):
    """`entered`: see AskDisable."""

    template = "users/account/ask_delete.html"
    entered: int
