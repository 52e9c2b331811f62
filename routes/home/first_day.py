"""The checklist of the first day on Home: what there is to do, ticked by the facts, until it is put away."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from accounts import permissions
from accounts.system import first_day
from db.reads.home import Facts
from routes.web.part import Part
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of

Name = Literal["own_address", "mail_server", "base_url", "second_administrator", "people", "switch", "invite"]


@dataclass(frozen=True)
class Step:
    """`url`: where it is done."""

    name: Name
    done: bool
    url: str


@dataclass(frozen=True)
class FirstDay(Part):
    """The steps that the user may do. `may_put_away`: for all users."""

    template = "home/first_day.html"
    root = "first-day"
    steps: tuple[Step, ...]
    may_put_away: bool
    may_import: bool

    @property
    def number_done(self) -> int:
        return sum(step.done for step in self.steps)


def offered(request: Request) -> bool:
    """Whether the user may do any of it for the installation."""
    return bool({permissions.GENERAL_SETTINGS_EDIT, permissions.USERS_EDIT} & current_of(request).permissions)


def first_day_of(request: Request, facts: Facts) -> FirstDay:
    config, current = config_of(request), current_of(request)
    held = current.permissions
    steps: list[Step] = []
    if current.session.login_method == "password":
        steps.append(Step("own_address", bool(facts.own_address), "/my-user"))
    if permissions.GENERAL_SETTINGS_EDIT in held:
        steps.append(Step("mail_server", config.mail is not None, "/general-settings#letters"))
        steps.append(Step("base_url", not config.loopback, "/general-settings#installation"))
    if permissions.USERS_EDIT in held:
        steps.append(Step("people", bool(facts.others), "/users/new"))
    if set(permissions.ADMINISTRATOR_PERMISSIONS) <= held:
        role = facts.administrators_role
        url = f"/roles/{role}" if role else "/roles"
        steps.append(Step("second_administrator", bool(facts.second_administrator), url))
    if permissions.GENERAL_SETTINGS_EDIT in held:
        steps.append(Step("switch", current.function_on, "/general-settings/security/edit"))
    if permissions.USERS_EDIT in held:
        steps.append(Step("invite", bool(facts.others) and not facts.uninvited, "/users/invitations"))
    return FirstDay(
        tuple(steps),
        may_put_away=permissions.GENERAL_SETTINGS_EDIT in held,
        may_import=permissions.USERS_EDIT in held,
    )


async def put_away(request: Request) -> Response:
    """Puts the checklist away for all users."""
    await first_day.put_away(context_of(request), current_of(request))
    return redirect(request, "/")
