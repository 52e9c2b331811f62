"""The switch: one setting for everybody, in force at once, and what switching entails."""

from dataclasses import dataclass

from accounts import permissions
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.sessions import Current, Over, hold
from db import authenticators, sessions, settings, users

NAME = "two_factor"


@dataclass(frozen=True)
class Switch:
    on: bool
    changed_at: int | None
    changed_by: str | None
    # This is a demonstration: said on every page.
    sample_data: bool = False


async def read(context: Context) -> Switch:
    """How the switch stands, who threw it last and when."""
    setting, sample_data = await settings.with_sample_data(context.db, NAME)
    assert setting is not None
    return Switch(setting.value == "on", setting.changed_at, setting.changed_by, sample_data)


async def switch(context: Context, on: bool, by: Principal, current: Current | None = None) -> bool:
    """Switches the function on or off; False, and nothing logged, if it is that already.

    On: sessions that users with a second factor opened without a code end, all but the one that switches.
    Off: set-ups under way end; what users have set up is kept. `current`: the session of the one who switches; None for
    the command line. Raises sessions.Over, also if they may not switch any more.
    """
    before, after = ("off", "on") if on else ("on", "off")
    async with context.db.transaction():
        changed = await settings.change(context.db, NAME, after, context.now, by.username)
        # After the setting: of two who switch at once, the one ends sessions, perhaps the other's.
        if current is not None:
            await hold(context, current)
            if permissions.GENERAL_SETTINGS_EDIT not in await users.permissions(context.db, current.session.user_id):
                # Taken from them while the request was under way.
                raise Over
        if not changed:
            return False
        if on:
            await sessions.end_without_code(context.db, but=current.session.id if current else 0)
        else:
            await authenticators.end_all_set_ups(context.db)
        await log.record(context, kinds.TwoFactorSwitched(before, after), by)
    return True
