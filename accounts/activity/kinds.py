"""The activities: what can happen. Their names and causes are stored in the log and never change."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal


@dataclass(frozen=True)
class Activity:
    """Something that happened. The log stores its fields: `before` and `after` in columns, the others as detail."""

    name: ClassVar[str]
    # The kind of e-mail to the user to whom it happened; "": none, or accounts/mail/notices.py decides.
    notice: ClassVar[str] = ""
    # A repeated request writes as many as it likes: of one user within an hour the first ones get an entry, the rest
    # is counted (accounts/activity/repeats.py).
    repeatable: ClassVar[bool] = False
    # The field whose values do not hide each other when it is repeated; "": none.
    apart: ClassVar[str] = ""
    # Whether the head of the log goes to standard output with it.
    to_standard_output: ClassVar[bool] = False
    # Done to so many users at once; "": to one.
    bulk: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class TwoFactorSwitched(Activity):
    name = "two_factor.switched"
    to_standard_output = True
    before: str
    after: str


@dataclass(frozen=True)
class ContactChanged(Activity):
    """Whom people ask for help."""

    name = "contact.changed"
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
    # The name that the user gave it.
    phone: str


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
    # "": from before it was kept.
    browser: str = ""


@dataclass(frozen=True)
class LoginSucceeded(Activity):
    name = "login.succeeded"
    # "password" | "password and code" | "password and recovery code" | "single sign-on"
    factor: str
    one_time: str = ""
    # Its name, if it is new to this user, and this is not their first login.
    new_browser: str = ""
    # By Single Sign-On: the provider, and the strength of the sign-in by its ID token.
    issuer: str = ""
    amr: str = ""
    acr: str = ""
    # Why the user information that was asked for did not come.
    no_user_information: str = ""


CodeCause = Literal[
    "wrong code",
    "used code",
    "wrong recovery code",
    "used recovery code",
    "recovery codes refused",
    "blocked",
]
# Why a login with a password is refused, as the log stores it.
Cause = Literal[
    "unknown user",
    "no password",
    "expired password",
    "wrong password",
    "no code",
    "malformed code",
    CodeCause,
    "waiting",
    "disabled",
    "sso user",
    "over-long input",
    "changed meanwhile",
]


@dataclass(frozen=True)
class LoginRefused(Activity):
    """`cause`: a Cause, or of Single Sign-On after `sso: `."""

    name = "login.refused"
    repeatable = True
    cause: str


@dataclass(frozen=True)
class RefusalsCounted(Activity):
    """Refused logins that have no entry. Before there was RepeatsCounted: proofs, too."""

    name = "login.refusals_counted"
    number: str
    # "right": with the right password.
    password: str = ""


@dataclass(frozen=True)
class RepeatsCounted(Activity):
    """Other repeatable activities that have no entry."""

    name = "repeats.counted"
    # The name of the activity.
    of: str
    number: str
    password: str = ""


@dataclass(frozen=True)
class LoginRepeated(Activity):
    """The login form came again from the same browser, and joined the session that it had opened."""

    name = "login.repeated"


@dataclass(frozen=True)
class UsernameWaits(Activity):
    """Too many failures from all unknown browsers together: from now on they wait."""

    name = "login.username_waits"


@dataclass(frozen=True)
class LetTryAgain(Activity):
    name = "login.let_try_again"


@dataclass(frozen=True)
class ProofGiven(Activity):
    """Reauthentication by a fresh sign-in at the identity provider; one by password or code has no entry."""

    name = "proof.given"
    # "auth_time": the ID token said when | "prompt": after prompt=login, without auth_time.
    by: str
    amr: str = ""
    acr: str = ""


@dataclass(frozen=True)
class ProofRefused(Activity):
    name = "proof.refused"
    repeatable = True
    cause: str


@dataclass(frozen=True)
class PasswordChanged(Activity):
    name = "password.changed"
    notice = "password_changed"


@dataclass(frozen=True)
class PasswordChosen(Activity):
    name = "password.chosen"
    notice = "password_changed"
    # "invitation"; "": in place of a one-time password.
    link: str = ""


@dataclass(frozen=True)
class PasswordResetStarted(Activity):
    name = "password.reset_started"


@dataclass(frozen=True)
class PasswordResetRequested(Activity):
    name = "password.reset_requested"
    # The kind of e-mail: "password_reset" | "invitation";
    # or why none: "sso" | "disabled" | "no_address" | "not_confirmed".
    answer: str


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
    # If the e-mail address changed: a notice goes to the old one.
    old_address: str = ""


@dataclass(frozen=True)
class AddressRequested(Activity):
    name = "address.requested"
    notice = "address_changed"
    # Valid once its link is redeemed.
    after: str


@dataclass(frozen=True)
class AddressConfirming(Activity):
    """Of the user's own address, which another user entered."""

    name = "address.confirming"
    # Confirmed once its link is redeemed.
    after: str


@dataclass(frozen=True)
class AddressConfirmed(Activity):
    name = "address.confirmed"
    after: str


@dataclass(frozen=True)
class AddressVouchedFor(Activity):
    """Another user than the one who entered it answers for the address."""

    name = "address.vouched_for"
    after: str


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
    # "link" | "address"
    by: str
    issuer: str
    # The subject of OpenID Connect.
    identity: str


@dataclass(frozen=True)
class UserInvited(Activity):
    name = "user.invited"
    # What the sender added to the e-mail.
    sentence: str = ""


@dataclass(frozen=True)
class UserBindingStarted(Activity):
    name = "user.binding_started"
    sentence: str = ""


@dataclass(frozen=True)
class UserLoginMethodChanged(Activity):
    name = "user.login_method_changed"
    notice = "login_method_changed"
    # "password" | "sso"
    before: str
    after: str


@dataclass(frozen=True)
class UserUnbound(Activity):
    name = "user.unbound"
    notice = "login_method_changed"
    # The identity: "SUBJECT at ISSUER".
    before: str


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
    # What it allows.
    after: str


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
    # The number of users who held it.
    holders: str


@dataclass(frozen=True)
class RoleGiven(Activity):
    name = "role.given"
    role: str


@dataclass(frozen=True)
class RoleTaken(Activity):
    name = "role.taken"
    role: str


@dataclass(frozen=True)
class WaysInEnded(Activity):
    """With a promotion: what others made who may not act on the user any more."""

    name = "ways_in.ended"
    # "password" | "sso": what the user signs in with; "": only links.
    sign_in: str
    # "yes": the address gets no links any more.
    address: str
    # Their usernames, with commas; "" of a deleted one.
    makers: str


@dataclass(frozen=True)
class FirstDayPutAway(Activity):
    """The checklist on Home."""

    name = "first_day.put_away"


@dataclass(frozen=True)
class SignedOut(Activity):
    name = "session.signed_out"


@dataclass(frozen=True)
class SessionEnded(Activity):
    name = "session.ended"
    # Of the session. "": from before they were kept.
    browser: str = ""
    ip_address: str = ""


@dataclass(frozen=True)
class SessionsEnded(Activity):
    name = "sessions.ended"
    number: str


@dataclass(frozen=True)
class AccessRefused(Activity):
    name = "access.refused"
    repeatable = True
    apart = "route"
    route: str


@dataclass(frozen=True)
class LogExported(Activity):
    name = "activity_log.exported"
    repeatable = True
    apart = "filter"
    filter: str


@dataclass(frozen=True)
class ReminderSent(Activity):
    """To one user; RemindersSent follows."""

    name = "reminder.sent"


@dataclass(frozen=True)
class RemindersSent(Activity):
    name = "reminders.sent"
    number: str
    # So many entries right before this one are of the users concerned. "": from before they had entries.
    listed: str = ""
    # What the sender added to the e-mail.
    sentence: str = ""


@dataclass(frozen=True)
class RemindersExported(Activity):
    name = "reminders.exported"
    repeatable = True


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
    # Of the file.
    sha256: str
    # As of RemindersSent.
    listed: str = ""


@dataclass(frozen=True)
class InstallationRestored(Activity):
    """What happened between the backup and this entry is not in the log."""

    name = "installation.restored"
    file: str
    made_at: str
    # "ended": all of them have ended.
    recovery_codes: str = ""


@dataclass(frozen=True)
class UsersExported(Activity):
    name = "users.exported"
    repeatable = True
    apart = "filter"
    filter: str


NAMES = tuple(sorted(kind.name for kind in Activity.__subclasses__()))
NOTICES = {kind.name: kind.notice for kind in Activity.__subclasses__() if kind.notice}
