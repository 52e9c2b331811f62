"""An act on many users: whom it would reach, and doing it, a batch a transaction."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from accounts import administrators
from accounts.activity import log
from accounts.bulk.acts import Act, Doing, Entry
from accounts.limits import REMINDER_SECONDS
from accounts.sessions import lock_session
from db import bulk as rows
from db import clock, roles, standings
from db.bulk import Person, Question, Values, Whom
from db.reads.user_order import Place
from db.standings import Stood
from db.users import Method

# Users in one query: about 100 ms in a thread of its own.
COUNTED = 20_000
# Shown by name.
MOST_SHOWN = 50
# What a request does at most before it asks to go on: by a button, or by itself.
BY_HAND_SECONDS = 20.0
BY_ITSELF_SECONDS = 2.0
LAST_ADMINISTRATOR = "last_administrator"


class NotAllowed(Exception):
    """A permission was taken, or the role changed, while the act was under way. What is done stays done."""


@dataclass(frozen=True)
class Job:
    act: Act
    doing: Doing
    whom: Whom


@dataclass(frozen=True)
class Kind:
    """So many whom it reaches sign in like this. `first`: the username of one; `name`: as an e-mail greets them."""

    login_method: Method
    number: int
    first: str
    name: str = ""


@dataclass(frozen=True)
class Outlook:
    """What an act would do now. `version`: tells one set of users from another; `planted`: so many lose ways in that
    others made; `entered`: so many entered addresses of others, where links are sent no more.
    """

    number: int
    left_out: dict[str, int]
    planted: int
    version: str
    # The first of them.
    reached: tuple[Person, ...]
    others: tuple[Person, ...]
    kinds: tuple[Kind, ...] = ()
    entered: int = 0

    @property
    def tried(self) -> int:
        """Who is the last administrator shows while it is done."""
        return self.number + self.left_out.get(LAST_ADMINISTRATOR, 0)

    @property
    def all(self) -> int:
        return self.number + sum(self.left_out.values())


@dataclass
class _Counted:
    """Sums over the portions; the key is "" for those whom the act reaches. `people`: the first by name."""

    numbers: Counter[str] = field(default_factory=Counter)
    ids: int = 0
    planted: int = 0
    entered: int = 0
    at_risk: int = 0
    kinds: dict[Method, Kind] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)

    def add(self, found: Stood) -> None:
        self.people += found.people
        for each in found.standings:
            self.numbers[each.standing] += each.number
            if not each.standing:
                self.ids += each.numbers
                self.planted += each.planted
                self.entered += each.entered
                self.at_risk += each.administrators
                name = each.first_name if each.first_email_set_by is None else ""
                known = self.kinds.get(each.login_method, Kind(each.login_method, 0, each.first, name))
                self.kinds[each.login_method] = replace(known, number=known.number + each.number)


async def outlook(job: Job) -> Outlook:
    """Counts in portions, so that no query is long and nothing is held in memory."""
    at_risk = await _at_risk(job)
    counted = await _count(job, at_risk)
    if at_risk and counted.at_risk == len(at_risk) and not await _one_keeps(job, at_risk):
        counted.numbers[""] -= 1
        counted.numbers[LAST_ADMINISTRATOR] = 1
    number = counted.numbers.pop("", 0)
    reached = tuple(each for each in counted.people if not each.standing)[:MOST_SHOWN]
    others = tuple(each for each in counted.people if each.standing)[:MOST_SHOWN]
    version, kinds = f"{number}.{counted.ids}", tuple(counted.kinds[method] for method in sorted(counted.kinds))
    return Outlook(number, dict(counted.numbers), counted.planted, version, reached, others, kinds, counted.entered)


async def _at_risk(job: Job) -> list[int]:
    """The administrators who can sign in, if the act may end them, and they are so few that it may end all."""
    listed = await administrators.who_can_sign_in(job.doing.context) if job.act.ends else []
    return listed if len(listed) < administrators.MOST_LISTED else []


async def _count(job: Job, at_risk: Sequence[int]) -> _Counted:
    counted, after = _Counted(), ""
    while True:
        place, shown = Place(COUNTED, key=(after,) if after else ()), 0 if after else 2 * MOST_SHOWN
        found = await standings.find(job.doing.context.db, _question(job), place, at_risk, shown)
        counted.add(found)
        if sum(each.number for each in found.standings) < COUNTED:
            return counted
        after = max(each.last for each in found.standings)


async def _one_keeps(job: Job, at_risk: Sequence[int]) -> bool:
    """Whether one of these administrators stays one without the role that is taken."""
    role = job.doing.role
    return role is not None and await administrators.some_among(job.doing.context, at_risk, without_role=role.id)


async def first_of(job: Job, reasons: Sequence[str], most: int) -> list[Person]:
    """The first users whom it leaves out for one of these reasons; "": whom it reaches."""
    found: list[Person] = []
    after = ""
    while len(found) < most:
        place = Place(COUNTED, key=(after,) if after else ())
        people = await rows.people(job.doing.context.db, _question(job), place)
        found += [person for person in people if person.standing in reasons]
        if len(people) < COUNTED:
            break
        after = people[-1].username
    return found[:most]


def _question(job: Job) -> Question:
    context, doing = job.doing.context, job.doing
    values = Values(
        actor=doing.current.session.user_id,
        now=context.now,
        latest=clock.latest(context.now),
        reminded_after=context.now - REMINDER_SECONDS,
        issuer=context.issuer,
        to_role=doing.role.id if doing.role else 0,
        to_unit=doing.unit,
    )
    promotes = job.act.promotes and doing.role is not None
    return Question(job.whom, job.act.reasons, values, asks_planted=promotes, asks_entered=job.act.ends)


@dataclass(frozen=True)
class Done:
    """`after`: where to go on; None at the end. `last_administrator`: so many were left out, so that one remains."""

    number: int
    last_administrator: int
    after: str | None


async def run(job: Job, most: int, after: str = "", *, before: int = 0, seconds: float = BY_HAND_SECONDS) -> Done:
    """Does it to at most `most` users after the username `after`, for so many seconds: what was shown, and no more.
    `before`: so many of those who were shown are done.

    After a kill, doing it again does the rest. Raises sessions.SessionEnded and NotAllowed.
    """
    until = time.monotonic() + seconds
    number, kept = 0, 0
    while number < most:
        place = Place(job.act.batch, key=(after,) if after else ())
        people = await rows.people(job.doing.context.db, _question(job), place)
        reached = [person for person in people if not person.standing][: most - number]
        done, last = await _batch(job, reached, before + most) if reached else (0, 0)
        number, kept = number + done, kept + last
        if len(people) < job.act.batch:
            break
        after = people[-1].username
        if number < most and time.monotonic() >= until:
            return Done(number, kept, after)
    return Done(number, kept, None)


async def to_the_end(job: Job) -> int:
    """Does it to all who are there now; the number."""
    most = (await outlook(job)).tried
    return (await run(job, most, seconds=float("inf"))).number if most else 0


async def _batch(job: Job, people: Sequence[Person], shown: int) -> tuple[int, int]:
    """How many it was done to, and how many were left out so that an administrator remains."""
    try:
        return await _transaction(job, people, shown), 0
    except administrators.LastAdministrator:
        if len(people) == 1:
            return 0, 1
    # One after the other, until the last of them is met.
    each = [await _batch(job, [person], shown) for person in people]
    return sum(done for done, _ in each), sum(kept for _, kept in each)


async def _transaction(job: Job, people: Sequence[Person], shown: int) -> int:
    doing, context = job.doing, job.doing.context
    async with context.db.transaction():
        await administrators.lock(context)
        user_ids = [person.id for person in people]
        await rows.lock(context.db, [*user_ids, doing.current.session.user_id])
        await lock_session(context, doing.current)
        await _require_permission(job)
        # As the rows are now.
        these = replace(_question(job), whom=Whom(None, tuple(user_ids)))
        found = await rows.people(context.db, these, Place(len(people)))
        still = [person for person in found if not person.standing]
        if still:
            at_risk = job.act.ends and await administrators.some_among(context, user_ids)
            entries = await job.act.do(doing, still)
            if at_risk:
                await administrators.require_one(context)
            await log.record_all(context, _in_bulk(entries, shown), doing.current.principal)
    return len(still)


async def _require_permission(job: Job) -> None:
    doing = job.doing
    held = await roles.permissions_of(doing.context.db, doing.current.session.user_id)
    role = await roles.by_id(doing.context.db, doing.role.id) if doing.role else None
    if role != doing.role or not job.act.may(held, role):
        raise NotAllowed


def _in_bulk(entries: Iterator[Entry], number: int) -> Iterator[Entry]:
    """An entry about the whole stays as it is."""
    return ((replace(what, bulk=str(number)) if to.username else what, to) for what, to in entries)
