"""Sessions: how long they last, how many there are, and the token that changes."""

from dataclasses import replace

import pytest

from accounts import sessions
from accounts.context import Client
from accounts.vault import token_hash
from db import users

MINUTE, HOUR = 60, 3600


class Sessions:
    """Alice's sessions, by their tokens."""

    def __init__(self, installation, user_id: int) -> None:
        self.installation, self.user_id = installation, user_id

    def start(self, browser_token: str | None = None):
        async def act(context):
            context = replace(context, client=Client("203.0.113.7", "Firefox on Linux", browser_token))
            user = await users.by_id(context.db, self.user_id)
            assert user is not None
            async with context.db.transaction():
                return await sessions.start(context, user, False)

        return self.installation.run(act)[0]

    def opens(self, session_token: str, *, reading: bool = True) -> bool:
        return self.current(session_token, reading=reading) is not None

    def current(self, session_token: str, *, reading: bool = True):
        return self.installation.run(lambda context: sessions.resume(context, session_token, reading))

    def uses(self, session_token: str):
        """A request of a person, as the guard handles it; whether the session is still open."""

        async def act(context):
            current = await sessions.resume(context, session_token, reading=True)
            if current:
                await sessions.touch(context, current)
            return current is not None

        return self.installation.run(act)

    def rotate(self, session_token: str):
        async def act(context):
            current = await sessions.resume(context, session_token, reading=False)
            assert current is not None
            async with context.db.transaction():
                return await sessions.rotate(context, current)

        return self.installation.run(act)


@pytest.fixture
def of_alice(installation, alice) -> Sessions:
    return Sessions(installation, alice.user_id)


def test_a_session_ends_after_an_hour_without_use(of_alice, installation):
    session_token = of_alice.start()
    installation.clock.forward(HOUR - 1)
    assert of_alice.opens(session_token)
    installation.clock.forward(1)
    assert not of_alice.opens(session_token)


def test_use_prolongs_it(of_alice, installation):
    session_token = of_alice.start()
    for _ in range(5):
        installation.clock.forward(HOUR - MINUTE)
        assert of_alice.uses(session_token)


def test_looking_at_it_does_not(of_alice, installation):
    session_token = of_alice.start()
    installation.clock.forward(HOUR - MINUTE)
    assert of_alice.opens(session_token)
    installation.clock.forward(MINUTE)
    assert not of_alice.opens(session_token)


def test_the_last_use_is_stored_at_most_once_a_minute(of_alice, installation):
    session_token = of_alice.start()
    for seconds, stored in ((59, 0), (1, 60), (59, 60), (1, 120)):
        installation.clock.forward(seconds)
        of_alice.uses(session_token)
        current = of_alice.current(session_token)
        assert current is not None
        assert current.session.last_used_at - current.session.started_at == stored


def test_a_session_ends_after_24_hours_however_much_it_is_used(of_alice, installation):
    session_token = of_alice.start()
    for _ in range(47):
        installation.clock.forward(30 * MINUTE)
        assert of_alice.uses(session_token)
    installation.clock.forward(30 * MINUTE - 1)
    assert of_alice.uses(session_token)
    installation.clock.forward(1)
    assert not of_alice.uses(session_token)


def test_the_eleventh_session_ends_the_oldest(of_alice, installation):
    tokens = []
    for _ in range(11):
        tokens.append(of_alice.start())
        installation.clock.forward(1)
    assert [of_alice.opens(session_token) for session_token in tokens] == [False] + [True] * 10


def test_of_sessions_begun_in_the_same_second_the_first_ends(of_alice):
    tokens = [of_alice.start() for _ in range(12)]
    assert [of_alice.opens(session_token) for session_token in tokens] == [False] * 2 + [True] * 10


def test_another_users_sessions_are_no_reason_to_end_ones_own(of_alice, installation, bob):
    session_token = of_alice.start()
    for _ in range(12):
        Sessions(installation, bob.user_id).start()
    assert of_alice.opens(session_token)


def test_a_new_token_makes_the_old_one_good_for_ten_seconds_and_for_reading_only(of_alice, installation):
    old = of_alice.start()
    new = of_alice.rotate(old)
    assert new != old
    for reading in (True, False):
        assert of_alice.opens(new, reading=reading)
    assert not of_alice.opens(old, reading=False)
    installation.clock.forward(9)
    assert of_alice.opens(old)
    installation.clock.forward(1)
    assert not of_alice.opens(old)
    assert of_alice.opens(new, reading=False)


def test_of_three_tokens_the_first_is_good_for_nothing(of_alice):
    first = of_alice.start()
    second = of_alice.rotate(first)
    third = of_alice.rotate(second)
    assert [of_alice.opens(each) for each in (first, second, third)] == [False, True, True]


def test_a_token_that_nobody_got_opens_nothing(of_alice):
    of_alice.start()
    assert not of_alice.opens("")
    assert not of_alice.opens("x" * 43)


def test_tokens_are_stored_hashed(of_alice, installation):
    session_token = of_alice.start("the browser's token")

    async def act(context):
        stored = [
            *await context.db.fetch_all("SELECT * FROM sessions"),
            *await context.db.fetch_all("SELECT * FROM browsers"),
        ]
        return [value for row in stored for value in tuple(row)]

    values = installation.run(act)
    assert token_hash(session_token) in values
    assert token_hash("the browser's token") in values
    assert not any(session_token in str(value) or "the browser" in str(value) for value in values)
