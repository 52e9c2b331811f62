"""What a user's page shows of the account, and how it is filled; and the link that is shown once to hand over."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from starlette.requests import Request

from accounts import user_acts
from accounts.user_acts import Details
from db import links
from db.users import Detail
from routes import my_user_parts, page
from routes.page import Proof

Asking = Literal["", "edit", "disable", "delete"]
Problem = Literal["", "overtaken", "last_administrator", "already_disabled", "already_enabled", "does_not_fit"]
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
    invited: bool  # username/password, and no password chosen yet
    created_at: datetime
    last_login_at: datetime | None
    may_edit: bool  # holds users.edit and every permission that this user holds: acts are offered
    own: bool  # oneself: edited here, but neither disabled nor deleted
    newest_link: int  # hidden field `newest` of the forms that make a link: sent again, they make no second one
    link: Literal["", "invitation", "password_reset", "binding"]  # one that still works
    link_expires_at: datetime | None
    asking: Asking  # that act's form is open
    typed: Details  # what stands in the form "edit"
    version: str  # hidden field of that form: which details it was filled with
    problems: dict[str, str]  # field → "empty" | "too_long" | "bad_address" | "unknown_zone" | "bad_characters"
    proof: Proof | None  # asked for when the address changes
    installation_time_zone: str
    time_zones: tuple[str, ...]  # for a <select> (first option: the installation's)
    problem: Problem
    done: Done
    sessions_ended: int


@dataclass(frozen=True)
class HandedLink:
    kind: Literal["invitation", "password_reset", "binding"]
    user_id: int
    username: str
    name: str
    url: str  # "": it was shown already, and is shown only once
    expires_at: datetime | None
    added: bool  # the user was added with it
    newest_link: int  # for the form that makes another one


@dataclass(frozen=True)
class HandedLinkPage(page.Page):
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
    problems: dict[str, str]  # field → "not usable" | "taken" | "too_long" | "bad_address" | "bad_characters"
    taken_by: int  # with "taken": the number of the user who has the username; else 0


@dataclass(frozen=True)
class NewUserPage(page.Page):
    template = "users/new.html"
    new_user: NewUser


async def account_of(request: Request, detail: Detail, may_edit: bool) -> UserAccount:
    """The account as it is, no form open."""
    user, desk = detail.user, page.desk_of(request)
    found = await links.newest(desk.db, user.id) if may_edit and user.login_method == "password" else None
    kind, link = found or ("", None)
    works = link is not None and link.used_at is None and link.expires_at > desk.now
    account = UserAccount(
        id=user.id,
        username=user.username,
        name=user.name,
        email=user.email,
        company=user.company,
        unit=user.unit,
        time_zone=user.time_zone,
        login_method="sso" if user.login_method == "sso" else "password",
        roles=detail.roles,
        disabled_at=page.maybe(user.disabled_at),
        invited=user.login_method == "password" and user.password_hash is None,
        created_at=page.moment(user.created_at),
        last_login_at=page.maybe(user.last_login_at),
        may_edit=may_edit,
        own=user.id == page.current_of(request).session.user_id,
        newest_link=link.id if link else 0,
        link="",
        link_expires_at=None,
        asking="",
        typed=user_acts.details_of(user),
        version=user_acts.version_of(user_acts.details_of(user)),
        problems={},
        proof=None,
        installation_time_zone=page.config_of(request).time_zone,
        time_zones=my_user_parts.time_zone_names(),
        problem="",
        done="",
        sessions_ended=0,
    )
    if not works or link is None:
        return account
    shown: Literal["invitation", "password_reset", "binding"] = (
        "binding" if kind == "binding" else "invitation" if kind == "invitation" else "password_reset"
    )
    return replace(account, link=shown, link_expires_at=page.moment(link.expires_at))
