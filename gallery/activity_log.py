"""Samples of the activity log."""

from dataclasses import replace
from datetime import date
from typing import get_args

from accounts.activity import kinds
from db.reads.activity_people import Person
from gallery.people import BOB, ago
from gallery.sample import Samples
from routes.activity_log.filter import NAMES
from routes.activity_log.log import ActivityLog, ActivityLogPage, Chip, Count, Day, People
from routes.web.entry import Entry, Unreadable


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
MADE_BY_OTHERS: tuple[dict[str, str], ...] = ({"sign_in": "password"}, {"sign_in": "sso"}, {"address": "yes"}, {})
OWN_ADDRESS = "confirming", "confirmed", "cancelled"
CAUSES: tuple[str, ...] = (*get_args(kinds.Cause), "sso: the identity is not known here")

ENTRIES = (
    entry(59, "two_factor.switched", before="off", after="on"),
    entry(58, "two_factor.switched", "command line", before="on", after="off"),
    entry(57, "contact.changed", before='{"name": "Helpdesk"}', after='{"name": "Service Desk"}'),
    entry(57, "installation.restored", "command line", file="monday.backup", made_at="2026-11-16 03:00:00 UTC"),
    entry(
        57, "installation.restored", "command line", file="x", made_at="2026-11-16 03:00:00 UTC", recovery_codes="ended"
    ),
    entry(57, "two_factor.set_up", "alice"),
    entry(56, "two_factor.set_up", "alice", replaced="yes"),
    entry(56, "two_factor.phone_added", "alice", "alice", phone="Tablet"),
    entry(56, "two_factor.phone_renamed", "alice", "alice", before="Tablet", after="Work tablet"),
    entry(56, "two_factor.phone_removed", "alice", "alice", phone="Work tablet"),
    entry(55, "two_factor.removed", "alice"),
    entry(54, "two_factor.reset", "bob", "alice", reason="Phone lost on the way to work; called back on its number"),
    entry(53, "two_factor.blocked", "alice"),
    entry(52, "login.succeeded", "alice", factor="password"),
    entry(51, "login.succeeded", "alice", factor="password and code"),
    entry(50, "login.succeeded", "alice", factor="password and recovery code"),
    entry(49, "login.succeeded", "dora", factor="password", one_time="yes"),
    entry(49, "login.succeeded", "cleo", factor="single sign-on", issuer=ISSUER, amr="pwd hwk", acr="urn:acme:silver"),
    entry(
        49,
        "login.succeeded",
        "cleo",
        factor="single sign-on",
        issuer=ISSUER,
        no_user_information="userinfo: timeout (3.0 s)",
    ),
    entry(49, "identity.bound", "system", "cleo", by="address", issuer=ISSUER, identity="00u8cleo"),
    entry(49, "identity.bound", "system", "cleo", by="link", issuer=ISSUER, identity="00u8cleo"),
    entry(49, "proof.given", "cleo", "cleo", by="auth_time", amr="pwd hwk"),
    entry(49, "proof.given", "cleo", "cleo", by="prompt"),
    entry(48, "login.refused", "unknown user", cause="sso: identity token: the nonce is wrong"),
    entry(48, "login.refused", "unknown user", cause="unknown user"),
    *(entry(47 - n, "login.refused", "alice", "alice", cause=cause) for n, cause in enumerate(CAUSES)),
    entry(30, "login.refusals_counted", "system", "alice", number="1432"),
    entry(29, "login.repeated", "alice", "alice"),
    entry(29, "login.username_waits", "system", "alice"),
    entry(30, "login.refusals_counted", "system", "alice", number="7", password="right"),
    entry(30, "repeats.counted", "system", "alice", of="access.refused", number="1895"),
    entry(30, "repeats.counted", "system", "alice", of="proof.refused", number="12"),
    entry(30, "repeats.counted", "system", "alice", of="proof.refused", number="3", password="right"),
    entry(30, "repeats.counted", "system", "bob", of="users.exported", number="2"),
    entry(30, "repeats.counted", "system", "bob", of="activity_log.exported", number="1"),
    entry(30, "repeats.counted", "system", "bob", of="reminders.exported", number="4"),
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
        21,
        "profile.changed",
        "bob",
        "alice",
        '{"name": "Alice", "time_zone": ""}',
        '{"name": "Alice Arden; unit Board", "time_zone": "Europe/Berlin"}',
    ),
    entry(20, "user.created", "command line", "dora", after="password", roles="Member, Auditor"),
    entry(20, "user.invited", "bob", "dora"),
    entry(20, "password.reset_requested", "system", "dora", answer="invitation"),
    entry(20, "address.requested", "alice", "alice", after="a.arden@acme.example"),
    entry(20, "address.vouched_for", "bob", "alice", after="a.arden@acme.example"),
    *(entry(20, f"address.{what}", "alice", "alice", after="a@b.example") for what in OWN_ADDRESS),
    *(entry(20, "ways_in.ended", "system", "alice", makers="mgr, dora", **made) for made in MADE_BY_OTHERS),
    entry(20, "reminders.exported", "bob"),
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
    entry(17, "first_day.put_away", "bob"),
    entry(17, "session.ended", "alice"),
    entry(16, "session.ended", "bob", "alice"),
    entry(16, "session.ended", "bob", "alice", browser="Firefox on Linux", ip_address="192.0.2.17"),
    entry(16, "reminder.sent", "bob", "dora"),
    entry(16, "reminders.sent", "bob", number="1", listed="1", sentence="We move to the new building on Monday."),
    entry(15, "sessions.ended", "alice", number="3"),
    entry(14, "session.signed_out", "alice"),
    entry(13, "access.refused", "alice", route="POST /general-settings/security"),
    entry(12, "activity_log.exported", "bob", filter="actor=alice"),
    entry(12, "user.imported", "bob", "alice", '{"unit": "Accounting"}', '{"unit": "Sales"}'),
    entry(12, "users.imported", "bob", new="41", changed="2", unchanged="300", sha256="9f86d081884c7d65"),
    entry(12, "users.exported", "bob", filter="two_factor=off; unit=Sales"),
    entry(11, "future.thing", "bob", "alice"),
)


LOG = ActivityLog(
    days=(Day(date(2026, 11, 24), ENTRIES[:20]), Day(date(2026, 11, 23), ENTRIES[20:])),
    filtered=False,
    chips=(),
    first_url="",
    next_url="/activity-log?before=11",
    csv_url="/activity-log.csv",
)
NO_FILTER = dict.fromkeys(NAMES, "")
PAGE = ActivityLogPage(
    activity_log=LOG,
    count=Count(50, True, None, 4_990, 4_941),
    people=People((Person("alice", ""), Person("bob", ""), Person("command line", ""))),
    typed=NO_FILTER,
    actions=tuple(sorted({entry.action for entry in ENTRIES})),
    problems=(),
)
FILTERED = replace(LOG, days=(Day(date(2026, 11, 24), ENTRIES[:3]),), filtered=True, first_url="/activity-log")
# The first and the third entry were damaged in the database.
DAMAGED = replace(
    LOG, days=(Day(None, (Unreadable(59),)), Day(date(2026, 11, 24), (ENTRIES[1], Unreadable(57), *ENTRIES[3:6])))
)
NOTHING = replace(FILTERED, days=(), next_url="")

TO_ALICE = (Chip("actor", "bob", "/activity-log?subject=alice"), Chip("subject", "alice", "/activity-log?actor=bob"))


def typed(**filters: str) -> dict[str, str]:
    return NO_FILTER | filters


# As an auditor sees it who may see users: with links to those who are still there.
LINKED = tuple(
    replace(entry, actor_user=2 if entry.actor == "bob" else None, subject_user=1 if entry.subject == "alice" else None)
    for entry in ENTRIES
)
ABOUT_ALICE = replace(
    FILTERED,
    days=(Day(date(2026, 11, 24), tuple(entry for entry in LINKED if entry.subject == "alice")[:6]),),
    first_url="",
    next_url="",
)

SAMPLES: Samples = {
    "activity log": (BOB, PAGE),
    "activity log, damaged entries": (BOB, replace(PAGE, activity_log=DAMAGED)),
    "activity log, filtered": (
        BOB,
        replace(
            PAGE,
            activity_log=FILTERED,
            count=Count(3, False, None, 312, 310),
            typed=typed(action="two_factor.switched") | {"from": "2026-11-01"},
        ),
    ),
    "activity log, of a person": (
        BOB,
        replace(
            PAGE,
            activity_log=ABOUT_ALICE,
            count=Count(6, False, None, 4_990, 4_941),
            people=People((Person("alice", "Alice Arden"),)),
            typed=typed(person="ali"),
        ),
    ),
    "activity log, what was done to a person": (
        BOB,
        replace(
            PAGE,
            activity_log=replace(ABOUT_ALICE, chips=TO_ALICE),
            count=Count(6, False, None, 4_990, 4_941),
            typed=typed(actor="bob", subject="alice"),
        ),
    ),
    "activity log, searched down to an entry": (
        BOB,
        replace(
            PAGE,
            activity_log=replace(ABOUT_ALICE, next_url="/activity-log?q=ferry&before=280001", unseen=280_000),
            count=Count(6, False, 280_000),
            typed=typed(q="ferry"),
        ),
    ),
    "activity log, nothing found down to an entry": (
        BOB,
        replace(
            PAGE,
            activity_log=replace(NOTHING, next_url="/activity-log?q=ferry&before=280001", unseen=280_000),
            count=Count(0, False, 280_000),
            typed=typed(q="ferry"),
        ),
    ),
    "activity log, nothing matches": (
        BOB,
        replace(PAGE, activity_log=NOTHING, count=Count(0, False), typed=typed(person="zzz"), people=People(())),
    ),
    "activity log, bad filters": (
        BOB,
        replace(
            PAGE,
            activity_log=NOTHING,
            count=Count(0, False),
            typed=typed(address="here", q="x" * 129) | {"from": "yesterday"},
            problems=("from", "address", "q"),
        ),
    ),
}
