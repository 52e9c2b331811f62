"""Limits on passwords: the arithmetic of each bucket at given moments, and who falls into which."""

from dataclasses import replace

import pytest

from accounts.context import Client, Context
from accounts.limits import THROTTLES
from accounts.login import named, throttle
from accounts.places import Claim, of_user
from accounts.vault import token, token_hash
from db import browsers
from db.attempts import Bucket
from tests.browser import NOON
from tests.people import until_when

MINUTE, HOUR = 60, 3600
NETWORK_OF_HOME = "203.0.113.7"

# Bucket, free failures, window, longest wait
TABLE = [
    ("user and known browser", 10, 15 * MINUTE, 15 * MINUTE),
    ("username and network", 10, 15 * MINUTE, 15 * MINUTE),
    ("username", 100, HOUR, 5 * MINUTE),
    ("network", 300, 15 * MINUTE, 5 * MINUTE),
    ("network, by Single Sign-On", 100, 10 * MINUTE, 5 * MINUTE),
]
every_bucket = pytest.mark.parametrize(("name", "free", "window", "longest"), TABLE)


def empty() -> Bucket:
    return Bucket("b", "w", failures=0, waiting_until=0, forget_at=0)


def fail(bucket: Bucket, name: str, times: int, now: int) -> Bucket:
    for _ in range(times):
        bucket = throttle.after_failure(bucket, THROTTLES[name], now)
    return bucket


def test_the_table_names_every_bucket():
    assert set(THROTTLES) == {name for name, *_ in TABLE}


@every_bucket
def test_the_free_failures_cost_no_waiting_but_the_last_begins_it(name: str, free: int, window: int, longest: int):
    assert fail(empty(), name, free - 1, NOON).waiting_until == 0
    assert fail(empty(), name, free, NOON).waiting_until == NOON + 30


@every_bucket
def test_each_failure_after_a_wait_doubles_the_next_up_to_the_longest(name, free, window, longest):
    bucket, now, waits = fail(empty(), name, free, NOON), NOON, []
    for _ in range(8):
        waits.append(bucket.waiting_until - now)
        now = bucket.waiting_until
        bucket = fail(bucket, name, 1, now)
    expected = [30, 60, 120, 240, 480, 900, 900, 900]
    assert waits == [min(wait, longest) for wait in expected]


@every_bucket
def test_thousands_of_failures_wait_no_longer(name, free, window, longest):
    assert fail(empty(), name, free + 2000, NOON).waiting_until == NOON + longest


@every_bucket
def test_failures_are_forgotten_when_their_time_is_over_and_not_before(name, free, window, longest):
    nearly = fail(empty(), name, free - 1, NOON)
    assert fail(nearly, name, 1, NOON + window - 1).waiting_until > 0
    fresh = fail(nearly, name, 1, NOON + window)
    assert (fresh.failures, fresh.waiting_until) == (1, 0)


@every_bucket
def test_waiting_it_out_does_not_give_free_failures_back(name, free, window, longest):
    waited = fail(empty(), name, free, NOON)
    again = fail(waited, name, 1, waited.waiting_until + window - 1)
    assert again.waiting_until == waited.waiting_until + window - 1 + 60
    rested = fail(waited, name, 1, waited.waiting_until + window)
    assert (rested.failures, rested.waiting_until) == (1, 0)


@every_bucket
@pytest.mark.parametrize("failures", ["none", "one", "all but one", "all", "more"])
def test_what_is_given_back_is_exactly_what_was_counted(name, free, window, longest, failures: str):
    times = {"none": 0, "one": 1, "all but one": free - 1, "all": free, "more": free + 3}[failures]
    before = fail(empty(), name, times, NOON)
    now = max(before.waiting_until, NOON + 1)
    after = fail(before, name, 1, now)
    back = throttle.without(after, before, after)
    assert back.failures == before.failures
    assert back.waiting_until <= now, "nothing waits"
    assert times == 0 or back.forget_at == before.forget_at, "what failed is remembered no longer for it"
    assert fail(back, name, 1, now + 5).waiting_until == fail(before, name, 1, now + 5).waiting_until


def test_giving_back_leaves_a_waiting_that_somebody_else_began():
    before = fail(empty(), "network", 298, NOON)
    ours = fail(before, "network", 1, NOON)
    theirs = fail(ours, "network", 1, NOON)
    back = throttle.without(theirs, before, ours)
    assert (back.failures, back.waiting_until) == (299, theirs.waiting_until)


def test_giving_back_leaves_the_window_to_those_who_failed_in_it_since():
    ours = fail(empty(), "network", 1, NOON)
    theirs = fail(ours, "network", 299, NOON + 1)
    back = throttle.without(theirs, empty(), ours)
    assert fail(back, "network", 1, NOON + 31).waiting_until > NOON + 31, "still the 300th"


def test_giving_back_the_first_keeps_the_failures_of_the_same_window():
    ours = fail(empty(), "network", 1, NOON)
    theirs = fail(ours, "network", 1, NOON + 1)
    assert theirs.forget_at == ours.forget_at
    back = throttle.without(theirs, empty(), ours)
    assert (back.failures, back.forget_at) == (1, ours.forget_at)
    assert fail(back, "network", 299, NOON + 2).waiting_until > NOON + 2, "the 300th waits"


def test_nothing_is_given_back_below_zero():
    after = fail(empty(), "network", 1, NOON)
    assert throttle.without(empty(), empty(), after).failures == 0


# ------------------------------------------------------------------------------------------ who falls into which bucket


class Guesser:
    """Somebody who tries usernames, from some address, perhaps with a known browser's cookie."""

    def __init__(self, installation, address: str = NETWORK_OF_HOME, browser_token: str | None = None) -> None:
        self.installation = installation
        self.client = Client(address, "", browser_token)

    def tries(self, username: str = "alice", *, right: bool = False):
        """One attempt at the clock's moment; whether it had to wait."""

        async def act(context):
            context = replace(context, client=self.client)
            async with context.db.transaction():
                counted = await throttle.count(context, username)
            async with context.db.transaction():
                await throttle.give_back(context, counted, right)
            return counted.waiting_until > context.now

        return self.installation.run(act)

    def fails(self, times: int, username: str = "alice") -> None:
        for _ in range(times):
            assert not self.tries(username)


@pytest.fixture
def known(installation, alice) -> Guesser:
    """The browser that signed Alice in before."""
    browser_token = token()

    async def bind(context):
        async with context.db.transaction():
            await browsers.bind(context.db, token_hash(browser_token), alice.user_id, context.now)

    installation.run(bind)
    return Guesser(installation, browser_token=browser_token)


def test_after_ten_failures_a_username_waits_in_that_network_only(installation, alice, bob):
    stranger = Guesser(installation)
    stranger.fails(10)
    assert stranger.tries()
    assert not stranger.tries("bob")
    assert not Guesser(installation, "198.51.100.9").tries()


def test_the_wait_ends_to_the_second(installation, alice):
    stranger = Guesser(installation)
    stranger.fails(10)
    installation.clock.forward(29)
    assert stranger.tries()
    installation.clock.forward(1)
    assert not stranger.tries()
    installation.clock.forward(59)
    assert stranger.tries()


def test_an_attempt_while_waiting_counts_nothing(installation, alice):
    stranger = Guesser(installation)
    stranger.fails(10)
    assert all(stranger.tries() for _ in range(50))
    installation.clock.forward(30)
    assert not stranger.tries(), "the fifty made it no longer"


def test_right_passwords_never_wait_however_many(installation, alice):
    owner = Guesser(installation)
    owner.fails(9)
    assert not any(owner.tries(right=True) for _ in range(30))
    assert not owner.tries()
    assert owner.tries()


def test_a_username_that_nobody_has_waits_like_one_that_somebody_has(installation):
    stranger = Guesser(installation)
    stranger.fails(10, "nobody")
    assert stranger.tries("nobody")


def test_a_stranger_cannot_make_the_owners_known_browser_wait(installation, alice, known):
    for network in range(12):
        stranger = Guesser(installation, f"198.51.100.{network}")
        for _ in range(10):
            stranger.tries()
    same_network = Guesser(installation)
    assert same_network.tries(), "a hundred failures in an hour: every unknown browser waits"
    assert not known.tries(right=True)
    assert not known.tries(right=True)


def test_a_known_browser_has_a_bucket_of_its_own_which_fills_nobody_elses(installation, alice, known):
    known.fails(10)
    assert known.tries()
    assert not Guesser(installation).tries()
    assert not Guesser(installation).tries("bob")


def test_a_known_browser_is_known_for_its_user_alone(installation, alice, bob, known):
    Guesser(installation).fails(10, "bob")
    assert known.tries("bob")
    assert not known.tries("alice")


def test_a_made_up_cookie_is_no_known_browser(installation, alice):
    for _ in range(10):
        Guesser(installation, browser_token=token()).fails(1)
    assert Guesser(installation, browser_token=token()).tries()


def test_a_hundred_failures_in_an_hour_from_many_networks_make_a_username_wait(installation, alice):
    for number in range(100):
        Guesser(installation, f"198.51.100.{number}").fails(1)
    newcomer = Guesser(installation, "192.0.2.1")
    assert newcomer.tries()
    assert not newcomer.tries("bob")


def test_three_hundred_failures_make_a_network_wait_whatever_the_usernames(installation):
    guesser = Guesser(installation)
    for number in range(300):
        guesser.fails(1, f"user {number}")
    assert guesser.tries("somebody else")
    assert not Guesser(installation, "198.51.100.9").tries("somebody else")


def test_an_ipv6_network_is_the_64_that_a_provider_gives(installation, alice):
    for number in range(10):
        Guesser(installation, f"2001:db8:0:1::{number:x}").fails(1)
    assert Guesser(installation, "2001:db8:0:1:ffff::1").tries()
    assert not Guesser(installation, "2001:db8:0:2::1").tries()


def test_an_ipv4_address_written_as_ipv6_is_the_same_network(installation, alice):
    Guesser(installation, NETWORK_OF_HOME).fails(10)
    assert Guesser(installation, f"::ffff:{NETWORK_OF_HOME}").tries()
    assert not Guesser(installation, "::ffff:203.0.113.8").tries()


def test_ones_success_elsewhere_gives_nobody_elses_count_back(installation, alice):
    stranger = Guesser(installation, "198.51.100.9")
    stranger.fails(9)
    Guesser(installation).tries(right=True)
    stranger.fails(1)
    assert stranger.tries()


def lets_try_again(installation, username: str = "alice") -> None:
    async def act(context):
        async with context.db.transaction():
            await throttle.clear(context, username)

    installation.run(act)


def test_letting_somebody_try_again_ends_every_waiting_of_that_user(installation, alice, bob, known):
    known.fails(10)
    stranger = Guesser(installation)
    stranger.fails(10)
    stranger.fails(10, "bob")
    lets_try_again(installation)
    assert not known.tries()
    assert not stranger.tries()
    assert stranger.tries("bob")


def test_letting_try_again_works_also_after_it_came_between_an_attempt_and_its_end(installation, alice):
    stranger = Guesser(installation)

    async def attempt_under_way(context):
        context = replace(context, client=stranger.client)
        async with context.db.transaction():
            counted = await throttle.count(context, "alice")
        async with context.db.transaction():
            await throttle.clear(context, "alice")
        async with context.db.transaction():
            await throttle.give_back(context, counted, right=False)

    installation.run(attempt_under_way)
    stranger.fails(10)
    assert installation.run(lambda context: until_when(context, "alice"))[0] == installation.clock.now + 30
    lets_try_again(installation)
    assert not stranger.tries()


def test_the_buckets_hold_no_username_and_no_address(installation):
    Guesser(installation).fails(3, "correct pony battery anchor")

    async def rows(context):
        return [str(tuple(row)) for row in await context.db.fetch_all("SELECT * FROM attempts")]

    stored = installation.run(rows)
    assert len(stored) == 3
    assert not any("pony" in row or NETWORK_OF_HOME in row for row in stored)


# ------------------------------------------------------------------------------------------------ IPv6: wider networks


def of(*groups: int) -> str:
    return f"2001:db8:{groups[0]:x}:{groups[1]:x}::1"


def full(installation, username: str, failures: int) -> None:
    """Fills the bucket of one network in one step: so many failures within this moment."""

    async def act(context):
        async with context.db.transaction():
            await context.db.execute(
                "INSERT INTO attempts (bucket, whose, failures, waiting_until, forget_at)"
                " VALUES (:bucket, '', :failures, 0, :later)",
                {
                    "bucket": throttle._name(context.vault, "network", username),
                    "failures": failures,
                    "later": context.now + 600,
                },
            )

    installation.run(act)


@pytest.mark.parametrize(("prefix", "times"), [(64, 1), (56, 4), (48, 16)])
def test_ipv6_is_counted_by_wider_networks_with_so_many_times_as_many_failures(installation, prefix: int, times: int):
    within = {64: (1, 2), 56: (1, 0xFF), 48: (1, 0xFFFF)}[prefix]
    outside = {64: (1, 3), 56: (1, 0x100), 48: (2, 0)}[prefix]
    network = Client(of(1, 2), "", None).network_of(prefix)
    full(installation, network, 300 * times - 2)
    Guesser(installation, of(1, 2)).fails(1, "anna")
    assert not Guesser(installation, of(*within)).tries("berta"), "the last free one"
    assert Guesser(installation, of(*within)).tries("clara")
    assert not Guesser(installation, of(*outside)).tries("dora")


@pytest.mark.parametrize("address", [NETWORK_OF_HOME, f"::ffff:{NETWORK_OF_HOME}", ""])
def test_an_ipv4_address_has_one_bucket(installation, address: str):
    Guesser(installation, address).fails(1)

    async def networks(context):
        rows = await context.db.fetch_all("SELECT failures FROM attempts WHERE whose = ''")
        return [row["failures"] for row in rows]

    assert installation.run(networks) == [1]


def test_requests_for_a_reset_and_single_sign_on_are_counted_by_wider_networks_too(installation):
    async def asks(context):
        heard = 0
        for number in range(500):
            client = Client(of(1, number % 250), "", None)
            async with context.db.transaction():
                heard += await throttle.may_request_reset(replace(context, client=client))
        return heard

    async def begins(context):
        begun = 0
        for number in range(500):
            client = Client(of(1, number % 250), "", None)
            async with context.db.transaction():
                begun += await throttle.begin_single_sign_on(replace(context, client=client)) == 0
        return begun

    # 250 networks /64 with two each, in one /56: four times 100.
    assert installation.run(asks) == 400
    assert installation.run(begins) == 400


# ------------------------------------------------------------------------------------------ who claims a place, and how


def claims(client: Client, typed: str):
    async def claim(context: Context):
        return (await throttle.claim(replace(context, client=client), named.read(typed)))[0]

    return claim


def claimed(installation, guesser: Guesser, username: str):
    return installation.run(claims(guesser.client, username))


def test_a_known_browser_claims_a_place_as_its_user_and_for_every_other_name_as_a_stranger(
    installation, alice, bob, known
):
    assert claimed(installation, known, "alice") == of_user("alice")
    names = ("bob", "nobody", "", "correct pony battery anchor")
    assert {claimed(installation, known, name) for name in names} == {Claim(f"network {NETWORK_OF_HOME}", known=False)}


@pytest.mark.parametrize("browser_token", [None, "made up"])
def test_without_a_known_browser_the_claim_is_the_same_for_every_name(installation, alice, browser_token):
    stranger = Guesser(installation, browser_token=browser_token)
    claims = {claimed(installation, stranger, name) for name in ("alice", "nobody", "")}
    assert claims == {Claim(f"network {NETWORK_OF_HOME}", known=False)}


def test_a_network_that_waits_claims_one_place_but_its_known_browsers_do_not(installation, alice, known):
    full(installation, NETWORK_OF_HOME, 299)
    stranger = Guesser(installation)
    assert not claimed(installation, stranger, "alice").waits
    stranger.fails(1, "somebody")
    assert {claimed(installation, stranger, name) for name in ("alice", "nobody")} == {
        Claim(f"network {NETWORK_OF_HOME}", known=False, waits=True)
    }
    assert claimed(installation, known, "alice") == of_user("alice")
    installation.clock.forward(30)
    assert not claimed(installation, stranger, "alice").waits


def test_a_username_that_waits_claims_a_place_as_ever(installation, alice):
    stranger = Guesser(installation)
    stranger.fails(10)
    assert stranger.tries()
    assert not claimed(installation, stranger, "alice").waits


def test_ipv6_claims_places_by_the_48_and_waits_by_the_network_that_waits(installation):
    one, other = Guesser(installation, of(1, 2)), Guesser(installation, of(1, 3))
    assert claimed(installation, one, "anna") == claimed(installation, other, "anna")
    full(installation, one.client.network, 299)
    one.fails(1, "anna")
    assert claimed(installation, one, "anna") == Claim(f"network {one.client.network}", known=False, waits=True)
    assert not claimed(installation, other, "anna").waits
