"""The route table, in lists by who may use them. A route outside a list does not exist: the default is no."""

from functools import partial

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import Route

from accounts import permissions
from routes import help as help_pages
from routes import links, operations, sso
from routes.activity_log import export as activity_log_export
from routes.activity_log import log as activity_log
from routes.general_settings import contact, general, security
from routes.home import first_day, home
from routes.login import login, reset, sign_out
from routes.my_user import my_user, password, profile, sessions, two_factor
from routes.roles import new_role, role, roles
from routes.users import (
    administration,
    adoption,
    bulk,
    entered_addresses,
    export,
    handed_link,
    import_file,
    invitations,
    login_method,
    new_user,
    overview,
    reminders,
    user,
)
from routes.users import roles as user_roles
from routes.users import sessions as sessions_of_user
from routes.web import guard, static_files
from routes.web.guard import Endpoint
from routes.web.numbers import DIGITS


class _Number(Convertor[int]):
    """A row's number, no larger than the database can hold (and Python would read)."""

    regex = f"[0-9]{{1,{DIGITS}}}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


# in place of Starlette's, which reads any number of digits
register_url_convertor("int", _Number())


def _list(guarding: partial[Endpoint], *routes: tuple[str, str, Endpoint]) -> list[Route]:
    return [Route(path, guarding(path, endpoint), methods=[method]) for method, path, endpoint in routes]


EVERYONE = [
    *_list(
        partial(guard.everyone),
        ("GET", "/login", login.show),
        ("POST", "/login", login.sign_in),
        ("GET", "/login/two-factor-field", login.two_factor_field),
        ("GET", "/login/signed-out", sign_out.signed_out),
        ("GET", "/login/reset", reset.show_reset_request),
        ("POST", "/login/reset", reset.request_reset),
        ("GET", "/login/reset/{token}", links.show_reset),
        ("POST", "/login/reset/{token}", links.reset),
        ("GET", "/invitation/{token}", links.show_invitation),
        ("POST", "/invitation/{token}", links.accept_invitation),
        ("GET", "/new-address/{token}", links.show_new_address),
        ("POST", "/new-address/{token}", links.confirm_new_address),
        ("GET", "/sso/login", sso.begin),
        ("GET", "/sso/callback", sso.finish),
        ("GET", "/sso/logout", sso.end_provider_session),
        ("GET", "/help", help_pages.show),
        ("GET", "/help/two-factor-admin", help_pages.administrators),
        ("GET", "/help/two-factor-user", help_pages.users),
        ("GET", "/.well-known/change-password", password.well_known_change_password),
    ),
    *_list(
        partial(guard.without_session),
        ("GET", "/static/{name}", static_files.serve),
        ("GET", "/health", operations.health),
    ),
]

SIGNED_IN = [
    *_list(
        partial(guard.signed_in),
        ("GET", "/", home.show),
        ("POST", "/logout", sign_out.sign_out),
        ("GET", "/my-user", my_user.show),
        ("POST", "/my-user/profile", profile.save_profile),
        ("POST", "/my-user/sessions/{id:int}/end", sessions.end_session),
        ("POST", "/my-user/sessions/end-others", sessions.end_other_sessions),
    ),
    *_list(
        partial(guard.signed_in, poll=True),
        ("GET", "/notification", my_user.notification),
    ),
]

SIGNED_IN_WITH_PASSWORD = _list(
    partial(guard.signed_in, password_only=True),
    ("GET", "/my-user/password", password.show_password),
    ("POST", "/my-user/password", password.change_password),
    ("POST", "/my-user/address/cancel", profile.cancel_address),
    ("POST", "/my-user/two-factor", two_factor.start_two_factor),
    ("POST", "/my-user/two-factor/confirm", two_factor.confirm_two_factor),
    ("POST", "/my-user/two-factor/cancel", two_factor.cancel_two_factor),
    ("POST", "/my-user/two-factor/remove", two_factor.remove_two_factor),
    ("POST", "/my-user/authenticators/{id:int}/rename", two_factor.rename_authenticator),
    ("POST", "/my-user/recovery-codes", two_factor.make_recovery_codes),
)

GENERAL_SETTINGS_EDIT = _list(
    partial(guard.signed_in, permission=permissions.GENERAL_SETTINGS_EDIT),
    ("GET", "/general-settings", general.general),
    ("GET", "/general-settings/contact", contact.show),
    ("GET", "/general-settings/contact/edit", contact.edit),
    ("POST", "/general-settings/contact", contact.save),
    ("GET", "/general-settings/security", security.security),
    ("GET", "/general-settings/security/edit", security.edit_security),
    ("POST", "/general-settings/security", security.switch_two_factor),
    ("POST", "/first-day/put-away", first_day.put_away),
)

USERS_VIEW = _list(
    partial(guard.signed_in, permission=permissions.USERS_VIEW),
    ("GET", "/users", overview.show_all),
    ("GET", "/users.csv", export.export),
    ("GET", "/users/adoption", adoption.show),
    ("GET", "/users/{id:int}", user.show_one),
    # Each act asks for its own permission in addition.
    ("GET", "/users/bulk", bulk.show),
    ("POST", "/users/bulk", bulk.do),
    ("GET", "/users/bulk/done", bulk.show_done),
)

USERS_EDIT = [
    *_list(
        partial(guard.signed_in, permission=permissions.USERS_EDIT),
        ("GET", "/users/new", new_user.show_new),
        ("POST", "/users", new_user.add),
        ("GET", "/users/{id:int}/edit", administration.show_edit),
        ("POST", "/users/{id:int}/edit", administration.change),
        ("GET", "/users/{id:int}/login-method", login_method.ask_change),
        ("POST", "/users/{id:int}/login-method", login_method.change),
        ("GET", "/users/{id:int}/unbind", login_method.ask_unbind),
        ("POST", "/users/{id:int}/unbind", login_method.unbind),
        ("GET", "/users/{id:int}/disable", administration.ask_disable),
        ("POST", "/users/{id:int}/disable", administration.disable),
        ("POST", "/users/{id:int}/enable", administration.enable),
        ("GET", "/users/{id:int}/delete", administration.ask_delete),
        ("POST", "/users/{id:int}/delete", administration.delete),
        ("GET", "/users/{id:int}/entered-addresses", entered_addresses.show),
        ("POST", "/users/{id:int}/entered-addresses", entered_addresses.confirm),
        ("POST", "/users/{id:int}/invitation", handed_link.invite),
        ("POST", "/users/{id:int}/binding", handed_link.bind),
        ("POST", "/users/{id:int}/password-reset", handed_link.start_password_reset),
        ("POST", "/users/{id:int}/end-sessions", sessions_of_user.end_all),
        ("POST", "/users/{id:int}/sessions/{session_id:int}/end", sessions_of_user.end_one),
        ("GET", import_file.PATH, import_file.show),
        ("POST", import_file.PATH, import_file.upload),
        ("GET", "/users/import/sample.csv", import_file.sample),
        ("POST", "/users/import/confirm", import_file.confirm),
        ("POST", "/users/import/cancel", import_file.cancel),
        ("GET", "/users/invitations", invitations.show),
        ("GET", "/users/reminders", reminders.show),
        ("GET", "/users/reminders.csv", reminders.export),
        ("POST", "/users/{id:int}/let-try-again", user.let_try_again),
        ("POST", "/users/{id:int}/reset-two-factor", user.reset_two_factor),
    ),
    *_list(
        partial(guard.signed_in, permission=permissions.USERS_EDIT, poll=True),
        ("GET", "/users/invitations/progress", invitations.progress),
        ("GET", "/users/reminders/progress", reminders.progress),
    ),
]

ROLES_EDIT = _list(
    partial(guard.signed_in, permission=permissions.ROLES_EDIT),
    ("GET", "/roles", roles.show_all),
    ("GET", "/roles/new", new_role.new),
    ("POST", "/roles", new_role.create),
    ("GET", "/roles/{id:int}", role.show_one),
    ("POST", "/roles/{id:int}", role.change),
    ("POST", "/roles/{id:int}/delete", role.delete),
    ("GET", "/roles/{id:int}/give", role.give),
    ("GET", "/users/{id:int}/roles", user_roles.show),
    ("POST", "/users/{id:int}/roles", user_roles.assign),
)

ACTIVITY_LOG_VIEW = _list(
    partial(guard.signed_in, permission=permissions.ACTIVITY_LOG_VIEW),
    ("GET", "/activity-log", activity_log.show),
    ("GET", "/activity-log.csv", activity_log_export.export),
    ("GET", "/activity-log/people", activity_log.suggest),
)

ALL = (
    *EVERYONE,
    *SIGNED_IN,
    *SIGNED_IN_WITH_PASSWORD,
    *GENERAL_SETTINGS_EDIT,
    *USERS_VIEW,
    *USERS_EDIT,
    *ROLES_EDIT,
    *ACTIVITY_LOG_VIEW,
)


def gallery(show: Endpoint, show_sample: Endpoint) -> list[Route]:
    """In addition, while `serve --reload` runs. The handlers are parameters: the gallery imports the screens."""
    return _list(partial(guard.everyone), ("GET", "/gallery", show), ("GET", "/gallery/{name}", show_sample))
