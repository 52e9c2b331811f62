"""Help: the articles about two-factor authentication, for administrators and for users, readable before signing in."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from routes.web.part import Page, page_answer
from routes.web.request import config_of


@dataclass(frozen=True)
class HelpPage(Page):
    template = "help/help.html"


@dataclass(frozen=True)
class AdministratorsArticle(Page):
    template = "help/administrators.html"
    has_mail_server: bool


@dataclass(frozen=True)
class UsersArticle(Page):
    template = "help/users.html"


async def show(request: Request) -> Response:
    """The list of the articles."""
    return page_answer(request, HelpPage())


async def administrators(request: Request) -> Response:
    """Two-Factor Authentication – enable or disable as an admin."""
    return page_answer(request, AdministratorsArticle(config_of(request).mail is not None))


async def users(request: Request) -> Response:
    """Two-Factor Authentication – enable as a user."""
    return page_answer(request, UsersArticle())
