"""General Settings: what the environment sets, and the switch."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from accounts.login import reauthentication
from accounts.two_factor import switch as two_factor_switch
from db import adoption
from db.reads import deliveries
from routes.web import part
from routes.web.part import Proof
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of, keep_token, maybe, moment
from routes.web.session import refresh

MOST_FAILURES = 10


@dataclass(frozen=True)
class Setting:
    name: str  # "organisation" | "base_url" | "time_zone"
    value: str
    variable: str


@dataclass(frozen=True)
class FailedLetter:
    letter: str  # as in accounts/letters.KINDS
    user_id: int | None
    username: str
    at: datetime
    error: str  # as users/_mail_errors.html reads it


@dataclass(frozen=True)
class Mail:
    host: str
    sender: str
    last_error: str  # of letters that wait; "" if all is well
    failures: tuple[FailedLetter, ...]  # of the last 30 days, the newest


@dataclass(frozen=True)
class GeneralPage(part.Page):
    template = "general_settings/general.html"
    settings: tuple[Setting, ...]
    mail: Mail | None = None  # None: no mail server


@dataclass(frozen=True)
class SecuritySettings:  # general_settings/_security_settings.html
    on: bool
    changed_by: str  # "" = never changed
    changed_at: datetime | None
    editing: bool
    wanted: bool  # the position of the switch in the edit view
    set_up: int
    not_set_up: int
    sso: int
    proof: Proof | None
    saved: bool
    problem: str  # "" | "bad_value"


@dataclass(frozen=True)
class SecurityPage(part.Page):
    template = "general_settings/security.html"
    security_settings: SecuritySettings


async def general(request: Request) -> Response:
    """What the environment sets, and where."""
    config = config_of(request)
    settings = (
        Setting("organisation", config.organisation, "TWO_KEYS_ORGANISATION"),
        Setting("base_url", config.base_url, "TWO_KEYS_BASE_URL"),
        Setting("time_zone", config.time_zone, "TWO_KEYS_TIME_ZONE"),
    )
    return part.render(request, GeneralPage(settings, await _mail(request)))


async def _mail(request: Request) -> Mail | None:
    server, context = config_of(request).mail, context_of(request)
    if server is None:
        return None
    failed = await deliveries.failures(context.db, 0, MOST_FAILURES)
    return Mail(
        f"{server.host}:{server.port}",
        server.sender,
        await deliveries.last_error(context.db),
        tuple(FailedLetter(one.kind, one.user_id, one.username or "", moment(one.at), one.error) for one in failed),
    )


async def security(request: Request) -> Response:
    """How the switch stands."""
    return await _card(request)


async def edit_security(request: Request) -> Response:
    """The switch, and what it would do."""
    return await _card(request, editing=True)


async def switch_two_factor(request: Request) -> Response:
    """Switches the function on or off, after the proof."""
    context, current = context_of(request), current_of(request)
    form = await fields_of(request)
    values = form.all("two_factor")
    if values not in ([], ["on"]):
        return await _card(request, editing=True, problem="bad_value", status=422)
    wanted = bool(values)
    proved = await reauthentication.reauthenticate(
        context, current, reauthentication.Typed(form["password"], form["code"])
    )
    if isinstance(proved, reauthentication.Needed):
        asked = part.proof_of(proved)
        return await _card(request, editing=True, wanted=wanted, asked=asked, status=part.refusal_status(proved))
    keep_token(request, proved.session_token)
    await two_factor_switch.switch(context, wanted, current.principal, current)
    if not part.wants_part(request):
        return redirect(request, "/general-settings/security")
    return await _card(request, saved=True)


async def _card(
    request: Request,
    *,
    editing: bool = False,
    wanted: bool | None = None,
    asked: Proof | None = None,
    problem: str = "",
    saved: bool = False,
    status: int = 200,
) -> Response:
    context = context_of(request)
    switch, figures = await two_factor_switch.read(context), await adoption.figures(context.db)
    settings = SecuritySettings(
        on=switch.on,
        changed_by=switch.changed_by or "",
        changed_at=maybe(switch.changed_at),
        editing=editing,
        wanted=switch.on if wanted is None else wanted,
        set_up=figures.set_up,
        not_set_up=figures.not_set_up,
        sso=figures.sso,
        proof=asked,
        saved=saved,
        problem=problem,
    )
    also = ("notification", "user_header") if saved else ()
    current = await refresh(request) if saved else None
    return part.render(
        request, SecurityPage(settings), part="security_settings", also=also, status=status, current=current
    )
