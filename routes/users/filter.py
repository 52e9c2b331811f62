"""Which users the overview and its export are asked for: the filters as typed in the URL, and what they mean."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from db.reads import overview
from routes.web.numbers import row_number
from routes.web.request import context_of

LONGEST_SEARCH = 128
NAMES = ("q", "login_method", "two_factor", "joined", "unit", "role")


@dataclass(frozen=True)
class Chip:
    # on/off: has / has not set it up
    name: Literal["all", "password", "sso", "on", "off", "exempt", "not_joined", "unit", "role"]
    url: str
    selected: bool
    # the unit or role; its link takes the filter away
    text: str = ""


@dataclass(frozen=True)
class Asked:
    # those that are set; `unit` may be set and empty: users without a unit
    values: dict[str, str]
    # what the role is called
    role: str = ""

    @property
    def filter(self) -> overview.Filter:
        """What is asked of the database."""
        values = self.values
        return overview.Filter(
            values.get("q", "").casefold(),
            values.get("login_method", ""),
            values.get("two_factor", ""),
            values.get("unit"),
            int(values["role"]) if "role" in values else None,
            "joined" in values,
        )

    def url(self, path: str = "/users", /, **changed: str | None) -> str:
        """An address with the same filters but for those changed; None takes one away."""
        query = {name: value for name, value in {**self.values, **changed}.items() if value is not None}
        return path + (f"?{urlencode(query)}" if query else "")

    @property
    def described(self) -> str:
        """The filters in words, for the log."""
        shown = {name: self.role if name == "role" else value for name, value in self.values.items()}
        return "; ".join(f"{name}={value}" for name, value in shown.items()) or "everything"

    @property
    def chips(self) -> tuple[Chip, ...]:
        """The filters to choose from, and those of the URL."""
        two_factor = self.values.get("two_factor")
        # of which a chip sets one and takes the others away
        names = ("login_method", "two_factor", "joined")

        def chip(name: Literal["all", "password", "sso", "on", "off", "exempt", "not_joined"], **chosen: str) -> Chip:
            wanted = {each: chosen.get(each) for each in names}
            return Chip(name, self.url(**wanted), {each: self.values.get(each) for each in names} == wanted)

        return (
            chip("all"),
            chip("on", two_factor="on"),
            chip("off", two_factor="off"),
            chip("password", login_method="password"),
            chip("sso", login_method="sso"),
            chip("not_joined", joined="no"),
            *((chip("exempt", two_factor="exempt"),) if two_factor == "exempt" else ()),
            *((Chip("unit", self.url(unit=None), True, self.values["unit"]),) if "unit" in self.values else ()),
            *((Chip("role", self.url(role=None), True, self.role),) if "role" in self.values else ()),
        )


async def asked_of(request: Request) -> Asked:
    """The filters of a request. Raises HTTPException for values that no link of ours has."""
    values = {name: request.query_params[name].strip() for name in NAMES if name in request.query_params}
    values["q"] = "".join(letter for letter in values.get("q", "")[:LONGEST_SEARCH] if letter.isprintable())
    values = {name: value for name, value in values.items() if value or name == "unit"}
    role = values.get("role", "0")
    role_id = row_number(role)
    if (
        values.get("login_method", "sso") not in ("password", "sso")
        or values.get("two_factor", "on") not in ("on", "off", "exempt")
        or values.get("joined", "no") != "no"
        or role_id is None
    ):
        raise HTTPException(422)
    name = await overview.role_name(context_of(request).db, role_id) if "role" in values else None
    return Asked(values, name or role)
