"""Which users the overview, its export and an act on many are asked for: the filters as typed, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts import sessions
from db.reads.user_filter import Filter
from routes.web.numbers import row_number
from routes.web.request import context_of

LONGEST_SEARCH = 128
NAMES = ("q", "login_method", "two_factor", "joined", "status", "signed_in", "unit", "role")
ALLOWED = {
    "login_method": ("password", "sso"),
    "two_factor": ("on", "off", "exempt"),
    "joined": ("yes", "no"),
    "status": ("active", "disabled"),
    "signed_in": ("yes",),
}
ChipName = Literal[
    "all",
    "on",
    "off",
    "exempt",
    "password",
    "sso",
    "not_joined",
    "joined",
    "active",
    "disabled",
    "signed_in",
    "unit",
    "role",
]
# Chip → the filter that it sets, or takes away.
CHIPS: dict[ChipName, tuple[str, str]] = {
    "on": ("two_factor", "on"),
    "off": ("two_factor", "off"),
    "password": ("login_method", "password"),
    "sso": ("login_method", "sso"),
    "not_joined": ("joined", "no"),
}
# These are offered in the form, and are chips while they are set.
MORE_CHIPS: dict[ChipName, tuple[str, str]] = {
    "exempt": ("two_factor", "exempt"),
    "joined": ("joined", "yes"),
    "active": ("status", "active"),
    "disabled": ("status", "disabled"),
    "signed_in": ("signed_in", "yes"),
}


@dataclass(frozen=True)
class Chip:
    # on/off: has / has not set it up
    name: ChipName
    url: str
    selected: bool
    # the unit or role; its link takes the filter away
    text: str = ""


@dataclass(frozen=True)
class Asked:
    # those that are set; `unit` may be set and empty: users without a unit
    values: dict[str, str]
    filter: Filter
    # how the list is shown: order, size, columns
    view: dict[str, str]

    def url(self, path: str = "/users", /, **changed: str | None) -> str:
        """An address with the same filters and view but for those changed; None takes one away."""
        query = {name: value for name, value in {**self.values, **self.view, **changed}.items() if value is not None}
        return path + (f"?{urlencode(query)}" if query else "")

    def described(self, role: str = "") -> str:
        """The filters in words, for the log. `role`: its name, if it is one."""
        shown = {**self.values, "role": role} if role and "role" in self.values else self.values
        return "; ".join(f"{name}={value}" for name, value in shown.items()) or "everything"

    def chips(self, role: str) -> tuple[Chip, ...]:
        """The filters to choose from, which combine, and those that are set. `role`: its name, if it is one."""
        values = self.values
        without = self.url(**dict.fromkeys(name for name in NAMES if name != "q"))
        return (
            Chip("all", without, values.keys() <= {"q"}),
            *(self._chip(name, *which) for name, which in CHIPS.items()),
            *(self._chip(name, *which) for name, which in MORE_CHIPS.items() if values.get(which[0]) == which[1]),
            *((Chip("unit", self.url(unit=None), True, values["unit"]),) if "unit" in values else ()),
            *((Chip("role", self.url(role=None), True, role or values["role"]),) if "role" in values else ()),
        )

    def _chip(self, name: ChipName, what: str, value: str) -> Chip:
        selected = self.values.get(what) == value
        return Chip(name, self.url(**{what: None if selected else value}), selected)


def asked_of(request: Request, view: Mapping[str, str] | None = None) -> Asked:
    """The filters of a request's URL. Raises HTTPException for values that no link of ours has."""
    return asked_for(request, request.query_params, view)


def asked_for(request: Request, fields: Mapping[str, str], view: Mapping[str, str] | None = None) -> Asked:
    """The same for the fields of a form."""
    values = {name: fields[name].strip() for name in NAMES if name in fields}
    # The form's own field: left empty, it means every unit.
    if in_unit := fields.get("in_unit", "").strip():
        values["unit"] = in_unit
    values["q"] = "".join(letter for letter in values.get("q", "")[:LONGEST_SEARCH] if letter.isprintable())
    values = {name: value for name, value in values.items() if value or name == "unit"}
    if any(values.get(name, allowed[0]) not in allowed for name, allowed in ALLOWED.items()):
        raise HTTPException(422)
    return Asked(values, _filter(request, values), dict(view or {}))


def _filter(request: Request, values: dict[str, str]) -> Filter:
    role_id = row_number(values.get("role", "0"))
    if role_id is None:
        raise HTTPException(422)
    return Filter(
        q=values.get("q", "").casefold(),
        login_method=values.get("login_method", ""),
        two_factor=values.get("two_factor", ""),
        joined=values.get("joined", ""),
        status=values.get("status", ""),
        unit=values.get("unit"),
        role_id=role_id if "role" in values else None,
        signed_in=sessions.which_are_open(context_of(request)) if "signed_in" in values else None,
    )
