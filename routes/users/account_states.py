"""Which state of the account card fits, filled from what holds now."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from accounts import administrators
from accounts.limits import UNSENT_LINK_SECONDS
from accounts.links import links
from accounts.users import administration
from accounts.users.administration import Details
from db import clock, makers
from db.links import Link, WayIn
from db.reads.user_detail import Detail
from db.users import User
from routes.single_sign_on import single_sign_on_of
from routes.users import account_card as card
from routes.users.subject import detail_of, is_own, may_edit
from routes.web.reauthentication import Reauthentication
from routes.web.request import config_of, context_of, maybe, moment

# That the field for the unit suggests.
MOST_UNITS = 200


async def account_now(
    request: Request, detail: Detail | None = None, message: card.Message | None = None
) -> card.Account:
    """The card in its current state, no form open."""
    detail = detail or await detail_of(request)
    provider = config_of(request).sso
    return card.Account(
        **await _common(request, detail),
        message=message,
        own=is_own(request, detail),
        provider=provider.name if provider else "",
    )


async def said(request: Request, what: card.Said) -> card.Account:
    """The card with a message."""
    detail = await detail_of(request)
    name = detail.user.name or detail.user.username
    return await account_now(request, detail, card.Message(what, name))


async def edit(
    request: Request,
    typed: Details | None = None,
    version: str = "",
    problems: Mapping[str, str] | None = None,
    needed: Reauthentication | None = None,
) -> card.EditAccount:
    """The form, filled with the details as they are, or as they were typed."""
    detail = await detail_of(request, MOST_UNITS)
    stored = administration.details_of(detail.user)
    return card.EditAccount(
        **await _common(request, detail),
        typed=typed or stored,
        version=version or administration.version_of(stored),
        problems=problems or {},
        needed=needed,
        installation_time_zone=config_of(request).time_zone,
        may_vouch=detail.email_by is not None and not is_own(request, detail),
        units=detail.units,
    )


async def edit_conflict(request: Request) -> card.EditAccount:
    """The form with the details as they are now, because another administrator changed them."""
    detail, form = await detail_of(request), await edit(request)
    return card.EditAccount(**vars(form) | {"message": card.Message("conflict", detail.user.name)})


async def ask_login_method(request: Request, detail: Detail, needed: Reauthentication | None) -> card.AskLoginMethod:
    """The form that changes the login method, which says before what ends."""
    provider = config_of(request).sso
    return card.AskLoginMethod(
        **await _common(request, detail),
        provider=provider.name if provider else "",
        phones=len(detail.phones),
        codes_left=detail.codes_left,
        last_with_password=await administrators.is_last_with_password(context_of(request), detail.user),
        needed=needed,
    )


async def ask_unbind(request: Request, detail: Detail, needed: Reauthentication | None) -> card.AskUnbind:
    return card.AskUnbind(**await _common(request, detail), needed=needed)


async def ask_link(
    request: Request, detail: Detail, kind: WayIn, needed: Reauthentication, *, show: bool
) -> card.AskLink:
    """The form that creates a link, which asks for reauthentication first; `show`: to hand over, not to be mailed."""
    return card.AskLink(**await _common(request, detail), kind=kind, show=show, needed=needed)


async def ask_enable(request: Request, detail: Detail, needed: Reauthentication) -> card.AskEnable:
    return card.AskEnable(**await _common(request, detail), needed=needed)


async def ask_disable(request: Request, detail: Detail) -> card.AskDisable:
    return card.AskDisable(**await _common(request, detail), entered=await _entered(request, detail))


async def ask_delete(request: Request, detail: Detail) -> card.AskDelete:
    return card.AskDelete(**await _common(request, detail), entered=await _entered(request, detail))


async def _entered(request: Request, detail: Detail) -> int:
    return await makers.number_entered(context_of(request).db, detail.user.id)


async def _common(request: Request, detail: Detail) -> dict[str, Any]:
    """What every state shows."""
    user, editable = detail.user, may_edit(request, detail)
    newest = detail.link if editable else None
    link = _outstanding(request, detail, newest) if newest else None
    return {
        "facts": _facts(request, detail),
        "standing": _standing(user, link, editable),
        "may_edit": editable,
        "link": link,
        "newest_link": newest.id if newest else 0,
        "by_mail": config_of(request).mail is not None and user.email != "" and _may_be_mailed(detail),
    }


def _may_be_mailed(detail: Detail) -> bool:
    return detail.email_by is None or detail.email_by.may


def _facts(request: Request, detail: Detail) -> card.Facts:
    user = detail.user
    return card.Facts(
        id=user.id,
        username=user.username,
        name=user.name,
        email=user.email,
        company=user.company,
        unit=user.unit,
        time_zone=user.time_zone,
        roles=detail.roles,
        sso=single_sign_on_of(request, user),
        email_by=detail.email_by if user.email else None,
        email_set_by=user.email_set_by,
        created_at=moment(user.created_at),
        last_login_at=maybe(user.last_login_at),
        disabled_at=maybe(user.disabled_at),
    )


def _standing(user: User, link: card.OutstandingLink | None, editable: bool) -> card.Standing:
    if user.disabled_at is not None:
        return "disabled"
    if user.password_hash is not None or user.sso_subject is not None:
        return "active"
    if link and not link.failed:
        return "invited"
    return "not_invited" if editable else "not_joined"


def _outstanding(request: Request, detail: Detail, link: Link) -> card.OutstandingLink | None:
    """The user's newest link, if it still works."""
    kind, fate = detail.link_kind, detail.link_email if link.detail else None
    shown: WayIn = "binding" if kind == "binding" else "invitation" if kind == "invitation" else "password_reset"
    if (
        link.used_at is not None
        or not clock.lasts(link.expires_at, UNSENT_LINK_SECONDS, context_of(request).now)
        or not links.newest_is_valid(detail, link, shown)
    ):
        return None
    return card.OutstandingLink(
        kind=shown,
        expires_at=moment(link.expires_at),
        email=link.detail,
        unsent=fate is not None and fate.sent_at is None,
        error=fate.error if fate else "",
        failed=fate is not None and fate.failed_at is not None,
    )
