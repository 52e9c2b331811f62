"""The activities: what can happen. Their names and causes are stored in the log and never change."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Activity:
    """Something that happened. The log stores its fields: `before` and `after` in columns, the others as detail."""

    name: ClassVar[str]
    # The kind of e-mail to the user to whom it happened; "": none, or accounts/mail/notices.py decides.
    notice: ClassVar[str] = ""
    # Whether the head of the log goes to standard output with it.
    to_standard_output: ClassVar[bool] = False


@dataclass(frozen=True)
class TwoFactorSwitched(Activity):
    name = "two_factor.switched"
    to_standard_output = True
    before: str
    after: str


@dataclass(frozen=True)
class TwoFactorSetUp(Activity):
    name = "two_factor.set_up"
    notice = "two_factor_set_up"
    replaced: str = ""


@dataclass(frozen=True)
class TwoFactorPhoneAdded(Activity):
    name = "two_factor.phone_added"
    notice = "two_factor_set_up"
    phone: str  # what its owner calls it


@dataclass(frozen=True)
class TwoFactorPhoneRenamed(Activity):
    name = "two_factor.phone_renamed"
    before: str
    after: str


@dataclass(frozen=True)
class TwoFactorPhoneRemoved(Activity):
    name = "two_factor.phone_removed"
    notice = "two_factor_removed"
    phone: str


@dataclass(frozen=True)
class TwoFactorRemoved(Activity):
    name = "two_factor.removed"
    notice = "two_factor_removed"


@dataclass(frozen=True)
class TwoFactorReset(Activity):
    name = "two_factor.reset"
    notice = "two_factor_reset"
    reason: str


@dataclass(frozen=True)
class TwoFactorBlocked(Activity):
    name = "two_factor.blocked"
    notice = "two_factor_blocked"


@dataclass(frozen=True)
class RecoveryCodesMade(Activity):
    name = "recovery_codes.made"
    notice = "recovery_codes_made"


@dataclass(frozen=True)
class RecoveryCodeUsed(Activity):
    name = "recovery_code.used"
    notice = "recovery_code_used"
    left: str


@dataclass(frozen=True)
class LoginSucceeded(Activity):
    name = "login.succeeded"
    factor: str  # "password" | "password and code" | "password and recovery code" | "single sign-on"
    one_time: str = ""
    new_browser: str = (
        ""  # what it is called, if it never signed this user in before (and this is not their first sign-in)
    )
    issuer: str = ""  # by Single Sign-On: which provider, and what it says about the strength of the sign-in
    amr: str = ""
    acr: str = ""


@dataclass(frozen=True)
class LoginRefused(Activity):
    name = "login.refused"
    cause: str


@dataclass(frozen=True)
class RefusalsCounted(Activity):
    name = "login.refusals_counted"
    number: str


@dataclass(frozen=True)
class LetTryAgain(Activity):
    name = "login.let_try_again"


@dataclass(frozen=True)
class ProofGiven(Activity):
    """Reauthentication by a fresh sign-in at the identity provider; one by password or code has no entry."""

    name = "proof.given"
    by: str  # "auth_time": the provider said when | "prompt": it was asked to ask, and did not say when
    amr: str = ""
    acr: str = ""


@dataclass(frozen=True)
class ProofRefused(Activity):
    name = "proof.refused"
    cause: str


@dataclass(frozen=True)
class PasswordChanged(Activity):
    name = "password.changed"
    notice = "password_changed"


@dataclass(frozen=True)
class PasswordChosen(Activity):
    name = "password.chosen"
    notice = "password_changed"
    link: str = ""  # "invitation"; "": in place of a one-time password


@dataclass(frozen=True)
class PasswordResetStarted(Activity):
    name = "password.reset_started"


@dataclass(frozen=True)
class PasswordResetRequested(Activity):
    name = "password.reset_requested"
    answer: str  # the letter: "password_reset" | "invitation"; why none: "sso" | "disabled" | "no_address"


@dataclass(frozen=True)
class PasswordReset(Activity):
    name = "password.reset"
    notice = "password_changed"


@dataclass(frozen=True)
class PasswordSet(Activity):
    name = "password.set"
    notice = "password_changed"


@dataclass(frozen=True)
class ProfileChanged(Activity):
    name = "profile.changed"
    before: str
    after: str
    old_address: str = ""  # if that changed: who reads it is told


@dataclass(frozen=True)
class AddressRequested(Activity):
    name = "address.requested"
    notice = "address_changed"
    after: str  # it is in force after its link


@dataclass(frozen=True)
class AddressCancelled(Activity):
    name = "address.cancelled"


@dataclass(frozen=True)
class UserCreated(Activity):
    name = "user.created"
    after: str
    roles: str


@dataclass(frozen=True)
class IdentityBound(Activity):
    name = "identity.bound"
    by: str  # "link" | "address"
    issuer: str
    identity: str  # the subject, as OpenID Connect calls it


@dataclass(frozen=True)
class UserInvited(Activity):
    name = "user.invited"


@dataclass(frozen=True)
class UserBindingStarted(Activity):
    name = "user.binding_started"


@dataclass(frozen=True)
class UserLoginMethodChanged(Activity):
    name = "user.login_method_changed"
    notice = "login_method_changed"
    before: str  # "password" | "sso"
    after: str


@dataclass(frozen=True)
class UserUnbound(Activity):
    name = "user.unbound"
    notice = "login_method_changed"
    before: str  # who they were at the provider: "SUBJECT at ISSUER"


@dataclass(frozen=True)
class UserChanged(Activity):
    name = "user.changed"
    before: str
    after: str
    old_address: str = ""


@dataclass(frozen=True)
class UserDeleted(Activity):
    name = "user.deleted"


@dataclass(frozen=True)
class UserDisabled(Activity):
    name = "user.disabled"
    notice = "user_disabled"


@dataclass(frozen=True)
class UserEnabled(Activity):
    name = "user.enabled"


@dataclass(frozen=True)
class RoleCreated(Activity):
    name = "role.created"
    role: str
    after: str  # what it allows


@dataclass(frozen=True)
class RoleRenamed(Activity):
    name = "role.renamed"
    before: str
    after: str


@dataclass(frozen=True)
class RoleChanged(Activity):
    name = "role.changed"
    role: str
    before: str
    after: str


@dataclass(frozen=True)
class RoleDeleted(Activity):
    name = "role.deleted"
    role: str
    before: str
    holders: str  # how many lost it


@dataclass(frozen=True)
class RoleGiven(Activity):
    name = "role.given"
    role: str


@dataclass(frozen=True)
class RoleTaken(Activity):
    name = "role.taken"
    role: str


@dataclass(frozen=True)
class SignedOut(Activity):
    name = "session.signed_out"


@dataclass(frozen=True)
class SessionEnded(Activity):
    name = "session.ended"


@dataclass(frozen=True)
class SessionsEnded(Activity):
    name = "sessions.ended"
    number: str


@dataclass(frozen=True)
class AccessRefused(Activity):
    name = "access.refused"
    route: str


@dataclass(frozen=True)
class LogExported(Activity):
    name = "activity_log.exported"
    filter: str


@dataclass(frozen=True)
class RemindersSent(Activity):
    name = "reminders.sent"
    number: str


@dataclass(frozen=True)
class RemindersExported(Activity):
    name = "reminders.exported"


@dataclass(frozen=True)
class UserImported(Activity):
    name = "user.imported"
    before: str
    after: str
    old_address: str = ""


@dataclass(frozen=True)
class UsersImported(Activity):
    name = "users.imported"
    new: str
    changed: str
    unchanged: str
    sha256: str  # of the file


@dataclass(frozen=True)
class UsersExported(Activity):
    name = "users.exported"
    filter: str


NAMES = tuple(sorted(kind.name for kind in Activity.__subclasses__()))
NOTICES = {kind.name: kind.notice for kind in Activity.__subclasses__() if kind.notice}
