"""Every limit on what can be tried or requested, with its arithmetic: soft ones slow guessing down, hard ones lock.

How long a session lives is in accounts/sessions.py; what a password must satisfy is in accounts/passwords.py.
"""

from dataclasses import dataclass

from accounts.durations import DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS
from db.links import LinkKind


@dataclass(frozen=True)
class Throttle:
    """The last free failure within the window starts a wait of FIRST_WAIT_SECONDS; each further one doubles it."""

    free_failures: int
    window_seconds: int
    longest_wait_seconds: int

    @property
    def longest_seconds(self) -> int:
        """How long a failure counts at most."""
        return self.longest_wait_seconds + self.window_seconds


# ------------------------------------------------------------------------------------------------------ passwords: soft

FIRST_WAIT_SECONDS = 30

# A stranger cannot lock a user out: a browser from which the user signed in before has a bucket of its own, and while
# the bucket of the username alone waits, a right password together with a right code passes: the limits on codes bound
# that guessing. An attacker who stays below the waits has 9 attempts in 15 minutes from one network, 864 a day, and 99
# an hour from any number of networks, 2,376 a day, against a password of at least 15 characters. Within the waits there
# are fewer.
THROTTLES = {
    "user and known browser": Throttle(10, 15 * MINUTE_SECONDS, 15 * MINUTE_SECONDS),
    "username and network": Throttle(10, 15 * MINUTE_SECONDS, 15 * MINUTE_SECONDS),
    "username": Throttle(100, HOUR_SECONDS, 5 * MINUTE_SECONDS),
    "network": Throttle(300, 15 * MINUTE_SECONDS, 5 * MINUTE_SECONDS),
    # Pending sign-ins, of a network or of a known browser: each is a row until it ends.
    "network, by Single Sign-On": Throttle(100, 10 * MINUTE_SECONDS, 5 * MINUTE_SECONDS),
}

# IPv6: a customer who is given a /56 or a /48 has 256 or 65,536 networks /64, "network" above. What is counted
# by network is also counted by the wider ones (prefix length), with so many times as many free failures: an attacker
# with a /48 has 16 times what one address of IPv4 has. A bucket of username and network needs none: the one of the
# username is the same for all networks.
WIDER_NETWORKS = {56: 4, 48: 16}

# Entries in the activity log that say that a username waits: one in an hour.
USERNAME_WAITS_LOGGED_SECONDS = HOUR_SECONDS

# What a repeated request can write into the activity log (refusals, exports): of one user, or of unknown usernames from
# one network, so many get an entry within an hour, of each kind; with WIDER_NETWORKS, 160 from a /48. The rest is
# counted: a flood cannot fill the log, and one kind cannot hide another. With the right password each cause is a kind
# of its own.
REPEATS_LOGGED_AN_HOUR = 10
# Of exports each filter, and of refused access each route, gets its first entry, whatever was repeated before: so many
# of a kind, and with the repetitions 59 entries.
DISTINCT_LOGGED_AN_HOUR = 50

# ---------------------------------------------------------------------------------------------- codes: hard, they lock

# With the right password, a rate limit alone is not enough: 5 attempts in 15 minutes succeed with 41 % in a year.
# A code is right for 3 time steps out of 10^6, so 20 consecutive wrong codes succeed with 20 * 3 / 10^6 = 0.006 %.
# The same number locks the recovery codes; each of them has 66 bits.
CONSECUTIVE_WRONG_CODES = 20
# 50 within 30 days are 608 a year, which succeed with 0.2 % at most: for an owner whose logins reset the count above.
RECENT_WRONG_CODES = 50
RECENT_SECONDS = 30 * DAY_SECONDS
# From the third consecutive wrong code on the user gets an e-mail, at most once an hour: another person may have the
# password.
WRONG_CODES_BEFORE_EMAIL = 3
WRONG_CODES_EMAIL_SECONDS = HOUR_SECONDS

# Every login computes the codes of so many authenticators, so that its time does not tell how many a user has.
AUTHENTICATORS = 5

# A set-up in a session: after five wrong codes it ends, and the next one has another secret.
SET_UP_WRONG_CODES = 5
SET_UP_SECONDS = 30 * MINUTE_SECONDS

# --------------------------------------------------------------------------------------------------- one-time passwords

# From the moment at which the program printed it.
ONE_TIME_SECONDS = 3 * DAY_SECONDS

# ---------------------------------------------------------------------------------------------------- reauthentication

# How long a password, a code or a sign-in at the identity provider counts for sensitive actions.
REAUTHENTICATION_SECONDS = 10 * MINUTE_SECONDS

# ---------------------------------------------------------------------------------------------------- links and e-mails

# From the moment at which a link gets its token: when it is shown, or when its e-mail leaves.
LINK_SECONDS: dict[LinkKind, int] = {
    "invitation": 3 * DAY_SECONDS,
    "password_reset": 30 * MINUTE_SECONDS,
    "new_address": DAY_SECONDS,
    "binding": 7 * DAY_SECONDS,
}
# How long the e-mail of a link may wait in the outbox: longer than the outbox tries, also after a long standstill.
UNSENT_LINK_SECONDS = 30 * DAY_SECONDS

# Password resets that are asked for at the login page. From one network, without an answer that tells:
# an office behind one IP address asks for fewer.
RESET_REQUESTS = Throttle(100, HOUR_SECONDS, 15 * MINUTE_SECONDS)
# Requests of all networks that wait in the outbox: about 1 MB.
RESET_REQUESTS_WAITING = 1_000
RESET_REQUEST_SECONDS = DAY_SECONDS
# E-mails to one user, and entries about them in the activity log. Beyond them one goes only if no link that works is
# out, which one does for LINK_SECONDS: two an hour more, or one after each reset.
RESET_EMAILS_AN_HOUR = 3

# E-mails to new addresses of one user: the form cannot flood a stranger's inbox.
NEW_ADDRESS_EMAILS_AN_HOUR = 5

# One reminder per user within that time.
REMINDER_SECONDS = 7 * DAY_SECONDS
