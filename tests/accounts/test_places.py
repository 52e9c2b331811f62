"""Places in front of the hash threads: whose turn is next, who gives way, and that nobody is shut out."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import pytest

from accounts.places import AT_WORK_PER_THREAD, Claim, Full, Places, of_user

NETWORKS = [Claim(f"network {letter}", known=False) for letter in "abcdefgh"]
GREEDY, MODEST, THIRD = NETWORKS[:3]
ALICE, BOB = of_user("alice"), of_user("bob")


class Queue:
    """Places for one thread; who had a turn, in what order, and who was turned away. Each turn ends when asked to."""

    def __init__(self, places: int = 16) -> None:
        self.places = Places(places, threads=1)
        self.places.held_back_seconds = 0
        self.turns: list[str] = []
        self.turned_away: Counter[str] = Counter()
        self._work: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def comes(self, *claims: Claim) -> None:
        for claim in claims:
            self._tasks.append(asyncio.create_task(self._attempt(claim)))
            for _ in range(5):
                await asyncio.sleep(0)

    async def _attempt(self, claim: Claim) -> None:
        try:
            async with self.places.take(claim):
                self.turns.append(claim.whose)
                done = asyncio.Event()
                self._work.append(done)
                await done.wait()
        except Full:
            self.turned_away[claim.whose] += 1

    async def works(self, times: int = 1) -> None:
        """Ends so many turns, the earliest first."""
        for _ in range(times):
            self._work.pop(0).set()
            for _ in range(5):
                await asyncio.sleep(0)

    async def empties(self) -> None:
        while self._work:
            await self.works()
        await asyncio.gather(*self._tasks)

    def gives_up(self, number: int) -> None:
        self._tasks[number].cancel()


def queued(act: Callable[[Queue], Awaitable[None]], places: int = 16) -> Queue:
    async def running() -> Queue:
        queue = Queue(places)
        await act(queue)
        return queue

    return asyncio.run(running())


def names(*claims: Claim) -> list[str]:
    return [claim.whose for claim in claims]


def test_one_network_alone_is_served_in_the_order_in_which_it_came():
    claims = [GREEDY] * 12

    async def act(queue: Queue) -> None:
        await queue.comes(*claims)
        assert len(queue.turns) == AT_WORK_PER_THREAD
        await queue.empties()

    queue = queued(act)
    assert len(queue.turns) == 12
    assert not queue.turned_away


def test_turns_go_round_the_networks():
    async def act(queue: Queue) -> None:
        await queue.comes(*[GREEDY] * 8, MODEST, MODEST, THIRD)
        await queue.empties()

    first = AT_WORK_PER_THREAD
    queue = queued(act)
    assert queue.turns[first:] == names(MODEST, THIRD, GREEDY, MODEST, GREEDY, GREEDY, GREEDY)


def test_every_fourth_turn_is_for_strangers():
    async def act(queue: Queue) -> None:
        await queue.comes(*[GREEDY] * 7, *[ALICE] * 5)
        await queue.empties()

    queue = queued(act)
    assert queue.turns[AT_WORK_PER_THREAD:] == names(ALICE, ALICE, ALICE, GREEDY, ALICE, ALICE, GREEDY, GREEDY)


def test_strangers_never_take_the_last_quarter():
    async def act(queue: Queue) -> None:
        await queue.comes(*[GREEDY] * 16)
        assert queue.turned_away == {GREEDY.whose: 4}
        await queue.comes(*[of_user(f"user {number}") for number in range(4)])
        assert queue.turned_away == {GREEDY.whose: 4}
        await queue.empties()

    assert len(queued(act).turns) == 16


def test_who_has_most_gives_way_to_who_has_fewer_and_its_newest_first():
    async def act(queue: Queue) -> None:
        await queue.comes(*[GREEDY] * 12, MODEST, MODEST)
        assert queue.turned_away == {GREEDY.whose: 2}
        await queue.comes(GREEDY)
        assert queue.turned_away == {GREEDY.whose: 3}, "not to one who has as many"
        await queue.empties()

    queue = queued(act)
    assert Counter(queue.turns) == {GREEDY.whose: 10, MODEST.whose: 2}


def test_places_are_shared_out_evenly_among_those_who_want_them():
    async def act(queue: Queue) -> None:
        for claim in NETWORKS[:4]:
            await queue.comes(*[claim] * 12)
        await queue.empties()

    queue = queued(act)
    shares = Counter(queue.turns)
    assert set(shares) == set(names(*NETWORKS[:4]))
    assert max(shares.values()) <= AT_WORK_PER_THREAD + 1, shares
    assert min(shares.values()) >= 2, shares


def test_who_is_known_gets_in_however_many_strangers_there_are():
    async def act(queue: Queue) -> None:
        await queue.comes(*[GREEDY] * 12, *[of_user(f"user {number}") for number in range(12)])
        assert not [whose for whose in queue.turned_away if whose.startswith("user")]
        assert queue.turned_away == {GREEDY.whose: 8}
        await queue.empties()

    queued(act)


def test_strangers_get_in_however_many_known_there_are():
    async def act(queue: Queue) -> None:
        await queue.comes(*[of_user(f"user {number}") for number in range(16)])
        await queue.comes(*NETWORKS[:4])
        assert queue.turned_away.total() == 4
        assert not set(queue.turned_away) & set(names(*NETWORKS))
        await queue.comes(NETWORKS[4], of_user("late"))
        assert queue.turned_away[NETWORKS[4].whose] == queue.turned_away["user late"] == 1, "nobody has more"
        await queue.empties()

    queued(act)


def test_one_user_who_floods_gives_way_to_the_others():
    async def act(queue: Queue) -> None:
        await queue.comes(*[ALICE] * 16, BOB, BOB)
        assert queue.turned_away == {ALICE.whose: 2}
        await queue.empties()

    queued(act)


def test_a_network_that_waits_has_one_place():
    waits = Claim(GREEDY.whose, known=False, waits=True)

    async def act(queue: Queue) -> None:
        await queue.comes(waits, waits, waits)
        assert queue.turned_away == {GREEDY.whose: 2}
        await queue.works()
        await queue.comes(waits)
        assert queue.turned_away == {GREEDY.whose: 2}
        await queue.empties()

    queued(act)


@pytest.mark.parametrize("who", [0, AT_WORK_PER_THREAD + 1], ids=["at work", "waiting"])
def test_who_goes_away_leaves_the_place_to_others(who: int):
    async def act(queue: Queue) -> None:
        await queue.comes(*[GREEDY] * 12)
        queue.gives_up(who)
        await asyncio.sleep(0.01)
        await queue.comes(GREEDY)
        assert not queue.turned_away
        with pytest.raises(asyncio.CancelledError):
            await queue.empties()

    queued(act)


@pytest.mark.parametrize("places", [1, 2, 3, 4, 5, 63, 64])
def test_all_places_are_used_and_all_come_back_whatever_their_number(places: int):
    crowd: Sequence[Claim] = [*NETWORKS, *(of_user(str(number)) for number in range(8))] * 10

    async def act(queue: Queue) -> None:
        for _ in range(3):
            await queue.comes(*crowd)
            assert len(queue.places._taken) <= places
            await queue.empties()
            assert queue.places._taken == []

    queue = queued(act, places)
    assert len(queue.turns) + queue.turned_away.total() == 3 * len(crowd)
    assert len(queue.turns) >= 3 * places


def test_who_is_turned_away_is_told_a_little_later_and_others_are_served_meanwhile():
    async def act(queue: Queue) -> None:
        queue.places.held_back_seconds = 0.05
        await queue.comes(*[GREEDY] * 13)
        assert not queue.turned_away
        await queue.works()
        await asyncio.sleep(0.1)
        assert queue.turned_away == {GREEDY.whose: 1}
        await queue.empties()

    assert len(queued(act).turns) == 12
