"""What roles can allow. Roles and who holds them are rows; only the words are fixed here, because routes are listed by them."""

GENERAL_SETTINGS_EDIT = "general_settings.edit"
USERS_VIEW = "users.view"
USERS_EDIT = "users.edit"
ROLES_EDIT = "roles.edit"
ACTIVITY_LOG_VIEW = "activity_log.view"

ALL = (USERS_VIEW, USERS_EDIT, ROLES_EDIT, GENERAL_SETTINGS_EDIT, ACTIVITY_LOG_VIEW)  # in the order of the bar
KEEP_SOMEBODY_WITH = (
    GENERAL_SETTINGS_EDIT,
    ROLES_EDIT,
)  # nobody can lock everyone out: the last active user with both stays


def covers(holder: frozenset[str], other: frozenset[str]) -> bool:
    """Whether somebody may act on another user: nobody gives, takes or changes what they do not hold."""
    return other <= holder
