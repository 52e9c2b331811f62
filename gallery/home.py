"""Samples of Home."""

from dataclasses import replace

from db.adoption import Figures
from gallery.activity_log import DAMAGED, ENTRIES
from gallery.people import ALICE, ALICE_SET_UP, BOB, CLEO, ago
from gallery.sample import Samples
from routes.home.first_day import FirstDay, Step
from routes.home.home import HomePage, LastSignIn

PAGE = HomePage(
    last_sign_in=LastSignIn(at=ago(days=1), address="192.0.2.17"),
    second_factor="not_set_up",
    codes_left=8,
    first_day=None,
    adoption=None,
    recent=None,
)
SOME = Figures(set_up=31, not_set_up=212, sso=18, not_joined=30, disabled=4)
NOBODY = Figures(set_up=0, not_set_up=0, sso=0, not_joined=0, disabled=0)

OPEN = (
    Step("own_address", False, "/my-user"),
    Step("mail_server", False, "/general-settings#letters"),
    Step("base_url", True, "/general-settings#installation"),
    Step("people", True, "/users/new"),
    Step("second_administrator", False, "/roles/1"),
    Step("switch", False, "/general-settings/security/edit"),
    Step("invite", False, "/users/invitations"),
)
FIRST_DAY = FirstDay(OPEN, may_put_away=True, may_import=True)
ALL_DONE = replace(FIRST_DAY, steps=tuple(replace(step, done=True) for step in OPEN))
OF_A_USER_MANAGER = FirstDay((OPEN[0], OPEN[3], OPEN[6]), may_put_away=False, may_import=True)

SAMPLES: Samples = {
    "home, the first day": (BOB, replace(PAGE, last_sign_in=None, second_factor="off", first_day=FIRST_DAY)),
    "home, the first day, all done": (BOB, replace(PAGE, second_factor="set_up", first_day=ALL_DONE, adoption=SOME)),
    "home, the first day of a user manager": (BOB, replace(PAGE, second_factor="off", first_day=OF_A_USER_MANAGER)),
    "home, not set up": (ALICE, PAGE),
    "home, first sign-in": (ALICE, replace(PAGE, last_sign_in=None)),
    "home, set up, all cards": (BOB, replace(PAGE, second_factor="set_up", adoption=SOME, recent=ENTRIES[:5])),
    "home, damaged entries": (BOB, replace(PAGE, recent=DAMAGED.days[1].entries)),
    "home, nobody yet": (BOB, replace(PAGE, second_factor="off", adoption=NOBODY, recent=())),
    "home, few codes": (ALICE_SET_UP, replace(PAGE, second_factor="few_codes", codes_left=1)),
    "home, blocked": (ALICE_SET_UP, replace(PAGE, second_factor="blocked")),
    "home, Single Sign-On": (CLEO, replace(PAGE, second_factor="exempt")),
}
