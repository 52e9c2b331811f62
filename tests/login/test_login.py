"""The login: one form, one decision, one answer to every failure; and the log, which knows the exact cause."""

import asyncio
import csv
import io
import json
import threading

import pytest
from anyio import to_thread

from accounts import passwords
from accounts.context import COMMAND_LINE
from accounts.limits import CONSECUTIVE_WRONG_CODES
from accounts.login import login
from accounts.places import Claim
from accounts.two_factor import switch as two_factor_switch
from accounts.users import users
from db import users as stored_users
from tests import acts
from tests.browser import Browser, Installation, Page, Phone
from tests.cookies import BROWSER, SESSION
from tests.people import PASSWORDS, Person, somebody, switch

SENTENCE = "Login failed. Please check your login details and try again. Otherwise contact your administrator."
HOUR = 3600


def refused(page: Page) -> bool:
    return page.status == 422 and page.words("#login-error") == SENTENCE


def attempt(browser: Browser, username: str, password: str, code: str = "") -> Page:
    return browser.post("/login", {"username": username, "password": password, "code": code})


def newcomer(installation: Installation, username: str, *roles: str) -> Person:
    """Somebody with a second factor in force, signed out."""
    person = somebody(installation, username, *roles)
    person.signs_in()
    person.sets_up()
    person.browser.post("/logout")
    return person


def phone_of(person: Person) -> Phone:
    assert person.phone
    return person.phone


@pytest.fixture
def guarded(installation, function_on) -> Person:
    """Alice, who has set it up, while the function is on; signed out."""
    return newcomer(installation, "alice")


def log(installation: Installation, query: str = "") -> list[dict[str, str]]:
    """The activity log as an auditor exports it, newest first."""
    auditor = somebody(installation, f"auditor-{installation.clock.now}", "Auditor")
    answer = auditor.signs_in().client.get(f"/activity-log.csv?{query}")
    return sorted(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))), key=lambda row: -int(row["number"]))


def causes_logged(installation: Installation) -> list[str]:
    return [json.loads(row["detail"])["cause"] for row in log(installation, "action=login.refused")]


# ---------------------------------------------------------------------------------------------------------- the form


def test_while_the_function_is_off_the_form_asks_for_username_and_password(installation):
    page = installation.browser().get("/login")
    assert page.status == 200
    assert set(page.fields("/login")) == {"username", "password"}
    assert page.words("#two-factor-field") == ""


def test_while_it_is_on_the_field_stands_directly_under_username_and_password(installation, function_on):
    page = installation.browser().get("/login")
    assert list(page.fields("/login")) == ["username", "password", "code"]
    assert "Two-Factor Authentication" in page.words("#two-factor-field")
    assert page.find("#two-factor-field input").get("type") == "text"


def test_the_field_alone_is_for_htmx_and_all_others_get_the_page(installation, function_on):
    browser = installation.browser()
    assert not browser.get("/login/two-factor-field", part=True).has("form")
    assert list(browser.get("/login/two-factor-field").fields("/login")) == ["username", "password", "code"]


def test_the_field_depends_on_the_switch_alone(installation, guarded, bob):
    pages = [
        installation.browser().get("/login"),
        # a known browser of somebody who has set it up
        guarded.browser.get("/login"),
        attempt(installation.browser(), "bob", "wrong"),
        attempt(installation.browser(), "nobody", "wrong"),
    ]
    fields = {page.words("#two-factor-field") for page in pages}
    assert len(fields) == 1
    assert fields != {""}


def test_an_open_login_page_asks_whether_the_field_it_shows_is_right(installation):
    browser = installation.browser()
    assert browser.get("/login/two-factor-field?shown=off", part=True).status == 204
    assert not browser.get("/login/two-factor-field?shown=on", part=True).has("input")
    switch(installation, True)
    assert browser.get("/login/two-factor-field?shown=on", part=True).status == 204
    part = browser.get("/login/two-factor-field?shown=off", part=True)
    assert part.status == 200
    assert part.find("#two-factor-field input").get("name") == "code"
    assert not part.has("#login-form"), "the field alone, so that what was typed survives"


# ----------------------------------------------------------------------------------------------------- who signs in


def test_somebody_without_a_second_factor_signs_in_with_username_and_password(installation, alice):
    page = alice.types()
    assert (page.status, page.location) == (303, "/")
    assert alice.browser.get("/").status == 200


@pytest.mark.parametrize("typed", ["", "123456", "12345678901234567890", "abc", "\u0661\u0662", "x" * 65])
def test_whatever_stands_in_the_code_field_of_who_has_not_set_it_up_is_ignored(function_on, alice, typed: str):
    assert alice.types(code=typed).status == 303


@pytest.mark.parametrize("typed", ["ALICE", "  alice ", "\uff21lice"])
def test_a_username_is_known_in_any_way_of_writing_it(alice, typed: str):
    assert alice.types(username=typed).status == 303


def test_who_has_set_it_up_signs_in_with_username_password_and_code(guarded):
    assert guarded.types().status == 303


@pytest.mark.parametrize("written", ["{0}{1}", "{0} {1}", "{0}-{1}", " {0} {1} "])
def test_a_code_may_be_written_in_two_groups(guarded, written: str):
    code = guarded.phone.code()
    assert guarded.types(code=written.format(code[:3], code[3:])).status == 303


@pytest.mark.parametrize(("seconds_off", "signs_in"), [(-30, True), (30, True), (-60, False), (60, False)])
def test_a_phone_may_be_a_step_fast_or_slow(installation, guarded, seconds_off: int, signs_in: bool):
    # all steps are fresh
    installation.clock.forward(120)
    guarded.phone._seconds_fast = seconds_off
    assert guarded.types().status == (303 if signs_in else 422)


def test_a_recovery_code_signs_in_once_and_leads_to_my_user(installation, guarded):
    page = guarded.types(code=guarded.recovery_codes[0])
    assert (page.status, page.location) == (303, "/my-user")
    assert "9 left" in guarded.browser.get("/my-user").words("#two-factor")
    guarded.browser.post("/logout")
    assert refused(guarded.types(code=guarded.recovery_codes[0]))
    assert guarded.types(code=guarded.recovery_codes[1].replace(" ", "-")).status == 303
    actions = [(row["action"], json.loads(row["detail"])) for row in log(installation, "actor=alice")]
    left = [(facts["left"], facts["browser"]) for action, facts in actions if action == "recovery_code.used"]
    assert left[-1] == ("9", "Firefox on Linux"), "the newest first"
    assert ("login.succeeded", {"factor": "password and recovery code"}) in actions


def test_the_log_says_with_which_factor_somebody_signed_in(installation, guarded, bob):
    guarded.signs_in()
    bob.signs_in()
    succeeded = log(installation, "action=login.succeeded")
    last = {row["actor"]: json.loads(row["detail"]) for row in reversed(succeeded)}
    assert last["alice"] == {"factor": "password and code"}
    assert last["bob"] == {"factor": "password"}
    assert {row["address"] for row in succeeded} == {"203.0.113.7"}


def test_a_person_sees_when_and_from_where_they_signed_in_last(installation, alice):
    alice.signs_in()
    alice.browser.post("/logout")
    installation.clock.forward(HOUR)
    home = alice.signs_in().get("/").text
    assert "24 Nov 2026, 12:00" in home
    assert "203.0.113.7" in home


def test_the_browser_holds_two_opaque_cookies_that_scripts_cannot_read(installation, alice):
    sent = alice.types().headers.get_list("set-cookie")
    assert {cookie.split("=")[0] for cookie in sent} == {SESSION, BROWSER}
    for cookie in sent:
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "alice" not in cookie
    lives = {cookie.split("=")[0]: "Max-Age=31536000" in cookie for cookie in sent}
    assert lives == {SESSION: False, BROWSER: True}


def test_over_https_the_cookies_are_secure_and_bound_to_the_host(tmp_path):
    with Installation(tmp_path / "data", TWO_KEYS_BASE_URL="https://keys.localhost") as installation:
        sent = somebody(installation, "alice").types().headers.get_list("set-cookie")
        assert all(cookie.startswith("__Host-two_keys_") and "Secure" in cookie for cookie in sent)


def test_each_sign_in_gets_a_token_of_its_own(installation, alice):
    tokens = set()
    for _ in range(3):
        alice.signs_in()
        tokens.add(alice.browser.client.cookies[SESSION])
        alice.browser.client.cookies.delete(SESSION)
    assert len(tokens) == 3


def test_who_is_signed_in_already_is_led_on(alice):
    browser = alice.signs_in()
    page = browser.get("/login?next=/my-user")
    assert (page.status, page.location) == (303, "/my-user")
    assert browser.get("/login").location == "/"


# ---------------------------------------------------------------------------------------------- one answer for all


class Causes:
    """Every way to fail, each with a username of five letters: cause → what is typed, and how the log calls it."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        names = ("alice", "harry", "betty", "wendy", "danny")
        alice, harry, betty, wendy, danny = (newcomer(installation, name) for name in names)
        somebody(installation, "simon", sso=True)
        self.block(betty)
        # from here on the clock stands, so that the step that is used is the present one
        self.make_wait(wendy)
        installation.run(lambda context: acts.disable(context, "danny"))
        for typed in (alice.recovery_codes[0], phone_of(alice).code()):
            alice.signs_in(code=typed)
            alice.browser.post("/logout")
        self.code = phone_of(harry).code()
        self.typed: dict[str, tuple[tuple[str, str, str], str]] = {
            "unknown user": (("nobdy", "some password or other", "123456"), "unknown user"),
            "wrong password": (("harry", "some password or other", self.code), "wrong password"),
            "no password yet": ((self.without_password(), "some password or other", ""), "no password"),
            "expired password": (self.expired(), "expired password"),
            "no code": ((*self.of(alice), ""), "no code"),
            "blank code": ((*self.of(alice), "  - "), "no code"),
            "wrong code": ((*self.of(alice), phone_of(alice).wrong_code()), "wrong code"),
            "wrong recovery code": ((*self.of(alice), "1" * 20), "wrong recovery code"),
            "anything else": ((*self.of(alice), "letmein"), "malformed code"),
            "digits of another script": (
                (*self.of(alice), "".join(chr(0x660 + int(d)) for d in self.code)),
                "malformed code",
            ),
            "used code": ((*self.of(alice), phone_of(alice).code()), "used code"),
            "another user's code": ((*self.of(alice), self.code), "wrong code"),
            "another user's recovery code": ((*self.of(alice), harry.recovery_codes[0]), "wrong recovery code"),
            "used recovery code": ((*self.of(alice), alice.recovery_codes[0]), "used recovery code"),
            "blocked authenticator": ((*self.of(betty), phone_of(betty).code()), "blocked"),
            "waiting": ((*self.of(wendy), phone_of(wendy).code()), "waiting"),
            "disabled user": ((*self.of(danny), phone_of(danny).code()), "disabled"),
            "disabled user, wrong password": (("danny", "some password or other", ""), "wrong password"),
            "sso user": (("simon", "some password or other", ""), "sso user"),
            "over-long password": (("harry", "x" * 1025, self.code), "over-long input"),
            "unknown address": (("n@x.y", "some password or other", "123456"), "unknown user"),
            "address, wrong password": (
                (self.address_of(harry), "some password or other", self.code),
                "wrong password",
            ),
            "address, no code": ((self.address_of(alice), alice.password, ""), "no code"),
            "address of two": ((self.shared_address(), "some password or other", ""), "unknown user"),
        }

    def of(self, person: Person) -> tuple[str, str]:
        return person.username, person.password

    def address_of(self, *people: Person) -> str:
        """An address as long as the usernames."""
        address = f"{people[0].username[0]}@x.y"

        async def act(context):
            async with context.db.transaction():
                for person in people:
                    values = {"id": person.user_id, "address": address}
                    sql = "UPDATE users SET email = :address, email_beginning = :address WHERE id = :id"
                    await context.db.execute(sql, values)

        self.installation.run(act)
        return address

    def shared_address(self) -> str:
        return self.address_of(somebody(self.installation, "tilda"), somebody(self.installation, "tobias"))

    def without_password(self) -> str:
        person = somebody(self.installation, "peggy")

        async def act(context):
            async with context.db.transaction():
                await context.db.execute("UPDATE users SET password_hash = NULL WHERE username = 'peggy'")

        self.installation.run(act)
        return person.username

    def expired(self) -> tuple[str, str, str]:
        created = self.installation.run(lambda context: users.create(context, users.New("oscar"), COMMAND_LINE))
        assert isinstance(created, users.Created)

        async def act(context):
            async with context.db.transaction():
                await context.db.execute(f"UPDATE users SET one_time_until = {context.now} WHERE username = 'oscar'")

        self.installation.run(act)
        return "oscar", created.one_time_password or "", ""

    def block(self, person: Person) -> None:
        for _ in range(CONSECUTIVE_WRONG_CODES):
            attempt(self.installation.browser(), *self.of(person), phone_of(person).wrong_code())

    def make_wait(self, person: Person) -> None:
        """Ten wrong passwords in a row, over the end of an hour, so that the next refusal gets an entry of the log."""
        for failures, seconds in ((1, HOUR - 5), (9, 5), (1, 0)):
            for _ in range(failures):
                attempt(self.installation.browser(), person.username, "some password or other")
            self.installation.clock.forward(seconds)

    def tries_all(self) -> "Causes":
        """One attempt each, by a stranger; what they saw, what the log says, and where the browser is afterwards."""
        self.answers, self.afterwards = {}, {}
        for cause, (typed, _exact) in self.typed.items():
            stranger = self.installation.browser()
            self.answers[cause] = attempt(stranger, *typed)
            self.afterwards[cause] = stranger.get("/")
        newest = causes_logged(self.installation)[: len(self.typed)]
        self.logged = dict(zip(self.typed, reversed(newest), strict=True))
        return self


CAUSES = [
    "unknown user",
    "wrong password",
    "no password yet",
    "expired password",
    "no code",
    "blank code",
    "wrong code",
    "wrong recovery code",
    "anything else",
    "digits of another script",
    "used code",
    "another user's code",
    "another user's recovery code",
    "used recovery code",
    "blocked authenticator",
    "waiting",
    "disabled user",
    "disabled user, wrong password",
    "sso user",
    "over-long password",
    "unknown address",
    "address, wrong password",
    "address, no code",
    "address of two",
]


@pytest.fixture(scope="module")
def causes(tmp_path_factory):
    with Installation(tmp_path_factory.mktemp("causes") / "data") as installation:
        switch(installation, True)
        yield Causes(installation).tries_all()


def test_every_cause_gets_the_same_page_the_same_status_and_the_same_headers(causes):
    assert set(causes.typed) == set(CAUSES)
    answers = {}
    for cause, page in causes.answers.items():
        username = causes.typed[cause][0][0]
        assert len(username) == 5, "so that lengths are the same, too"
        assert page.html.count(username) == 1, "it stands in the field and nowhere else"
        headers = sorted((name, value) for name, value in page.headers.multi_items() if name != "date")
        answers[cause] = (page.status, headers, page.html.replace(username, "NAME!"))
    reference = answers["wrong password"]
    assert reference[0] == 422
    different = [cause for cause, answer in answers.items() if answer != reference]
    assert not different


@pytest.mark.parametrize("cause", CAUSES)
def test_the_person_reads_the_one_sentence_and_the_log_the_exact_cause(causes, cause: str):
    page, ((username, password, code), exact) = causes.answers[cause], causes.typed[cause]
    assert refused(page)
    assert page.find("#login-error").get("role") == "alert"
    assert page.html.index("login-error") < page.html.index("<input"), "above the input fields"
    assert page.fields("/login") == {"username": username, "password": "", "code": ""}
    assert password not in page.html
    assert not code.strip(" -") or code not in page.html
    assert causes.logged[cause] == exact


@pytest.mark.parametrize("cause", CAUSES)
def test_a_failed_login_opens_nothing(causes, cause: str):
    assert "set-cookie" not in causes.answers[cause].headers
    assert causes.afterwards[cause].location == "/login"


@pytest.mark.parametrize("username", ["x" * 129, "x" * 20_000])
def test_an_over_long_username_gets_the_one_answer_and_stays_in_the_form(installation, function_on, username: str):
    page = attempt(installation.browser(), username, "some password or other")
    assert refused(page)
    assert page.fields("/login")["username"] == username
    assert causes_logged(installation)[0] == "over-long input"


def test_an_over_long_code_is_no_code(installation, guarded):
    assert refused(guarded.types(code=" " * 59 + guarded.phone.code()))


def test_a_password_of_1024_characters_signs_in_and_one_more_does_not(installation):
    PASSWORDS["larry"] = ("seven wet umbrellas on a tram " * 40)[:1024]
    larry = somebody(installation, "larry")
    assert refused(larry.types(password=larry.password + "x"))
    assert larry.types().status == 303


@pytest.mark.parametrize(
    "username",
    ['"><script>alert(1)</script>', "{{ 7*7 }}", "  alice  ", "O’Neil & Söhne", "\U0001f511", "a\u202eb", "%s %d"],
)
def test_the_username_stays_as_it_was_typed_and_does_nothing(installation, username: str):
    page = attempt(installation.browser(), username, "wrong")
    assert refused(page)
    assert page.fields("/login")["username"] == username
    assert not page.has("script") or "alert" not in page.words("script")


@pytest.mark.parametrize("values", [{}, {"username": ""}, {"password": "x"}, {"username": "alice"}, {"code": "123456"}])
def test_missing_fields_are_a_failed_login(installation, function_on, alice, values: dict[str, str]):
    assert refused(installation.browser().post("/login", values))


def test_html_is_valid_also_with_a_character_that_html_does_not_know(installation):
    assert refused(attempt(installation.browser(), "ali\x00ce", "wrong"))


# ------------------------------------------------------------------------------------------ a code works once


def test_a_code_works_once(installation, guarded):
    guarded.signs_in()
    other = installation.browser()
    assert refused(attempt(other, "alice", guarded.password, guarded.phone.code()))
    installation.clock.forward(30)
    assert attempt(other, "alice", guarded.password, guarded.phone.code()).status == 303


def test_a_code_written_otherwise_is_the_same_code(installation, guarded):
    code = guarded.phone.code()
    guarded.signs_in(code=f"{code[:3]} {code[3:]}")
    for again in (code, f"{code[:3]}-{code[3:]}"):
        assert refused(attempt(installation.browser(), "alice", guarded.password, again))


def test_the_confirming_code_is_spent_too(installation, function_on, alice):
    alice.signs_in()
    alice.sets_up()
    # back in the step of the confirmation
    installation.clock.forward(-30)
    assert refused(attempt(installation.browser(), "alice", alice.password, alice.phone.code()))


def test_a_code_is_spent_only_together_with_a_right_password(installation, guarded):
    stranger = installation.browser()
    for _ in range(3):
        assert refused(attempt(stranger, "alice", "not her password", guarded.phone.code()))
        assert refused(attempt(stranger, "alice", "not her password", guarded.recovery_codes[0]))
    assert guarded.types().status == 303
    guarded.browser.post("/logout")
    assert guarded.types(code=guarded.recovery_codes[0]).status == 303


@pytest.mark.parametrize("factor", ["code", "recovery code"])
def test_of_parallel_logins_with_one_code_exactly_one_succeeds(installation, guarded, factor: str):
    typed = guarded.phone.code() if factor == "code" else guarded.recovery_codes[0]

    async def all_at_once(context):
        attempts = [login.Typed("alice", guarded.password, typed)] * 8
        return await asyncio.gather(*(login.sign_in(context, each) for each in attempts))

    outcomes = installation.run(all_at_once)
    assert sum(isinstance(outcome, login.SignedIn) for outcome in outcomes) == 1
    lost = {outcome.cause for outcome in outcomes if isinstance(outcome, login.Refused)}
    assert lost == {f"used {factor}"}


def test_while_the_function_is_off_a_code_is_ignored_and_not_spent(installation, guarded):
    switch(installation, False)
    code = guarded.phone.code()
    for typed in (code, guarded.recovery_codes[0], "", guarded.phone.wrong_code()):
        assert guarded.types(code=typed).status == 303
        guarded.browser.post("/logout")
    switch(installation, True)
    assert guarded.types(code=code).status == 303
    guarded.browser.post("/logout")
    assert guarded.types(code=guarded.recovery_codes[0]).status == 303


def test_what_was_set_up_is_in_force_again_at_once_when_the_function_is_switched_on(installation, guarded):
    switch(installation, False)
    switch(installation, True)
    assert refused(guarded.types(code=""))
    assert guarded.types().status == 303


def test_a_used_step_is_remembered_through_off_and_on(installation, guarded):
    guarded.signs_in()
    guarded.browser.post("/logout")
    switch(installation, False)
    switch(installation, True)
    assert refused(guarded.types())


# ------------------------------------------------------------------------- what changes while a login is under way


def signs_in_while(installation: Installation, typed: login.Typed, change):
    """How a login ends during whose password hash somebody changes something."""

    async def act(context):
        hashing, done = context.hasher._threads, threading.Event()
        for _ in range(hashing._max_workers):
            hashing.submit(done.wait, 10)
        under_way = asyncio.create_task(login.sign_in(context, typed))
        while not hashing._work_queue.qsize():  # noqa: ASYNC110  # because a queue of threads wakes nobody
            await asyncio.sleep(0.001)
        await change(context)
        done.set()
        return await under_way

    return installation.run(act)


async def _switch_on(context):
    await two_factor_switch.switch(context, True, COMMAND_LINE)


async def _disable_alice(context):
    await acts.disable(context, "alice")


async def _set_alices_password(context):
    # not by the rule, whose hash would stand in the same queue
    async with context.db.transaction():
        alice = await stored_users.by_username(context.db, "alice")
        assert alice is not None
        await stored_users.set_password(context.db, alice.id, "another hash", context.now, None)


@pytest.mark.parametrize("change", [_disable_alice, _set_alices_password])
def test_who_is_disabled_or_gets_another_password_meanwhile_is_not_signed_in(installation, alice, change):
    outcome = signs_in_while(installation, login.Typed("alice", alice.password, ""), change)
    assert isinstance(outcome, login.Refused)


def test_a_password_alone_does_not_slip_in_while_the_function_is_switched_on(installation, guarded):
    switch(installation, False)
    outcome = signs_in_while(installation, login.Typed("alice", guarded.password, ""), _switch_on)
    assert outcome == login.Refused("no code")


def test_a_code_typed_while_the_function_is_switched_on_is_judged_and_spent_once(installation, guarded):
    switch(installation, False)
    typed = login.Typed("alice", guarded.password, guarded.phone.code())
    assert isinstance(signs_in_while(installation, typed, _switch_on), login.SignedIn)
    assert refused(guarded.types())


# ------------------------------------------------------------------------------------------- too many wrong ones


def test_after_twenty_wrong_codes_only_a_recovery_code_signs_in(installation, guarded):
    for _ in range(20):
        assert refused(guarded.types(code=guarded.phone.wrong_code()))
    assert refused(guarded.types())
    assert refused(guarded.types(code=""))
    page = guarded.types(code=guarded.recovery_codes[0])
    assert (page.status, page.location) == (303, "/my-user")
    section = guarded.browser.get("/my-user")
    assert "Blocked" in section.words("#two-factor")
    assert section.offers("/my-user/two-factor"), "to set up the phone again"
    assert section.has(".two-keys"), "it still counts as set up"
    assert not section.has("#notification a")
    assert log(installation, "action=two_factor.blocked")[0]["subject"] == "alice"


def test_a_block_does_not_end_by_a_sign_in_but_by_a_new_set_up(installation, guarded):
    for _ in range(20):
        guarded.types(code=guarded.phone.wrong_code())
    guarded.signs_in(code=guarded.recovery_codes[0])
    guarded.browser.post("/logout")
    installation.clock.forward(30)
    assert refused(guarded.types())
    guarded.signs_in(code=guarded.recovery_codes[1])
    guarded.sets_up()
    guarded.browser.post("/logout")
    assert guarded.types().status == 303


def test_a_stranger_without_the_password_blocks_nobody(installation, guarded):
    for number in range(25):
        stranger = installation.browser(f"198.51.100.{number}")
        assert refused(attempt(stranger, "alice", "not her password", guarded.phone.wrong_code()))
    assert guarded.types().status == 303
    assert "Blocked" not in guarded.browser.get("/my-user").words("#two-factor")


def test_while_waiting_even_the_right_details_are_refused_and_nothing_is_spent(installation, guarded):
    stranger = installation.browser()
    for _ in range(10):
        attempt(stranger, "alice", "not her password")
    code = guarded.phone.code()
    assert refused(attempt(stranger, "alice", guarded.password, code))
    installation.clock.forward(29)
    assert refused(attempt(stranger, "alice", guarded.password, code))
    installation.clock.forward(1)
    assert attempt(stranger, "alice", guarded.password, code).status == 303, "the code of the step before, not spent"


def test_a_stranger_makes_no_owner_wait_in_a_browser_that_signed_in_before(installation, alice):
    alice.signs_in()
    alice.browser.post("/logout")
    for _ in range(15):
        attempt(installation.browser(), "alice", "not her password")
    assert refused(attempt(installation.browser(), "alice", alice.password))
    assert alice.types().status == 303


def test_a_refusal_never_says_how_long_to_wait(installation, alice):
    stranger = installation.browser()
    pages = [attempt(stranger, "alice", "not her password") for _ in range(20)]
    assert {page.status for page in pages} == {422}
    assert len({page.html for page in pages}) == 1
    assert not any("retry-after" in page.headers for page in pages)


# ---------------------------------------------------------------------------------------------------------- the log


def test_ten_refusals_in_an_hour_get_an_entry_each_and_the_rest_are_counted(installation, alice):
    for _ in range(14):
        attempt(installation.browser(), "alice", "not her password")
    assert len(log(installation, "action=login.refused")) == 10
    installation.clock.forward(HOUR)
    attempt(installation.browser(), "alice", "not her password")
    entries = log(installation)
    assert [row["action"] for row in entries].count("login.refused") == 11
    counted = [row for row in entries if row["action"] == "login.refusals_counted"]
    assert [(row["subject"], json.loads(row["detail"])) for row in counted] == [("alice", {"number": "4"})]


def test_the_log_on_the_page_shows_each_entry_once_and_nothing_else(installation, alice, bob):
    for _ in range(14):
        attempt(installation.browser(), "alice", "not her password")
    page = bob.signs_in().get("/activity-log")
    assert page.text.count("A sign-in as alice was refused. The password was wrong.") == 10
    numbers = [int("".join(cell.itertext())) for cell in page.all(".number")]
    assert numbers == list(range(len(numbers), 0, -1))
    assert installation.browser().get("/login").status == 200


def test_an_unknown_username_is_never_kept_as_it_was_typed(installation, tmp_path, alice):
    typed = "my-secret-typed-in-the-wrong-field"
    for _ in range(12):
        attempt(installation.browser(), typed, "some password or other")
    newest = log(installation, "action=login.refused")[0]
    assert (newest["actor"], newest["subject"]) == ("unknown user", "unknown user")
    assert json.loads(newest["detail"]) == {"cause": "unknown user"}
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file())
    assert b"login.refused" in stored, "these are the files"
    assert typed.encode() not in stored


def test_no_password_and_no_code_is_kept(installation, tmp_path, guarded):
    attempt(installation.browser(), "alice", "typed-a-wrong-password", "917382")
    attempt(installation.browser(), "alice", guarded.password, "17283940591728394059")
    code = guarded.phone.code()
    guarded.signs_in()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file())
    for secret in ("typed-a-wrong-password", guarded.password, "17283940591728394059", guarded.recovery_codes[0]):
        assert secret.encode() not in stored
        assert secret.replace(" ", "").encode() not in stored
    details = " ".join(row["detail"] for row in log(installation))
    assert code not in details
    assert "917382" not in details


# ---------------------------------------------------------------------------------------------------------------- next


def test_somebody_who_asked_for_a_page_is_led_there_after_the_sign_in(installation, bob):
    first = bob.browser.get("/users?q=ali&two_factor=off")
    assert first.status == 303
    page = bob.browser.follow(first)
    page = bob.browser.submit(page, "/login", username="bob", password="wrong")
    assert refused(page)
    page = bob.browser.submit(page, "/login", username="bob", password=bob.password)
    assert (page.status, page.location) == (303, "/users?q=ali&two_factor=off")


OPEN_REDIRECTS = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "https://evil.example/",
    "https:evil.example",
    "http:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "users",
    "@evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    "/users\r\nSet-Cookie: a=b",
    "\t//evil.example",
    " //evil.example",
    "/\x00/evil.example",
    "/\u2028/evil.example",
    "/\uff0f/evil.example",
    "/ /evil.example",
]


@pytest.mark.parametrize("wanted", OPEN_REDIRECTS)
def test_nobody_is_led_away_from_this_site(installation, alice, wanted: str):
    page = alice.types(next=wanted)
    assert (page.status, page.location) == (303, "/")
    shown = alice.browser.client.get("/login", params={"next": wanted})
    assert shown.headers["location"] == "/", "nor when signed in already"
    assert "set-cookie" not in {name for name, value in shown.headers.items() if "a=b" in value}


@pytest.mark.parametrize("wanted", OPEN_REDIRECTS)
def test_a_login_page_carries_no_other_sites_address(installation, wanted: str):
    answer = installation.browser().client.get("/login", params={"next": wanted})
    assert answer.status_code == 200
    assert "evil" not in answer.text
    assert 'name="next"' not in answer.text


def test_a_login_from_another_site_is_refused(installation, alice):
    values = {"username": "alice", "password": alice.password}
    for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}):
        page = alice.browser.post("/login", values, **headers)
        assert page.status == 403
    assert alice.browser.client.post("/login", data=values).status_code == 403, "neither header"
    assert alice.browser.get("/").status == 303


# ------------------------------------------------------------------------------------------------ one-time passwords


@pytest.fixture
def one_time(installation, function_on) -> Person:
    """Olga, whose password was printed by the program."""
    created = installation.run(lambda context: users.create(context, users.New("olga"), COMMAND_LINE))
    assert isinstance(created, users.Created)
    assert created.one_time_password
    PASSWORDS["olga"] = created.one_time_password
    return Person("olga", created.user_id, installation, installation.browser())


CHOSEN = "a heron stands in the reeds"
# Every white space of Unicode, as str.isspace knows it.
WHITE_SPACE = [chr(code) for code in range(0x110000) if chr(code).isspace()]
# Zero width space, joiners, marks of direction, soft hyphen, word joiner, byte order mark, variation selector.
NO_WIDTH = [*"\u200b\u200c\u200d\u200e\u200f\u00ad\u2060\u202a\u202c\u2066\u2069\ufeff\ufe0f"]
COPIED = {
    "without hyphens": lambda password: password.replace("-", ""),
    "in capitals": str.upper,
    "with its first letter in capitals": str.capitalize,
    "with blanks for hyphens": lambda password: password.replace("-", " "),
    "with blanks around hyphens": lambda password: password.replace("-", " - "),
    "with a blank after each letter": " ".join,
    "with non-breaking hyphens": lambda password: password.replace("-", "\u2011"),
    "with dashes": lambda password: password.replace("-", "\u2013"),
    "of two lines": lambda password: f"{password[:11]}\r\n{password[11:]}\r\n",
    "all of it": lambda password: f"\u00a0\t{password.upper().replace('-', '')}\u3000\n",
}


@pytest.mark.parametrize("copied", COPIED.values(), ids=COPIED)
def test_a_one_time_password_is_right_however_it_was_copied(one_time, copied):
    assert one_time.types(password=copied(one_time.password)).location == "/my-user/password"


@pytest.mark.parametrize("blank", WHITE_SPACE, ids=[f"U+{ord(blank):04X}" for blank in WHITE_SPACE])
def test_white_space_in_a_one_time_password_is_forgiven(one_time, blank: str):
    copied = f"{blank}{one_time.password[:8]}{blank}{one_time.password[8:]}{blank}"
    assert one_time.types(password=copied).status == 303


@pytest.mark.parametrize("unseen", NO_WIDTH, ids=[f"U+{ord(unseen):04X}" for unseen in NO_WIDTH])
def test_what_has_no_width_in_a_one_time_password_is_forgiven(one_time, unseen: str):
    copied = f"{unseen}{one_time.password[:8]}{unseen}{one_time.password[8:]}{unseen}"
    assert one_time.types(password=copied).status == 303


@pytest.mark.parametrize("character", ["_", ".", "a", "\u0301", "\u00b7"])
def test_nothing_else_in_a_one_time_password_is_forgiven(one_time, character: str):
    assert refused(one_time.types(password=f"{one_time.password}{character}"))
    assert refused(one_time.types(password=one_time.password[:-1]))
    assert refused(one_time.types(password=" " * 1005 + one_time.password)), "over-long"


@pytest.mark.parametrize("copied", [f" {CHOSEN}", f"{CHOSEN} ", CHOSEN.upper(), CHOSEN.replace(" ", "")])
def test_a_password_that_a_person_chose_is_taken_as_it_is(one_time, copied: str):
    one_time.signs_in().post("/my-user/password", {"new_password": CHOSEN})
    one_time.browser.post("/logout")
    assert refused(one_time.types(password=copied))
    assert one_time.types(password=CHOSEN).status == 303


def test_a_chosen_password_that_looks_like_a_one_time_one_is_taken_as_it_is(installation):
    PASSWORDS["lotte"] = passwords.one_time()
    lotte = somebody(installation, "lotte")
    assert refused(lotte.types(password=lotte.password.upper()))
    assert refused(lotte.types(password=f"{lotte.password} "))
    assert lotte.types().status == 303


def test_an_expired_one_time_password_is_refused_however_it_was_copied(installation, one_time):
    installation.clock.forward(72 * HOUR)
    for copied in COPIED.values():
        assert refused(attempt(installation.browser(), "olga", copied(one_time.password)))


def test_a_one_time_password_leads_to_the_choice_of_another(one_time):
    page = one_time.types(next="/users")
    assert (page.status, page.location) == (303, "/my-user/password")
    page = one_time.browser.get("/my-user/password")
    assert page.words("h1") == "Choose a password"
    assert not page.has("nav"), "the entrance's layout"
    assert not page.has("#notification a")
    assert set(page.fields("/my-user/password")) == {"username", "new_password"}
    assert page.offers("/logout")


@pytest.mark.parametrize("path", ["/", "/my-user", "/users", "/general-settings", "/activity-log", "/activity-log.csv"])
def test_until_then_nothing_else_is_reached(one_time, path: str):
    browser = one_time.signs_in()
    page = browser.get(path)
    assert (page.status, page.location) == (303, "/my-user/password")
    page = browser.get(path, part=True)
    assert (page.status, page.headers["hx-redirect"]) == (401, "/my-user/password")


@pytest.mark.parametrize(
    "path",
    [
        "/my-user/two-factor",
        "/my-user/profile",
        "/my-user/sessions/end-others",
        "/general-settings/security",
        "/my-user/recovery-codes",
    ],
)
def test_until_then_nothing_else_is_changed(installation, one_time, path: str):
    browser = one_time.signs_in()
    page = browser.post(path, {"name": "Olga"})
    assert (page.status, page.location) == (303, "/my-user/password")
    assert browser.post(path, part=True).headers["hx-redirect"] == "/my-user/password"


def test_what_an_open_page_asks_for_by_itself_says_nothing(one_time):
    assert one_time.signs_in().get("/notification?shown=off", part=True).status == 204


def test_choosing_makes_the_session_an_ordinary_one_and_the_one_time_password_void(installation, one_time):
    browser = one_time.signs_in()
    page = browser.submit(browser.get("/my-user/password"), "/my-user/password", new_password=CHOSEN)
    assert (page.status, page.location) == (303, "/")
    assert browser.get("/").status == 200
    assert "/my-user" in [link.get("href") for link in browser.get("/").all("#notification a")]
    assert refused(attempt(installation.browser(), "olga", one_time.password))
    assert attempt(installation.browser(), "olga", CHOSEN).location == "/"
    actions = [row["action"] for row in log(installation, "actor=olga")]
    assert "password.chosen" in actions


@pytest.mark.parametrize("weak", ["", "short", "olga olga olga 1234", "passwordpassword"])
def test_what_is_chosen_must_satisfy_the_rules(one_time, weak: str):
    browser = one_time.signs_in()
    page = browser.post("/my-user/password", {"new_password": weak})
    assert page.status == 422
    assert page.words("h1") == "Choose a password"
    assert browser.get("/").location == "/my-user/password"


@pytest.mark.parametrize("copied", [str, *COPIED.values()], ids=["as it was printed", *COPIED])
def test_the_one_time_password_itself_cannot_be_chosen(one_time, copied):
    browser = one_time.signs_in()
    assert browser.post("/my-user/password", {"new_password": copied(one_time.password)}).status == 422


def test_it_works_until_a_password_is_chosen_for_72_hours(installation, one_time):
    assert one_time.types().status == 303
    one_time.browser.post("/logout")
    installation.clock.forward(72 * HOUR - 1)
    assert one_time.types().status == 303
    one_time.browser.post("/logout")
    installation.clock.forward(1)
    assert refused(one_time.types())


def test_a_session_that_it_opened_ends_with_it(installation, one_time):
    installation.clock.forward(72 * HOUR - 60)
    browser = one_time.signs_in()
    assert browser.get("/my-user/password").status == 200
    installation.clock.forward(60)
    assert browser.get("/my-user/password").location == "/login?next=/my-user/password"


def test_one_can_sign_out_instead(one_time):
    browser = one_time.signs_in()
    page = browser.follow(browser.submit(browser.get("/my-user/password"), "/logout"))
    assert page.words("h1") == "You are signed out"
    assert browser.get("/my-user/password").status == 303


# -------------------------------------------------------------------------------------------------------- a full house


def with_no_place_left(installation, act):
    """Lets somebody act while every place in front of the hash threads is taken."""

    async def crowd(context):
        over = asyncio.Event()
        context.hasher.places.held_back_seconds = 0

        async def takes(claim: Claim) -> None:
            async with context.hasher.place(claim):
                await over.wait()

        # Each another user or network: none has more than anybody who comes.
        known = [Claim(f"user {number}", known=True) for number in range(passwords.PLACES * 3 // 4)]
        strangers = [Claim(f"network {number}", known=False) for number in range(passwords.PLACES // 4)]
        crowded = [asyncio.create_task(takes(claim)) for claim in known + strangers]
        await asyncio.sleep(0)
        try:
            return await to_thread.run_sync(act)
        finally:
            over.set()
            await asyncio.gather(*crowded)

    return installation.run(crowd)


def test_when_too_many_sign_in_at_once_one_is_told_to_come_back_and_the_username_stays(installation, guarded):
    page = with_no_place_left(installation, guarded.types)
    assert page.status == 503
    assert int(page.headers["retry-after"]) > 0
    assert not page.has("#login-error")
    assert page.fields("/login") == {"username": "alice", "password": "", "code": ""}
    assert guarded.types().status == 303, "nothing was spent"


def test_a_full_house_tells_of_load_and_never_of_the_cause(installation, guarded):
    def act():
        stranger = installation.browser()
        right = attempt(stranger, "alice", guarded.password, guarded.phone.code())
        return {page.html for page in (right, attempt(stranger, "alice", "wrong"))} | {
            attempt(stranger, "nobdy", "wrong").html.replace("nobdy", "alice")
        }

    assert len(with_no_place_left(installation, act)) == 1


def test_an_attempt_in_a_full_house_is_neither_counted_nor_logged(installation, alice):
    with_no_place_left(installation, lambda: [alice.types(password="wrong") for _ in range(30)])
    assert alice.types().status == 303
    assert not log(installation, "action=login.refused")
