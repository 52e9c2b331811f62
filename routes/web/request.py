"""What a handler may ask of its request."""

from datetime import UTC, datetime

from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounts.context import Context
from accounts.sessions import Current
from accounts.system.contact import Contact
from config import Config


class Fields:
    """The fields of a form. A missing one is empty."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    def __getitem__(self, name: str) -> str:
        return str(self._form.get(name, ""))

    def has(self, name: str) -> bool:
        """Whether the field was sent at all."""
        return name in self._form

    @property
    def query(self) -> QueryParams:
        """All fields, as if they stood in the URL."""
        return QueryParams([(name, str(value)) for name, value in self._form.multi_items()])

    def all(self, name: str) -> list[str]:
        """Every value of a field that may come several times."""
        return [str(value) for value in self._form.getlist(name)]


async def fields_of(request: Request, most: int = 100) -> Fields:
    """The fields of the form that was sent, at most so many. Anything but the plain encoding is refused.

    The form with a file (routes/users/import_file.py) alone sends another, and is not read here.
    """
    kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind != FORM and (kind or await request.body()):
        raise HTTPException(400, "form")
    return Fields(await request.form(max_files=0, max_fields=most))


FORM = "application/x-www-form-urlencoded"


def context_of(request: Request) -> Context:
    """The context of this request."""
    context: Context = request.scope["context"]
    return context


def current_of(request: Request) -> Current:
    """Who asks; only in routes that are listed for those who are signed in."""
    current: Current = request.scope["current"]
    return current


def config_of(request: Request) -> Config:
    """The settings."""
    config: Config = request.app.state.config
    return config


def contact_of(request: Request) -> Contact:
    """Whom to ask for help, as this process read it last: no page of an error depends on the database."""
    contact: Contact = request.app.state.contact
    return contact


def now_of(request: Request) -> datetime:
    """The moment of this request."""
    return moment(request.scope["context"].now if "context" in request.scope else request.app.state.clock())


def moment(epoch_seconds: int) -> datetime:
    """A stored time as an aware one, in UTC."""
    return datetime.fromtimestamp(epoch_seconds, UTC)


def maybe(epoch_seconds: int | None) -> datetime | None:
    """The same for a time that may be missing."""
    return None if epoch_seconds is None else moment(epoch_seconds)


def keep_token(request: Request, session_token: str | None) -> None:
    """Hands the session's new token to the guard, which sends it with the answer."""
    if session_token is not None:
        request.scope["new_session_token"] = session_token
