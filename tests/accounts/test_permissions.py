"""What somebody holds is looked at when it is their turn, not when their request began."""

from collections.abc import AsyncIterator

import pytest

from accounts import enrollment, sessions, two_factor, user_import
from accounts.desk import Desk
from accounts.sessions import Current
from db import roles
from db import users as stored_users
from tests.browser import Installation
from tests.people import Person, somebody

ADMINISTRATOR, USER_MANAGER = 1, 2
FILE = b"username,role\neve,Administrator\n"


async def at_work(desk: Desk, person: Person) -> Current:
    """A session of somebody, as a request begins with it."""
    user = await stored_users.by_id(desk.db, person.user_id)
    assert user is not None
    async with desk.db.transaction():
        session_token, *_ = await sessions.start(desk, user, False)
    current = await sessions.resume(desk, session_token, reading=False)
    assert current is not None
    return current


async def take(desk: Desk, person: Person, *given: int) -> None:
    async with desk.db.transaction():
        await roles.take(desk.db, person.user_id, ADMINISTRATOR)
        for role_id in given:
            await roles.give(desk.db, person.user_id, role_id)


async def lines() -> AsyncIterator[list[bytes]]:
    yield FILE.splitlines(keepends=True)


def test_an_import_that_is_confirmed_too_late_gives_no_role(installation: Installation, bob: Person):
    async def act(desk: Desk, *left: int) -> tuple[object, object]:
        working = await at_work(desk, bob)
        await take(desk, bob, *left)
        report = await user_import.run(desk, lines, working)
        return report, await stored_users.by_username(desk.db, "eve")

    report, eve = installation.run(lambda desk: act(desk, USER_MANAGER))
    assert isinstance(report, user_import.Report)
    assert [bad.problem for bad in report.problems] == ["roles_not_yours"]
    assert eve is None


def test_nor_adds_anybody_who_may_edit_users_no_more(installation: Installation, bob: Person):
    async def act(desk: Desk) -> tuple[object, object]:
        working = await at_work(desk, bob)
        await take(desk, bob)
        report = await user_import.run(desk, lines, working)
        return report, await stored_users.by_username(desk.db, "eve")

    assert installation.run(act) == (None, None)


def test_a_reset_that_comes_too_late_resets_nobody(installation: Installation, function_on: None, bob: Person):
    carol = somebody(installation, "carol", "Administrator")
    carol.signs_in()
    carol.sets_up()

    async def act(desk: Desk) -> object:
        working = await at_work(desk, bob)
        await take(desk, bob, USER_MANAGER)
        return await enrollment.reset(desk, carol.user_id, "a lost phone", working)

    assert installation.run(act) == "holds_more"
    assert carol.browser.get("/").status == 200


def test_a_switch_that_comes_too_late_switches_nothing(installation: Installation, bob: Person):
    async def act(desk: Desk) -> bool:
        working = await at_work(desk, bob)
        await take(desk, bob, USER_MANAGER)
        with pytest.raises(sessions.Over):
            await two_factor.switch(desk, True, working.person, working)
        return (await two_factor.read(desk)).on

    assert installation.run(act) is False
