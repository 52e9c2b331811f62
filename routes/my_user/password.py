"""Change one's password, and choose one after signing in with a one-time password."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from accounts.users import password
from routes.web.part import Page, page_answer
from routes.web.redirect import redirect
from routes.web.request import context_of, current_of, fields_of, keep_token


@dataclass(frozen=True)
class PasswordForm:
    """`problem`: of accounts.passwords.Problem, "wrong_current", "waiting" or "same". `username`: for password
    managers.
    """

    problem: str
    wait_seconds: int
    username: str


@dataclass(frozen=True)
class PasswordPage(Page):
    template = "my_user/password.html"
    password: PasswordForm


@dataclass(frozen=True)
class ChoosePasswordPage(Page):
    template = "my_user/choose_password.html"
    password: PasswordForm


async def show_password(request: Request) -> Response:
    """The form."""
    return _form(request, "", 0, 200)


async def change_password(request: Request) -> Response:
    """Asks for the current password, but not in a session opened with a one-time password."""
    context, current, form = context_of(request), current_of(request), await fields_of(request)
    outcome = await password.change_password(context, current, form["current_password"], form["new_password"])
    if isinstance(outcome, password.PasswordRefused):
        return _form(request, outcome.problem, outcome.wait_seconds, 429 if outcome.problem == "waiting" else 422)
    keep_token(request, outcome)
    return redirect(request, "/" if current.confined else "/my-user?password=changed#password")


def _form(request: Request, problem: str, wait_seconds: int, status: int) -> Response:
    current = current_of(request)
    form = PasswordForm(problem, wait_seconds, current.session.username)
    return page_answer(request, ChoosePasswordPage(form) if current.confined else PasswordPage(form), status)


async def well_known_change_password(request: Request) -> Response:
    """Where password managers look (W3C: A Well-Known URL for Changing Passwords)."""
    return redirect(request, "/my-user/password")
