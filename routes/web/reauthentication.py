"""Reauthentication inside a form: the fields that ask for it, and the one line with which a handler requires it."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from accounts.login import reauthentication
from routes.web.request import Fields, context_of, current_of, keep_token


@dataclass(frozen=True)
class Reauthentication:
    """The fields `password` and `code` of a form, and why what was sent did not do."""

    password: bool
    code: bool
    problem: Literal["", "missing", "wrong", "used", "waiting", "blocked"] = ""
    wait_seconds: int = 0

    @property
    def status(self) -> int:
        """Of the answer that asks: 429 while the user waits, else 422."""
        return 429 if self.problem == "waiting" else 422


async def reauthenticate(request: Request, form: Fields, *, always_code: bool = False) -> Reauthentication | None:
    """What the form must ask for; None after a successful reauthentication, whose new session token is then set."""
    typed = reauthentication.Typed(form["password"], form["code"])
    outcome = await reauthentication.reauthenticate(
        context_of(request), current_of(request), typed, always_code=always_code
    )
    if isinstance(outcome, reauthentication.Needed):
        return Reauthentication(outcome.password, outcome.code, outcome.problem, outcome.wait_seconds)
    keep_token(request, outcome.session_token)
    return None


def asked_at_once(request: Request, *, always_code: bool = False) -> Reauthentication | None:
    """What a form asks for when it is opened; None if the user has reauthenticated lately."""
    lacks = reauthentication.missing(context_of(request), current_of(request), always_code=always_code)
    return Reauthentication(lacks.password, lacks.code) if lacks.password or lacks.code else None
