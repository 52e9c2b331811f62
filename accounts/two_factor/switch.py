"""The switch: two-factor authentication on or off for all users, in force at once."""

from dataclasses import dataclass

from accounts import permissions
from accounts.activity import kinds, log
from accounts.context import Context, Principal
from accounts.sessions import Current, SessionEnded, lock_session
from db import authenticators, roles, sessions, settings

NAME = "two_factor"


@dataclass(frozen=True)
class Switch:
    on: bool
    changed_at: int | None
    changed_by: str | None
    # Whether this is a demonstration.
    sample_data: bool = False
    # As the setting keeps it.
    contact: str = ""


async def read(context: Context) -> Switch:
    found = await settings.entrance(context.db)
    assert found is not None
    on, sample_data = found.value == "on", found.sample_data == "on"
    return Switch(on, found.changed_at, found.changed_by, sample_data, found.contact or "")


async def switch(context: Context, on: bool, by: Principal, current: Current | None = None) -> bool:
    """Switches two-factor authentication on or off; False, and nothing recorded, if it is so already.

    On: sessions started without a code end if their user has a second factor, except the administrator's own.
    Off: pending set-ups end; what users have set up stays. `current`: None for the command line.
    Raises sessions.SessionEnded if the session has ended, or the permission was taken from the administrator.
    """
    before, after = ("off", "on") if on else ("on", "off")
    async with context.db.transaction():
        changed = await settings.change(context.db, NAME, after, context.now, by.username)
        # After the setting's row: of two administrators who switch at once, the first may end the session of the
        # second.
        if current is not None:
            await lock_session(context, current)
            if permissions.GENERAL_SETTINGS_EDIT not in await roles.permissions_of(context.db, current.session.user_id):
                raise SessionEnded
        if not changed:
            return False
        if on:
            await sessions.end_without_code(context.db, but=current.session.id if current else 0)
        else:
            await authenticators.end_all_set_ups(context.db)
        await log.record(context, kinds.TwoFactorSwitched(before, after), by)
    return True
