"""Samples of the acts on many users."""

from dataclasses import replace

from accounts.bulk.run import Outlook
from db.bulk import Person
from db.roles import Role
from gallery.people import BOB, PASSWORD_AND_CODE
from gallery.sample import Samples
from routes.users.bulk import BulkDonePage, BulkGoingOnPage, BulkPage, BulkProgress, SoFar
from routes.users.bulk_emails import Example

ALICE = Person(2, "alice", "Alice Arden", "alice@acme.example", "Accounting", "password", "", 0)
FINN = Person(8, "finn", "Finn Fuchs", "finn@acme.example", "Sales", "sso", "", 1)
LEFT = (
    replace(ALICE, id=5, username="dora", name="Dora Diaz", standing="not_joined"),
    replace(ALICE, id=6, username="eve", name="Eve Ellison", standing="reminded"),
    replace(ALICE, id=9, username="gina", name="", standing="no_address"),
)
REASONS = {"not_joined": 302, "reminded": 5, "no_address": 1}
OUTLOOK = Outlook(19, REASONS, 0, "19.4711", (ALICE, FINN), LEFT)
REMIND = BulkPage(
    act="remind",
    all=True,
    hidden=(("all", "on"), ("two_factor", "off"), ("unit", "Sales")),
    back_url="/users?two_factor=off&unit=Sales",
    lacks="",
    roles=(),
    units=(),
    role=None,
    unit="",
    outlook=OUTLOOK,
    by_mail=True,
    emails=(
        Example(
            "reminder",
            19,
            "Set up two-factor authentication at Acme",
            "Hello Alice Arden,\n\nYour account can be protected.\n",
        ),
    ),
)
MANAGER = Role(2, "User manager", frozenset({"users.edit", "users.view"}))
ROLE = replace(
    REMIND, act="give-role", by_mail=False, emails=(), role=MANAGER, outlook=replace(OUTLOOK, planted=1, left_out={})
)
DISABLE = replace(
    REMIND,
    act="disable",
    by_mail=False,
    emails=(),
    outlook=replace(
        OUTLOOK,
        left_out={"own": 1, "disabled": 60},
        others=(
            replace(ALICE, id=10, username="bob", name="Bob Baker", standing="own"),
            *(replace(ALICE, id=20 + n, username=f"former{n}", name="", standing="disabled") for n in range(49)),
        ),
        entered=2,
    ),
)
NOBODY = replace(OUTLOOK, number=0, reached=())
ASKS_UNIT = replace(
    REMIND, act="set-unit", by_mail=False, outlook=None, emails=(), lacks="unit", units=("Sales", "Accounting")
)
GOING_ON = BulkGoingOnPage(
    "end-sessions",
    "/users",
    BulkProgress(
        "end-sessions",
        SoFar("m", 40_000, 60_000, 0),
        (("act", "end-sessions"), ("all", "on"), ("after", "m"), ("done", "40000"), ("left", "60000"), ("kept", "0")),
        "/users",
        # Here it would lead away from the gallery.
        by_itself=False,
    ),
)
SAMPLES: Samples = {
    "act on many, remind": (BOB, REMIND),
    "act on many, a link in the sentence": (
        BOB,
        replace(REMIND, sentence="Read it at intranet.example", sentence_problem="link"),
    ),
    "act on many, two kinds of e-mail": (
        BOB,
        replace(
            REMIND,
            act="invite",
            emails=(replace(REMIND.emails[0], kind="invitation"), replace(REMIND.emails[0], kind="binding", number=2)),
        ),
    ),
    "act on many, nobody reached": (BOB, replace(REMIND, outlook=NOBODY, emails=())),
    "act on many, list has changed": (BOB, replace(REMIND, problem="changed")),
    "act on many, nobody chosen": (BOB, replace(REMIND, problem="nobody_chosen", outlook=None)),
    "act on many, function off": (BOB, replace(REMIND, problem="function_off", outlook=None)),
    "act on many, no mail server": (BOB, replace(REMIND, act="invite", problem="no_mail", outlook=None)),
    "act on many, ways in end": (BOB, ROLE),
    "act on many, choose a role": (BOB, replace(ROLE, role=None, outlook=None, lacks="role", roles=(MANAGER,))),
    "act on many, no role to choose": (BOB, replace(ROLE, act="take-role", role=None, outlook=None, lacks="role")),
    "act on many, choose a unit": (BOB, ASKS_UNIT),
    "act on many, unit refused": (BOB, replace(ASKS_UNIT, lacks="", unit="x" * 201, problem="too_long")),
    "act on many, set unit": (BOB, replace(ASKS_UNIT, lacks="", unit="Sales", outlook=OUTLOOK)),
    "act on many, disable": (BOB, replace(DISABLE, needed=PASSWORD_AND_CODE)),
    "act on many, enable": (BOB, replace(DISABLE, act="enable")),
    "act on many, sign out": (BOB, replace(DISABLE, act="end-sessions")),
    "act on many, goes on": (BOB, GOING_ON),
    "act on many, asks before it goes on": (
        BOB,
        replace(GOING_ON, progress=replace(GOING_ON.progress, needed=PASSWORD_AND_CODE)),
    ),
    "done to many": (BOB, BulkDonePage("disable", 18, 1, "/users")),
    "done to many, role": (BOB, BulkDonePage("give-role", 1, 0, "/users?unit=Sales")),
}
