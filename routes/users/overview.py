"""The overview of users: a page of them, searched, filtered and sorted."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from accounts.bulk.acts import ALL
from db.adoption import Figures
from db.reads import exported, overview
from db.reads.user_order import Sort
from routes.users import back
from routes.users.filter import Asked, Chip, asked_of
from routes.users.view import COLUMNS, SIZES, Heading, View, view_of
from routes.web.part import Page, Part, answer
from routes.web.request import context_of, current_of, maybe

# Of those who match a filter, no more are counted.
MOST_COUNTED = 1_000


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
    # None: these columns are not shown
    email: str | None = None
    roles: tuple[str, ...] | None = None


@dataclass(frozen=True)
class UserCount(Part):
    """How many match (`more`: more than that), and which of them are shown. `first` 0: all, or it is unknown which."""

    template = "users/count.html"
    root = "users-count"
    number: int
    more: bool
    first: int = 0
    last: int = 0
    sort: Sort = ""
    descending: bool = False


@dataclass(frozen=True)
class UserList(Part):
    template = "users/_users.html"
    root = "users"
    rows: tuple[UserRow, ...]
    count: UserCount
    # what the form shows: the filters and the view that are set, by their names in the URL
    asked: tuple[tuple[str, str], ...]
    chips: tuple[Chip, ...]
    roles: tuple[tuple[int, str], ...]
    sizes: tuple[int, ...]
    headings: dict[str, Heading]
    filtered: bool
    csv_url: str
    # "" on the first page
    first_url: str
    previous_url: str
    # "" on the last
    next_url: str
    # the names that the form keeps without showing them
    hidden: tuple[str, ...] = ()
    # what can be done to many at once, and the filters by which a form names those who match
    acts: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    # the query of this page, for the way back to it
    here: str = ""


@dataclass(frozen=True)
class UsersPage(Page):
    template = "users/users.html"
    adoption: Figures
    users: UserList
    count: UserCount


async def show_all(request: Request) -> Response:
    """The overview: a page of users in the order asked for, searched and filtered."""
    context, view = context_of(request), view_of(request)
    asked = asked_of(request, view.values)
    # Of all together the number is kept.
    most = MOST_COUNTED + 1 if asked.values else 0
    found = await overview.page(context.db, asked.filter, view.place, context.now, most)
    choices = await overview.choices(context.db)
    number = found.number if most else choices.figures.everyone
    rows = await _rows(request, view, view.page(found.users))
    count = _count(view, found, min(number, MOST_COUNTED) if most else number, bool(most) and number > MOST_COUNTED)
    listed = _listed(asked, view, found, choices, count)
    listed = replace(listed, rows=rows, acts=_acts(request), filters=tuple(asked.values.items()))
    listed = replace(listed, here=back.here(asked, request.query_params))

    async def page() -> UsersPage:
        return UsersPage(choices.figures, listed, count)

    return await answer(request, listed, page, also=(count,))


def _acts(request: Request) -> tuple[str, ...]:
    """Those for which the one who looks has the permission, and which can work."""
    current = current_of(request)
    allowed = [act for act in ALL.values() if act.permission in current.permissions]
    return tuple(act.name for act in allowed if act.name != "remind" or current.function_on)


def _count(view: View, found: overview.Found, number: int, more: bool) -> UserCount:
    previous, following = view.neighbours(found.users)
    shown = len(view.page(found.users))
    if previous is None and following is None:
        return UserCount(number, more, sort=view.place.sort, descending=view.place.descending)
    first = view.first(shown, 0 if more else number, begins=previous is None, ends=following is None)
    last = first + shown - 1 if first else 0
    return UserCount(number, more, first, last, view.place.sort, view.place.descending)


def _listed(asked: Asked, view: View, found: overview.Found, choices: overview.Choices, count: UserCount) -> UserList:
    previous, following = view.neighbours(found.users)
    ahead = str(count.last + 1) if count.first else None
    behind = str(max(count.first - view.size, 1)) if count.first else None
    role = next((name for number, name in choices.roles if str(number) == asked.values.get("role")), "")
    return UserList(
        rows=(),
        count=count,
        asked=tuple((asked.values | view.values).items()),
        chips=asked.chips(role),
        roles=choices.roles,
        sizes=SIZES,
        headings=view.headings(asked.url),
        filtered=bool(asked.values),
        csv_url=replace(asked, view={}).url("/users.csv"),
        first_url=asked.url() if previous is not None else "",
        previous_url=asked.url(before=previous, at=behind) if previous is not None else "",
        next_url=asked.url(after=following, at=ahead) if following is not None else "",
        hidden=("sort", "order", *(("unit",) if asked.values.get("unit") == "" else ())),
    )


async def _rows(request: Request, view: View, users: list[overview.Listed]) -> tuple[UserRow, ...]:
    show_roles, show_address = (name in view.values for name in COLUMNS)
    roles = await exported.roles_of(context_of(request).db, [user.id for user in users]) if show_roles else {}
    return tuple(
        _row(user, user.email if show_address else None, tuple(roles[user.id]) if show_roles else None)
        for user in users
    )


# The same values make the same row, which is then found at once among those kept as HTML: those of ten pages.
@lru_cache(500)
def _row(user: overview.Listed, email: str | None, roles: tuple[str, ...] | None) -> UserRow:
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
        email=email,
        roles=roles,
    )
