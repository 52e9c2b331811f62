"""General Settings › General: the contact, what the environment sets, and how e-mails leave."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from accounts.system import contact, proxies
from db.reads import deliveries
from routes.general_settings.contact_card import ContactCard, EditContact
from routes.web.client import is_proxy
from routes.web.part import Page, page_answer
from routes.web.request import config_of, context_of, moment
from settings import addresses

MOST_FAILURES = 10


@dataclass(frozen=True)
class Setting:
    """`name`: "organisation", "base_url" or "time_zone". `variable`: which sets it."""

    name: str
    value: str
    variable: str


@dataclass(frozen=True)
class FailedEmail:
    """`kind`: of accounts/mail/notices.py. `error`: as users/_mail_errors.html reads it."""

    kind: str
    user_id: int | None
    username: str
    at: datetime
    error: str


@dataclass(frozen=True)
class Mail:
    """`last_error`: of e-mails that wait, "" if all is well. `failures`: the newest of the last 30 days."""

    host: str
    sender: str
    last_error: str
    failures: tuple[FailedEmail, ...]


@dataclass(frozen=True)
class UntrustedProxy:
    """A client whose forwarding headers do not count. `header`: such as X-Forwarded-For."""

    ip_address: str
    header: str
    at: datetime


@dataclass(frozen=True)
class GeneralPage(Page):
    """`mail`: None without a mail server. `untrusted_proxy`: None if none was met lately."""

    template = "general_settings/general.html"
    contact_card: ContactCard | EditContact
    settings: tuple[Setting, ...]
    mail: Mail | None
    untrusted_proxy: UntrustedProxy | None


async def general(request: Request) -> Response:
    return page_answer(request, await general_page(request))


async def general_page(request: Request, contact_card: ContactCard | EditContact | None = None) -> GeneralPage:
    config = config_of(request)
    settings = (
        Setting("organisation", config.organisation, "TWO_KEYS_ORGANISATION"),
        Setting("base_url", config.base_url, "TWO_KEYS_BASE_URL"),
        Setting("time_zone", config.time_zone, "TWO_KEYS_TIME_ZONE"),
    )
    sighting, found = await proxies.warnings_of(context_of(request))
    card = contact_card or ContactCard(contact.read(found.contact or ""), "")
    return GeneralPage(card, settings, await _mail(request, found.email_error), _proxy(request, sighting))


def _proxy(request: Request, sighting: proxies.Sighting | None) -> UntrustedProxy | None:
    """None also if it is named by now."""
    if sighting is None or is_proxy(addresses.address(sighting.ip_address), config_of(request)):
        return None
    return UntrustedProxy(sighting.ip_address, sighting.header, moment(sighting.at))


async def _mail(request: Request, last_error: str) -> Mail | None:
    server, db = config_of(request).mail, context_of(request).db
    if server is None:
        return None
    failed = await deliveries.failures(db, MOST_FAILURES)
    return Mail(
        f"{server.host}:{server.port}",
        server.sender,
        last_error,
        tuple(FailedEmail(one.kind, one.user_id, one.username or "", moment(one.at), one.error) for one in failed),
    )
