"""What roles can allow, and who may act on whom. Roles are rows; permissions are fixed, as the routes use them."""

from db import Database, roles
from db.makers import Makers

GENERAL_SETTINGS_EDIT = "general_settings.edit"
USERS_VIEW = "users.view"
USERS_EDIT = roles.USERS_EDIT
ROLES_EDIT = "roles.edit"
ACTIVITY_LOG_VIEW = "activity_log.view"

# In the order of the navigation bar.
ALL = (USERS_VIEW, USERS_EDIT, ROLES_EDIT, GENERAL_SETTINGS_EDIT, ACTIVITY_LOG_VIEW)
# An administrator holds both.
ADMINISTRATOR_PERMISSIONS = (GENERAL_SETTINGS_EDIT, ROLES_EDIT)


def may_act_on(held: frozenset[str], target: frozenset[str], needed: str = USERS_EDIT) -> bool:
    """Whether a user who holds `held` may change a user, or give and take a role, with the permissions `target`.

    `needed`: the permission for the action. No user gives, takes or changes more than they hold.
    """
    return needed in held and target <= held


async def user_may_act_on(database: Database, actor_id: int, user_id: int) -> bool:
    """Whether a user may act on another user, as the rows are now. Expects a transaction."""
    return await roles.user_may_act_on(database, actor_id, user_id)


async def user_may_let_in(database: Database, made: Makers, user_id: int) -> bool:
    """Whether ways in that a user made for another count, as the rows are now. Expects a transaction."""
    return await roles.user_may_let_in(database, made.by or 0, user_id, made.with_)
