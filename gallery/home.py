"""Samples of Home."""

from dataclasses import replace

from db.adoption import Figures
from gallery.activity_log import DAMAGED, ENTRIES
from gallery.people import ALICE, ALICE_SET_UP, BOB, CLEO, ago
from gallery.sample import Samples
from routes.home import HomePage, LastSignIn

PAGE = HomePage(
    last_sign_in=LastSignIn(at=ago(days=1), address="192.0.2.17"),
    second_factor="not_set_up",
    codes_left=8,
    adoption=None,
    recent=None,
)
SOME = Figures(set_up=31, not_set_up=212, sso=18)
NOBODY = Figures(set_up=0, not_set_up=0, sso=0)

SAMPLES: Samples = {
    "home, not set up": (ALICE, PAGE),
    "home, first sign-in": (ALICE, replace(PAGE, last_sign_in=None)),
    "home, set up, all cards": (BOB, replace(PAGE, second_factor="set_up", adoption=SOME, recent=ENTRIES[:5])),
    "home, damaged entries": (BOB, replace(PAGE, recent=DAMAGED.days[1].entries)),
    "home, nobody yet": (BOB, replace(PAGE, second_factor="off", adoption=NOBODY, recent=())),
    "home, few codes": (ALICE_SET_UP, replace(PAGE, second_factor="few_codes", codes_left=1)),
    "home, blocked": (ALICE_SET_UP, replace(PAGE, second_factor="blocked")),
    "home, Single Sign-On": (CLEO, replace(PAGE, second_factor="exempt")),
}
