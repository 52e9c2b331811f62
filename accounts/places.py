"""Places in front of the hash threads: who gets one, who gives way, and whose turn is next."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

# Of all places, kept for each of the two: those who are known, and strangers; and of all turns, kept for strangers.
RESERVED_PART = 4
# Attempts that have their turn, per hash thread: while some are hashed, others are counted, so that no thread idles.
AT_WORK_PER_THREAD = 4
# How long the answer to an attempt without a place is held back. A client that tries again at once would otherwise keep
# the event loop so busy with refusals that no other request gets on: 100 connections with 1,000 a second.
HELD_BACK_SECONDS = 1.0


class Full(Exception):
    """There is no place in front of the hash threads, or it was given to another who had fewer."""


@dataclass(frozen=True)
class Claim:
    """Who asks for a place. It tells nothing of whether a username exists, or what its user has set up."""

    # Among whom turns and places are shared: the networks of strangers, or the users who are known.
    whose: str
    # By a session, a link, or a browser that signed the user in before.
    known: bool
    # The network has failed too often and must wait: it gets one place.
    waits: bool = False


@dataclass(eq=False)
class _Place:
    claim: Claim
    # Turns go round: the first of everyone's attempts, then the second, …
    round: int
    turn: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def of_user(username: str) -> Claim:
    """The claim of a user who is known."""
    return Claim(f"user {username}", known=True)


class Places:
    """A bounded queue that is fair: turns go round, and who has most places gives way when none is left."""

    def __init__(self, places: int, threads: int) -> None:
        self.number = places
        self.held_back_seconds = HELD_BACK_SECONDS
        self._most_at_work = threads * AT_WORK_PER_THREAD
        reserved = places // RESERVED_PART
        # How many the known and the strangers get, whatever the others take. Strangers never take more than the rest.
        self._granted = {True: places - reserved, False: reserved}
        self._most_of_strangers = places - reserved
        self._taken: list[_Place] = []
        self._round = {True: 0, False: 0}
        self._turns = 0

    @asynccontextmanager
    async def take(self, claim: Claim) -> AsyncIterator[None]:
        """Takes a place and waits for its turn. Raises Full, held back, if there is none or it has to give way."""
        try:
            place = self._enter(claim)
            self._give_turns()
            await self._turn(place)
        except Full:
            await asyncio.sleep(self.held_back_seconds)
            raise
        try:
            yield
        finally:
            self._leave(place)

    async def _turn(self, place: _Place) -> None:
        try:
            await place.turn
        except asyncio.CancelledError:
            self._leave(place)
            raise

    def _leave(self, place: _Place) -> None:
        self._taken.remove(place)
        self._give_turns()

    def _enter(self, claim: Claim) -> _Place:
        of_class = [place for place in self._taken if place.claim.known == claim.known]
        own = [place for place in of_class if place.claim.whose == claim.whose]
        if claim.waits and own:
            raise Full
        if len(self._taken) >= self.number or (not claim.known and len(of_class) >= self._most_of_strangers):
            self._make_room(claim)
        following = max((place.round + 1 for place in own), default=0)
        place = _Place(claim, max(self._round[claim.known], following))
        self._taken.append(place)
        return place

    def _make_room(self, claim: Claim) -> None:
        """Turns away the newest attempt of those who have most places, if they have more than who asks. Raises Full."""
        held = Counter((place.claim.known, place.claim.whose) for place in self._taken)
        of_class = sum(place.claim.known == claim.known for place in self._taken)
        others_give_way = len(self._taken) >= self.number and of_class < self._granted[claim.known]

        def gives_way(place: _Place) -> bool:
            if others_give_way:
                return place.claim.known != claim.known
            return place.claim.known == claim.known and held[_key(place.claim)] > held[_key(claim)] + 1

        candidates = [place for place in self._taken if not place.turn.done() and gives_way(place)]
        if not candidates:
            raise Full
        # The newest of them: max keeps the first of equals.
        turned_away = max(reversed(candidates), key=lambda place: held[_key(place.claim)])
        self._taken.remove(turned_away)
        turned_away.turn.set_exception(Full())

    def _give_turns(self) -> None:
        while sum(place.turn.done() for place in self._taken) < self._most_at_work and (following := self._following()):
            self._round[following.claim.known] = following.round
            self._turns += 1
            following.turn.set_result(None)

    def _following(self) -> _Place | None:
        """Of those who wait the first of the earliest round; every fourth turn is for strangers, the others are not."""
        for_known = self._turns % RESERVED_PART != RESERVED_PART - 1
        waiting = [place for place in self._taken if not place.turn.done()]
        preferred = [place for place in waiting if place.claim.known == for_known]
        return min(preferred or waiting, key=lambda place: place.round, default=None)


def _key(claim: Claim) -> tuple[bool, str]:
    return claim.known, claim.whose
