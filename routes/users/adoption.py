"""Adoption: who has set two-factor authentication up, by organisational unit and role, and how that went month by
month.
"""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from db.adoption import Figures
from db.reads import adoption
from routes.web.part import Page, page_answer
from routes.web.request import context_of, now_of

PAGE_SIZE = 100
MONTHS = 12
# of the chart's coordinates
HIGHEST = 100


@dataclass(frozen=True)
class Numbers:
    """How many have it, have not, are exempt, have not joined; each with the address of the list behind it."""

    # a unit ("": none) or a role; "" for the whole
    name: str
    set_up: int
    not_set_up: int
    exempt: int
    not_joined: int
    on_url: str
    off_url: str
    exempt_url: str
    not_joined_url: str


@dataclass(frozen=True)
class Month:
    first_day: date
    set_ups: int
    # of its bar, at most HIGHEST
    height: int


@dataclass(frozen=True)
class AdoptionPage(Page):
    template = "users/adoption.html"
    adoption: Figures
    whole: Numbers
    units: tuple[Numbers, ...]
    units_first_url: str
    units_next_url: str
    roles: tuple[Numbers, ...]
    months: tuple[Month, ...]


async def show(request: Request) -> Response:
    """The current figures, each from a row that triggers keep."""
    after = request.query_params.get("after")
    today = now_of(request).date()
    days = [_back(today, months) for months in reversed(range(MONTHS))]
    found = await adoption.read(context_of(request).db, after, PAGE_SIZE + 1, f"{days[0]:%Y-%m}")
    shown = AdoptionPage(
        adoption=found.whole,
        whole=_numbers("", found.whole),
        units=tuple(_numbers(unit.unit, unit, unit=unit.unit) for unit in found.units[:PAGE_SIZE]),
        units_first_url="/users/adoption" if after is not None else "",
        units_next_url=_next_url(found.units),
        roles=tuple(_numbers(role.role, role, role=str(role.role_id)) for role in found.roles),
        months=_months(days, found.months),
    )
    return page_answer(request, shown)


def _next_url(units: list[adoption.OfUnit]) -> str:
    """Of the page after these units; "" on the last."""
    return f"/users/adoption?{urlencode({'after': units[PAGE_SIZE - 1].unit})}" if len(units) > PAGE_SIZE else ""


def _numbers(name: str, figures: Figures, **of: str) -> Numbers:
    lists = [{"two_factor": each, "joined": "yes"} for each in ("on", "off", "exempt")]
    urls = [f"/users?{urlencode({**of, **each})}" for each in (*lists, {"joined": "no"})]
    return Numbers(name, figures.set_up, figures.not_set_up, figures.sso, figures.not_joined, *urls)


def _months(days: list[date], found: dict[str, int]) -> tuple[Month, ...]:
    """The last twelve, this one included, oldest first."""
    numbers = [found.get(f"{day:%Y-%m}", 0) for day in days]
    most = max(*numbers, 1)
    return tuple(
        Month(day, number, max(round(HIGHEST * number / most), 1 if number else 0))
        for day, number in zip(days, numbers, strict=True)
    )


def _back(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, 1)
