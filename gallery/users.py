"""Samples of Users, Roles and what is handed over."""

from dataclasses import replace
from datetime import date
from typing import get_args

from accounts.user_import.csv_file import COLUMNS, Bad, Problem
from accounts.users.administration import Details
from db.adoption import Figures
from gallery.activity_log import CAUSES
from gallery.my_user import PROFILE
from gallery.people import (
    BOB,
    BOUND,
    NOW,
    PASSWORD,
    PASSWORD_AND_CODE,
    UNBOUND,
    ago,
)
from gallery.sample import Samples
from routes.roles.parts import Choice, Holder, NewRole, NewRolePage, RoleCard, RoleHolders, RolePage, RoleRow, RolesPage
from routes.users.account import HandedLink, HandedLinkPage, NewUser, NewUserPage, UserAccount
from routes.users.adoption import AdoptionPage, Month, Numbers
from routes.users.filter import Chip
from routes.users.import_file import Example, ImportPage, UserImport
from routes.users.invitations import InvitationsPage, InvitationsProgress
from routes.users.reminders import ChosenUser, FailedLetter, RemindersPage, RemindersProgress
from routes.users.roles import RoleChoice, UserRoles, UserRolesPage
from routes.users.users import RefusedLogin, UserList, UserPage, UserRow, UserSecurity, UsersPage
from routes.web.part import UserHeader
from routes.web.reauthentication import Reauthentication

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
        adoption=Figures(31, 212, 18),
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
        adoption=Figures(set_up, not_set_up, 18),
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


BAD_LINES = tuple(Bad(number, problem, "name", "Warehouse") for number, problem in enumerate(get_args(Problem)))


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
        user_header=UserHeader(name="Alice Arden", unit="Accounting", set_up=part.set_up),
        user_account=replace(
            ACCOUNT if part.login_method == "password" else BY_SSO, may_edit=part.may_edit, own=part.own, id=part.id
        ),
        user_security=part,
    )


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


def new_role(name: str = "", problem: str = "", proof: Reauthentication | None = None) -> NewRolePage:
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

SAMPLES: Samples = {
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
    "import, refused": (
        BOB,
        user_import(state="preview", problem="refused", bad=1, problems=(Bad(0, "last_administrator"),)),
    ),
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
        for problem in ("last_administrator", "conflict", "unknown_permission")
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
    "user's roles, changed meanwhile": (BOB, user_roles(problem="conflict")),
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
    "user, edit, overtaken": (BOB, account(asking="edit", problem="conflict")),
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
        account(asking="login_method", proof=Reauthentication(True, False, "wrong"), last_with_password=True),
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
}
