"""The error pages: one sentence of what happened, one of what to do. For HTMX they replace the whole body."""

import logging
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.activity import kinds, log
from accounts.system.contact import Contact
from routes.web.part import Page, page_answer, shipped_answer, wants_part
from routes.web.redirect import sign_in_first
from routes.web.request import contact_of, context_of, current_of
from routes.web.templates import Mistake, ThemeMistake

RETRY_AFTER_SECONDS = 2
REASONS = ("host", "cross_site", "permission", "form")

_log = logging.getLogger("two_keys.errors")


@dataclass(frozen=True)
class Error:
    # 400 403 404 405 409 413 429 500 503
    status: int
    # "" or one of REASONS
    reason: str


@dataclass(frozen=True)
class ErrorPage(Page):
    template = "errors/error.html"
    error: Error
    contact: Contact


def answer(request: Request, status: int, reason: str = "", headers: dict[str, str] | None = None) -> Response:
    """The page of an error. It replaces the body, because HTMX would swap it into the part that asked."""
    swap = {"HX-Retarget": "body", "HX-Reswap": "innerHTML"} if wants_part(request) else {}
    wait = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
    return page_answer(
        request, ErrorPage(Error(status, reason), contact_of(request)), status, {**swap, **wait, **(headers or {})}
    )


async def missing(request: Request) -> Response:
    """For an address that leads nowhere."""
    raise HTTPException(404)


async def http(request: Request, error: Exception) -> Response:
    """For what the routes refuse."""
    assert isinstance(error, HTTPException)
    if error.status_code == 403 and request.scope.get("current"):
        await _record_refusal(request)
    reason = error.detail if error.detail in REASONS else "form" if error.status_code == 400 else ""
    return answer(request, error.status_code, reason, dict(error.headers or {}))


async def _record_refusal(request: Request) -> None:
    context, current = context_of(request), current_of(request)
    refused = kinds.AccessRefused(f"{request.method} {request.scope['pattern']}")
    async with context.db.transaction():
        await log.record(context, refused, current.principal)


async def session_over(request: Request, error: Exception) -> Response:
    """For a session that ended while its request was under way."""
    return sign_in_first(request, "/", "")


async def unavailable(request: Request, error: Exception) -> Response:
    """For a database that is locked, full or gone, and for full queues: nothing was changed."""
    _log.error("503: %s: %s", type(error).__name__, error)
    return answer(request, 503)


async def gone(request: Request, error: Exception) -> Response:
    """For a browser that closed the connection while it sent; this is never read."""
    return Response(status_code=400)


@dataclass(frozen=True)
class ThemeMistakePage(Page):
    template = "errors/theme_mistake.html"
    mistake: Mistake


async def theme_mistake(request: Request, error: Exception) -> Response:
    """In development, for a page that a designer's template cannot make."""
    assert isinstance(error, ThemeMistake)
    return shipped_answer(request, ThemeMistakePage(error.mistake), 500)


async def failed(request: Request, error: Exception) -> Response:
    """For a bug. The traceback is in the program's output (Starlette raises it again after this page)."""
    if isinstance(error, ThemeMistake):
        # the designer's layout, which error pages use, too
        return await theme_mistake(request, error)
    return answer(request, 500)
