"""People with accounts, and what they do in a window. Who is prepared by the rules of accounts/ saves a test the way
there.
"""

import re
from dataclasses import dataclass, field, replace

import pyotp
from playwright.sync_api import Page, expect

from accounts import sessions
from accounts.context import COMMAND_LINE, Client, Context
from accounts.login import login
from accounts.two_factor import enrollment, qr_step
from accounts.two_factor import switch as two_factor_switch
from accounts.users import users
from tests.chromium.phone import Phone
from tests.chromium.server import Server

DAY_SECONDS = 24 * 3600


@dataclass
class Person:
    """Somebody with an account and perhaps a phone."""

    username: str
    password: str
    id: int = 0
    phone: Phone | None = None
    recovery_codes: tuple[str, ...] = field(default=())

    def signs_in(self, page: Page, path: str = "/") -> Page:
        """Signs in with whatever is needed, and opens a page."""
        page.goto("/login")
        type_login(page, self.username, self.password, self.phone.code() if self.phone else "")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator("#user-header")).to_be_visible()
        if path != "/":
            page.goto(path)
        return page


def type_login(page: Page, username: str, password: str, code: str = "") -> None:
    """Fills in the one login form; the code only where there is a field for it."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    field = page.get_by_label("Two-Factor Authentication")
    if code and field.count():
        field.fill(code)


def choose_password(page: Page, password: str) -> None:
    """On *Choose a password*."""
    page.get_by_label("New password").fill(password)
    page.get_by_role("button", name="Save password").click()


async def add(context: Context, new: users.New) -> Person:
    """Adds a user, as the command line does."""
    created = await users.create(context, new, COMMAND_LINE)
    assert isinstance(created, users.Created), created
    return Person(created.username, new.password or created.one_time_password or "", created.user_id)


async def set_up(context: Context, person: Person) -> None:
    """Sets a second factor up, the function being on, at the desk's moment."""
    visiting = replace(context, client=Client("192.0.2.17", "Firefox on Android", None))
    signed_in = await login.sign_in(visiting, login.Typed(person.username, person.password, ""))
    assert isinstance(signed_in, login.SignedIn), signed_in
    current = await sessions.resume(visiting, signed_in.session_token, reading=False)
    assert current is not None
    started = await enrollment.start(visiting, current)
    assert isinstance(started, qr_step.Pending), started
    confirmed = await enrollment.confirm(visiting, current, pyotp.TOTP(started.key).at(context.now))
    assert isinstance(confirmed, enrollment.Confirmed), confirmed
    person.phone, person.recovery_codes = Phone.with_key(started.key), confirmed.codes


def switch(server: Server, on: bool) -> None:
    """Switches the function, as the command line does."""
    server.let(lambda context: two_factor_switch.switch(context, on, COMMAND_LINE))


def somebody(server: Server, username: str, *roles: str, phone: bool = False, **fields: str | None) -> Person:
    """Adds a user who has chosen a password; with a phone, they have set a second factor up yesterday."""
    chosen = {
        "name": username.capitalize(),
        "unit": "Sales",
        "password": f"the {username} who sells sea shells",
    }
    new = users.New(username=username, roles=roles or ("Member",), **(chosen | fields))  # type: ignore[arg-type]  # because the fields come by name

    async def prepare(context: Context) -> Person:
        person = await add(context, new)
        if phone:
            was_on = (await two_factor_switch.read(context)).on
            await two_factor_switch.switch(context, True, COMMAND_LINE)
            await set_up(replace(context, now=context.now - DAY_SECONDS), person)
            await two_factor_switch.switch(context, was_on, COMMAND_LINE)
        return person

    return server.let(prepare)


def written_moment() -> re.Pattern[str]:
    """How a moment is written: 24 Nov 2026, 07:31."""
    return re.compile(r"\b\d{1,2} [A-Z][a-z]{2} \d{4}, \d{2}:\d{2}\b")
