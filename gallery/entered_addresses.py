"""Samples of the e-mail addresses that a user entered for others."""

from dataclasses import replace

from accounts.users.entered_addresses import Listed
from db.makers import Entered
from gallery.people import BOB, PASSWORD
from gallery.sample import Samples
from gallery.user import DISABLE, account
from routes.users.entered_addresses import EnteredAddressesPage

PEOPLE = (
    Entered(2, "alice", "Alice Arden", "alice.arden@acme.example", 9, ended=False),
    Entered(5, "dora", "", "dora@acme.example", 9, ended=True),
)
PAGE = EnteredAddressesPage(
    id=9, username="mgr", name="Max Miller", own=False, listed=Listed(PEOPLE, more=False), confirmed=False
)

SAMPLES: Samples = {
    "user, disable, who entered addresses": (BOB, account(replace(DISABLE, entered=12))),
    "entered addresses": (BOB, PAGE),
    "entered addresses, many": (BOB, replace(PAGE, listed=Listed(PEOPLE * 50, more=True))),
    "entered addresses, of a deleted user": (BOB, replace(PAGE, username="", name="")),
    "entered addresses, one's own": (BOB, replace(PAGE, own=True)),
    "entered addresses, asks to reauthenticate": (BOB, replace(PAGE, needed=PASSWORD)),
    "entered addresses, confirmed": (BOB, replace(PAGE, listed=Listed((), more=False), confirmed=True)),
    "entered addresses, some confirmed": (BOB, replace(PAGE, confirmed=True)),
}
