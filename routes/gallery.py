"""Development only: every page and every part in every state, with sample data. Nothing here is real."""

import typing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import segno
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accounts.sso import pending as pending_sign_ins
from accounts.user_import.csv_file import COLUMNS, Bad
from accounts.users.administration import Details
from routes.activity_log import ActivityLog, ActivityLogPage, Day
from routes.general_settings import (
    FailedLetter as GeneralFailure,
)
from routes.general_settings import (
    GeneralPage,
    Mail,
    SecurityPage,
    SecuritySettings,
    Setting,
)
from routes.home import Adoption, HomePage, LastSignIn
from routes.links import Binding, BindingPage, LinkForm, LinkOver, LinkOverPage, LinkPage, NewAddress, NewAddressPage
from routes.login.login import LoginForm, LoginPage, ResetRequest, ResetRequestPage, SignedOutPage, TwoFactorField
from routes.my_user.account import (
    ChoosePasswordPage,
    MyUserPage,
    PasswordForm,
    PasswordPage,
    Profile,
    SessionRow,
    Sessions,
)
from routes.my_user.two_factor_part import Asked, Message, Pending, Phone, TwoFactor
from routes.roles.parts import Choice, Holder, NewRole, NewRolePage, RoleCard, RoleHolders, RolePage, RoleRow, RolesPage
from routes.single_sign_on import SingleSignOn
from routes.sso import SignOn, SignOnPage
from routes.users.account import HandedLink, HandedLinkPage, NewUser, NewUserPage, UserAccount
from routes.users.adoption import AdoptionPage, Month, Numbers
from routes.users.filter import Chip
from routes.users.import_file import Example, ImportPage, UserImport
from routes.users.invitations import InvitationsPage, InvitationsProgress
from routes.users.reminders import ChosenUser, FailedLetter, RemindersPage, RemindersProgress
from routes.users.roles import RoleChoice, UserRoles, UserRolesPage
from routes.users.users import RefusedLogin, UserList, UserPage, UserRow, UserSecurity, UsersPage
from routes.web import part as parts
from routes.web.errors import Error, ErrorPage
from routes.web.part import Entry, Me, Proof, UserHeader

NOW = datetime(2026, 11, 24, 7, 31, 5, tzinfo=UTC)

EVERYTHING = frozenset({"general_settings.edit", "users.view", "users.edit", "roles.edit", "activity_log.view"})

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

PASSWORD_AND_CODE = Proof(password=True, code=True)
PASSWORD = Proof(password=True, code=False)
CODE = Proof(password=False, code=True)

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ADDRESS = f"otpauth://totp/Acme:alice?secret={KEY}&issuer=Acme"
CODES = tuple(f"{n}1234 {n}5678 {n}9012 {n}3456" for n in range(10))


def ago(**units: float) -> datetime:
    return NOW - timedelta(**units)


def login(shown: bool = True, **fields: object) -> LoginPage:
    form = LoginForm(username="", next="", failed=False, busy=False, insecure=False)
    return LoginPage(login=replace(form, **fields), two_factor_field=TwoFactorField(shown=shown))  # type: ignore[arg-type]  # because samples name their fields


def two_factor(**fields: object) -> TwoFactor:
    part = TwoFactor(
        state="not_set_up",
        function_on=True,
        set_up_at=None,
        phones=(),
        may_add=True,
        recovered=False,
        codes_left=0,
        few_codes=False,
        codes_generation=0,
        blocked_at=None,
        pending=None,
        codes=(),
        codes_text="",
        first_codes=False,
        asked=None,
        message="",
        about="",
    )
    return replace(part, **fields)  # type: ignore[arg-type]  # because samples name their fields


PHONES = (
    Phone(1, "Pixel 9", added_at=ago(days=40), last_used_at=ago(minutes=12)),
    Phone(2, "Work phone in the drawer of the reception desk", added_at=ago(days=12), last_used_at=ago(days=3)),
    Phone(3, "", added_at=ago(hours=2), last_used_at=ago(hours=2)),
    Phone(4, "Tablet", added_at=ago(hours=1), last_used_at=ago(hours=1)),
    Phone(5, "KeePassXC", added_at=ago(minutes=20), last_used_at=ago(minutes=20)),
)


def set_up(**fields: object) -> TwoFactor:
    part = two_factor(state="set_up", set_up_at=ago(days=40), phones=PHONES[:1], codes_left=8, codes_generation=1)
    return replace(part, **fields)  # type: ignore[arg-type]  # because samples name their fields


def pending(**fields: object) -> TwoFactor:
    qr = segno.make(ADDRESS, error="m", micro=False, mask=3).svg_inline(light="#fff", border=4, omitsize=True)
    step = Pending(qr=Markup(qr), key=KEY, address=ADDRESS, purpose="first")  # noqa: S704  # because segno made it of modules, not of text
    return two_factor(state="pending", pending=replace(step, **fields))  # type: ignore[arg-type]  # because samples name their fields


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
PROFILE = Profile(
    username="alice",
    name="Alice Arden",
    email="alice.arden@acme.example",
    company="Acme",
    unit="Accounting",
    roles=("Member",),
    login_method="password",
    sso=None,
    time_zone="Europe/Berlin",
    installation_time_zone="UTC",
    time_zones=(
        "Africa/Abidjan",
        "America/Argentina/ComodRivadavia",
        "America/New_York",
        "Europe/Berlin",
        "Europe/London",
        "UTC",
    ),
    problems={},
    proof=None,
    saved=False,
)
SESSIONS = Sessions(
    rows=(
        SessionRow(
            id=1, browser="Firefox on Linux", address="192.0.2.17", started_at=ago(hours=3), last_used_at=NOW, own=True
        ),
        SessionRow(
            id=2,
            browser="Safari on iPhone",
            address="2001:db8:85a3::8a2e:370:7334",
            started_at=ago(hours=20),
            last_used_at=ago(minutes=40),
            own=False,
        ),
    ),
    ended=None,
)


def my_user(part: TwoFactor, sessions: Sessions = SESSIONS, **profile: object) -> MyUserPage:
    return MyUserPage(profile=replace(PROFILE, **profile), two_factor=part, sessions=sessions)  # type: ignore[arg-type]  # because samples name their fields


def password(problem: str = "") -> PasswordForm:
    return PasswordForm(problem=problem, wait_seconds=30, username="alice")


def security(**fields: object) -> SecurityPage:
    part = SecuritySettings(
        on=False,
        changed_by="",
        changed_at=None,
        editing=False,
        wanted=False,
        set_up=31,
        not_set_up=1212,
        sso=18,
        proof=None,
        saved=False,
        problem="",
    )
    return SecurityPage(security_settings=replace(part, **fields))  # type: ignore[arg-type]  # because samples name their fields


ON = {"on": True, "wanted": True, "changed_by": "bob", "changed_at": ago(days=3)}


def entry(
    number: int, action: str, /, actor: str = "bob", subject: str = "", before: str = "", after: str = "", **detail: str
) -> Entry:
    return Entry(
        number=number,
        at=ago(minutes=7 * (60 - number)),
        action=action,
        actor=actor,
        subject=subject,
        before=before,
        after=after,
        address="192.0.2.17" if actor != "command line" else "",
        detail=detail,
    )


ISSUER = "https://id.acme.example"
CAUSES = (
    "no password",
    "expired password",
    "wrong password",
    "no code",
    "malformed code",
    "wrong code",
    "used code",
    "wrong recovery code",
    "used recovery code",
    "recovery codes refused",
    "blocked",
    "waiting",
    "disabled",
    "sso user",
    "sso: the identity is not known here",
    "over-long input",
    "changed meanwhile",
)

ENTRIES = (
    entry(59, "two_factor.switched", before="off", after="on"),
    entry(58, "two_factor.switched", "command line", before="on", after="off"),
    entry(57, "two_factor.set_up", "alice"),
    entry(56, "two_factor.set_up", "alice", replaced="yes"),
    entry(56, "two_factor.phone_added", "alice", "alice", phone="Tablet"),
    entry(56, "two_factor.phone_renamed", "alice", "alice", before="Tablet", after="Work tablet"),
    entry(56, "two_factor.phone_removed", "alice", "alice", phone="Work tablet"),
    entry(55, "two_factor.removed", "alice"),
    entry(
        54,
        "two_factor.reset",
        "bob",
        "alice",
        reason="Phone lost on the way to work; called back on the number in the directory",
    ),
    entry(53, "two_factor.blocked", "alice"),
    entry(52, "login.succeeded", "alice", factor="password"),
    entry(51, "login.succeeded", "alice", factor="password and code"),
    entry(50, "login.succeeded", "alice", factor="password and recovery code"),
    entry(49, "login.succeeded", "dora", factor="password", one_time="yes"),
    entry(49, "login.succeeded", "cleo", factor="single sign-on", issuer=ISSUER, amr="pwd hwk", acr="urn:acme:silver"),
    entry(49, "identity.bound", "system", "cleo", by="address", issuer=ISSUER, identity="00u8cleo"),
    entry(49, "identity.bound", "system", "cleo", by="link", issuer=ISSUER, identity="00u8cleo"),
    entry(49, "proof.given", "cleo", "cleo", by="auth_time", amr="pwd hwk"),
    entry(49, "proof.given", "cleo", "cleo", by="prompt"),
    entry(48, "login.refused", "unknown user", cause="sso: identity token: the nonce is wrong"),
    entry(48, "login.refused", "unknown user", cause="unknown user"),
    *(entry(47 - n, "login.refused", "alice", "alice", cause=cause) for n, cause in enumerate(CAUSES)),
    entry(30, "login.refusals_counted", "system", "alice", number="1432"),
    entry(29, "login.let_try_again", "bob", "alice"),
    entry(28, "proof.refused", "alice", cause="wrong code"),
    entry(27, "recovery_code.used", "alice", left="7"),
    entry(26, "recovery_codes.made", "alice"),
    entry(25, "password.changed", "alice"),
    entry(24, "password.chosen", "dora"),
    entry(24, "password.chosen", "dora", link="invitation"),
    entry(24, "password.reset_started", "bob", "dora"),
    entry(24, "password.reset", "dora"),
    entry(23, "password.set", "command line", "dora"),
    entry(22, "profile.changed", "alice", "alice", "email alice@acme.example", "email alice.arden@acme.example"),
    entry(
        21, "profile.changed", "bob", "alice", "name Alice; time_zone —", "name Alice Arden; time_zone Europe/Berlin"
    ),
    entry(20, "user.created", "command line", "dora", after="password", roles="Member, Auditor"),
    entry(20, "user.invited", "bob", "dora"),
    entry(20, "user.binding_started", "bob", "cleo"),
    entry(20, "user.login_method_changed", "bob", "dora", "password", "sso"),
    entry(20, "user.login_method_changed", "bob", "dora", "sso", "password"),
    entry(20, "user.unbound", "bob", "cleo", "f3a1b0c2 at https://login.acme.example/realms/staff"),
    entry(20, "user.changed", "bob", "dora", "unit —; time_zone —", "unit Sales; time_zone Europe/Berlin"),
    entry(19, "user.deleted", "bob", "fred"),
    entry(19, "user.disabled", "bob", "eve"),
    entry(18, "user.enabled", "bob", "eve"),
    entry(17, "role.created", "bob", role="Help desk", after="users.edit, users.view"),
    entry(17, "role.renamed", "bob", before="Help desk", after="Service desk"),
    entry(17, "role.changed", "bob", role="Service desk", before="users.edit, users.view", after=""),
    entry(17, "role.deleted", "bob", role="Service desk", before="users.view", holders="1432"),
    entry(17, "role.given", "bob", "alice", role="Auditor"),
    entry(17, "role.given", "bob", "bob", role="Auditor"),
    entry(17, "role.taken", "bob", "alice", role="Auditor"),
    entry(17, "role.taken", "bob", "bob", role="Auditor"),
    entry(17, "session.ended", "alice"),
    entry(16, "session.ended", "bob", "alice"),
    entry(15, "sessions.ended", "alice", number="3"),
    entry(14, "session.signed_out", "alice"),
    entry(13, "access.refused", "alice", route="POST /general-settings/security"),
    entry(12, "activity_log.exported", "bob", filter="actor=alice"),
    entry(12, "user.imported", "bob", "alice", "unit Accounting", "unit Sales"),
    entry(12, "users.imported", "bob", new="41", changed="2", unchanged="300", sha256="9f86d081884c7d65"),
    entry(12, "users.exported", "bob", filter="two_factor=off; unit=Sales"),
    entry(11, "future.thing", "bob", "alice"),
)


def activity_log(entries: tuple[Entry, ...] = ENTRIES, filtered: bool = False, **fields: object) -> ActivityLogPage:
    days = tuple(
        Day(day, some) for day, some in ((date(2026, 11, 24), entries[:20]), (date(2026, 11, 23), entries[20:])) if some
    )
    log = ActivityLog(
        days=days,
        filtered=filtered,
        first_url="/activity-log" if filtered else "",
        next_url="/activity-log?before=11" if entries else "",
        csv_url="/activity-log.csv",
    )
    page = ActivityLogPage(
        activity_log=log,
        actor="",
        action="",
        from_date="",
        to_date="",
        actions=tuple(sorted({e.action for e in ENTRIES})),
        problems=(),
    )
    return replace(page, **fields)  # type: ignore[arg-type]  # because samples name their fields


ROWS = (
    UserRow(3, "bob", BOB.name, "Acme", BOB.unit, "password", True, ago(minutes=3), False),
    UserRow(2, "alice", "Alice Arden", "Acme", "Accounting", "password", False, ago(days=1), False),
    UserRow(4, "cleo", "Cleo Carver", "Acme", "Sales", "sso", False, ago(days=9), False),
    UserRow(5, "dora", "Dora Diaz", "Acme", "", "password", False, None, False, joined=False, invited=True),
    UserRow(8, "finn", "Finn Fuchs", "Acme", "Sales", "sso", False, None, False, joined=False),
    UserRow(6, "eve", "Eve Ellison", "Acme Logistics", "Warehouse", "password", True, ago(days=90), True),
    UserRow(
        7, "frederick.longfellow-wadsworth@subsidiary.acme.example", "", "", "", "password", True, ago(days=2), False
    ),
)


def users(
    rows: tuple[UserRow, ...] = ROWS, q: str = "", selected: str = "all", chips: tuple[Chip, ...] = ()
) -> UsersPage:
    urls = {
        "all": "/users",
        "password": "/users?login_method=password",
        "sso": "/users?login_method=sso",
        "on": "/users?two_factor=on",
        "off": "/users?two_factor=off",
        "not_joined": "/users?joined=no",
    }
    return UsersPage(
        adoption=Adoption(set_up=31, not_set_up=212),
        users=UserList(
            rows=rows,
            q=q,
            kept={} if selected == "all" else {"two_factor": selected},
            chips=tuple(Chip(name=name, url=url, selected=name == selected) for name, url in urls.items()) + chips,  # type: ignore[arg-type]  # because samples name their fields
            filtered=selected != "all",
            csv_url="/users.csv",
            first_url="",
            next_url="/users?after=frederick" if rows else "",
        ),
    )


ACCOUNT = UserAccount(
    id=2,
    username="alice",
    name="Alice Arden",
    email="alice.arden@acme.example",
    company="Acme",
    unit="Accounting",
    time_zone="Europe/Berlin",
    login_method="password",
    roles=("Member", "User manager"),
    disabled_at=None,
    invited=False,
    sso=None,
    provider="Acme SSO",
    phones=1,
    codes_left=8,
    last_with_password=False,
    created_at=ago(days=400),
    last_login_at=ago(days=1),
    may_edit=True,
    own=False,
    newest_link=0,
    link="",
    link_expires_at=None,
    link_address="",
    link_unsent=False,
    link_error="",
    link_failed=False,
    by_mail=False,
    asking="",
    typed=Details("Alice Arden", "alice.arden@acme.example", "Acme", "Accounting", "Europe/Berlin"),
    version="",
    problems={},
    proof=None,
    installation_time_zone="UTC",
    time_zones=PROFILE.time_zones,
    problem="",
    done="",
    sessions_ended=0,
)
INVITED = replace(
    ACCOUNT,
    invited=True,
    roles=("Member",),
    created_at=ago(hours=2),
    last_login_at=None,
    newest_link=1,
    link="invitation",
    link_expires_at=ago(hours=-70),
)
INVITED_BY_MAIL = replace(INVITED, by_mail=True, link_address="alice.arden@acme.example")
BY_SSO = replace(ACCOUNT, login_method="sso", sso=BOUND, phones=0, codes_left=0)
WAITING = replace(
    BY_SSO,
    sso=UNBOUND,
    invited=True,
    created_at=ago(hours=2),
    last_login_at=None,
    newest_link=1,
    link="binding",
    link_expires_at=ago(days=-6),
)
HANDED = HandedLink(
    kind="invitation",
    user_id=2,
    username="alice",
    name="Alice Arden",
    url="https://login.acme.example/invitation/Zr1mZbX5m0nV2b1a8QyJcWg7kT4dHf9sLp3eUo6iNxA",
    expires_at=ago(hours=-72),
    added=True,
    newest_link=0,
)
NEW_USER = NewUser("Alice", "Alice Arden", "alice@acme", "Acme", "Accounting", "password", {}, 0)


def account(account: UserAccount = ACCOUNT, **fields: object) -> UserPage:
    """A user's page, by its account."""
    shown = replace(account, **fields)  # type: ignore[arg-type]  # because samples name their fields
    page = user(login_method=shown.login_method, set_up=not shown.invited and shown.login_method == "password")
    return replace(page, user_account=shown)


def asking(page: UsersPage) -> UsersPage:
    rows = tuple(replace(row, last_reminded_at=ago(days=8) if row.id == 2 else None) for row in page.users.rows)
    return replace(page, users=replace(page.users, asking=True, rows=rows))


def invitations(**fields: object) -> InvitationsPage:
    page = InvitationsPage(
        mail=True,
        invitable=269,
        invited=3,
        without_address=5,
        beyond=2,
        more=False,
        subject="Choose a password for your account at Acme",
        text="Hello Dora Diaz,\n\nbob invites you: your account is ready. Choose the password with which you will sign in.\n",
        invitations_progress=InvitationsProgress(0, 0, 0, "", ()),
    )
    return replace(page, **fields)  # type: ignore[arg-type]  # because samples name their fields


def reminders(**fields: object) -> RemindersPage:
    page = RemindersPage(
        mail=True,
        function_on=True,
        all=False,
        chosen=(),
        number=0,
        subject="Set up two-factor authentication",
        text="Hello Alice Arden,\n\nYour account can be protected with your phone.\n\nSet it up on My User:\nhttps://login.acme.example/my-user\n",
        addresses="",
        more_addresses=False,
        reminders_progress=RemindersProgress(0, 0, 0, "", ()),
    )
    return replace(page, **fields)  # type: ignore[arg-type]  # because samples name their fields


ASKED = (
    ChosenUser(2, "alice", "Alice Arden", "alice.arden@acme.example", ""),
    ChosenUser(5, "dora", "Dora Diaz", "", "no_address"),
    ChosenUser(4, "cleo", "Cleo Carver", "cleo@acme.example", "sso"),
    ChosenUser(3, "bob", BOB.name, "bob@acme.example", "reminded"),
)
FAILED = (
    FailedLetter(2, "alice", ago(minutes=1), "rejected: 550 5.1.1 <alice.arden@acme.example>: user unknown"),
    FailedLetter(5, "dora", ago(minutes=2), "has_set_up"),
)


def numbers(name: str, set_up: int, not_set_up: int, exempt: int) -> Numbers:
    return Numbers(name, set_up, not_set_up, exempt, "/users?two_factor=on", "/users?two_factor=off", "/users")


UNITS = (
    numbers("", 0, 3, 0),
    numbers("Accounting", 12, 30, 0),
    numbers(BOB.unit, 18, 2, 1),
    numbers("Warehouse", 1, 177, 17),
)
ROLES = (numbers("Administrator", 3, 0, 0), numbers("User manager", 4, 2, 0), numbers("Member", 24, 210, 18))


def adoption(
    units: tuple[Numbers, ...] = UNITS,
    roles: tuple[Numbers, ...] = ROLES,
    set_ups: tuple[int, ...] = (0, 0, 1, 0, 4, 2, 7, 3, 5, 0, 9, 4),
    set_up: int = 31,
    not_set_up: int = 212,
) -> AdoptionPage:
    days = [date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 12))]
    return AdoptionPage(
        adoption=Adoption(set_up, not_set_up),
        whole=numbers("", set_up, not_set_up, 18),
        units=units,
        units_first_url="",
        units_next_url="/users/adoption?after=Warehouse" if units else "",
        roles=roles,
        months=tuple(
            Month(day, number, round(100 * number / max(*set_ups, 1)))
            for day, number in zip(days, set_ups, strict=True)
        ),
    )


def user_import(**fields: object) -> ImportPage:
    part = UserImport(
        state="choose",
        problem="",
        columns=COLUMNS,
        most_lines=10_000,
        id=7,
        file_name="new-colleagues-2026.csv",
        new=41,
        changed=2,
        unchanged=300,
        bad=0,
        problems=(),
        examples=(
            Example(2, "dora", "", "name Dora Diaz; email dora.diaz@acme.example; unit Sales; role Member"),
            Example(3, "alice", "unit Accounting; role Member", "unit Sales; role Auditor, Member"),
        ),
        proof=None,
    )
    return ImportPage(user_import=replace(part, **fields))  # type: ignore[arg-type]  # because samples name their fields


BAD_LINES = tuple(
    Bad(number, problem, "name", "Warehouse")
    for number, problem in enumerate(
        [
            "last_administrator",
            "empty",
            "no_users",
            "line_too_long",
            "not_utf8",
            "not_csv",
            "semicolons",
            "unknown_column",
            "column_twice",
            "no_username_column",
            "number_of_cells",
            "twice",
            "too_long",
            "bad_characters",
            "bad_address",
            "unknown_method",
            "method_differs",
            "unknown_role",
            "holds_more",
            "roles_not_yours",
            "gives_more",
            "too_many_lines",
        ]
    )
)


def user(**fields: object) -> UserPage:
    part = UserSecurity(
        id=2,
        username="alice",
        name="Alice Arden",
        login_method="password",
        function_on=True,
        set_up=True,
        set_up_at=ago(days=40),
        phones=1,
        last_used_at=ago(days=1),
        codes_left=8,
        blocked_at=None,
        may_edit=True,
        sees_refusals=True,
        own=False,
        waiting=False,
        waiting_until=None,
        refusals=tuple(
            RefusedLogin(at=ago(minutes=5 * n), cause=cause, address="192.0.2.17")
            for n, cause in enumerate(CAUSES[-4:-2] if fields.get("login_method") == "sso" else CAUSES[2:6])
        ),
        resetting=False,
        reason="",
        proof=None,
        problem="",
        done="",
    )
    part = replace(part, **fields)  # type: ignore[arg-type]  # because samples name their fields
    return UserPage(
        user_header=UserHeader(name="Alice Arden", unit="Accounting", set_up=part.set_up, own=False),
        user_account=replace(
            ACCOUNT if part.login_method == "password" else BY_SSO, may_edit=part.may_edit, own=part.own, id=part.id
        ),
        user_security=part,
    )


def home(**fields: object) -> HomePage:
    page = HomePage(
        last_sign_in=LastSignIn(at=ago(days=1), address="192.0.2.17"),
        second_factor="not_set_up",
        codes_left=8,
        adoption=None,
        recent=None,
    )
    return replace(page, **fields)  # type: ignore[arg-type]  # because samples name their fields


IN_ORDER = ("users.view", "users.edit", "roles.edit", "general_settings.edit", "activity_log.view")


def choices(ticked: tuple[str, ...] = (), held: tuple[str, ...] = IN_ORDER) -> tuple[Choice, ...]:
    return tuple(Choice(name, name in ticked, name in held) for name in IN_ORDER)


def role(beside: RoleHolders | None = None, /, **fields: object) -> RolePage:
    card = RoleCard(
        id=2,
        name="User manager",
        permissions=("users.view", "users.edit"),
        may_change=True,
        acting="",
        holders=0,
        more=False,
        wanted_name="User manager",
        choices=choices(("users.view", "users.edit")),
        longest=64,
        problem="",
        proof=None,
        saved=False,
    )
    return RolePage(role_card=replace(card, **fields), role_holders=beside or HOLDERS)  # type: ignore[arg-type]  # because samples name their fields


HOLDERS = RoleHolders(
    role_id=2,
    rows=tuple(Holder(row.id, row.username, row.name, row.unit, row.disabled) for row in ROWS),
    first_url="/roles/2?after=",
    next_url="/roles/2?after=frederick",
    may_give=True,
    username="",
    problem="",
)
NOBODY_HOLDS_IT = replace(HOLDERS, rows=(), first_url="", next_url="")


def roles() -> RolesPage:
    listed = (
        RoleRow(1, "Administrator", IN_ORDER, 3, False),
        RoleRow(2, "User manager", ("users.view", "users.edit"), 12, False),
        RoleRow(3, "Auditor", ("users.view", "activity_log.view"), 1, False),
        RoleRow(4, "Member", (), 100, True),
        RoleRow(5, "Internal revision and data protection, northern subsidiaries", ("activity_log.view",), 0, False),
    )
    return RolesPage(roles=listed, full=False)


def new_role(name: str = "", problem: str = "", proof: Proof | None = None) -> NewRolePage:
    return NewRolePage(NewRole(name, choices(("users.view",) if name else ()), 64, 64, problem, proof))


def user_roles(**fields: object) -> UserRolesPage:
    offered = (
        RoleChoice(1, "Administrator", IN_ORDER, False, False, True),
        RoleChoice(2, "User manager", ("users.view", "users.edit"), True, True, True),
        RoleChoice(3, "Auditor", ("users.view", "activity_log.view"), True, False, True),
        RoleChoice(4, "Member", (), True, True, True),
    )
    part = UserRoles(user_id=2, choices=offered, own=False, problem="", proof=None, saved=False)
    return UserRolesPage(id=2, username="alice", name="Alice Arden", user_roles=replace(part, **fields))  # type: ignore[arg-type]  # because samples name their fields


HOLDS_LESS = (
    RoleChoice(1, "Administrator", IN_ORDER, True, True, False),
    RoleChoice(4, "Member", (), False, True, True),
)
ROLES_ONLY = replace(BOB, permissions=frozenset({"roles.edit"}))

NO_NEWS = two_factor()
ALL_ABOUT_PHONES: tuple[Message, ...] = (
    "added",
    "already_added",
    "already_confirmed",
    "renamed",
    "phone_removed",
    "phone_gone",
    "full",
    "add_blocked",
)

SAMPLES: dict[str, tuple[Me | None, parts.Page]] = {
    # Entrance
    "login, function on": (None, login()),
    "login, function off": (None, login(shown=False)),
    "login, with a mail server": (None, login(reset=True)),
    "login, new address confirmed": (None, login(reset=True, confirmed=True)),
    "forgot your password": (None, ResetRequestPage(ResetRequest(mail=True, asked=False))),
    "forgot your password, asked": (None, ResetRequestPage(ResetRequest(mail=True, asked=True))),
    "forgot your password, no mail server": (None, ResetRequestPage(ResetRequest(mail=False, asked=False))),
    "login, failed": (None, login(username="alice", failed=True, next="/users")),
    "login, busy": (None, login(username="alice", busy=True)),
    "login, not encrypted": (None, login(insecure=True)),
    "login, password chosen": (None, login(chosen=True)),
    "login, with Single Sign-On": (None, login(sso_url="/sso/login")),
    "signed out": (None, SignedOutPage(sign_out_there=False)),
    "signed out, still in at the provider": (None, SignedOutPage(sign_out_there=True)),
    **{
        f"Single Sign-On, {why}": (None, SignOnPage(SignOn(why, "login", "/sso/login", "/")))
        for why in typing.get_args(pending_sign_ins.Why)
        if why not in ("bound_already", "link_over", "other_identity", "not_fresh")
    },
    **{
        f"Single Sign-On, by a link, {why}": (None, SignOnPage(SignOn(why, "binding", "", "/")))
        for why in ("bound_already", "link_over", "silent")
    },
    **{
        f"Single Sign-On, proof, {why}": (CLEO, SignOnPage(SignOn(why, "proof", "/sso/login?proof=yes", "/my-user")))
        for why in ("proved", "other_identity", "not_fresh", "cancelled")
    },
    "link, connect an account": (None, BindingPage(Binding("Cleo Carver", "cleo", "/sso/login?invitation=x"))),
    "link, connect an account, no provider": (None, BindingPage(Binding("", "cleo", ""))),
    "link, invitation": (None, LinkPage(LinkForm("invitation", "/invitation/x", "alice", "Alice Arden", ""))),
    "link, invitation, too short": (None, LinkPage(LinkForm("invitation", "/invitation/x", "alice", "", "too_short"))),
    "link, password reset": (None, LinkPage(LinkForm("password_reset", "/login/reset/x", "alice", "Alice Arden", ""))),
    "link, invitation over": (None, LinkOverPage(LinkOver("invitation"))),
    "link, password reset over": (None, LinkOverPage(LinkOver("password_reset"))),
    "link, invitation over, with a mail server": (None, LinkOverPage(LinkOver("invitation", reset=True))),
    "link, password reset over, with a mail server": (None, LinkOverPage(LinkOver("password_reset", reset=True))),
    "link, new address": (
        None,
        NewAddressPage(
            NewAddress("/new-address/x", "alice", "Alice Arden", "alice@acme.example", "alice.arden@acme.example")
        ),
    ),
    "link, new address over": (None, LinkOverPage(LinkOver("new_address", reset=True))),
    "choose a password": (NEW, ChoosePasswordPage(password=password())),
    "choose a password, too short": (NEW, ChoosePasswordPage(password=password("too_short"))),
    **{
        f"error {status}": (None, ErrorPage(error=Error(status=status, reason="")))
        for status in (400, 404, 405, 409, 413, 429, 500, 503)
    },
    "error 400, host": (None, ErrorPage(error=Error(status=400, reason="host"))),
    "error 403, permission": (ALICE, ErrorPage(error=Error(status=403, reason="permission"))),
    "error 403, another site": (ALICE, ErrorPage(error=Error(status=403, reason="cross_site"))),
    # Home
    "home, not set up": (ALICE, home()),
    "home, first sign-in": (ALICE, home(last_sign_in=None)),
    "home, set up, all cards": (
        BOB,
        home(second_factor="set_up", adoption=Adoption(set_up=31, not_set_up=212), recent=ENTRIES[:5]),
    ),
    "home, nobody yet": (BOB, home(second_factor="off", adoption=Adoption(set_up=0, not_set_up=0), recent=())),
    "home, few codes": (ALICE_SET_UP, home(second_factor="few_codes", codes_left=1)),
    "home, blocked": (ALICE_SET_UP, home(second_factor="blocked")),
    "home, Single Sign-On": (CLEO, home(second_factor="exempt")),
    # My User
    "my user, exempt": (
        CLEO,
        my_user(two_factor(state="exempt"), username="cleo", name="Cleo Carver", login_method="sso", sso=BOUND),
    ),
    "my user, function off": (ALICE, my_user(two_factor(state="off", function_on=False))),
    "my user, not set up": (ALICE, my_user(NO_NEWS)),
    "my user, set-up asks for proof": (ALICE, my_user(two_factor(asked=Asked("set_up", PASSWORD)))),
    "my user, QR step": (ALICE, my_user(pending())),
    "my user, QR step, wrong code": (ALICE, my_user(pending(problem="wrong", tries_left=4))),
    "my user, QR step, not a code": (ALICE, my_user(pending(problem="malformed"))),
    "my user, QR step, clock slow, other phone": (
        ALICE_SET_UP,
        my_user(pending(problem="clock", clock_seconds=-90, purpose="replace")),
    ),
    "my user, first recovery codes": (
        ALICE_SET_UP,
        my_user(set_up(state="codes", codes=CODES, codes_text=quote("\n".join(CODES)), first_codes=True)),
    ),
    "my user, new recovery codes": (
        ALICE_SET_UP,
        my_user(set_up(state="codes", codes=CODES, codes_text=quote("\n".join(CODES)))),
    ),
    "my user, set up": (ALICE_SET_UP, my_user(set_up())),
    "my user, set up, two codes left": (ALICE_SET_UP, my_user(set_up(codes_left=2, few_codes=True))),
    "my user, set up, function off": (ALICE_SET_UP, my_user(set_up(function_on=False))),
    "my user, remove": (ALICE_SET_UP, my_user(set_up(asked=Asked("remove", CODE, "all")))),
    "my user, remove, both wrong": (
        ALICE_SET_UP,
        my_user(set_up(asked=Asked("remove", replace(PASSWORD_AND_CODE, problem="wrong"), "all"))),
    ),
    "my user, new codes ask for proof": (
        ALICE_SET_UP,
        my_user(set_up(asked=Asked("recovery_codes", replace(CODE, problem="waiting", wait_seconds=30)))),
    ),
    "my user, other phone asks for proof": (
        ALICE_SET_UP,
        my_user(set_up(asked=Asked("set_up", replace(PASSWORD_AND_CODE, problem="blocked"), purpose="add"))),
    ),
    "my user, other phone, add or replace": (ALICE_SET_UP, my_user(set_up(asked=Asked("set_up", None, purpose="add")))),
    "my user, other phone, five already": (
        ALICE_SET_UP,
        my_user(set_up(phones=PHONES, may_add=False, asked=Asked("set_up", None))),
    ),
    "my user, QR step, another phone": (
        ALICE_SET_UP,
        my_user(pending(purpose="add", taken=("Phone", "Tablet"), problem="wrong", tries_left=4)),
    ),
    "my user, QR step, wrong name": (ALICE, my_user(pending(name="x" * 41, name_problem="too_long"))),
    "my user, three phones": (ALICE_SET_UP, my_user(set_up(phones=PHONES[:3]))),
    "my user, five phones": (ALICE_SET_UP, my_user(set_up(phones=PHONES, may_add=False))),
    "my user, wrong name of a phone": (
        ALICE_SET_UP,
        my_user(
            set_up(phones=(replace(PHONES[0], typed="x" * 41, problem="too_long"), *PHONES[1:3]), function_on=False)
        ),
    ),
    "my user, signed in with a recovery code": (ALICE_SET_UP, my_user(set_up(recovered=True, codes_left=7))),
    "my user, signed in with a recovery code, three phones": (
        ALICE_SET_UP,
        my_user(set_up(recovered=True, phones=PHONES[:3], codes_left=2, few_codes=True)),
    ),
    "my user, remove one phone": (
        ALICE_SET_UP,
        my_user(set_up(phones=PHONES[:3], asked=Asked("remove", replace(PASSWORD_AND_CODE, problem="used"), 2))),
    ),
    "my user, remove, which": (
        ALICE_SET_UP,
        my_user(set_up(phones=PHONES[:3], asked=Asked("remove", CODE, "which", unchosen=True))),
    ),
    "my user, blocked, two phones": (
        ALICE_SET_UP,
        my_user(set_up(state="blocked", blocked_at=ago(hours=2), phones=PHONES[:2], may_add=False)),
    ),
    **{
        f"my user, message {message}": (
            ALICE_SET_UP,
            my_user(set_up(phones=PHONES[:3], message=message, about="Tablet")),
        )
        for message in ALL_ABOUT_PHONES
    },
    "my user, blocked": (ALICE_SET_UP, my_user(set_up(state="blocked", blocked_at=ago(hours=2)))),
    **{
        f"my user, message {message}": (ALICE, my_user(two_factor(message=message)))
        for message in (
            "cancelled",
            "removed",
            "already_shown",
            "pending_ended",
            "too_many_wrong",
            "function_off",
        )
    },
    "my user, profile saved, session ended": (
        ALICE,
        my_user(NO_NEWS, replace(SESSIONS, rows=SESSIONS.rows[:1], ended=1), saved=False),
    ),
    "my user, profile saved": (ALICE, my_user(NO_NEWS, saved=True)),
    "my user, new address waits": (
        ALICE,
        my_user(NO_NEWS, saved=True, mail=True, new_address="alice.arden@mail.acme.example"),
    ),
    "my user, letter to the new address failed": (
        ALICE,
        my_user(
            NO_NEWS,
            mail=True,
            new_address="alice.arden@mail.acme.example",
            new_address_error="rejected: 550 no such mailbox",
            new_address_failed=True,
        ),
    ),
    "my user, new address confirmed": (ALICE, my_user(NO_NEWS, mail=True, confirmed=True)),
    "my user, too many new addresses": (
        ALICE,
        my_user(NO_NEWS, mail=True, problems={"email": "too_many_letters"}),
    ),
    "my user, profile wrong": (
        ALICE,
        my_user(
            NO_NEWS,
            problems={"name": "empty", "email": "bad_address", "time_zone": "unknown_zone"},
            name="",
            email="alice",
        ),
    ),
    "my user, new address asks for proof": (ALICE, my_user(NO_NEWS, proof=PASSWORD_AND_CODE)),
    **{
        f"password, {problem or 'asked'}": (ALICE, PasswordPage(password=password(problem)))
        for problem in (
            "",
            "wrong_current",
            "waiting",
            "too_short",
            "too_long",
            "common",
            "repeated",
            "few_characters",
            "run",
            "personal",
            "same",
            "missing",
            "bad_characters",
        )
    },
    # General Settings
    "general": (
        BOB,
        GeneralPage(
            settings=(
                Setting("organisation", "Acme", "TWO_KEYS_ORGANISATION"),
                Setting("base_url", "https://login.acme.example", "TWO_KEYS_BASE_URL"),
                Setting("time_zone", "Europe/Berlin", "TWO_KEYS_TIME_ZONE"),
            )
        ),
    ),
    "general settings, letters": (
        BOB,
        GeneralPage(
            (Setting("organisation", "Acme", "TWO_KEYS_ORGANISATION"),),
            Mail(
                "mail.acme.example:587",
                "keys@acme.example",
                "certificate: self-signed certificate",
                (GeneralFailure("reminder", 2, "alice", ago(days=1), "rejected: 550 user unknown"),),
            ),
        ),
    ),
    "security, off, never changed": (BOB, security()),
    "security, on": (BOB, security(**ON)),
    "security, just saved": (BOB, security(**ON, saved=True)),
    "security, edit, off": (BOB, security(editing=True)),
    "security, edit, on": (BOB, security(**ON, editing=True)),
    "security, edit, asks for proof": (
        BOB,
        security(editing=True, wanted=True, proof=replace(PASSWORD_AND_CODE, problem="used")),
    ),
    "security, edit, asks for proof by Single Sign-On": (
        CLEO_EDITS,
        security(editing=True, wanted=True, proof=PASSWORD),
    ),
    "security, edit, no proof by Single Sign-On": (
        CLEO_EDITS,
        security(editing=True, wanted=True, proof=replace(PASSWORD, problem="missing")),
    ),
    "security, edit, bad value": (BOB, security(editing=True, problem="bad_value")),
    # Users
    "users": (BOB, users()),
    "users, filtered": (BOB, users(ROWS[1:2], selected="off")),
    "users, of a unit and a role": (
        BOB,
        users(
            ROWS[:2],
            chips=(
                Chip("exempt", "/users", False),
                Chip("unit", "/users", True, "Information Technology and Operations"),
                Chip("unit", "/users", True),
                Chip("role", "/users", True, "User manager"),
            ),
        ),
    ),
    "adoption": (BOB, adoption()),
    "adoption, nobody yet": (BOB, adoption(units=(), roles=(), set_ups=(0,) * 12, set_up=0, not_set_up=0)),
    "import": (BOB, user_import()),
    "import, no file": (BOB, user_import(problem="no_file")),
    "import, gone": (BOB, user_import(problem="gone")),
    "import, preview": (BOB, user_import(state="preview")),
    "import, preview, with a mail server": (BOB, user_import(state="preview", mail=True)),
    "import, preview asks for proof": (
        BOB,
        user_import(state="preview", proof=replace(PASSWORD_AND_CODE, problem="wrong")),
    ),
    "import, bad lines": (BOB, user_import(state="preview", bad=1_250, problems=BAD_LINES)),
    "import, refused": (BOB, user_import(state="preview", problem="refused", bad=1, problems=BAD_LINES[:1])),
    "import, nothing to do": (BOB, user_import(state="preview", new=0, changed=0, examples=())),
    "import, done": (BOB, user_import(state="done")),
    "users, nobody matches": (BOB, users((), q="zzz", selected="on")),
    "users, can be asked": (BOB, asking(users())),
    "invitations": (BOB, invitations()),
    "invitations, everybody has joined": (BOB, invitations(invitable=0, invited=0, without_address=0, beyond=0)),
    "invitations, nobody to invite": (BOB, invitations(invitable=0, text="", subject="")),
    "invitations, on their way": (
        BOB,
        invitations(
            invitable=0, invited=272, text="", invitations_progress=InvitationsProgress(131, 136, 2, "", FAILED)
        ),
    ),
    "invitations, no mail server": (BOB, invitations(mail=False, no_mail=True)),
    "reminders": (BOB, reminders()),
    "reminders, some": (BOB, reminders(chosen=ASKED, number=1)),
    "reminders, all": (BOB, reminders(all=True, number=212)),
    "reminders, nobody chosen": (BOB, reminders(problem="nobody")),
    "reminders, function off": (BOB, reminders(function_on=False)),
    "reminders, on their way": (BOB, reminders(reminders_progress=RemindersProgress(131, 79, 2, "", FAILED))),
    "reminders, the mail server is down": (
        BOB,
        reminders(reminders_progress=RemindersProgress(0, 212, 0, "refused: [Errno 111] Connect call failed", ())),
    ),
    "reminders, sent": (BOB, reminders(reminders_progress=RemindersProgress(212, 0, 0, "", ()))),
    "reminders, no mail server": (BOB, reminders(mail=False, addresses="alice.arden@acme.example\nbob@acme.example")),
    "user, set up": (BOB, user()),
    "user, three phones": (BOB, user(phones=3)),
    "user, not set up, waiting": (BOB, user(set_up=False, waiting=True, waiting_until=ago(minutes=-4))),
    "user, blocked": (BOB, user(blocked_at=ago(hours=1), refusals=())),
    "user, reset": (BOB, user(resetting=True)),
    "user, reset asks for reason and proof": (
        BOB,
        user(resetting=True, problem="no_reason", proof=replace(PASSWORD_AND_CODE, problem="missing")),
    ),
    "user, reset done": (BOB, user(set_up=False, done="reset")),
    "user, let try again": (BOB, user(done="released")),
    "user, function off": (BOB, user(function_on=False)),
    "user, oneself": (BOB, user(own=True)),
    "user, seen only": (BOB, user(may_edit=False, sees_refusals=False)),
    "user, Single Sign-On": (BOB, user(login_method="sso", set_up=False)),
    # Roles
    "roles": (BOB, roles()),
    "roles, full": (BOB, replace(roles(), full=True)),
    "role, new": (BOB, new_role()),
    "role, new, name taken": (BOB, new_role("user Manager", "taken")),
    "role, new, asks for proof": (BOB, new_role("Help desk", proof=PASSWORD_AND_CODE)),
    "role, new, too many": (BOB, new_role("Help desk", "too_many")),
    "role": (BOB, role()),
    "role, saved": (BOB, role(saved=True)),
    "role, allows nothing, nobody holds it": (BOB, role(NOBODY_HOLDS_IT, permissions=())),
    "role, allows more than oneself": (
        ROLES_ONLY,
        role(replace(HOLDERS, may_give=False), may_change=False),
    ),
    "role, no such username": (BOB, role(replace(HOLDERS, username="zzz", problem="unknown"))),
    "role, edit": (BOB, role(acting="edit")),
    "role, edit, holding less": (BOB, role(acting="edit", choices=choices(("users.view",), IN_ORDER[:3]))),
    "role, edit, asks for proof": (BOB, role(acting="edit", proof=PASSWORD_AND_CODE)),
    "role, edit, no name": (BOB, role(acting="edit", wanted_name="", problem="empty")),
    **{
        f"role, edit, {problem}": (BOB, role(acting="edit", problem=problem))
        for problem in ("last_administrator", "changed_meanwhile", "unknown_permission")
    },
    "role, delete": (BOB, role(acting="delete", holders=12)),
    "role, delete, many hold it": (BOB, role(acting="delete", holders=1000, more=True, proof=PASSWORD)),
    "role, delete, nobody holds it": (BOB, role(NOBODY_HOLDS_IT, acting="delete")),
    "role, delete, last administrator": (BOB, role(problem="last_administrator")),
    "user's roles": (BOB, user_roles()),
    "user's roles, saved": (BOB, user_roles(saved=True)),
    "user's roles, asks for proof": (BOB, user_roles(proof=PASSWORD_AND_CODE)),
    "user's roles, holding less": (ROLES_ONLY, user_roles(choices=HOLDS_LESS)),
    "user's roles, last administrator": (BOB, user_roles(own=True, problem="last_administrator")),
    "user's roles, changed meanwhile": (BOB, user_roles(problem="changed_meanwhile")),
    "user, invited": (BOB, account(INVITED)),
    "user, invitation over": (BOB, account(INVITED, link="", link_expires_at=None)),
    "user, password reset under way": (BOB, account(link="password_reset", link_expires_at=ago(minutes=-25))),
    "user, invitation on its way": (BOB, account(INVITED_BY_MAIL, link_unsent=True)),
    "user, invitation mailed": (BOB, account(INVITED_BY_MAIL)),
    "user, invitation waits": (
        BOB,
        account(INVITED_BY_MAIL, link_unsent=True, link_error="refused: Connection refused"),
    ),
    "user, invitation not sent": (
        BOB,
        account(INVITED_BY_MAIL, link_unsent=True, link_failed=True, link_error="rejected: 550 5.1.1 user unknown"),
    ),
    "user, password reset mailed": (
        BOB,
        account(replace(INVITED_BY_MAIL, invited=False), link="password_reset", link_expires_at=ago(minutes=-25)),
    ),
    "user, disabled": (BOB, account(disabled_at=ago(days=3))),
    "user, edit": (BOB, account(asking="edit")),
    "user, edit, wrong": (
        BOB,
        account(
            asking="edit",
            typed=Details("", "alice", "Acme", "Accounting", "Berlin"),
            problems={"name": "empty", "email": "bad_address", "time_zone": "unknown_zone"},
        ),
    ),
    "user, edit, new address asks for proof": (BOB, account(asking="edit", proof=PASSWORD_AND_CODE)),
    "user, edit, overtaken": (BOB, account(asking="edit", problem="overtaken")),
    "user, disable": (BOB, account(asking="disable")),
    "user, delete": (BOB, account(asking="delete")),
    **{f"user, {done}": (BOB, account(done=done, sessions_ended=3)) for done in ("saved", "enabled", "sessions_ended")},
    "user, just disabled": (BOB, account(done="disabled", disabled_at=NOW)),
    **{
        f"user, {problem}": (BOB, account(problem=problem))
        for problem in (
            "last_administrator",
            "already_disabled",
            "already_enabled",
            "does_not_fit",
            "no_provider",
            "nobody_else_signs_in",
            "not_bound",
        )
    },
    "user, bound to an identity": (BOB, account(BY_SSO)),
    "user, bound to another provider": (BOB, account(BY_SSO, sso=replace(BOUND, elsewhere=True))),
    "user, no provider configured": (
        BOB,
        account(BY_SSO, sso=replace(BOUND, provider="", elsewhere=True), provider=""),
    ),
    "user, waiting for the first sign-in": (BOB, account(WAITING)),
    "user, waiting, no link and no address": (
        BOB,
        account(WAITING, email="", link="", link_expires_at=None),
    ),
    "user, Single Sign-On, edit": (BOB, account(BY_SSO, asking="edit")),
    "user, waiting, edit": (BOB, account(WAITING, asking="edit")),
    "user, to Single Sign-On": (BOB, account(asking="login_method")),
    "user, to Single Sign-On, asked": (
        BOB,
        account(asking="login_method", proof=Proof(True, False, "wrong"), last_with_password=True),
    ),
    "user, to a password": (BOB, account(BY_SSO, asking="login_method")),
    "user, forget the identity": (BOB, account(BY_SSO, asking="unbind")),
    "add user": (BOB, NewUserPage(NewUser("", "", "", "", "", "password", {}, 0))),
    "add user, with a mail server": (BOB, NewUserPage(NewUser("", "", "", "", "", "password", {}, 0, mail=True))),
    "add user, role gone": (BOB, NewUserPage(replace(NEW_USER, problems={"role": "gone"}, mail=True))),
    "add user, taken": (BOB, NewUserPage(replace(NEW_USER, problems={"username": "taken"}, taken_by=2))),
    "add user, bad address": (BOB, NewUserPage(replace(NEW_USER, problems={"email": "bad_address"}))),
    "link to hand over, user added": (BOB, HandedLinkPage(HANDED)),
    "link to hand over, invitation": (BOB, HandedLinkPage(replace(HANDED, added=False))),
    "link to hand over, password reset": (
        BOB,
        HandedLinkPage(
            replace(
                HANDED,
                kind="password_reset",
                added=False,
                url=HANDED.url.replace("invitation", "login/reset"),
                expires_at=ago(minutes=-30),
            )
        ),
    ),
    **{
        f"link to hand over, first sign-in{kind}": (
            BOB,
            HandedLinkPage(replace(HANDED, kind="binding", added=not kind, expires_at=ago(days=-7), provider=provider)),
        )
        for kind, provider in (("", "Acme SSO"), (", no provider", ""))
    },
    "link to hand over, user added already": (BOB, HandedLinkPage(replace(HANDED, url="", expires_at=None))),
    "link to hand over, shown already": (
        BOB,
        HandedLinkPage(replace(HANDED, url="", expires_at=None, added=False)),
    ),
    # Activity log
    "activity log": (BOB, activity_log()),
    "activity log, filtered": (
        BOB,
        activity_log(ENTRIES[:3], filtered=True, action="two_factor.switched", from_date="2026-11-01"),
    ),
    "activity log, nothing matches": (BOB, activity_log((), filtered=True, actor="zzz")),
    "activity log, bad date": (BOB, activity_log(from_date="yesterday", problems=("from",))),
}


@dataclass(frozen=True)
class GalleryPage(parts.Page):
    template = "gallery/gallery.html"
    names: tuple[str, ...]


async def show(request: Request) -> Response:
    """The list of samples."""
    return parts.render_sample(request, None, GalleryPage(tuple(SAMPLES)))


async def show_sample(request: Request) -> Response:
    """One sample."""
    name = request.path_params["name"]
    if name not in SAMPLES:
        raise HTTPException(404)
    return parts.render_sample(request, *SAMPLES[name])
