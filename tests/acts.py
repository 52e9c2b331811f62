"""What the command line does to a user, for tests that need it done."""

from accounts.context import Context
from accounts.users import status
from db import users


async def disable(context: Context, username: str) -> None:
    user = await users.by_username(context.db, username)
    assert user is not None
    assert await status.disable(context, user.id, None) == "disabled"


async def enable(context: Context, username: str) -> None:
    user = await users.by_username(context.db, username)
    assert user is not None
    assert await status.enable(context, user.id, None) == "enabled"
