"""Samples of My User: the two-factor card in every state, profile, sessions, passwords."""

from dataclasses import replace
from typing import get_args

import segno
from markupsafe import Markup

from accounts.passwords import Problem
from accounts.two_factor.enrollment import WrongCode
from gallery.people import (
    ALICE,
    ALICE_SET_UP,
    BOUND,
    CLEO,
    CODE,
    NEW,
    NOW,
    PASSWORD,
    PASSWORD_AND_CODE,
    ago,
)
from gallery.sample import Samples
from routes.my_user import two_factor_card as card
from routes.my_user.page import MyUserPage
from routes.my_user.password import ChoosePasswordPage, PasswordForm, PasswordPage
from routes.my_user.profile_card import Facts, ProfileCard, ProfileForm, WaitingAddress
from routes.my_user.sessions_card import SessionsCard
from routes.my_user.two_factor_card import Message, Phone, Said, TwoFactorCard
from routes.session_rows import SessionRow

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
URI = f"otpauth://totp/Acme:alice?secret={KEY}&issuer=Acme"
QR = segno.make(URI, error="m", micro=False, mask=3).svg_inline(light="#fff", border=4, omitsize=True)
CODES = tuple(f"{n}1234 {n}5678 {n}9012 {n}3456" for n in range(10))

PHONES = (
    Phone(1, "Pixel 9", added_at=ago(days=40), last_used_at=ago(minutes=12)),
    Phone(2, "Work phone in the drawer of the reception desk", added_at=ago(days=12), last_used_at=ago(days=3)),
    Phone(3, "", added_at=ago(hours=2), last_used_at=ago(hours=2)),
    Phone(4, "Tablet", added_at=ago(hours=1), last_used_at=ago(hours=1)),
    Phone(5, "KeePassXC", added_at=ago(minutes=20), last_used_at=ago(minutes=20)),
)
NOT_SET_UP = card.NotSetUp(standing="not_set_up")
QR_STEP = card.QrStep(
    standing="pending",
    qr=Markup(QR),  # noqa: S704  # because segno made it of modules, not of text
    key=KEY,
    uri=URI,
    purpose="first",
    tries_left=5,
    wrong_code=None,
    name=None,
    name_problem="",
    taken=(),
)
WRONG = replace(QR_STEP, wrong_code=WrongCode("wrong", 0), tries_left=4)
NEW_CODES = card.NewCodes(
    standing="set_up",
    codes=CODES,
    bits=66,
    username="alice",
    address="https://keys.example.org/login",
    made_at=NOW,
    after="renewed",
)
SET_UP = card.SetUp(
    standing="set_up",
    function_on=True,
    set_up_at=ago(days=40),
    phones=PHONES[:1],
    recovered=False,
    codes_left=8,
    few_codes=False,
    codes_generation=1,
)
THREE = replace(SET_UP, phones=PHONES[:3])
NOT_IN_FORCE = replace(SET_UP, standing="not_in_force", function_on=False)
REFUSED_NAME = replace(PHONES[0], typed="x" * 41, problem="too_long")
BLOCKED = card.Blocked(
    standing="blocked", function_on=True, blocked_at=ago(hours=2), codes_left=8, several_phones=False
)
ASK_ANOTHER = card.AskAnotherPhone(
    standing="set_up",
    needed=None,
    purpose="add",
    name=None,
    name_problem="",
    taken=("Phone",),
    may_add=True,
    several_phones=False,
)
ASK_WHICH = card.AskWhichPhone(standing="set_up", needed=CODE, phones=PHONES[:3], unchosen=True)
ASK_REMOVE = card.AskRemovePhone(standing="set_up", needed=replace(PASSWORD_AND_CODE, problem="used"), phone=PHONES[1])
ASK_REMOVE_ALL = card.AskRemoveAll(standing="set_up", needed=CODE, several_phones=False)
ASK_NEW_CODES = card.AskNewCodes(
    standing="set_up", needed=replace(CODE, problem="waiting", wait_seconds=30), codes_generation=1
)

FORM = ProfileForm("Alice Arden", "alice.arden@acme.example", "Europe/Berlin", {})
PROFILE = ProfileCard(
    facts=Facts("alice", "Acme", "Accounting", ("Member",), None),
    form=FORM,
    waiting=None,
    said="",
    has_mail_server=False,
    installation_time_zone="UTC",
)
CLEOS = replace(
    PROFILE,
    facts=Facts("cleo", "Acme", "Sales", ("Auditor", "Member"), BOUND),
    form=replace(FORM, name="Cleo Carver", email="cleo@acme.example"),
)
MAILED = replace(PROFILE, has_mail_server=True)
TO_CONFIRM = replace(MAILED, may_confirm=True)
CONFIRMING = replace(TO_CONFIRM, form=replace(FORM, needed=PASSWORD, confirming=True))
WAITING = WaitingAddress("alice.arden@mail.acme.example", "", failed=False)
FAILED = replace(WAITING, error="rejected: 550 no such mailbox", failed=True)
SESSIONS = SessionsCard(
    rows=(
        SessionRow(1, "Firefox on Linux", "192.0.2.17", started_at=ago(hours=3), last_used_at=NOW, own=True),
        SessionRow(
            2,
            "Safari on iPhone",
            "2001:db8:85a3::8a2e:370:7334",
            started_at=ago(hours=20),
            last_used_at=ago(minutes=40),
            own=False,
        ),
    ),
    ended=None,
)
PAGE = MyUserPage(PROFILE, NOT_SET_UP, SESSIONS)
PASSWORD_FORM = PasswordForm("", 30, "alice")
PASSWORD_PROBLEMS = ("", "wrong_current", "waiting", "same", *get_args(Problem))


def two_factor(part: TwoFactorCard) -> MyUserPage:
    return replace(PAGE, two_factor=part)


def profile(part: ProfileCard) -> MyUserPage:
    return replace(PAGE, profile=part)


def wrong(**problems: str) -> MyUserPage:
    return profile(replace(MAILED, form=replace(FORM, problems=problems)))


SAMPLES: Samples = {
    "choose a password": (NEW, ChoosePasswordPage(PASSWORD_FORM)),
    "choose a password, too short": (NEW, ChoosePasswordPage(replace(PASSWORD_FORM, problem="too_short"))),
    "my user, exempt": (CLEO, MyUserPage(CLEOS, card.Exempt(standing="exempt"), SESSIONS)),
    "my user, function off": (ALICE, two_factor(card.SwitchedOff(standing="off"))),
    "my user, not set up": (ALICE, PAGE),
    "my user, password changed": (ALICE, replace(PAGE, password_changed=True)),
    "my user, set-up asks to reauthenticate": (
        ALICE,
        two_factor(card.AskFirstSetUp(standing="not_set_up", needed=PASSWORD)),
    ),
    "my user, QR step": (ALICE, two_factor(QR_STEP)),
    "my user, QR step, wrong code": (ALICE, two_factor(WRONG)),
    "my user, QR step, not a code": (ALICE, two_factor(replace(QR_STEP, wrong_code=WrongCode("malformed", 0)))),
    "my user, QR step, clock slow, other phone": (
        ALICE_SET_UP,
        two_factor(replace(QR_STEP, wrong_code=WrongCode("clock", -90), purpose="replace")),
    ),
    "my user, QR step, another phone": (
        ALICE_SET_UP,
        two_factor(replace(WRONG, purpose="add", taken=("Phone", "Tablet"))),
    ),
    "my user, QR step, wrong name": (ALICE, two_factor(replace(QR_STEP, name="x" * 41, name_problem="too_long"))),
    "my user, first recovery codes": (ALICE_SET_UP, two_factor(replace(NEW_CODES, after="set_up"))),
    "my user, new recovery codes": (ALICE_SET_UP, two_factor(NEW_CODES)),
    "my user, set up": (ALICE_SET_UP, two_factor(SET_UP)),
    "my user, set up, two codes left": (ALICE_SET_UP, two_factor(replace(SET_UP, codes_left=2, few_codes=True))),
    "my user, set up, function off": (ALICE_SET_UP, two_factor(NOT_IN_FORCE)),
    "my user, three phones": (ALICE_SET_UP, two_factor(THREE)),
    "my user, five phones": (ALICE_SET_UP, two_factor(replace(SET_UP, phones=PHONES))),
    "my user, wrong name of a phone": (
        ALICE_SET_UP,
        two_factor(replace(NOT_IN_FORCE, phones=(REFUSED_NAME, *PHONES[1:3]))),
    ),
    "my user, signed in with a recovery code": (
        ALICE_SET_UP,
        two_factor(replace(SET_UP, recovered=True, codes_left=7)),
    ),
    "my user, signed in with a recovery code, three phones": (
        ALICE_SET_UP,
        two_factor(replace(THREE, recovered=True, codes_left=2, few_codes=True)),
    ),
    "my user, remove": (ALICE_SET_UP, two_factor(ASK_REMOVE_ALL)),
    "my user, remove, both wrong": (
        ALICE_SET_UP,
        two_factor(replace(ASK_REMOVE_ALL, needed=replace(PASSWORD_AND_CODE, problem="wrong"))),
    ),
    "my user, remove one phone": (ALICE_SET_UP, two_factor(ASK_REMOVE)),
    "my user, remove, which": (ALICE_SET_UP, two_factor(ASK_WHICH)),
    "my user, new codes ask to reauthenticate": (ALICE_SET_UP, two_factor(ASK_NEW_CODES)),
    "my user, other phone, add or replace": (ALICE_SET_UP, two_factor(ASK_ANOTHER)),
    "my user, other phone asks to reauthenticate": (
        ALICE_SET_UP,
        two_factor(replace(ASK_ANOTHER, needed=replace(PASSWORD_AND_CODE, problem="blocked"))),
    ),
    "my user, other phone, five already": (
        ALICE_SET_UP,
        two_factor(replace(ASK_ANOTHER, purpose="replace", may_add=False, several_phones=True)),
    ),
    "my user, blocked": (ALICE_SET_UP, two_factor(BLOCKED)),
    "my user, blocked, two phones": (ALICE_SET_UP, two_factor(replace(BLOCKED, several_phones=True))),
    "my user, blocked, asks to reauthenticate": (
        ALICE_SET_UP,
        two_factor(card.AskSetUpAnew(standing="blocked", needed=PASSWORD)),
    ),
    **{
        f"my user, message {said}": (
            ALICE_SET_UP,
            two_factor(replace(THREE, message=Message(said, "Tablet", 8))),
        )
        for said in get_args(Said)
    },
    "my user, message removed, not set up": (ALICE, two_factor(replace(NOT_SET_UP, message=Message("removed")))),
    "my user, session ended": (ALICE, replace(PAGE, sessions=SessionsCard(SESSIONS.rows[:1], ended=1))),
    "my user, profile saved": (ALICE, profile(replace(PROFILE, said="saved"))),
    "my user, new address waits": (ALICE, profile(replace(MAILED, said="saved", waiting=WAITING))),
    "my user, e-mail to the new address failed": (ALICE, profile(replace(MAILED, waiting=FAILED))),
    "my user, address entered by another": (ALICE, profile(TO_CONFIRM)),
    "my user, confirming the address asks to reauthenticate": (ALICE, profile(CONFIRMING)),
    "my user, new address confirmed": (ALICE, profile(replace(MAILED, said="confirmed"))),
    "my user, too many new addresses": (ALICE, wrong(email="too_many_letters")),
    "my user, profile wrong": (ALICE, wrong(name="empty", email="bad_address", time_zone="unknown_zone")),
    "my user, new address asks to reauthenticate": (
        ALICE,
        profile(replace(PROFILE, form=replace(FORM, needed=PASSWORD_AND_CODE))),
    ),
    **{
        f"password, {problem or 'asked'}": (ALICE, PasswordPage(replace(PASSWORD_FORM, problem=problem)))
        for problem in PASSWORD_PROBLEMS
    },
}
