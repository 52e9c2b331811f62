"""Limits on codes: which attempts count, which are given back, and when the authenticators are blocked."""

import pytest

from accounts.context import COMMAND_LINE, Principal
from accounts.two_factor import attempts, recovery_codes, switch, totp
from db import authenticators, users
from db import recovery_codes as stored_codes
from db.reads import login as reads
from db.reads.login import Key
from tests.browser import Phone

DAY = 24 * 3600
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODE, RECOVERY = "12345678901234567890", [f"{number:020d}" for number in range(10)]


class Owner:
    """Alice, whose phone holds KEY, and anybody who types her codes with her password."""

    def __init__(self, installation, alice) -> None:
        self.installation, self.id = installation, alice.user_id
        self.person, self.phone = Principal(alice.user_id, "alice"), Phone(KEY, installation.clock)
        installation.run(self._set_up)

    async def _set_up(self, context):
        key_id, sealed = context.vault.encrypt(KEY.encode(), attempts.associated_data(self.id))
        hashes = [recovery_codes.stored(context.vault, self.id, code) for code in RECOVERY]
        async with context.db.transaction():
            await authenticators.add(context.db, authenticators.New(self.id, "", key_id, sealed, 0), context.now)
            await users.set_two_factor(context.db, self.id, context.now)
            await stored_codes.replace(context.db, self.id, key_id, hashes, context.now)
        await switch.switch(context, True, COMMAND_LINE)

    def right(self) -> str:
        return self.phone.code()

    def wrong(self) -> str:
        return self.phone.wrong_code()

    async def begins(self, context, kind: str):
        """The first half of an attempt: it is counted."""
        return await attempts.count(context, self.id, kind)

    async def ends(self, context, attempt, typed: str) -> str:
        """The second half: it is judged, spent and settled."""
        facts = await reads.facts(context.db, "alice")
        judged = attempts.match(context, self.id, facts.keys, typed)
        async with context.db.transaction():
            outcome = await attempts.spend(context, attempt, judged)
            await attempts.settle(context, attempt, outcome, self.person)
        return outcome

    def types(self, typed: str):
        """One attempt at the clock's moment, and how it ended."""

        async def act(context):
            kind = "recovery" if len(typed) == 20 else "code"
            return await self.ends(context, await self.begins(context, kind), typed)

        return self.installation.run(act)

    def types_wrong(self, times: int) -> None:
        for _ in range(times):
            assert self.types(self.wrong()) == "wrong code"

    def types_wrong_recovery_codes(self, times: int) -> None:
        for _ in range(times):
            assert self.types("9" * 20) == "wrong recovery code"

    def succeeds(self) -> None:
        self.installation.clock.forward(30)
        assert self.types(self.right()) == "accepted"

    @property
    def blocked(self):
        async def act(context):
            user = await users.by_id(context.db, self.id)
            assert user is not None
            return user.codes_blocked_at is not None

        return self.installation.run(act)

    def counted(self):
        """How many attempts stand in the books."""

        async def act(context):
            row = await context.db.fetch_one("SELECT count(*) AS number FROM code_attempts")
            assert row is not None
            return row["number"]

        return self.installation.run(act)


@pytest.fixture
def owner(installation, alice) -> Owner:
    return Owner(installation, alice)


def test_twenty_wrong_codes_in_a_row_block(owner):
    owner.types_wrong(19)
    assert not owner.blocked
    owner.types_wrong(1)
    assert owner.blocked


def test_a_right_code_begins_a_new_row(owner):
    owner.types_wrong(19)
    owner.succeeds()
    owner.types_wrong(19)
    assert not owner.blocked
    owner.types_wrong(1)
    assert owner.blocked


def test_a_recovery_code_begins_a_new_row_too(owner):
    owner.types_wrong(19)
    assert owner.types(RECOVERY[0]) == "accepted"
    owner.types_wrong(19)
    assert not owner.blocked


def test_a_row_is_not_broken_by_time(owner, installation):
    owner.types_wrong(10)
    installation.clock.forward(31 * DAY)
    owner.types_wrong(9)
    assert not owner.blocked
    owner.types_wrong(1)
    assert owner.blocked, "twenty in a row, without a success between them"


def test_fifty_within_thirty_days_block_whatever_succeeded_between(owner):
    for _ in range(5):
        owner.types_wrong(9)
        owner.succeeds()
    owner.types_wrong(4)
    assert not owner.blocked
    owner.types_wrong(1)
    assert owner.blocked


def test_fifty_in_more_than_thirty_days_do_not(owner, installation):
    owner.types_wrong(10)
    owner.succeeds()
    installation.clock.forward(30 * DAY)
    for _ in range(4):
        owner.types_wrong(10)
        owner.succeeds()
    assert not owner.blocked
    owner.types_wrong(9)
    assert not owner.blocked


def test_a_code_that_was_used_counts_nothing(owner):
    code = owner.right()
    assert owner.types(code) == "accepted"
    for _ in range(25):
        assert owner.types(code) == "used code"
    assert owner.counted() == 0
    assert not owner.blocked


def test_every_step_up_to_the_last_used_one_is_refused(owner, installation):
    before = owner.right()
    installation.clock.forward(30)
    assert owner.types(owner.right()) == "accepted"
    assert owner.types(before) == "used code"


def test_right_codes_count_nothing(owner):
    for _ in range(30):
        owner.succeeds()
    assert owner.counted() == 0


def test_of_two_attempts_with_one_code_the_second_is_used_and_not_wrong(owner, installation):
    async def act(context):
        first, second = await owner.begins(context, "code"), await owner.begins(context, "code")
        code = owner.right()
        return await owner.ends(context, first, code), await owner.ends(context, second, code)

    assert installation.run(act) == ("accepted", "used code")


def test_attempts_under_way_above_the_limit_are_refused_unjudged_even_if_right(owner, installation):
    owner.types_wrong(15)

    async def act(context):
        under_way = [await owner.begins(context, "code") for _ in range(7)]
        outcomes = [await owner.ends(context, attempt, owner.right()) for attempt in reversed(under_way)]
        return [attempt.within_limits for attempt in under_way], outcomes

    judged, outcomes = installation.run(act)
    assert judged == [True] * 5 + [False] * 2
    assert outcomes[:3] == ["blocked", "blocked", "accepted"]


def test_attempts_that_were_not_judged_are_given_back_and_block_nobody(owner, installation):
    owner.types_wrong(18)

    async def act(context):
        first, second, third = [await owner.begins(context, "code") for _ in range(3)]
        unjudged = await owner.ends(context, third, owner.wrong())
        used_up = await owner.ends(context, first, owner.right())
        return unjudged, used_up, await owner.ends(context, second, owner.right())

    assert installation.run(act) == ("blocked", "accepted", "used code")
    assert not owner.blocked
    owner.types_wrong(19)
    assert not owner.blocked


def test_a_hundred_parallel_guesses_are_judged_twenty_times_at_most(owner, installation):
    async def act(context):
        under_way = [await owner.begins(context, "code") for _ in range(100)]
        return [await owner.ends(context, attempt, owner.wrong()) for attempt in under_way]

    assert sorted(installation.run(act)) == ["blocked"] * 80 + ["wrong code"] * 20
    assert owner.blocked


def test_an_attempt_whose_process_died_counts_as_wrong(owner, installation):
    installation.run(lambda context: owner.begins(context, "code"))
    installation.clock.forward(61)
    owner.types_wrong(19)
    assert owner.blocked


def test_twenty_wrong_recovery_codes_refuse_recovery_codes_but_block_no_authenticator(owner):
    owner.types_wrong_recovery_codes(20)
    assert owner.types(RECOVERY[0]) == "recovery codes refused"
    assert owner.types("9" * 20) == "recovery codes refused"
    assert not owner.blocked


def test_wrong_codes_and_wrong_recovery_codes_are_counted_apart(owner):
    owner.types_wrong(19)
    owner.types_wrong_recovery_codes(19)
    assert not owner.blocked
    assert owner.types(RECOVERY[0]) == "accepted"


def test_a_code_opens_recovery_codes_again(owner):
    owner.types_wrong_recovery_codes(20)
    owner.succeeds()
    assert owner.types(RECOVERY[0]) == "accepted"


def test_time_does_not_open_recovery_codes_again(owner, installation):
    owner.types_wrong_recovery_codes(20)
    installation.clock.forward(31 * DAY)
    assert owner.types(RECOVERY[0]) == "recovery codes refused"


def test_a_recovery_code_works_once(owner):
    assert owner.types(RECOVERY[3]) == "accepted"
    assert owner.types(RECOVERY[3]) == "used recovery code"
    assert owner.types(RECOVERY[4]) == "accepted"


def test_a_block_is_not_ended_by_a_recovery_code(owner):
    owner.types_wrong(20)
    assert owner.types(RECOVERY[0]) == "accepted"
    assert owner.blocked


def test_the_block_is_logged_once(owner, installation):
    async def entries(context):
        rows = await context.db.fetch_all("SELECT actor, subject FROM activity WHERE action = 'two_factor.blocked'")
        return [tuple(row) for row in rows]

    async def act(context):
        under_way = [await owner.begins(context, "code") for _ in range(20)]
        for attempt in under_way:
            await owner.ends(context, attempt, owner.wrong())

    installation.run(act)
    assert installation.run(entries) == [("system", "alice")]


def test_without_a_user_an_attempt_finds_nothing_and_leaves_nothing(owner, installation):
    async def act(context):
        attempt = await attempts.count(context, None, "code")
        judged = attempts.match(context, attempts.NO_USER, (), owner.right())
        async with context.db.transaction():
            outcome = await attempts.spend(context, attempt, judged)
            await attempts.settle(context, attempt, outcome, owner.person)
        return outcome

    assert installation.run(act) != "accepted"
    assert owner.counted() == 0


def test_an_authenticator_of_another_user_moved_here_matches_nothing(owner, installation):
    async def act(context):
        key_id, sealed = context.vault.encrypt(KEY.encode(), attempts.associated_data(owner.id + 1))
        return attempts.match(context, owner.id, (Key(1, key_id, sealed, 0),), owner.right())

    assert installation.run(act).authenticator_id == attempts.NO_AUTHENTICATOR


def test_a_recovery_code_of_another_user_is_none_here(installation):
    async def act(context):
        stored = recovery_codes.stored(context.vault, 1, CODE)
        return stored in recovery_codes.candidates(context.vault, 1, CODE), stored in recovery_codes.candidates(
            context.vault, 2, CODE
        )

    assert installation.run(act) == (True, False)


def test_ten_recovery_codes_of_twenty_digits_are_made():
    made = recovery_codes.make()
    assert len(set(made)) == 10
    assert all(totp.read(recovery_codes.written(code)) == ("recovery", code) for code in made)
    assert recovery_codes.written(CODE) == "12345 67890 12345 67890"
