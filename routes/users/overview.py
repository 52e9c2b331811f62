"""The overview of users: a page by username, searched and filtered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from db import adoption
from db.adoption import Figures
from db.reads import overview
from routes.users.filter import Chip, asked_of
from routes.web.part import Page, Part, answer
from routes.web.request import context_of, current_of, maybe

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
    # False: no password chosen yet, or (Single Sign-On) not bound yet
    joined: bool = True
    # and a link with which they do so is out
    invited: bool = False
    last_reminded_at: datetime | None = None


@dataclass(frozen=True)
class UserList(Part):
    template = "users/_users.html"
    root = "users"
    rows: tuple[UserRow, ...]
    q: str
    # the filters that a search keeps
    kept_filters: dict[str, str]
    chips: tuple[Chip, ...]
    filtered: bool
    csv_url: str
    # "" on the first page
    first_url: str
    # "" on the last
    next_url: str
    # those who have not set it up can be chosen and asked to
    asking: bool = False
    # only those who have not joined yet are shown
    not_joined: bool = False


@dataclass(frozen=True)
class UsersPage(Page):
    template = "users/users.html"
    adoption: Figures
    users: UserList


async def show_all(request: Request) -> Response:
    """The overview: a page of users by username, searched and filtered."""
    db, current = context_of(request).db, current_of(request)
    asked = await asked_of(request)
    after = request.query_params.get("after", "")
    found = await overview.page(db, asked.filter, after, PAGE_SIZE + 1, context_of(request).now)
    listed = UserList(
        rows=tuple(_row(user) for user in found[:PAGE_SIZE]),
        q=asked.values.get("q", ""),
        kept_filters={name: value for name, value in asked.values.items() if name != "q"},
        chips=asked.chips,
        filtered=bool(asked.values),
        csv_url=asked.url("/users.csv"),
        first_url=asked.url() if after else "",
        next_url=asked.url(after=found[PAGE_SIZE - 1].username) if len(found) > PAGE_SIZE else "",
        asking=permissions.USERS_EDIT in current.permissions and current.function_on,
        not_joined="joined" in asked.values,
    )

    async def page() -> UsersPage:
        return UsersPage(await adoption.figures(db), listed)

    return await answer(request, listed, page)


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
