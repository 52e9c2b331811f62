"""The card *Who you are*: facts, the form, and a new e-mail address that waits for its link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from accounts.limits import UNSENT_LINK_SECONDS
from accounts.users import profile
from db import clock
from db.reads import deliveries
from db.reads.user_detail import Detail
from routes.my_user.oneself import oneself
from routes.single_sign_on import SingleSignOn, single_sign_on_of
from routes.web.part import Part
from routes.web.reauthentication import Reauthentication
from routes.web.request import config_of, context_of


@dataclass(frozen=True)
class ProfileForm:
    """What the fields hold, and what is wrong with which; a time zone "" is the installation's."""

    name: str
    email: str
    time_zone: str
    problems: Mapping[str, str]
    needed: Reauthentication | None = None
    # the present address
    confirming: bool = False


@dataclass(frozen=True)
class WaitingAddress:
    """A new address that waits for its link; `error`: of the last try to send it."""

    email: str
    error: str
    failed: bool


@dataclass(frozen=True)
class Facts:
    username: str
    company: str
    unit: str
    roles: tuple[str, ...]
    sso: SingleSignOn | None


@dataclass(frozen=True)
class ProfileCard(Part):
    template = "my_user/profile.html"
    root = "profile"
    facts: Facts
    form: ProfileForm
    waiting: WaitingAddress | None
    said: Literal["", "saved", "confirmed"]
    has_mail_server: bool
    installation_time_zone: str
    may_confirm: bool = False


async def profile_now(
    request: Request, form: ProfileForm | None = None, said: Literal["", "saved", "confirmed"] = ""
) -> ProfileCard:
    """The card in its current state, or with a form that was refused."""
    detail, config = await oneself(request), config_of(request)
    user = detail.user
    return ProfileCard(
        facts=Facts(user.username, user.company, user.unit, detail.roles, single_sign_on_of(request, user)),
        form=form or ProfileForm(user.name, user.email, user.time_zone, {}),
        waiting=await _waiting(request, detail),
        said=said,
        has_mail_server=config.mail is not None,
        installation_time_zone=config.time_zone,
        may_confirm=config.mail is not None and profile.may_confirm(user),
    )


async def _waiting(request: Request, detail: Detail) -> WaitingAddress | None:
    context = context_of(request)
    if not clock.lasts(detail.new_address_until, UNSENT_LINK_SECONDS, context.now):
        return None
    fate = await deliveries.newest(context.db, profile.KIND, detail.user.id)
    return WaitingAddress(
        detail.new_address or "", fate.error if fate else "", failed=fate is not None and fate.failed_at is not None
    )
