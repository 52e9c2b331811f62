"""What a user's page shows with the user: open sessions, refused sign-ins, and until when sign-ins wait."""

from accounts import sessions
from accounts.context import Context
from accounts.login import throttle
from db.reads import user_page
from db.reads.user_page import ShownWith
from db.users import User

REFUSALS_SHOWN = 10


async def read(context: Context, user: User) -> ShownWith:
    opened, waits = sessions.which_are_open(context), throttle.waits_of(context, user.username)
    return await user_page.read(context.db, user.id, opened, waits, REFUSALS_SHOWN)
