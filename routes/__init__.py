"""The route table, in lists by who may use them. A route outside a list does not exist: the default is no."""

from functools import partial

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import Route

from accounts import permissions
from routes import (
    activity_log,
    adoption,
    gallery,
    general_settings,
    guard,
    home,
    login,
    my_user,
    operations,
    static_files,
    user_export,
    user_import,
    users,
)
from routes.guard import Endpoint


class _Number(Convertor[int]):
    """A row's number, no larger than the database can hold (and Python would read)."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("int", _Number())  # in place of Starlette's, which reads any number of digits


def _list(guarding: partial[Endpoint], *routes: tuple[str, str, Endpoint]) -> list[Route]:
    return [Route(path, guarding(path, endpoint), methods=[method]) for method, path, endpoint in routes]


EVERYONE = [
    *_list(
        partial(guard.everyone),
        ("GET", "/login", login.show),
        ("POST", "/login", login.sign_in),
        ("GET", "/login/two-factor-field", login.two_factor_field),
        ("GET", "/login/signed-out", login.signed_out),
        ("GET", "/.well-known/change-password", my_user.well_known_change_password),
    ),
    *_list(
        partial(guard.nobody_in_particular),
        ("GET", "/static/{name}", static_files.serve),
        ("GET", "/health", operations.health),
    ),
]

SIGNED_IN = [
    *_list(
        partial(guard.signed_in),
        ("GET", "/", home.show),
        ("POST", "/logout", login.sign_out),
        ("GET", "/my-user", my_user.show),
        ("POST", "/my-user/profile", my_user.save_profile),
        ("POST", "/my-user/sessions/{id:int}/end", my_user.end_session),
        ("POST", "/my-user/sessions/end-others", my_user.end_other_sessions),
    ),
    *_list(
        partial(guard.signed_in, by_itself=True),
        ("GET", "/notification", my_user.notification),
    ),
]

SIGNED_IN_WITH_PASSWORD = _list(
    partial(guard.signed_in, password_only=True),
    ("GET", "/my-user/password", my_user.show_password),
    ("POST", "/my-user/password", my_user.change_password),
    ("POST", "/my-user/two-factor", my_user.start_two_factor),
    ("POST", "/my-user/two-factor/confirm", my_user.confirm_two_factor),
    ("POST", "/my-user/two-factor/cancel", my_user.cancel_two_factor),
    ("POST", "/my-user/two-factor/remove", my_user.remove_two_factor),
    ("POST", "/my-user/recovery-codes", my_user.make_recovery_codes),
)

GENERAL_SETTINGS_EDIT = _list(
    partial(guard.signed_in, permission=permissions.GENERAL_SETTINGS_EDIT),
    ("GET", "/general-settings", general_settings.general),
    ("GET", "/general-settings/security", general_settings.security),
    ("GET", "/general-settings/security/edit", general_settings.edit_security),
    ("POST", "/general-settings/security", general_settings.switch_two_factor),
)

USERS_VIEW = _list(
    partial(guard.signed_in, permission=permissions.USERS_VIEW),
    ("GET", "/users", users.show_all),
    ("GET", "/users.csv", user_export.export),
    ("GET", "/users/adoption", adoption.show),
    ("GET", "/users/{id:int}", users.show_one),
)

USERS_EDIT = _list(
    partial(guard.signed_in, permission=permissions.USERS_EDIT),
    ("GET", user_import.PATH, user_import.show),
    ("POST", user_import.PATH, user_import.upload),
    ("POST", "/users/import/confirm", user_import.confirm),
    ("POST", "/users/import/cancel", user_import.cancel),
    ("POST", "/users/{id:int}/let-try-again", users.let_try_again),
    ("POST", "/users/{id:int}/reset-two-factor", users.reset_two_factor),
)

ACTIVITY_LOG_VIEW = _list(
    partial(guard.signed_in, permission=permissions.ACTIVITY_LOG_VIEW),
    ("GET", "/activity-log", activity_log.show),
    ("GET", "/activity-log.csv", activity_log.export),
)

DEVELOPMENT = _list(
    partial(guard.everyone),
    ("GET", "/gallery", gallery.show),
    ("GET", "/gallery/{name}", gallery.show_sample),
)

ALL = (
    *EVERYONE,
    *SIGNED_IN,
    *SIGNED_IN_WITH_PASSWORD,
    *GENERAL_SETTINGS_EDIT,
    *USERS_VIEW,
    *USERS_EDIT,
    *ACTIVITY_LOG_VIEW,
)
