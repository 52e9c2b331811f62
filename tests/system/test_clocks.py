"""The clock was a year ahead once, and is right now: a stored time in the future counts as none, and is removed."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from accounts import administrators, sessions
from accounts.bulk import run as bulk
from accounts.bulk.acts import ALL, Doing
from accounts.context import COMMAND_LINE, Client, Context
from accounts.durations import YEAR_SECONDS
from accounts.links import links, reset_requests
from accounts.login import named, throttle
from accounts.system import installation as system
from accounts.user_import import upload
from accounts.users.password import set_password
from db import browsers, clock, code_attempts, leases, outbox, sso_logins, uploads
from db import links as stored_links
from db.bulk import Whom
from tests.browser import NOON, Phone
from tests.mailing import Mailing
from tests.people import Person, session_of, somebody, switch, until_when

AHEAD = NOON + YEAR_SECONDS
SWITCH = "/general-settings/security"


class World:
    """Alice, a member, and Bob, an administrator, with phones; nobody is signed in. It is noon."""

    def __init__(self, mailing: Mailing) -> None:
        self.mailing, self.installation = mailing, mailing.installation
        switch(self.installation, True)
        self.alice, self.bob = somebody(self.installation, "alice"), somebody(self.installation, "bob", "Administrator")
        for person in (self.alice, self.bob):
            person.signs_in()
            person.sets_up()
            person.browser.post("/logout")
            person.browser = self.installation.browser()
        mailing.deliver()
        self.now = self.installation.clock.now

    def a_year_ahead(self) -> None:
        self.installation.clock.now = self.now + YEAR_SECONDS

    def right_again(self) -> None:
        self.installation.clock.now = self.now + 120

    def stores(self, table: str, column: str, where: str = "1 = 1") -> None:
        """A time a year ahead, as if it had been stored then."""
        self.mailing.damage(f"UPDATE {table} SET {column} = {self.now + YEAR_SECONDS} WHERE {where}")

    def run(self, act):
        return self.installation.run(act)

    def in_transaction(self, act):
        async def acting(context: Context):
            async with context.db.transaction():
                return await act(context)

        return self.run(acting)

    def is_signed_in(self, person: Person) -> bool:
        return person.browser.get("/").status == 200

    def causes(self) -> list[str]:
        rows = self.mailing.rows("SELECT detail FROM activity WHERE action = 'login.refused' ORDER BY number")
        return [str(detail) for (detail,) in rows]


def phone_of(person: Person) -> Phone:
    assert person.phone is not None
    return person.phone


@pytest.fixture
def world(mailing: Mailing) -> World:
    return World(mailing)


def a_session_that_began_ahead(world: World) -> None:
    world.a_year_ahead()
    for _ in range(sessions.MOST):
        world.installation.clock.forward(30)
        world.alice.browser = world.installation.browser()
        world.alice.signs_in()
    world.right_again()
    assert not world.is_signed_in(world.alice)
    assert world.run(lambda context: sessions.open_sessions(context, world.alice.user_id)) == []
    world.alice.signs_in()
    assert world.is_signed_in(world.alice), "and those ahead do not count among the ten"


def a_session_that_was_used_ahead(world: World) -> None:
    world.alice.signs_in()
    world.stores("sessions", "last_used_at")
    assert not world.is_signed_in(world.alice)
    assert world.run(lambda context: sessions.open_sessions(context, world.alice.user_id)) == []


def a_proof_that_was_given_ahead(world: World, column: str) -> None:
    world.bob.signs_in()
    assert world.bob.browser.post(SWITCH, {"two_factor": "on"}).status == 303
    world.stores("sessions", column)
    assert world.bob.browser.post(SWITCH, {"two_factor": "on"}).status == 422


def the_former_token_of_a_session(world: World) -> None:
    world.bob.signs_in()
    world.installation.clock.forward(660)
    former = dict(world.bob.browser.client.cookies)
    typed = {"two_factor": "on", "password": world.bob.password, "code": phone_of(world.bob).code()}
    assert world.bob.browser.post(SWITCH, typed).status == 303
    browser = world.installation.browser()
    browser.client.cookies.update(former)
    assert browser.get("/").status == 200
    world.stores("sessions", "previous_until")
    assert browser.get("/").status == 303


def a_session_of_a_one_time_password(world: World) -> None:
    dora = somebody(world.installation, "dora")
    password = str(world.run(lambda context: set_password(context, "dora", None, COMMAND_LINE)))
    assert dora.types(password=password).status == 303
    assert dora.browser.get("/my-user/password").status == 200
    world.stores("sessions", "one_time_until", "one_time_until IS NOT NULL")
    assert dora.browser.get("/my-user/password").status == 303


def a_one_time_password_that_was_printed_ahead(world: World) -> None:
    world.a_year_ahead()
    password = str(world.run(lambda context: set_password(context, "bob", None, COMMAND_LINE)))
    assert world.run(administrators.one_remains)
    world.right_again()
    assert world.bob.types(password=password).status == 422
    assert "expired password" in world.causes()[-1]
    assert not world.run(administrators.one_remains)


def a_reminder_that_was_sent_ahead(world: World) -> None:
    dora = somebody(world.installation, "dora")
    world.stores("users", "last_reminded_at")

    async def ask(context: Context) -> int:
        doing = Doing(context, await session_of(context, world.bob))
        return await bulk.to_the_end(bulk.Job(ALL["remind"], doing, Whom(None, (dora.user_id,))))

    assert world.run(ask) == 1
    assert world.run(ask) == 0


def a_code_that_was_spent_ahead(world: World) -> None:
    world.a_year_ahead()
    world.alice.signs_in()
    world.right_again()
    code = phone_of(world.alice).code()
    world.alice.browser = world.installation.browser()
    world.alice.signs_in(code=code)
    assert world.alice.types(code=code).status in (303, 422)
    other = world.installation.browser()
    page = other.post("/login", {"username": "alice", "password": world.alice.password, "code": code})
    assert page.status == 422, "a code works once, as ever"
    assert "used code" in world.causes()[-1]


def wrong_codes_that_were_typed_ahead(world: World) -> None:
    world.a_year_ahead()
    for _ in range(3):
        world.alice.types(code=phone_of(world.alice).wrong_code())
    world.in_transaction(lambda context: code_attempts.add(context.db, world.alice.user_id, "code", context.now, ""))
    world.right_again()

    async def counted(context: Context):
        since, now = context.now - 30 * 24 * 3600, context.now
        return (
            await code_attempts.failures(context.db, world.alice.user_id, "code", since, now),
            await code_attempts.counted(context.db, world.alice.user_id, "code", since, now),
        )

    assert world.run(counted) == ((4, 0), (4, 0)), "no longer within 30 days; still consecutive until a success"
    assert "Wrong codes after your right password" not in [letter.subject for letter in world.mailing.delivered()]
    world.alice.signs_in()
    assert world.run(counted) == ((0, 0), (0, 0))


def a_browser_that_was_seen_ahead(world: World) -> None:
    world.a_year_ahead()
    world.alice.signs_in()
    world.right_again()
    token_hash = world.mailing.rows("SELECT token_hash FROM browsers ORDER BY seen_at DESC LIMIT 1")[0][0]
    assert isinstance(token_hash, bytes)

    async def known(context: Context) -> tuple[bool, bool]:
        return (
            await browsers.knows(context.db, token_hash, "alice", context.now),
            await browsers.knows_any_user(context.db, token_hash, context.now),
        )

    assert world.run(known) == (False, False)
    world.alice.signs_in()
    assert world.run(known) == (True, True), "from its next sign-in on"


def a_set_up_that_was_started_ahead(world: World) -> None:
    dora = somebody(world.installation, "dora")
    dora.signs_in()
    assert dora.browser.post("/my-user/two-factor", {}, part=True).status == 200
    assert dora.browser.get("/my-user").has("#two-factor-qr")
    world.stores("set_ups", "started_at")
    assert not dora.browser.get("/my-user").has("#two-factor-qr")
    dora.sets_up()


def wrong_passwords_that_were_typed_ahead(world: World) -> None:
    world.a_year_ahead()
    for number in range(120):
        browser = world.installation.browser(f"198.51.100.{number // 6}")
        browser.post("/login", {"username": "alice", "password": "wrong", "code": ""})
        browser.post("/login/reset", {"username": "alice"})
    assert world.run(lambda context: until_when(context, "alice"))[0] > world.now + YEAR_SECONDS
    world.right_again()
    assert world.run(lambda context: until_when(context, "alice")) == (0, 0)
    world.alice.browser = world.installation.browser("198.51.100.1")
    world.alice.signs_in()
    for _ in range(9):
        page = world.installation.browser("198.51.100.1").post("/login", {"username": "alice", "password": "wrong"})
        assert page.status == 422
    assert "wrong password" in world.causes()[-1], "counted from the beginning"
    for _ in range(3):
        world.installation.browser("198.51.100.1").post("/login", {"username": "alice", "password": "wrong"})
    assert 0 < world.run(lambda context: until_when(context, "alice"))[0] <= world.now + 120 + 900

    world.stores("attempts", "waiting_until")
    world.stores("attempts", "forget_at")
    world.installation.browser("198.51.100.1").post("/login/reset", {"username": "alice"})
    stranger = Client("198.51.100.1", "", None)
    claim, _ = world.run(lambda context: throttle.claim(replace(context, client=stranger), named.read("alice")))
    assert not claim.waits, "for a place in front of the hash threads"


def refusals_that_were_counted_ahead(world: World) -> None:
    world.a_year_ahead()
    for number in range(15):
        browser = world.installation.browser(f"198.51.100.{number}")
        browser.post("/login", {"username": "alice", "password": "wrong"})
    world.right_again()
    before = len(world.causes())
    world.installation.browser().post("/login", {"username": "alice", "password": "wrong"})
    assert len(world.causes()) == before + 1, "an hour of its own begins"
    counted = world.mailing.rows("SELECT detail FROM activity WHERE action = 'login.refusals_counted'")
    assert counted == [('{"number": "5"}',)]


def requests_for_a_reset_that_were_answered_ahead(world: World) -> None:
    world.a_year_ahead()
    for _ in range(5):
        world.installation.browser().post("/login/reset", {"username": "alice"})
        world.mailing.deliver()
    world.right_again()
    world.mailing.delivered()
    for _ in range(5):
        world.installation.browser().post("/login/reset", {"username": "alice"})
        world.mailing.deliver()
    assert len(world.mailing.delivered()) == 3, "an hour, as ever"


def a_request_for_a_reset_that_waits_since_ahead(world: World) -> None:
    world.installation.browser().post("/login/reset", {"username": "alice"})
    world.stores("outbox", "created_at", f"letter = '{reset_requests.KIND}'")
    before = len(world.mailing.server.received)
    world.mailing.deliver()
    assert len(world.mailing.server.received) == before


def a_link_that_was_created_ahead(world: World) -> None:
    world.a_year_ahead()
    link = world.in_transaction(lambda context: links.create(context, world.alice.user_id, "password_reset"))
    assert world.installation.browser().get(f"/login/reset/{link.token}").status == 200
    world.right_again()
    assert world.installation.browser().get(f"/login/reset/{link.token}").status == 410
    page = {"new_password": "nine blue kettles in a row"}
    assert world.installation.browser().post(f"/login/reset/{link.token}", page).status == 410
    link_id = int(str(world.mailing.rows("SELECT max(id) FROM links")[0][0]))
    redeem = lambda context: stored_links.redeem(context.db, link_id, context.now, 1800)  # noqa: E731  # because it is used once
    assert not world.in_transaction(redeem)


def an_invitation_that_was_created_ahead(world: World) -> None:
    """Whoever has such a link can be invited again."""
    world.mailing.damage(
        "INSERT INTO links (kind, user_id, token_hash, created_at, expires_at, detail) SELECT"
        f" 'invitation', id, x'01', {AHEAD}, {AHEAD}, '' FROM users WHERE username = 'alice'"
    )
    world.mailing.damage("UPDATE users SET password_set_at = NULL WHERE username = 'alice'")

    async def outlook(context: Context) -> bulk.Outlook:
        doing = Doing(context, await session_of(context, world.bob))
        return await bulk.outlook(bulk.Job(ALL["invite"], doing, Whom(None, (world.alice.user_id,))))

    assert world.run(outlook).number == 1
    assert not world.run(
        lambda context: stored_links.mailed(context.db, world.alice.user_id, "invitation", "", context.now)
    )


def an_e_mail_that_was_postponed_ahead(world: World) -> None:
    world.run(lambda context: set_password(context, "alice", None, COMMAND_LINE))
    world.mailing.another_sends()
    world.mailing.deliver()
    world.mailing.damage("UPDATE leases SET until = 0")
    world.in_transaction(lambda context: outbox.add(context.db, outbox.New("user_enabled", None, {}), 0, AHEAD))
    due = world.run(lambda context: outbox.due(context.db, context.now, 9, 12 * 3600))
    assert len(due) == 1
    assert world.run(lambda context: outbox.work(context.db, context.now, 12 * 3600)).due == 1


def e_mails_that_were_queued_ahead(world: World) -> None:
    a_request_for_a_reset_that_waits_since_ahead(world)
    for _ in range(5):
        new = outbox.New("new_address", world.alice.user_id, {})
        world.in_transaction(lambda context, new=new: outbox.add(context.db, new, AHEAD, AHEAD))
    since = world.now - 3600
    number = world.run(
        lambda context: outbox.number_since(context.db, "new_address", world.alice.user_id, since, context.now)
    )
    assert number == 0


def a_lease_that_was_taken_ahead(world: World) -> None:
    world.mailing.damage(f"UPDATE leases SET holder = 'another', until = {AHEAD}")
    take = lambda context: leases.take(context.db, "letters", "me", context.now, context.now + 60)  # noqa: E731  # because it is used once
    assert world.in_transaction(take)


def a_file_that_was_uploaded_ahead(world: World) -> None:
    async def uploaded(context: Context):
        current = await session_of(context, world.bob)
        async with context.db.transaction():
            await uploads.start(context.db, current.session.id, "users.csv", context.now)
        before = await uploads.of_session(context.db, current.session.id, 0, context.now)
        async with context.db.transaction():
            await context.db.execute("UPDATE uploads SET uploaded_at = :at, preview = '{}'", {"at": AHEAD})
        return before, await upload.under_way(context, current)

    before, after = world.run(uploaded)
    assert before is not None
    assert after is None


def a_sign_in_at_the_provider_that_was_begun_ahead(world: World) -> None:
    new = sso_logins.New(b"state", b"browser", "login", None, None, "key", b"", "/", "", AHEAD, AHEAD + 600)
    world.in_transaction(lambda context: sso_logins.add(context.db, new))
    assert not world.run(lambda context: sso_logins.under_way(context.db, b"browser", context.now))
    assert world.in_transaction(lambda context: sso_logins.use(context.db, b"state", b"browser", context.now)) is None


RULES: dict[tuple[str, str], Callable[[World], None]] = {
    ("users", "one_time_until"): a_one_time_password_that_was_printed_ahead,
    ("users", "last_reminded_at"): a_reminder_that_was_sent_ahead,
    ("authenticators", "last_step"): a_code_that_was_spent_ahead,
    ("code_attempts", "at"): wrong_codes_that_were_typed_ahead,
    ("browsers", "seen_at"): a_browser_that_was_seen_ahead,
    ("sessions", "started_at"): a_session_that_began_ahead,
    ("sessions", "last_used_at"): a_session_that_was_used_ahead,
    ("sessions", "password_proved_at"): lambda world: a_proof_that_was_given_ahead(world, "password_proved_at"),
    ("sessions", "code_proved_at"): lambda world: a_proof_that_was_given_ahead(world, "code_proved_at"),
    ("sessions", "previous_until"): the_former_token_of_a_session,
    ("sessions", "one_time_until"): a_session_of_a_one_time_password,
    ("set_ups", "started_at"): a_set_up_that_was_started_ahead,
    ("attempts", "waiting_until"): wrong_passwords_that_were_typed_ahead,
    ("attempts", "forget_at"): wrong_passwords_that_were_typed_ahead,
    ("refusals", "since"): refusals_that_were_counted_ahead,
    ("activity", "at"): requests_for_a_reset_that_were_answered_ahead,
    ("links", "expires_at"): a_link_that_was_created_ahead,
    ("links", "created_at"): an_invitation_that_was_created_ahead,
    ("outbox", "due_at"): an_e_mail_that_was_postponed_ahead,
    ("outbox", "created_at"): e_mails_that_were_queued_ahead,
    ("leases", "until"): a_lease_that_was_taken_ahead,
    ("uploads", "uploaded_at"): a_file_that_was_uploaded_ahead,
    ("sso_logins", "created_at"): a_sign_in_at_the_provider_that_was_begun_ahead,
    ("sso_logins", "expires_at"): a_sign_in_at_the_provider_that_was_begun_ahead,
}
MARK = "only whether it is there counts"
SHOWN = "it is shown, and nothing is decided by it"
NO_RULE = {
    ("users", "password_set_at"): MARK,
    ("users", "disabled_at"): MARK,
    ("users", "two_factor_at"): MARK,
    ("users", "codes_blocked_at"): MARK,
    ("users", "created_at"): SHOWN,
    ("users", "last_login_at"): SHOWN,
    ("authenticators", "confirmed_at"): SHOWN,
    ("authenticators", "last_used_at"): SHOWN,
    ("recovery_codes", "created_at"): SHOWN,
    ("recovery_codes", "used_at"): MARK,
    ("code_attempts", "judged_at"): MARK,
    ("code_attempts", "cleared_at"): "it is compared with the time of other attempts alone",
    ("sessions", "set_up_confirmed_at"): MARK,
    ("sessions", "previous_login_at"): SHOWN,
    ("settings", "changed_at"): SHOWN,
    ("links", "used_at"): MARK,
    ("outbox", "sent_at"): MARK,
    ("outbox", "failed_at"): MARK,
    ("uploads", "imported_at"): MARK,
    ("sso_logins", "used_at"): MARK,
}
TIME = re.compile(r"(^|_)(at|until|since|step)$")


def test_every_stored_time_has_its_rule_or_a_reason_why_it_needs_none(mailing: Mailing):
    tables = [str(name) for (name,) in mailing.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    times = {
        (table, str(name))
        for table in tables
        for _, name, *_ in mailing.rows(f"PRAGMA table_info({table})")
        if TIME.search(str(name))
    }
    assert times == {*RULES, *NO_RULE}
    assert not {*RULES} & {*NO_RULE}


@pytest.mark.parametrize("column", RULES, ids=".".join)
def test_a_time_in_the_future_counts_as_none(world: World, column: tuple[str, str]):
    RULES[column](world)


def test_within_a_minute_a_time_may_lie_ahead(world: World):
    """Two machines, or a clock that is set back a little, are no reason to sign anybody out."""
    world.installation.clock.now = world.now + 60
    world.alice.signs_in()
    world.installation.clock.now = world.now
    assert world.is_signed_in(world.alice)
    world.installation.clock.now = world.now - 1
    assert not world.is_signed_in(world.alice)


KEPT = {
    # A user, an authenticator, the log, the lease and a user's own marks are not removed; nor is an e-mail that waits,
    # or a wrong code that no success has cleared.
    ("users", "one_time_until"),
    ("users", "last_reminded_at"),
    ("authenticators", "last_step"),
    ("activity", "at"),
    ("leases", "until"),
    ("outbox", "due_at"),
}


def test_the_hourly_task_removes_what_lies_ahead(world: World):
    world.a_year_ahead()
    dora = somebody(world.installation, "dora")
    dora.signs_in()
    dora.browser.post("/my-user/two-factor", {}, part=True)
    for _ in range(12):
        world.alice.types(password="wrong")
    world.bob.signs_in()
    world.mailing.deliver()
    world.in_transaction(lambda context: links.create(context, dora.user_id, "password_reset"))
    new = sso_logins.New(b"state", b"browser", "login", None, None, "key", b"", "/", "", AHEAD, AHEAD + 600)
    world.in_transaction(lambda context: sso_logins.add(context.db, new))
    world.mailing.damage(f"INSERT INTO code_attempts (kind, at) VALUES ('code', {AHEAD})")
    world.right_again()
    removed = {column for column in RULES if column not in KEPT and column[0] != "uploads"}

    def ahead(column: tuple[str, str]) -> int:
        table, name = column
        latest = clock.latest(world.installation.clock()) + 30 * 24 * 3600
        return int(str(world.mailing.rows(f"SELECT count(*) FROM {table} WHERE {name} > {latest}")[0][0]))

    unused = {("sessions", "previous_until"), ("sessions", "one_time_until")}
    assert {column for column in removed if ahead(column)} == removed - unused
    world.run(system.tidy_up)
    assert {column for column in removed if ahead(column)} == set()
    world.alice.signs_in()
    assert world.is_signed_in(world.alice)


@pytest.mark.parametrize("seconds", [120, -24 * 3600], ids=["stopped for two minutes", "the clock was set back"])
def test_a_task_that_was_stopped_in_the_middle_removes_nobody_who_signed_in_meanwhile(world: World, seconds: int):
    """What was written in these two minutes lies in the future of the moment at which the task began."""
    begun_at = world.now
    world.installation.clock.forward(seconds)
    world.alice.signs_in()

    async def go_on(context: Context) -> None:
        with pytest.raises(system.TookTooLong):
            await system.tidy_up(replace(context, now=begun_at), lambda: context.now)

    world.run(go_on)
    assert world.is_signed_in(world.alice)
    world.run(system.tidy_up)
    assert world.is_signed_in(world.alice)
