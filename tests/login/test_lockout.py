"""A stranger who never stops guessing keeps nobody out who has password and code; and no guess is judged beyond the
limits.
"""

from collections import Counter
from dataclasses import replace

import pytest

from accounts.context import Client, Context
from accounts.limits import CONSECUTIVE_WRONG_CODES, THROTTLES
from accounts.login import login
from tests.browser import Installation
from tests.login.test_login import attempt, log, newcomer, phone_of, refused
from tests.people import Person, somebody, switch, until_when

HOUR, DAY = 3600, 86_400
EVERY_SECONDS = 10
FREE = THROTTLES["username"].free_failures
LONGEST_WAIT = THROTTLES["username"].longest_wait_seconds
HOME, ELSEWHERE = "203.0.113.7", "192.0.2.44"
# Where the owner comes from, each time from another network.
ON_THE_WAY = 2**20


@pytest.fixture
def owner(installation: Installation, function_on: None) -> Person:
    """Alice, who has a second factor, signed out."""
    return newcomer(installation, "alice")


async def tries(context: Context, network: int, *typed: str) -> str:
    """One attempt in a new browser in the network of that number; the exact cause, or "signed in"."""
    address = f"10.{network >> 16 & 255}.{network >> 8 & 255}.{network & 255}"
    context = replace(context, client=Client(address, "", None))
    outcome = await login.sign_in(context, login.Typed(*typed))
    return outcome.cause if isinstance(outcome, login.Refused) else "signed in"


async def guesses(context: Context, network: int, username: str = "alice") -> str:
    return await tries(context, network, username, f"not the password of {network}", f"{network % 10**6:06}")


def make_wait(installation: Installation, username: str = "alice") -> None:
    """As many wrong passwords as are free, each from a network of its own."""

    async def act(context: Context) -> None:
        for network in range(FREE):
            assert await guesses(context, network, username) in ("wrong password", "unknown user")
        assert await guesses(context, FREE, username) == "waiting"

    installation.run(act)


def test_who_guesses_all_day_keeps_nobody_out_who_has_password_and_code(installation, owner):
    """A request every ten seconds, each from a network of its own; the owner comes 100 times, in new browsers.

    While the username waits, requests count nothing, as the first hour shows. After it those that would come in a wait
    are left out, but for the last before the owner.
    """
    clock, phone = installation.clock, phone_of(owner)
    stranger, with_code, without_code = Counter[str](), Counter[str](), Counter[str]()

    async def a_day(context: Context) -> None:
        for number in range(1, DAY // EVERY_SECONDS):
            clock.forward(EVERY_SECONDS)
            now = replace(context, now=clock.now)
            owner_comes = number % 86 == 0
            waits = (await until_when(now, "alice"))[1] > 0
            if not waits or owner_comes or number <= HOUR // EVERY_SECONDS:
                cause = await guesses(now, number)
                assert cause == ("waiting" if waits else "wrong password")
                stranger[cause] += 1
            if owner_comes:
                without_code[await tries(now, ON_THE_WAY + number, "alice", owner.password, "")] += 1
                with_code[await tries(now, 2 * ON_THE_WAY + number, "alice", owner.password, phone.code())] += 1

    installation.run(a_day)
    assert with_code == {"signed in": 100}
    # The first one came before the hundredth failure.
    assert without_code == {"waiting": 99, "no code": 1}
    # Each after the longest wait, but for the first waits, which double.
    assert stranger["wrong password"] <= FREE + DAY // LONGEST_WAIT + 5


def test_what_is_tried_while_a_username_waits_makes_it_wait_no_longer(installation, owner):
    make_wait(installation)

    async def waits_until(context: Context) -> int:
        return (await until_when(context, "alice"))[1]

    async def tries_on(context: Context) -> set[str]:
        wrong = phone_of(owner).wrong_code()
        causes = {await guesses(context, ON_THE_WAY + number) for number in range(5)}
        return causes | {await tries(context, 2 * ON_THE_WAY, "alice", owner.password, wrong)}

    before = installation.run(waits_until)
    assert installation.run(tries_on) == {"waiting", "wrong code"}
    assert installation.run(waits_until) == before > 0


def test_who_has_a_recovery_code_passes_too(installation, owner):
    make_wait(installation)
    page = attempt(installation.browser(ELSEWHERE), "alice", owner.password, owner.recovery_codes[0])
    assert (page.status, page.location) == (303, "/my-user")


def test_who_has_no_second_factor_waits_in_new_browsers_and_not_in_known_ones(installation, function_on):
    bob = somebody(installation, "bob")
    bob.signs_in()
    bob.browser.post("/logout")
    make_wait(installation, "bob")
    assert refused(attempt(installation.browser(ELSEWHERE), "bob", bob.password, "123456"))
    assert bob.types().status == 303


def test_while_the_function_is_off_nobody_passes_by_a_code(installation, owner):
    make_wait(installation)
    switch(installation, False)
    assert refused(attempt(installation.browser(ELSEWHERE), "alice", owner.password, phone_of(owner).code()))


def test_wrong_codes_with_the_right_password_are_counted_while_the_username_waits_and_block(installation, owner):
    make_wait(installation)
    wrong = phone_of(owner).wrong_code()

    async def from_everywhere(context: Context) -> list[str]:
        return [await tries(context, ON_THE_WAY + number, "alice", owner.password, wrong) for number in range(21)]

    causes = installation.run(from_everywhere)
    assert causes == ["wrong code"] * CONSECUTIVE_WRONG_CODES + ["waiting"], "blocked: no code passes any more"
    assert refused(attempt(installation.browser(ELSEWHERE), "alice", owner.password, phone_of(owner).code()))


@pytest.mark.parametrize("typed", ["wrong password", "right password, no code", "right password, wrong code"])
def test_a_network_waits_after_ten_failures_whatever_was_right_about_them(installation, owner, typed: str):
    """What is counted must not tell a right password from a wrong one: here nothing but all of it is right."""
    make_wait(installation)
    phone, stranger = phone_of(owner), installation.browser(ELSEWHERE)
    password = "not her password" if typed == "wrong password" else owner.password
    code = phone.wrong_code() if typed == "right password, wrong code" else "" if "no code" in typed else phone.code()
    for _ in range(10):
        assert refused(attempt(stranger, "alice", password, code))
    assert refused(attempt(stranger, "alice", owner.password, phone.code()))
    elsewhere = installation.browser("192.0.2.45")
    assert attempt(elsewhere, "alice", owner.password, phone.code()).status == 303, "the code was not spent"


def test_reauthentication_in_a_browser_that_is_not_known_waits_and_counts_nothing(installation, owner):
    owner.signs_in()
    cookies = owner.browser.client.cookies
    cookies.delete(next(name for name in cookies if name.startswith("two_keys_browser")))
    make_wait(installation)
    installation.clock.now -= 1
    before = rows(installation)
    page = owner.browser.post(
        "/my-user/password", {"current_password": owner.password, "new_password": "a heron stands in the reeds"}
    )
    assert page.status == 429
    assert rows(installation) == before


def rows(installation: Installation) -> list[tuple[object, ...]]:
    async def read(context: Context) -> list[tuple[object, ...]]:
        return sorted(tuple(row) for row in await context.db.fetch_all("SELECT * FROM attempts"))

    return installation.run(read)


# ---------------------------------------------------------------------------------------------------- those who help


def test_the_log_says_once_an_hour_that_it_happens(installation, owner, bob):
    make_wait(installation)

    async def goes_on(context: Context) -> None:
        for number in range(2 * HOUR // LONGEST_WAIT - 1):
            installation.clock.forward(LONGEST_WAIT)
            await guesses(replace(context, now=installation.clock.now), number)

    installation.run(goes_on)
    entries = log(installation, "action=login.username_waits")
    assert [(row["actor"], row["subject"]) for row in entries] == [("system", "alice")] * 2
    page = bob.signs_in().get("/activity-log?action=login.username_waits")
    assert "Many wrong passwords were tried for alice" in page.text


def test_a_name_that_nobody_has_is_not_logged(installation):
    make_wait(installation, "nobody at all")
    assert log(installation, "action=login.username_waits") == []


def test_a_users_page_says_that_it_happens_and_what_still_passes(installation, owner, bob):
    words = "Many wrong passwords came from several places."
    path = f"/users/{owner.user_id}"
    for _ in range(10):
        attempt(installation.browser(ELSEWHERE), "alice", "not her password")
    page = bob.signs_in().get(path)
    assert "has to wait until" in page.words("#user-security")
    assert words not in page.text, "one network waits, not everybody"
    installation.clock.forward(HOUR)
    make_wait(installation)
    assert words in bob.signs_in().get(path).words("#user-security")
    viewer = somebody(installation, "vera", "Auditor")
    assert words not in viewer.signs_in().get(path).text
