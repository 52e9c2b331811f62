"""Samples of the card of a user's page that says where they are signed in."""

from dataclasses import replace

from gallery.people import BOB
from gallery.sample import Samples
from gallery.sessions import SESSIONS
from gallery.user import ACCOUNT, SECURITY, security

PAGE = replace(security(SECURITY), sessions=SESSIONS)
OWN = security(replace(SECURITY, own=True), replace(ACCOUNT, own=True))

SAMPLES: Samples = {
    "user, sessions": (BOB, PAGE),
    "user, not signed in": (BOB, replace(PAGE, sessions=replace(SESSIONS, rows=()))),
    "user, a session ended": (BOB, replace(PAGE, sessions=replace(SESSIONS, rows=SESSIONS.rows[:1], ended=1))),
    "user, a session had ended": (BOB, replace(PAGE, sessions=replace(SESSIONS, ended=0))),
    "user, own sessions": (BOB, replace(OWN, sessions=replace(SESSIONS, own=True, may_end_all=False))),
}
