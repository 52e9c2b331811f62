"""What somebody holds is looked at when it is their turn, not when their request began."""

from collections.abc import AsyncIterator

import pytest

from accounts import permissions, sessions
from accounts.context import Context
from accounts.two_factor import switch
from accounts.user_import import apply
from accounts.user_import.reader import Report, Source
from accounts.users import two_factor_reset
from db import roles
from db import users as stored_users
from tests.browser import Installation
from tests.people import Person, session_of, somebody

ADMINISTRATOR, USER_MANAGER = 1, 2
FILE = b"username,role\neve,Administrator\n"


async def take(context: Context, person: Person, *given: int) -> None:
    async with context.db.transaction():
        await roles.take(context.db, person.user_id, ADMINISTRATOR)
        for role_id in given:
            await roles.give(context.db, person.user_id, role_id)


async def lines() -> AsyncIterator[bytes]:
    yield FILE


def test_an_import_that_is_confirmed_too_late_gives_no_role(installation: Installation, bob: Person):
    async def act(context: Context, *left: int) -> tuple[object, object]:
        working = await session_of(context, bob)
        await take(context, bob, *left)
        report = await apply.run(context, Source(lines), working)
        return report, await stored_users.by_username(context.db, "eve")

    report, eve = installation.run(lambda context: act(context, USER_MANAGER))
    assert isinstance(report, Report)
    assert [bad.problem for bad in report.problems] == ["roles_not_yours"]
    assert eve is None


def test_nor_adds_anybody_who_may_edit_users_no_more(installation: Installation, bob: Person):
    async def act(context: Context) -> tuple[object, object]:
        working = await session_of(context, bob)
        await take(context, bob)
        report = await apply.run(context, Source(lines), working)
        return report, await stored_users.by_username(context.db, "eve")

    assert installation.run(act) == (None, None)


def test_a_reset_that_comes_too_late_resets_nobody(installation: Installation, function_on: None, bob: Person):
    carol = somebody(installation, "carol", "Administrator")
    carol.signs_in()
    carol.sets_up()

    async def act(context: Context) -> object:
        working = await session_of(context, bob)
        await take(context, bob, USER_MANAGER)
        return await two_factor_reset.reset(context, carol.user_id, "a lost phone", working)

    assert installation.run(act) == "holds_more"
    assert carol.browser.get("/").status == 200


def test_a_switch_that_comes_too_late_switches_nothing(installation: Installation, bob: Person):
    async def act(context: Context) -> bool:
        working = await session_of(context, bob)
        await take(context, bob, USER_MANAGER)
        with pytest.raises(sessions.SessionEnded):
            await switch.switch(context, True, working.principal, working)
        return (await switch.read(context)).on

    assert installation.run(act) is False


# Roles of a fresh installation, and none.
HOLDINGS = ((), ("Administrator",), ("User manager",), ("Auditor",), ("User manager", "Auditor"), ("Member",))


async def hold(context: Context, person: Person, names: tuple[str, ...]) -> frozenset[str]:
    """These roles and no others; what they allow."""
    async with context.db.transaction():
        for role_id in await roles.of_user(context.db, person.user_id):
            await roles.take(context.db, person.user_id, role_id)
        for name in names:
            await roles.give(context.db, person.user_id, await roles.id_by_name(context.db, name) or 0)
    return await roles.permissions_of(context.db, person.user_id)


@pytest.mark.parametrize("actors_roles", HOLDINGS)
def test_the_rule_in_sql_is_the_rule_in_memory(installation: Installation, actors_roles: tuple[str, ...]):
    async def compare(context: Context) -> None:
        held = await hold(context, actor, actors_roles)
        for names in HOLDINGS:
            expected = permissions.may_act_on(held, await hold(context, target, names))
            assert await permissions.user_may_act_on(context.db, actor.user_id, target.user_id) == expected, names
        assert not await permissions.user_may_act_on(context.db, 4711, target.user_id), "who is not there"
        async with context.db.transaction():
            await stored_users.disable(context.db, actor.user_id, context.now)
        assert not await permissions.user_may_act_on(context.db, actor.user_id, target.user_id), "who is disabled"

    actor, target = somebody(installation, "alice"), somebody(installation, "dora")
    installation.run(compare)
