"""General Settings › Security: the switch of Two-Factor Authentication."""

from dataclasses import dataclass, replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from accounts.two_factor import switch
from db import adoption
from db.adoption import Figures
from routes.web.frame import frame_parts
from routes.web.part import Page, Part, answer, wants_part
from routes.web.reauthentication import Reauthentication, reauthenticate
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of, fields_of, maybe


@dataclass(frozen=True)
class SecuritySettings(Part):
    """`changed_by`: "" if it was never switched. `saved`: the form was sent. `done_to`: what it has just
    changed for whom; None if it was so already.
    """

    template = "general_settings/security_settings.html"
    root = "security-settings"
    on: bool
    changed_by: str
    changed_at: datetime | None
    saved: bool
    done_to: Figures | None = None


@dataclass(frozen=True)
class EditSecuritySettings(Part):
    """`wanted`: the position of the switch. `bad_value`: what was sent is neither on nor off."""

    template = "general_settings/edit_security_settings.html"
    root = "security-settings"
    on: bool
    wanted: bool
    figures: Figures
    needed: Reauthentication | None
    bad_value: bool


@dataclass(frozen=True)
class SecurityPage(Page):
    template = "general_settings/security.html"
    security_settings: SecuritySettings | EditSecuritySettings


async def security(request: Request) -> Response:
    return await _answer(request, await _settings(request))


async def edit_security(request: Request) -> Response:
    """The switch, and what it would do."""
    return await _answer(request, await _edit(request))


async def switch_two_factor(request: Request) -> Response:
    """Switches the function on or off."""
    form = await fields_of(request)
    values = form.all("two_factor")
    if values not in ([], ["on"]):
        return await _answer(request, await _edit(request, bad_value=True), 422)
    wanted = bool(values)
    if needed := await reauthenticate(request, form):
        return await _answer(request, await _edit(request, wanted, needed), needed.status)
    current = current_of(request)
    changed = await switch.switch(context_of(request), wanted, current.principal, current)
    if not wants_part(request):
        return redirect(request, "/general-settings/security")
    figures = await adoption.figures(context_of(request).db) if changed else None
    settings = replace(await _settings(request), saved=True, done_to=figures)
    return await _answer(request, settings, also=await frame_parts(request))


async def _answer(
    request: Request, part: SecuritySettings | EditSecuritySettings, status: int = 200, also: tuple[Part, ...] = ()
) -> Response:
    async def page() -> SecurityPage:
        return SecurityPage(part)

    return await answer(request, part, page, status=status, also=also)


async def _settings(request: Request) -> SecuritySettings:
    state = await switch.read(context_of(request))
    return SecuritySettings(state.on, state.changed_by or "", maybe(state.changed_at), saved=False)


async def _edit(
    request: Request, wanted: bool | None = None, needed: Reauthentication | None = None, *, bad_value: bool = False
) -> EditSecuritySettings:
    context = context_of(request)
    on = (await switch.read(context)).on
    figures = await adoption.figures(context.db)
    return EditSecuritySettings(on, on if wanted is None else wanted, figures, needed, bad_value)
