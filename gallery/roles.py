"""Samples of the pages about roles."""

from dataclasses import replace

from accounts.permissions import ALL
from db.reads.ways_in import MadeByOthers, Maker
from gallery.people import BOB, PASSWORD_AND_CODE
from gallery.sample import Samples
from gallery.users import ROWS
from routes.roles.card import DeleteRole, EditRole, RoleCard
from routes.roles.holders import Holder, RoleHolders
from routes.roles.new_role import NewRole, NewRolePage
from routes.roles.role import RolePage
from routes.roles.roles import RoleRow, RolesPage
from routes.users.roles import RoleChoice, UserRoles, UserRolesPage
from routes.web.permissions import Choice

MANAGES = ("users.view", "users.edit")


def choices(ticked: tuple[str, ...] = (), held: tuple[str, ...] = ALL) -> tuple[Choice, ...]:
    return tuple(Choice(name, name in ticked, name in held) for name in ALL)


CARD = RoleCard(id=2, name="User manager", permissions=MANAGES, may_change=True)
EDIT = EditRole(
    id=2,
    name="User manager",
    permissions=MANAGES,
    may_change=True,
    wanted_name="User manager",
    choices=choices(MANAGES),
    longest=64,
    needed=None,
)
DELETE = DeleteRole(
    id=2, name="User manager", permissions=MANAGES, may_change=True, holders=12, more=False, needed=None
)
HOLDERS = RoleHolders(
    role_id=2,
    rows=tuple(Holder(row.id, row.username, row.name, row.unit, row.disabled) for row in ROWS),
    first_url="/roles/2?after=",
    next_url="/roles/2?after=frederick",
    may_give=True,
    username="",
    problem="",
    searches=True,
)
NOBODY_HOLDS_IT = replace(HOLDERS, rows=(), first_url="", next_url="")
ROLES = RolesPage(
    roles=(
        RoleRow(1, "Administrator", ALL, 3),
        RoleRow(2, "User manager", MANAGES, 12),
        RoleRow(3, "Auditor", ("users.view", "activity_log.view"), 1),
        RoleRow(4, "Member", (), 100),
        RoleRow(5, "Internal revision and data protection, northern subsidiaries", ("activity_log.view",), 0),
    ),
    full=False,
)
NEW_ROLE = NewRole("", choices(), 64, 64, "", None)
HELP_DESK = replace(NEW_ROLE, name="Help desk", choices=choices(("users.view",)))
USER_ROLES = UserRoles(
    user_id=2,
    choices=(
        RoleChoice(1, "Administrator", ALL, ticked=False, has=False, may=True),
        RoleChoice(2, "User manager", MANAGES, ticked=True, has=True, may=True),
        RoleChoice(3, "Auditor", ("users.view", "activity_log.view"), ticked=True, has=False, may=True),
        RoleChoice(4, "Member", (), ticked=True, has=True, may=True),
    ),
    own=False,
    problem="",
    needed=None,
    saved=False,
    username="alice",
    email="alice.arden@acme.example",
    login_method="password",
    made=MadeByOthers(None, None, None),
    ended=False,
    entered=0,
    may_invite=True,
)
MANAGER = Maker("mgr", may=True)
MADE = replace(USER_ROLES, made=MadeByOthers(MANAGER, MANAGER, MANAGER))
ENDED = replace(USER_ROLES, saved=True, ended=True, made=MadeByOthers(Maker("mgr", may=False), None, None))
HOLDS_LESS = (
    RoleChoice(1, "Administrator", ALL, ticked=True, has=True, may=False),
    RoleChoice(4, "Member", (), ticked=False, has=True, may=True),
)
ROLES_ONLY = replace(BOB, permissions=frozenset({"roles.edit"}))


def role(card: RoleCard, holders: RoleHolders = HOLDERS) -> RolePage:
    return RolePage(card, holders)


def user_roles(part: UserRoles) -> UserRolesPage:
    return UserRolesPage(2, "alice", "Alice Arden", part)


SAMPLES: Samples = {
    "roles": (BOB, ROLES),
    "roles, full": (BOB, replace(ROLES, full=True)),
    "role, new": (BOB, NewRolePage(NEW_ROLE)),
    "role, new, name taken": (BOB, NewRolePage(replace(HELP_DESK, name="user Manager", problem="taken"))),
    "role, new, asks to reauthenticate": (BOB, NewRolePage(replace(HELP_DESK, needed=PASSWORD_AND_CODE))),
    "role, new, too many": (BOB, NewRolePage(replace(HELP_DESK, problem="too_many"))),
    "role": (BOB, role(CARD)),
    "role, saved": (BOB, role(replace(CARD, saved=True))),
    "role, allows nothing, nobody holds it": (BOB, role(replace(CARD, permissions=()), NOBODY_HOLDS_IT)),
    "role, allows more than oneself": (
        BOB,
        role(replace(CARD, may_change=False), replace(HOLDERS, may_give=False)),
    ),
    "role, whom do you mean": (
        BOB,
        role(CARD, replace(HOLDERS, username="al", meant=HOLDERS.rows[:2], more_meant=True)),
    ),
    "role, no such username": (BOB, role(CARD, replace(HOLDERS, username="zzz", problem="unknown"))),
    "role, edit": (BOB, role(EDIT)),
    "role, edit, holding less": (BOB, role(replace(EDIT, choices=choices(MANAGES, MANAGES)))),
    "role, edit, asks to reauthenticate": (BOB, role(replace(EDIT, needed=PASSWORD_AND_CODE))),
    "role, edit, no name": (BOB, role(replace(EDIT, wanted_name="", problem="empty"))),
    "role, edit, conflict": (BOB, role(replace(EDIT, problem="conflict"))),
    "role, delete": (BOB, role(DELETE)),
    "role, delete, many hold it": (
        BOB,
        role(replace(DELETE, holders=1000, more=True, needed=PASSWORD_AND_CODE)),
    ),
    "role, delete, nobody holds it": (BOB, role(replace(DELETE, holders=0), NOBODY_HOLDS_IT)),
    "role, delete, last administrator": (BOB, role(replace(CARD, problem="last_administrator"))),
    "user's roles": (BOB, user_roles(USER_ROLES)),
    "user's roles, saved": (BOB, user_roles(replace(USER_ROLES, saved=True))),
    "user's roles, asks to reauthenticate": (BOB, user_roles(replace(USER_ROLES, needed=PASSWORD_AND_CODE))),
    "user's roles, holding less": (ROLES_ONLY, user_roles(replace(USER_ROLES, choices=HOLDS_LESS))),
    "user's roles, last administrator": (
        BOB,
        user_roles(replace(USER_ROLES, own=True, problem="last_administrator")),
    ),
    "user's roles, others made ways in": (BOB, user_roles(MADE)),
    "user roles, who entered addresses": (BOB, user_roles(replace(USER_ROLES, entered=12))),
    "user's roles, a password ended": (BOB, user_roles(ENDED)),
    "user's roles, a connection ended, seen without users": (
        ROLES_ONLY,
        user_roles(replace(ENDED, login_method="sso", may_invite=False)),
    ),
    "user's roles, conflict": (BOB, user_roles(replace(USER_ROLES, problem="conflict"))),
}
