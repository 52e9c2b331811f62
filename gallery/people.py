"""The people of the samples, the moment at which they live, and what a form may ask of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from accounts.system.contact import Contact
from routes.single_sign_on import SingleSignOn
from routes.web.me import Me
from routes.web.reauthentication import Reauthentication

NOW = datetime(2026, 11, 24, 7, 31, 5, tzinfo=UTC)

EVERYTHING = frozenset({"general_settings.edit", "users.view", "users.edit", "roles.edit", "activity_log.view"})

CONTACT = Contact("IT Helpdesk", "helpdesk@acme.example", "+49 30 1234567")

ALICE = Me(
    id=2,
    username="alice",
    name="Alice Arden",
    company="Acme",
    unit="Accounting",
    login_method="password",
    permissions=frozenset(),
    time_zone="Europe/Berlin",
    set_up=False,
    notification=True,
    confined=False,
)
ALICE_SET_UP = replace(ALICE, set_up=True, notification=False)
BOB = Me(
    id=3,
    username="bob",
    name="Bob Bartholomew-Featherstonehaugh",
    company="Acme",
    unit="Information Technology and Operations",
    login_method="password",
    permissions=EVERYTHING,
    time_zone="",
    set_up=True,
    notification=False,
    confined=False,
)
CLEO = replace(ALICE, id=4, username="cleo", name="Cleo Carver", unit="Sales", login_method="sso", notification=False)
CLEO_EDITS = replace(CLEO, permissions=EVERYTHING)
NEW = replace(ALICE, username="dora", name="Dora Diaz", confined=True, notification=False)
PASSWORD_AND_CODE = Reauthentication(password=True, code=True)
PASSWORD = Reauthentication(password=True, code=False)
CODE = Reauthentication(password=False, code=True)

BOUND = SingleSignOn(
    provider="Acme SSO",
    bound=True,
    elsewhere=False,
    issuer="https://login.acme.example/realms/staff",
    subject="f3a1b0c2-77d4-4c1e-9a55-0d6c1f2e8b90",
    methods=("pwd", "otp", "mfa", "x-badge"),
    level="urn:acme:substantial",
)
UNBOUND = replace(BOUND, bound=False, issuer="", subject="", methods=(), level="")


def ago(**units: float) -> datetime:
    return NOW - timedelta(**units)
