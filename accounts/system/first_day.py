"""The checklist of the first day, which Home of a new installation shows until it is put away, for all users."""

from accounts import permissions
from accounts.activity import kinds, log
from accounts.context import NOBODY, Context
from accounts.limits import ONE_TIME_SECONDS
from accounts.sessions import Current, SessionEnded, lock_session
from db import clock, roles, settings
from db.adoption import Figures
from db.reads import home
from db.reads.home import Facts


async def read(context: Context, user_id: int) -> tuple[Figures, Facts | None]:
    """The adoption, and what is done of the first day; None once the checklist is put away. One query."""
    latest = clock.latest(context.now) + ONE_TIME_SECONDS
    asked = home.Asked(user_id, permissions.ADMINISTRATOR_PERMISSIONS, context.now, latest, context.issuer)
    return await home.read(context.db, asked)


async def put_away(context: Context, current: Current) -> None:
    """Puts the checklist away for good. Raises SessionEnded, also if the permission was taken."""
    async with context.db.transaction():
        changed = await settings.change(context.db, home.FIRST_DAY, "off", context.now, current.principal.username)
        # after the row of the setting, as the switch does it
        await lock_session(context, current)
        if permissions.GENERAL_SETTINGS_EDIT not in await roles.permissions_of(context.db, current.session.user_id):
            raise SessionEnded
        if changed:
            await log.record(context, kinds.FirstDayPutAway(), current.principal, NOBODY)
