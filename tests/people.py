"""Alice (a member), Bob (an administrator), Cleo (Single Sign-On), and what they do before a test begins."""

from dataclasses import dataclass

from accounts import sessions
from accounts.context import COMMAND_LINE, Context
from accounts.two_factor import switch as two_factor_switch
from accounts.users import shown_with, users
from db import roles as stored_roles
from db import users as stored_users
from tests.browser import Browser, Installation, Page, Phone
from tests.cookies import SESSION

PASSWORDS = {
    "alice": "correct pony battery anchor",
    "bob": "seven wet umbrellas on a tram",
    "dora": "a quiet pond with green frogs",
}


@dataclass
class Person:
    """Somebody with an account, a browser, and perhaps a phone."""

    username: str
    user_id: int
    installation: Installation
    browser: Browser
    phone: Phone | None = None
    recovery_codes: tuple[str, ...] = ()

    @property
    def password(self) -> str:
        return PASSWORDS[self.username]

    def types(self, **changed: str) -> Page:
        """Fills in the login form with the right things, or what a test changes, and sends it."""
        code = self.phone.code() if self.phone else ""
        return self.browser.post(
            "/login", {"username": self.username, "password": self.password, "code": code, **changed}
        )

    def signs_in(self, **changed: str) -> Browser:
        """Signs in, which must succeed."""
        page = self.types(**changed)
        assert page.status == 303, page.text
        return self.browser

    def arrives_by_sso(self) -> Browser:
        """Signs in as the provider's answer would do it."""

        async def act(context: Context) -> sessions.Started:
            user = await stored_users.by_id(context.db, self.user_id)
            assert user is not None
            async with context.db.transaction():
                return await sessions.start(context, user, False)

        session_token = self.installation.run(act)[0]
        signed = self.installation.app.state.vault.sign(f"session:{session_token}")
        self.browser.client.cookies.set(SESSION, signed)
        return self.browser

    def sets_up(self) -> "Person":
        """Sets a second factor up; the phone's next code is fresh afterwards."""
        page = self.browser.post("/my-user/two-factor", {"password": self.password}, part=True)
        assert page.status == 200, page.text
        self.phone = Phone(page.words("#two-factor-key").replace(" ", ""), self.installation.clock)
        page = self.browser.post("/my-user/two-factor/confirm", {"code": self.phone.code()}, part=True)
        assert page.status == 200, page.text
        self.recovery_codes = tuple("".join(code.itertext()).strip() for code in page.all(".recovery-code"))
        self.installation.clock.forward(30)
        return self


async def until_when(context: Context, username: str) -> tuple[int, int]:
    """Until when sign-ins of a user wait, as their page shows it: in any browser, and in all unknown ones; 0: not."""
    user = await stored_users.by_username(context.db, username)
    assert user is not None
    shown = await shown_with.read(context, user)
    return shown.waiting_until, shown.everywhere_until


def somebody(
    installation: Installation, username: str, *roles: str, sso: bool = False, unit: str = "Sales", name: str = ""
) -> Person:
    """Adds a user with a password that they chose."""
    new = users.New(
        username=username,
        name=name or username.capitalize(),
        email=f"{username if username.isascii() else 'post'}@example.org",
        unit=unit,
        roles=roles or ("Member",),
        login_method="sso" if sso else "password",
        password=None if sso else PASSWORDS.setdefault(username, f"the {username} who sells sea shells"),
    )
    created = installation.run(lambda context: users.create(context, new, COMMAND_LINE))
    assert isinstance(created, users.Created), created
    return Person(username, created.user_id, installation, installation.browser())


def switch(installation: Installation, on: bool) -> None:
    """Switches the function, as the command line does."""
    installation.run(lambda context: two_factor_switch.switch(context, on, COMMAND_LINE))


async def session_of(context: Context, person: Person) -> sessions.Current:
    """A new session of theirs, as a request begins with it."""
    user = await stored_users.by_id(context.db, person.user_id)
    assert user is not None
    async with context.db.transaction():
        started = await sessions.start(context, user, code_proved=False)
    current = await sessions.resume(context, started.session_token, reading=False)
    assert current is not None
    return current


def by_single_sign_on(person: Person) -> Browser:
    """Signs in somebody who uses Single Sign-On: the session that a provider's answer leads to."""

    async def start(context: Context) -> str:
        user = await stored_users.by_id(context.db, person.user_id)
        assert user is not None
        async with context.db.transaction():
            session_token = (await sessions.start(context, user, code_proved=False)).session_token
        return context.vault.sign(f"session:{session_token}")

    person.browser.client.cookies.set(SESSION, person.installation.run(start))
    return person.browser


def is_bound(person: Person, subject: str = "", issuer: str = "https://login.example.org") -> None:
    """Somebody who uses Single Sign-On is known to be somebody there, as after a first sign-in with password and
    code.
    """

    async def bind(context: Context) -> None:
        values = {"id": person.user_id, "issuer": issuer, "subject": subject or f"subject of {person.username}"}
        async with context.db.transaction():
            await context.db.execute(
                "UPDATE users SET sso_issuer = :issuer, sso_subject = :subject, sso_amr = 'pwd otp mfa', sso_acr ="
                " 'gold' WHERE id = :id",
                values,
            )

    person.installation.run(bind)


def promotes(installation: Installation, username: str, role: str = "Administrator") -> None:
    """Gives somebody a role, as another administrator would."""

    async def give(context: Context) -> None:
        user, role_id = (
            await stored_users.by_username(context.db, username),
            await stored_roles.id_by_name(context.db, role),
        )
        assert user is not None
        assert role_id is not None
        async with context.db.transaction():
            await stored_roles.give(context.db, user.id, role_id)

    installation.run(give)


def gets_blocked(person: Person) -> None:
    """Types 20 wrong codes with the right password, which blocks the authenticator."""
    assert person.phone is not None
    for _ in range(20):
        wrong = f"{(int(person.phone.code()) + 1) % 1_000_000:06}"
        assert (
            person.installation.browser()
            .post("/login", {"username": person.username, "password": person.password, "code": wrong})
            .status
            == 422
        )
