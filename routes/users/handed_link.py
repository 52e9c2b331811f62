"""A link to hand over: shown once, on a page of its own; or sent, and then the user's page says so."""

from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.links import links
from accounts.users import administration
from db import links as stored_links
from db import users as rows
from db.links import LinkKind, WayIn
from db.users import User
from routes.users import account_states as states
from routes.users.barred import refusal
from routes.users.subject import subject
from routes.users.user import answer_account
from routes.web.link_urls import link_url
from routes.web.numbers import DIGITS, row_number
from routes.web.outbox import outbox_of
from routes.web.part import Page, page_answer
from routes.web.reauthentication import reauthenticate
from routes.web.redirect import redirect
from routes.web.request import config_of, context_of, current_of, fields_of, moment


@dataclass(frozen=True)
class HandedLink:
    """`url`: "" if it was shown already. `added`: the user was added with it. `provider`: of a binding, "" without
    one.
    """

    kind: LinkKind
    user_id: int
    username: str
    name: str
    url: str
    expires_at: datetime | None
    added: bool
    newest_link: int
    provider: str


@dataclass(frozen=True)
class HandedLinkPage(Page):
    template = "users/link.html"
    handed_link: HandedLink


async def show_link(request: Request, user_id: int, made: links.NewLink, *, added: bool = False) -> Response:
    """The page with the link, which is never shown again."""
    user = await _user(request, user_id)
    url, expires_at = link_url(config_of(request), made.kind, made.token), moment(made.expires_at)
    provider = _provider(request, made.kind)
    link = HandedLink(made.kind, user.id, user.username, user.name, url, expires_at, added, 0, provider)
    return page_answer(request, HandedLinkPage(link))


async def shown_already(request: Request, user_id: int, kind: WayIn, *, added: bool = False) -> Response:
    """Says that the link was shown; to the user's page if it was sent."""
    user = await _user(request, user_id)
    found = await stored_links.newest(context_of(request).db, user.id)
    if found and found[1].detail:
        return redirect(request, f"/users/{user.id}")
    newest = found[1].id if found else 0
    provider = _provider(request, kind)
    link = HandedLink(kind, user.id, user.username, user.name, "", None, added, newest, provider)
    return page_answer(request, HandedLinkPage(link))


def _provider(request: Request, kind: LinkKind) -> str:
    provider = config_of(request).sso
    return provider.name if provider and kind == "binding" else ""


async def _user(request: Request, user_id: int) -> User:
    user = await rows.by_id(context_of(request).db, user_id)
    if user is None:
        raise HTTPException(404)
    return user


async def invite(request: Request) -> Response:
    """A new invitation in place of the old one: sent, or with `show=on` shown to hand over."""
    return await _hand_over(request, "invitation")


async def bind(request: Request) -> Response:
    """A new link for the first sign-in by Single Sign-On, sent or shown likewise."""
    return await _hand_over(request, "binding")


async def start_password_reset(request: Request) -> Response:
    """A link with which a user who forgot the password chooses another, sent or shown likewise."""
    return await _hand_over(request, "password_reset")


async def _hand_over(request: Request, kind: WayIn) -> Response:
    """A link is a way into another account, so it needs reauthentication."""
    form, detail = await fields_of(request), await subject(request)
    if not links.applies_to(detail.user, kind):
        return await _does_not_fit(request)
    if needed := await reauthenticate(request, form):
        card = await states.ask_link(request, detail, kind, needed, show=form["show"] == "on")
        return await answer_account(request, card, needed.status)
    return await create_link(request, kind)


async def _does_not_fit(request: Request) -> Response:
    return await answer_account(request, await states.said(request, "does_not_fit"), 409)


async def create_link(request: Request, kind: WayIn) -> Response:
    """The page with a new link, unless the same form has created one already. Expects a reauthentication."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    user_id, newest = request.path_params["id"], row_number(form["newest"])
    by_mail = config_of(request).mail is not None and form["show"] != "on"
    known = NEWER_THAN_ALL if newest is None else newest
    match await administration.hand_over(context, user_id, kind, known, current, by_mail=by_mail):
        case links.NewLink() as made:
            return await show_link(request, user_id, made)
        case links.SentLink():
            outbox_of(request).wake()
            return redirect(request, f"/users/{user_id}")
        case "shown":
            return await shown_already(request, user_id, kind)
        case "does_not_fit":
            return await _does_not_fit(request)
        case "no_provider":
            return await answer_account(request, await states.said(request, "no_provider"), 409)
        case barred:
            raise refusal(barred)


# What a script that names no link knows: none is newer.
NEWER_THAN_ALL = 10**DIGITS
