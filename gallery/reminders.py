"""Samples of e-mails to many users: invitations and reminders."""

from dataclasses import replace

from accounts.bulk.run import Kind, Outlook
from gallery.people import BOB, ago
from gallery.sample import Samples
from routes.users.bulk_emails import Example
from routes.users.email_progress import FailedEmail, InvitationsProgress, RemindersProgress
from routes.users.invitations import InvitationsPage
from routes.users.reminders import Addresses, RemindersPage

OUTLOOK = Outlook(
    269,
    {"beyond": 2, "invited": 3, "no_address": 5, "address_of_others": 1},
    0,
    "269.36315",
    (),
    (),
    (Kind("password", 267, "dora"), Kind("sso", 2, "finn")),
)
NOBODY = replace(OUTLOOK, number=0, kinds=())
FAILED = (
    FailedEmail(2, "alice", ago(minutes=1), "rejected: 550 5.1.1 <alice.arden@acme.example>: user unknown"),
    FailedEmail(5, "dora", ago(minutes=2), "has_set_up"),
)
INVITATIONS = InvitationsPage(
    has_mail_server=True,
    outlook=OUTLOOK,
    hidden=(("act", "invite"), ("all", "on"), ("joined", "no")),
    examples=(
        Example(
            "invitation",
            267,
            "Choose a password for your account at Acme",
            f"Hello dora,\n\n{BOB.name} (bob) invites you: your account is ready. Choose the password that you will"
            " sign in with.\n",
        ),
        Example(
            "binding",
            2,
            "Sign in to Acme for the first time",
            f"Hello finn,\n\n{BOB.name} (bob) has prepared an account for you. You sign in to it by Single Sign-On.\n",
        ),
    ),
    progress=InvitationsProgress(0, 0, 0, "", ()),
)
NOBODY_INVITABLE = replace(INVITATIONS, outlook=NOBODY, examples=())
ALL_JOINED = replace(NOBODY_INVITABLE, outlook=replace(NOBODY, left_out={}))
NO_PROVIDER = replace(
    INVITATIONS,
    outlook=replace(OUTLOOK, number=267, kinds=OUTLOOK.kinds[:1], left_out={"invited": 3, "no_provider": 2}),
    examples=INVITATIONS.examples[:1],
)
NONE_SENT = RemindersProgress(0, 0, 0, "", ())
DOWN = replace(NONE_SENT, waiting=212, last_error="refused: [Errno 111] Connect call failed")
REMINDERS = RemindersPage(
    function_on=True,
    outlook=Outlook(212, {"not_joined": 302, "no_address": 1, "reminded": 5}, 0, "212.4711", (), ()),
    hidden=(("act", "remind"), ("all", "on"), ("two_factor", "off")),
    email=Example(
        "reminder",
        212,
        "Set up two-factor authentication at Acme",
        f"Hello Alice Arden,\n\n{BOB.name} (bob) of Acme asks you to set up two-factor authentication.\n\n"
        "Your account can be protected with your phone.\n\n"
        "Set it up on My User:\nhttps://login.acme.example/my-user\n",
    ),
    by_hand=None,
    progress=NONE_SENT,
)
NOBODY_REMINDED = replace(REMINDERS, outlook=Outlook(0, {"not_joined": 302, "reminded": 218}, 0, "0.0", (), ()))
ALL_HAVE = replace(REMINDERS, outlook=Outlook(0, {}, 0, "0.0", (), ()))

SAMPLES: Samples = {
    "invitations": (BOB, INVITATIONS),
    "invitations, no provider": (BOB, NO_PROVIDER),
    "invitations, everybody has joined": (BOB, ALL_JOINED),
    "invitations, nobody to invite": (BOB, NOBODY_INVITABLE),
    "invitations, on their way": (
        BOB,
        replace(NOBODY_INVITABLE, progress=InvitationsProgress(131, 136, 2, "", FAILED)),
    ),
    "invitations, no mail server": (BOB, replace(INVITATIONS, has_mail_server=False)),
    "reminders": (BOB, REMINDERS),
    "reminders, nobody to remind": (BOB, NOBODY_REMINDED),
    "reminders, everybody has set it up": (BOB, ALL_HAVE),
    "reminders, function off": (BOB, replace(REMINDERS, function_on=False, outlook=None)),
    "reminders, on their way": (BOB, replace(NOBODY_REMINDED, progress=RemindersProgress(131, 79, 2, "", FAILED))),
    "reminders, the mail server is down": (BOB, replace(NOBODY_REMINDED, progress=DOWN)),
    "reminders, sent": (BOB, replace(NOBODY_REMINDED, progress=replace(NONE_SENT, sent=212))),
    "reminders, no mail server": (
        BOB,
        replace(REMINDERS, by_hand=Addresses("alice.arden@acme.example\nbob@acme.example", more=False), progress=None),
    ),
}
