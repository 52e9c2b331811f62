"""The switch: one setting for everybody, in force at once, and what switching entails."""

from dataclasses import dataclass

from accounts import activity, permissions
from accounts.desk import Desk, Person
from accounts.sessions import Current, Over, hold
from db import authenticators, sessions, settings, users

NAME = "two_factor"


@dataclass(frozen=True)
class Switch:
    on: bool
    changed_at: int | None
    changed_by: str | None
    sample_data: bool = False  # this is a demonstration: said on every page


async def read(desk: Desk) -> Switch:
    """How the switch stands, who threw it last and when."""
    setting, sample_data = await settings.with_sample_data(desk.db, NAME)
    assert setting is not None
    return Switch(setting.value == "on", setting.changed_at, setting.changed_by, sample_data)


async def switch(desk: Desk, on: bool, by: Person, current: Current | None = None) -> bool:
    """Switches the function on or off; False, and nothing logged, if it is that already.

    On: sessions that users with a second factor opened without a code end, all but the one that switches.
    Off: set-ups under way end; what users have set up is kept. `current`: the session of the one who switches; None for
    the command line. Raises sessions.Over, also if they may not switch any more.
    """
    before, after = ("off", "on") if on else ("on", "off")
    async with desk.db.transaction():
        changed = await settings.change(desk.db, NAME, after, desk.now, by.username)
        if (
            current is not None
        ):  # after the setting: of two who switch at once, the one ends sessions, perhaps the other's
            await hold(desk, current)
            if permissions.GENERAL_SETTINGS_EDIT not in await users.permissions(desk.db, current.session.user_id):
                raise Over  # taken from them while the request was under way
        if not changed:
            return False
        if on:
            await sessions.end_without_code(desk.db, but=current.session.id if current else 0)
        else:
            await authenticators.end_all_set_ups(desk.db)
        await activity.record(desk, activity.TwoFactorSwitched(before, after), by)
    return True
