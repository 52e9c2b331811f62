"""What a user's page shows of the account, and how it is filled; and the link that is shown once to hand over."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from starlette.requests import Request

from accounts.links import links as account_links
from accounts.users import administration
from accounts.users.administration import Details
from db import links
from db.links import LinkKind, WayIn
from db.reads import deliveries
from db.reads.user_detail import Detail
from routes.single_sign_on import SingleSignOn, single_sign_on_of
from routes.web import part
from routes.web.reauthentication import Reauthentication
from routes.web.request import config_of, context_of, current_of, maybe, moment
from routes.web.time_zones import time_zone_names

Asking = Literal["", "edit", "login_method", "unbind", "disable", "delete"]
Problem = Literal[
    "",
    "conflict",
    "last_administrator",
    "already_disabled",
    "already_enabled",
    "does_not_fit",
    "no_provider",
    "nobody_else_signs_in",
    "not_bound",
]
Done = Literal["", "saved", "disabled", "enabled", "sessions_ended"]


@dataclass(frozen=True)
class UserAccount:  # users/_user_account.html  #user-account
    id: int
    username: str
    name: str
    email: str
    company: str
    unit: str
    time_zone: str  # "" = the installation's
    login_method: Literal["password", "sso"]
    roles: tuple[str, ...]
    disabled_at: datetime | None
    invited: bool  # no password chosen yet, or (Single Sign-On) not bound yet
    sso: SingleSignOn | None  # of those who sign in so
    provider: str  # the name of the one that is configured; "": none, so nobody is changed to it
    phones: int
    codes_left: int
    last_with_password: bool  # asking for the login method: no other administrator signs in with a password
    created_at: datetime
    last_login_at: datetime | None
    may_edit: bool  # holds users.edit and every permission that this user holds: acts are offered
    own: bool  # oneself: edited here, but neither disabled nor deleted
    newest_link: int  # hidden field `newest` of the forms that make a link: sent again, they make no second one
    link: Literal["", "invitation", "password_reset", "binding"]  # one that still works
    link_expires_at: datetime | None
    link_address: str  # to which that link was or is to be mailed; "": it was handed over
    link_unsent: bool  # its letter has not left yet
    link_error: str  # what its letter's last try came to, as users/_mail_errors.html reads it; "" if all is well
    link_failed: bool  # and that was the last
    by_mail: bool  # there is a mail server, and an address: links are mailed
    asking: Asking  # that act's form is open
    typed: Details  # what stands in the form "edit"
    version: str  # hidden field of that form: which details it was filled with
    problems: dict[str, str]  # field → "empty" | "too_long" | "bad_address" | "unknown_zone" | "bad_characters"
    proof: Reauthentication | None  # asked for when the address changes
    installation_time_zone: str
    time_zones: tuple[str, ...]  # for a <select> (first option: the installation's)
    problem: Problem
    done: Done
    sessions_ended: int


@dataclass(frozen=True)
class HandedLink:
    kind: LinkKind
    user_id: int
    username: str
    name: str
    url: str  # "": it was shown already, and is shown only once
    expires_at: datetime | None
    added: bool  # the user was added with it
    newest_link: int  # for the form that makes another one
    provider: str = ""  # of a binding: the name of the identity provider; "": none is configured


@dataclass(frozen=True)
class HandedLinkPage(part.Page):
    template = "users/link.html"
    handed_link: HandedLink


@dataclass(frozen=True)
class NewUser:
    username: str
    name: str
    email: str
    company: str
    unit: str
    login_method: Literal["password", "sso"]
    problems: dict[
        str, str
    ]  # field → "not usable" | "taken" | "too_long" | "bad_address" | "bad_characters"; role → "gone"
    taken_by: int  # with "taken": the number of the user who has the username; else 0
    mail: bool = False  # there is a mail server: invitations are mailed


@dataclass(frozen=True)
class NewUserPage(part.Page):
    template = "users/new.html"
    new_user: NewUser


def with_provider(request: Request, link: HandedLink) -> HandedLink:
    """The same; one that binds says where it leads."""
    provider = config_of(request).sso
    return replace(link, provider=provider.name) if provider and link.kind == "binding" else link


async def account_of(request: Request, detail: Detail, may_edit: bool) -> UserAccount:
    """The account as it is, no form open."""
    user, context, provider = detail.user, context_of(request), config_of(request).sso
    found = await links.newest(context.db, user.id) if may_edit else None
    kind, link = found or ("", None)
    shown: WayIn = "binding" if kind == "binding" else "invitation" if kind == "invitation" else "password_reset"
    works = link is not None and link.used_at is None and link.expires_at > context.now
    works = works and link is not None and await account_links.is_valid(context, link, user, shown)
    mail = config_of(request).mail is not None
    account = UserAccount(
        id=user.id,
        username=user.username,
        name=user.name,
        email=user.email,
        company=user.company,
        unit=user.unit,
        time_zone=user.time_zone,
        login_method=user.login_method,
        roles=detail.roles,
        disabled_at=maybe(user.disabled_at),
        invited=user.password_hash is None and user.sso_subject is None,
        sso=single_sign_on_of(request, user),
        provider=provider.name if provider else "",
        phones=len(detail.phones),
        codes_left=detail.codes_left,
        last_with_password=False,
        created_at=moment(user.created_at),
        last_login_at=maybe(user.last_login_at),
        may_edit=may_edit,
        own=user.id == current_of(request).session.user_id,
        newest_link=link.id if link else 0,
        link="",
        link_expires_at=None,
        link_address="",
        link_unsent=False,
        link_error="",
        link_failed=False,
        by_mail=mail and user.email != "",
        asking="",
        typed=administration.details_of(user),
        version=administration.version_of(administration.details_of(user)),
        problems={},
        proof=None,
        installation_time_zone=config_of(request).time_zone,
        time_zones=time_zone_names(),
        problem="",
        done="",
        sessions_ended=0,
    )
    if not works or link is None:
        return account
    fate = await deliveries.newest(context.db, shown, user.id) if link.detail else None
    return replace(
        account,
        link=shown,
        link_expires_at=moment(link.expires_at),
        link_address=link.detail,
        link_unsent=fate is not None and fate.sent_at is None,
        link_error=fate.error if fate else "",
        link_failed=fate is not None and fate.failed_at is not None,
    )
