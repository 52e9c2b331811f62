"""General Settings › General: what the environment sets, and how e-mails leave."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from db.reads import deliveries
from routes.web.part import Page, page_answer
from routes.web.request import config_of, context_of, moment

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
class GeneralPage(Page):
    """`mail`: None without a mail server."""

    template = "general_settings/general.html"
    settings: tuple[Setting, ...]
    mail: Mail | None


async def general(request: Request) -> Response:
    config = config_of(request)
    settings = (
        Setting("organisation", config.organisation, "TWO_KEYS_ORGANISATION"),
        Setting("base_url", config.base_url, "TWO_KEYS_BASE_URL"),
        Setting("time_zone", config.time_zone, "TWO_KEYS_TIME_ZONE"),
    )
    return page_answer(request, GeneralPage(settings, await _mail(request)))


async def _mail(request: Request) -> Mail | None:
    server, db = config_of(request).mail, context_of(request).db
    if server is None:
        return None
    failed = await deliveries.failures(db, 0, MOST_FAILURES)
    return Mail(
        f"{server.host}:{server.port}",
        server.sender,
        await deliveries.last_error(db),
        tuple(FailedEmail(one.kind, one.user_id, one.username or "", moment(one.at), one.error) for one in failed),
    )
