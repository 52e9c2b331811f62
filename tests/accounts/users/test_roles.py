"""Roles changed by several at once: one change at a time, each decided by what holds when it is its turn."""

import asyncio
from dataclasses import replace

import pytest

from accounts import sessions
from accounts.context import Context
from accounts.permissions import ADMINISTRATOR_PERMISSIONS, ALL
from accounts.users import roles
from accounts.users.roles import Refused, Wanted
from db import roles as rows
from tests.browser import Installation
from tests.people import Person, session_of, somebody

ROUNDS = 100
ADMINISTRATOR, MEMBER = 1, 4


@pytest.fixture
def both(installation: Installation) -> tuple[Person, Person]:
    """Two administrators, and nobody else."""
    return somebody(installation, "bob", "Administrator"), somebody(installation, "dora", "Administrator")


async def administrators(context: Context, *people: Person) -> list[str]:
    return [
        person.username
        for person in people
        if set(ADMINISTRATOR_PERMISSIONS) <= await rows.permissions_of(context.db, person.user_id)
    ]


def test_two_administrators_who_take_the_permission_from_each_other_leave_one(installation, both):
    bob, dora = both

    async def rounds(context: Context) -> list[tuple[list[object], list[str]]]:
        ended = []
        for number in range(ROUNDS):
            working = [await session_of(context, person) for person in both]
            acts = [
                roles.assign(context, dora.user_id, frozenset({MEMBER}), working[0]),
                roles.assign(context, bob.user_id, frozenset({MEMBER}), working[1]),
            ]
            results = await asyncio.gather(*(acts if number % 2 else reversed(acts)))
            ended.append((list(results), await administrators(context, *both)))
            async with context.db.transaction():
                for person in both:
                    await rows.give(context.db, person.user_id, ADMINISTRATOR)
        return ended

    for results, left in installation.run(rounds):
        assert len(left) == 1, (results, left)
        assert set(results) == {None, Refused("not_held")}


def test_however_they_go_about_it_one_is_left(installation, both):
    """One strips the other's role while that one deletes the first one's; each holds a role of their own."""

    async def rounds(context: Context) -> list[list[str]]:
        ended = []
        for number in range(ROUNDS):
            async with context.db.transaction():
                own = [await rows.add(context.db, f"Role {number} {person.username}") for person in both]
                for role_id, person in zip(own, both, strict=True):
                    await rows.permit(context.db, role_id, ALL)
                    await rows.give(context.db, person.user_id, role_id)
                    await rows.take(context.db, person.user_id, ADMINISTRATOR)
            working = [await session_of(context, person) for person in both]
            stripped = Wanted(f"Role {number} dora", frozenset({"users.view"}))
            await asyncio.gather(
                roles.change(context, own[1], stripped, working[0]), roles.delete(context, own[0], working[1])
            )
            ended.append(await administrators(context, *both))
            async with context.db.transaction():
                for role_id, person in zip(own, both, strict=True):
                    await rows.give(context.db, person.user_id, ADMINISTRATOR)
                    await rows.delete(context.db, role_id)
        return ended

    assert [len(left) for left in installation.run(rounds)] == [1] * ROUNDS


def test_each_giving_up_at_once_leaves_one(installation, both):
    async def act(context: Context) -> tuple[list[object], list[str]]:
        working = [await session_of(context, person) for person in both]
        results = await asyncio.gather(
            *(
                roles.assign(context, person.user_id, frozenset(), current)
                for person, current in zip(both, working, strict=True)
            )
        )
        return list(results), await administrators(context, *both)

    results, left = installation.run(act)
    assert len(left) == 1
    assert set(results) == {None, Refused("last_administrator")}


def test_of_many_who_add_the_same_name_at_once_one_succeeds(installation, both):
    async def act(context: Context) -> list[object]:
        current = await session_of(context, both[0])
        names = [f"{'HELP' if number % 2 else 'help'} desk" for number in range(20)]
        return list(
            await asyncio.gather(*(roles.create(context, Wanted(name, frozenset()), current) for name in names))
        )

    results = installation.run(act)
    assert sum(isinstance(result, int) for result in results) == 1
    assert results.count(Refused("taken")) == 19


def test_a_session_that_ended_changes_nothing(installation, both):
    async def act(context: Context) -> None:
        current = await session_of(context, both[0])
        await sessions.sign_out(context, current)
        with pytest.raises(sessions.SessionEnded):
            await roles.assign(context, both[1].user_id, frozenset(), current)
        with pytest.raises(sessions.SessionEnded):
            await roles.create(context, Wanted("Door", frozenset()), current)
        assert len(await administrators(context, *both)) == 2

    installation.run(act)


def test_what_somebody_held_when_the_request_began_does_not_count(installation, both):
    """A page that was let pass by the guard, and whose permission was taken before it came to its turn."""

    async def act(context: Context) -> None:
        current = await session_of(context, both[0])
        async with context.db.transaction():
            await rows.take(context.db, both[0].user_id, ADMINISTRATOR)
        assert current.permissions == frozenset(ALL)
        later = replace(context, now=context.now + 1)
        assert await roles.create(later, Wanted("Door", frozenset()), current) == Refused("not_held")
        assert await roles.delete(later, MEMBER, current) == Refused("not_held")
        assert await roles.change(later, MEMBER, Wanted("M", frozenset()), current) == Refused("not_held")
        assert await roles.assign(later, both[1].user_id, frozenset(), current) == Refused("not_held")

    installation.run(act)
