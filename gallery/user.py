"""Samples of a user's page: the account and the second factor in every state."""

from dataclasses import replace
from typing import get_args

from accounts.activity.kinds import Cause
from accounts.users.administration import Details
from db.reads.ways_in import Maker
from gallery.people import BOB, BOUND, PASSWORD, PASSWORD_AND_CODE, UNBOUND, ago
from gallery.sample import Samples
from routes.users import account_card as card
from routes.users.account_card import AccountCard, Message, OutstandingLink, Said
from routes.users.security_card import AskReset, Refusals, RefusedLogin, SecurityCard, SecurityFacts
from routes.users.user import ShownHeader, UserPage

FACTS = card.Facts(
    id=2,
    username="alice",
    name="Alice Arden",
    email="alice.arden@acme.example",
    company="Acme",
    unit="Accounting",
    time_zone="Europe/Berlin",
    roles=("Member", "User manager"),
    sso=None,
    email_by=None,
    created_at=ago(days=400),
    last_login_at=ago(days=1),
    disabled_at=None,
)
ENTERED = replace(FACTS, email_by=Maker("mgr", may=True))
ENTERED_BY_DELETED = replace(FACTS, email_by=Maker("", may=False))
NEW = replace(FACTS, roles=("Member",), created_at=ago(hours=2), last_login_at=None)
BY_SSO = replace(FACTS, sso=BOUND)
UNKNOWN_THERE = replace(NEW, sso=UNBOUND)
ACCOUNT = card.Account(
    facts=FACTS,
    standing="active",
    may_edit=True,
    link=None,
    newest_link=0,
    by_mail=False,
    own=False,
    provider="Acme SSO",
)
INVITATION = OutstandingLink("invitation", ago(hours=-70), "", unsent=False, error="", failed=False)
INVITED = replace(ACCOUNT, facts=NEW, standing="invited", link=INVITATION, newest_link=1)
MAILED = replace(INVITATION, email="alice.arden@acme.example")
BY_MAIL = replace(INVITED, by_mail=True, link=MAILED)
UNSENT = replace(MAILED, unsent=True)
RESET = replace(INVITATION, kind="password_reset", expires_at=ago(minutes=-25))
BINDING = replace(INVITATION, kind="binding", expires_at=ago(days=-6))
WAITING = replace(INVITED, facts=UNKNOWN_THERE, link=BINDING)


DETAILS = Details("Alice Arden", "alice.arden@acme.example", "Acme", "Accounting", "Europe/Berlin")
EDIT = card.EditAccount(
    facts=FACTS,
    standing="active",
    may_edit=True,
    link=None,
    newest_link=0,
    by_mail=False,
    typed=DETAILS,
    version="",
    problems={},
    needed=None,
    installation_time_zone="UTC",
    may_vouch=False,
)
WRONG = replace(
    EDIT,
    typed=Details("", "alice", "Acme", "Accounting", "Berlin"),
    problems={"name": "empty", "email": "bad_address", "time_zone": "unknown_zone"},
)
TO_SSO = card.AskLoginMethod(
    facts=FACTS,
    standing="active",
    may_edit=True,
    link=None,
    newest_link=0,
    by_mail=False,
    provider="Acme SSO",
    phones=1,
    codes_left=8,
    last_with_password=False,
    needed=None,
)
UNBIND = card.AskUnbind(
    facts=BY_SSO, standing="active", may_edit=True, link=None, newest_link=0, by_mail=False, needed=None
)
DISABLE = card.AskDisable(
    facts=FACTS, standing="active", may_edit=True, link=None, newest_link=0, by_mail=False, entered=0
)
DELETE = card.AskDelete(
    facts=FACTS, standing="active", may_edit=True, link=None, newest_link=0, by_mail=False, entered=0
)

BY_PASSWORD: tuple[Cause, ...] = ("wrong password", "no code", "malformed code", "wrong code")
BY_SSO_CAUSES = ("sso user", "sso: the identity is not known here")
REFUSALS = Refusals(
    tuple(RefusedLogin(ago(minutes=5 * number), cause, "192.0.2.17") for number, cause in enumerate(BY_PASSWORD)),
    None,
)
OF_SSO = replace(REFUSALS, rows=tuple(RefusedLogin(ago(minutes=5), cause, "192.0.2.17") for cause in BY_SSO_CAUSES))
SECURITY_FACTS = SecurityFacts(
    id=2,
    name="Alice Arden",
    function_on=True,
    set_up_at=ago(days=40),
    phones=1,
    last_used_at=ago(days=1),
    codes_left=8,
    blocked_at=None,
    joined=True,
)
NOTHING_SET_UP = replace(SECURITY_FACTS, set_up_at=None, phones=0, last_used_at=None, codes_left=0)
SECURITY = SecurityCard(facts=SECURITY_FACTS, standing="set_up", may_edit=True, own=False, refusals=REFUSALS)
NOT_SET_UP = replace(SECURITY, facts=NOTHING_SET_UP, standing="not_set_up")
EXEMPT = replace(SECURITY, facts=NOTHING_SET_UP, standing="exempt", refusals=OF_SSO)
ASK_RESET = AskReset(
    facts=SECURITY_FACTS,
    standing="set_up",
    may_edit=True,
    own=False,
    refusals=REFUSALS,
    reason="",
    problem="",
    needed=None,
)
HEADER = ShownHeader("Alice Arden", "Accounting", set_up=True)


def account(part: AccountCard) -> UserPage:
    security = EXEMPT if part.facts.sso else SECURITY if part.facts.last_login_at else NOT_SET_UP
    return UserPage(replace(HEADER, set_up=security is SECURITY), part, security, None)


def security(part: SecurityCard, own: AccountCard = ACCOUNT) -> UserPage:
    return UserPage(replace(HEADER, set_up=part.facts.set_up_at is not None), own, part, None)


SAMPLES: Samples = {
    "user, set up": (BOB, security(SECURITY)),
    "user, three phones": (BOB, security(replace(SECURITY, facts=replace(SECURITY_FACTS, phones=3)))),
    "user, not set up, waiting": (
        BOB,
        security(replace(NOT_SET_UP, refusals=replace(REFUSALS, waiting_until=ago(minutes=-4)))),
    ),
    "user, waiting in all unknown browsers": (
        BOB,
        security(replace(SECURITY, refusals=replace(REFUSALS, waiting_until=ago(minutes=-4), everywhere=True))),
    ),
    "user, blocked": (
        BOB,
        security(
            replace(
                SECURITY,
                standing="blocked",
                facts=replace(SECURITY_FACTS, blocked_at=ago(hours=1)),
                refusals=Refusals((), None),
            )
        ),
    ),
    "user, reset": (BOB, security(ASK_RESET)),
    "user, reset asks for a reason, and to reauthenticate": (
        BOB,
        security(replace(ASK_RESET, problem="no_reason", needed=replace(PASSWORD_AND_CODE, problem="missing"))),
    ),
    "user, reset done": (BOB, security(replace(NOT_SET_UP, said="reset"))),
    "user, nothing to reset": (BOB, security(replace(NOT_SET_UP, said="nothing_to_reset"))),
    "user, let try again": (BOB, security(replace(SECURITY, said="released"))),
    "user, function off": (
        BOB,
        security(replace(SECURITY, standing="not_in_force", facts=replace(SECURITY_FACTS, function_on=False))),
    ),
    "user, oneself": (BOB, security(replace(SECURITY, own=True), replace(ACCOUNT, own=True))),
    "user, seen only": (
        BOB,
        security(replace(SECURITY, may_edit=False, refusals=None), replace(ACCOUNT, may_edit=False)),
    ),
    "user, Single Sign-On": (BOB, security(EXEMPT, replace(ACCOUNT, facts=BY_SSO))),
    "user, invited": (BOB, account(INVITED)),
    "user, invitation over": (BOB, account(replace(INVITED, standing="not_invited", link=None))),
    "user, not joined yet, seen only": (
        BOB,
        account(replace(INVITED, standing="not_joined", may_edit=False, link=None)),
    ),
    "user, pending password reset": (BOB, account(replace(ACCOUNT, link=RESET))),
    "user, invitation on its way": (BOB, account(replace(BY_MAIL, link=UNSENT))),
    "user, invitation mailed": (BOB, account(BY_MAIL)),
    "user, invitation waits": (
        BOB,
        account(replace(BY_MAIL, link=replace(UNSENT, error="refused: Connection refused"))),
    ),
    "user, invitation not sent": (
        BOB,
        account(
            replace(
                BY_MAIL,
                standing="not_invited",
                link=replace(UNSENT, failed=True, error="rejected: 550 5.1.1 user unknown"),
            )
        ),
    ),
    "user, password reset mailed": (
        BOB,
        account(replace(ACCOUNT, by_mail=True, link=replace(RESET, email=MAILED.email))),
    ),
    "user, disabled": (
        BOB,
        account(replace(ACCOUNT, standing="disabled", facts=replace(FACTS, disabled_at=ago(days=3)))),
    ),
    "user, edit": (BOB, account(EDIT)),
    "user, address entered by another": (BOB, account(replace(ACCOUNT, facts=ENTERED))),
    "user, address entered by a deleted user": (BOB, account(replace(ACCOUNT, facts=ENTERED_BY_DELETED))),
    "user, edit, address entered by another": (BOB, account(replace(EDIT, facts=ENTERED_BY_DELETED, may_vouch=True))),
    "user, edit, wrong": (BOB, account(WRONG)),
    "user, edit, new address asks to reauthenticate": (BOB, account(replace(EDIT, needed=PASSWORD_AND_CODE))),
    "user, edit, conflict": (BOB, account(replace(EDIT, message=Message("conflict", "Alice Arden")))),
    "user, disable": (BOB, account(DISABLE)),
    "user, delete": (BOB, account(DELETE)),
    **{
        f"user, message {said}": (BOB, account(replace(ACCOUNT, message=Message(said, "Alice Arden"))))
        for said in get_args(Said)
    },
    "user, bound to an identity": (BOB, account(replace(ACCOUNT, facts=BY_SSO))),
    "user, bound to another provider": (
        BOB,
        account(replace(ACCOUNT, facts=replace(BY_SSO, sso=replace(BOUND, elsewhere=True)))),
    ),
    "user, no provider configured": (
        BOB,
        account(replace(ACCOUNT, provider="", facts=replace(BY_SSO, sso=replace(BOUND, provider="", elsewhere=True)))),
    ),
    "user, waiting for the first sign-in": (BOB, account(WAITING)),
    "user, waiting, no link and no address": (
        BOB,
        account(replace(WAITING, standing="not_invited", link=None, facts=replace(UNKNOWN_THERE, email=""))),
    ),
    "user, Single Sign-On, edit": (BOB, account(replace(EDIT, facts=BY_SSO))),
    "user, waiting, edit": (BOB, account(replace(EDIT, facts=UNKNOWN_THERE))),
    "user, to Single Sign-On": (BOB, account(TO_SSO)),
    "user, to Single Sign-On, asked": (
        BOB,
        account(replace(TO_SSO, needed=replace(PASSWORD, problem="wrong"), last_with_password=True)),
    ),
    "user, to a password": (BOB, account(replace(TO_SSO, facts=BY_SSO, phones=0, codes_left=0))),
    "user, forget the identity": (BOB, account(UNBIND)),
}
