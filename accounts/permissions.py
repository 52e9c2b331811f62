"""What roles can allow. Roles and who holds them are rows; only the words are fixed here, because routes are listed by them."""

from db import Database, users

GENERAL_SETTINGS_EDIT = "general_settings.edit"
USERS_VIEW = "users.view"
USERS_EDIT = "users.edit"
ROLES_EDIT = "roles.edit"
ACTIVITY_LOG_VIEW = "activity_log.view"

ALL = (USERS_VIEW, USERS_EDIT, ROLES_EDIT, GENERAL_SETTINGS_EDIT, ACTIVITY_LOG_VIEW)  # in the order of the bar


def covers(holder: frozenset[str], other: frozenset[str]) -> bool:
    """Whether somebody may act on another user: nobody gives, takes or changes what they do not hold."""
    return other <= holder


async def may_act_on(database: Database, actor_id: int, user_id: int) -> bool:
    """Whether a user holds `users.edit` and every permission of another user at this moment. Expects a transaction."""
    held = await users.permissions(database, actor_id)
    return USERS_EDIT in held and covers(held, await users.permissions(database, user_id))
