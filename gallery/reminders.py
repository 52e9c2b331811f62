"""Samples of e-mails to many users: invitations and reminders."""

from dataclasses import replace

from accounts.links.invitations import Kind, Outlook
from accounts.mail.messages import Written
from db.invitations import Candidate
from gallery.people import BOB, PASSWORD_AND_CODE, ago
from gallery.sample import Samples
from routes.users.email_progress import FailedEmail, InvitationsProgress, RemindersProgress
from routes.users.invitations import Example, InvitationsPage
from routes.users.reminders import Addresses, ChosenUser, RemindersPage

FIRST = Candidate(5, "dora", "Dora Diaz", "dora@acme.example", "invitation")
BY_SSO = Candidate(6, "finn", "Finn Fuchs", "finn@acme.example", "binding")
OUTLOOK = Outlook(kinds=(Kind(267, FIRST), Kind(2, BY_SSO)), invited=3, without_address=5, without_provider=0, beyond=2)
FAILED = (
    FailedEmail(2, "alice", ago(minutes=1), "rejected: 550 5.1.1 <alice.arden@acme.example>: user unknown"),
    FailedEmail(5, "dora", ago(minutes=2), "has_set_up"),
)
INVITATIONS = InvitationsPage(
    has_mail_server=True,
    outlook=OUTLOOK,
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
NOBODY_INVITABLE = replace(INVITATIONS, outlook=replace(OUTLOOK, kinds=()), examples=())
ALL_JOINED = replace(NOBODY_INVITABLE, outlook=Outlook((), 0, 0, 0, 0))
NO_PROVIDER = replace(
    INVITATIONS,
    outlook=replace(OUTLOOK, kinds=OUTLOOK.kinds[:1], without_provider=2),
    examples=INVITATIONS.examples[:1],
)
LINK = "Read it at intranet.example before Monday."
CHOSEN = (
    ChosenUser(2, "alice", "Alice Arden", "alice.arden@acme.example", ""),
    ChosenUser(5, "dora", "Dora Diaz", "", "no_address"),
    ChosenUser(4, "cleo", "Cleo Carver", "cleo@acme.example", "sso"),
    ChosenUser(3, "bob", BOB.name, "bob@acme.example", "reminded"),
)
NONE_SENT = RemindersProgress(0, 0, 0, "", ())
DOWN = replace(NONE_SENT, waiting=212, last_error="refused: [Errno 111] Connect call failed")
REMINDERS = RemindersPage(
    function_on=True,
    all=False,
    chosen=(),
    number=0,
    email=Written(
        "Set up two-factor authentication at Acme",
        f"Hello Alice Arden,\n\n{BOB.name} (bob) of Acme asks you to set up two-factor authentication.\n\n"
        "Your account can be protected with your phone.\n\n"
        "Set it up on My User:\nhttps://login.acme.example/my-user\n",
        "",
    ),
    by_hand=None,
    progress=NONE_SENT,
    problem="",
)

SAMPLES: Samples = {
    "invitations": (BOB, INVITATIONS),
    "invitations, no provider": (BOB, NO_PROVIDER),
    "invitations, a link in the sentence": (BOB, replace(INVITATIONS, sentence=LINK, sentence_problem="link")),
    "invitations, asks to reauthenticate": (BOB, replace(INVITATIONS, needed=PASSWORD_AND_CODE)),
    "invitations, everybody has joined": (BOB, ALL_JOINED),
    "invitations, nobody to invite": (BOB, NOBODY_INVITABLE),
    "invitations, on their way": (
        BOB,
        replace(NOBODY_INVITABLE, progress=InvitationsProgress(131, 136, 2, "", FAILED)),
    ),
    "invitations, no mail server": (BOB, replace(INVITATIONS, has_mail_server=False, no_mail=True)),
    "reminders": (BOB, REMINDERS),
    "reminders, some": (BOB, replace(REMINDERS, chosen=CHOSEN, number=1)),
    "reminders, a link in the sentence": (
        BOB,
        replace(REMINDERS, chosen=CHOSEN, number=1, sentence=LINK, sentence_problem="link"),
    ),
    "reminders, all": (BOB, replace(REMINDERS, all=True, number=212)),
    "reminders, nobody chosen": (BOB, replace(REMINDERS, problem="nobody")),
    "reminders, function off": (BOB, replace(REMINDERS, function_on=False)),
    "reminders, on their way": (BOB, replace(REMINDERS, progress=RemindersProgress(131, 79, 2, "", FAILED))),
    "reminders, the mail server is down": (BOB, replace(REMINDERS, progress=DOWN)),
    "reminders, sent": (BOB, replace(REMINDERS, progress=replace(NONE_SENT, sent=212))),
    "reminders, no mail server": (
        BOB,
        replace(REMINDERS, by_hand=Addresses("alice.arden@acme.example\nbob@acme.example", more=False), progress=None),
    ),
}
