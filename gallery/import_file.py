"""Samples of importing users from a file."""

from dataclasses import replace
from typing import get_args

from accounts.user_import.csv_file import Bad, BadProblem, Understood
from accounts.user_import.reader import Report
from gallery.people import BOB, PASSWORD_AND_CODE
from gallery.sample import Samples
from routes.users.import_file import Choose, Done, ImportPage, Mistake, Preview

UNDERSTOOD = Understood(
    "UTF-8",
    ";",
    [
        ("userPrincipalName", "username"),
        ("First name", "first_name"),
        ("Last name", "last_name"),
        ("Mail", "email"),
        ("Department", "unit"),
        ("Office location", ""),
        ("", ""),
    ],
)
NO_USERNAMES = replace(
    UNDERSTOOD, columns=[("Vorname", "first_name"), ("Nachname", "last_name"), ("E-Mail", "username_and_email")]
)
GUESSED = replace(UNDERSTOOD, encoding="Windows-1252", separator="\t")
REPORT = Report(
    understood=UNDERSTOOD,
    new=41,
    changed=2,
    unchanged=300,
    examples=[
        (2, "dora", "", "name Dora Diaz; email dora.diaz@acme.example; unit Sales; role Member"),
        (3, "alice", "unit Accounting; role Member", "unit Sales; role Auditor, Member"),
    ],
)
BAD = [Bad(number, problem, "name", "Warehouse") for number, problem in enumerate(get_args(BadProblem))]
# A mistake in every row, alike in all and each its own.
MANY = (
    Mistake(tuple(Bad(line, "unknown_role", "role", "Emperor") for line in range(2, 302)), 1_204),
    *(
        Mistake(tuple(Bad(line, problem, "name", f"{line}, 7") for line in range(40, 47)), 7)
        for problem in get_args(BadProblem)
    ),
)
FILE = "new-colleagues-2026.csv"
PREVIEW = Preview(problem="", id=7, file_name=FILE, report=REPORT, mistakes=(), needed=None, has_mail_server=False)
DONE = Done(file_name=FILE, report=REPORT, has_mail_server=False)
NOTHING = replace(REPORT, new=0, changed=0, examples=[])

SAMPLES: Samples = {
    "import": (BOB, ImportPage(Choose())),
    "import, no file": (BOB, ImportPage(Choose(problem="no_file"))),
    "import, gone": (BOB, ImportPage(Choose(problem="gone"))),
    "import, preview": (BOB, ImportPage(PREVIEW)),
    "import, preview, with a mail server": (BOB, ImportPage(replace(PREVIEW, has_mail_server=True))),
    "import, preview without usernames": (
        BOB,
        ImportPage(replace(PREVIEW, report=replace(REPORT, understood=NO_USERNAMES))),
    ),
    "import, preview of a guess": (
        BOB,
        ImportPage(
            replace(PREVIEW, report=replace(REPORT, understood=GUESSED, letters=["Jürgen Müller", "Zoë Brandt"])),
        ),
    ),
    "import, preview, numbers shortened": (
        BOB,
        ImportPage(replace(PREVIEW, report=replace(REPORT, shortened=[(2, "1.23457E+11"), (3, "1.23458E+11")]))),
    ),
    "import, preview asks to reauthenticate": (
        BOB,
        ImportPage(replace(PREVIEW, needed=replace(PASSWORD_AND_CODE, problem="wrong"))),
    ),
    "import, a file waits": (BOB, ImportPage(Choose(waiting=FILE, waiting_url="/users/import?file=7"))),
    "import, bad rows": (
        BOB,
        ImportPage(
            replace(PREVIEW, report=replace(REPORT, bad=len(BAD)), mistakes=tuple(Mistake((bad,), 1) for bad in BAD))
        ),
    ),
    "import, many bad rows": (BOB, ImportPage(replace(PREVIEW, report=replace(REPORT, bad=1_300), mistakes=MANY))),
    "import, refused": (
        BOB,
        ImportPage(
            replace(PREVIEW, problem="refused", report=replace(REPORT, bad=1), mistakes=(Mistake((BAD[0],), 1),))
        ),
    ),
    "import, nothing to do": (BOB, ImportPage(replace(PREVIEW, report=NOTHING))),
    "import, done": (BOB, ImportPage(DONE)),
    "import, done, with a mail server": (BOB, ImportPage(replace(DONE, has_mail_server=True))),
}
