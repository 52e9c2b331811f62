"""Samples of adding a user, and of a link to hand over."""

from dataclasses import replace

from accounts import permissions
from gallery.people import BOB, PASSWORD_AND_CODE, ago
from gallery.sample import Samples
from gallery.user import FACTS, NEW, UNKNOWN_THERE, account
from routes.users import account_card as card
from routes.users.handed_link import HandedLink, HandedLinkPage
from routes.users.new_user import AddedUser, NewUser, NewUserPage
from routes.users.roles import RoleChoice

EMPTY = NewUser("", "", "", "", "", "password", None, {}, 0)
TYPED = NewUser("Alice", "Alice Arden", "alice@acme", "Acme", "Accounting", "password", frozenset((4,)), {}, 0)
ROLES = (
    RoleChoice(1, "Administrator", permissions.ALL, ticked=False, has=False, may=True),
    RoleChoice(4, "Member", (), ticked=True, has=False, may=True),
)
PAGE = NewUserPage(EMPTY, ROLES, ("Accounting", "Board", "Works"), mail=False, provider=True)
INVITATION = HandedLink(
    kind="invitation",
    user_id=2,
    username="alice",
    name="Alice Arden",
    url="https://login.acme.example/invitation/Zr1mZbX5m0nV2b1a8QyJcWg7kT4dHf9sLp3eUo6iNxA",
    expires_at=ago(hours=-72),
    added=True,
    newest_link=0,
    provider="",
)
RESET = replace(
    INVITATION,
    kind="password_reset",
    added=False,
    url=INVITATION.url.replace("invitation", "login/reset"),
    expires_at=ago(minutes=-30),
)
BINDING = replace(INVITATION, kind="binding", expires_at=ago(days=-7), provider="Acme SSO")
SHOWN = replace(INVITATION, url="", expires_at=None)
ASK = card.AskLink(
    facts=FACTS,
    standing="active",
    may_edit=True,
    link=None,
    newest_link=0,
    by_mail=True,
    kind="password_reset",
    show=False,
    needed=PASSWORD_AND_CODE,
)
ASK_ENABLE = card.AskEnable(
    facts=replace(FACTS, disabled_at=ago(days=3)),
    standing="disabled",
    may_edit=True,
    link=None,
    newest_link=0,
    by_mail=True,
    needed=PASSWORD_AND_CODE,
)
ASK_INVITATION = replace(ASK, facts=NEW, standing="not_invited", kind="invitation", show=True)
ASK_BINDING = replace(ASK, facts=UNKNOWN_THERE, standing="not_invited", by_mail=False, kind="binding")

SAMPLES: Samples = {
    "add user": (BOB, PAGE),
    "add user, with a mail server": (BOB, replace(PAGE, mail=True)),
    "add user, without Single Sign-On and roles": (BOB, replace(PAGE, roles=(), provider=False)),
    "add user, with a mail server, without Single Sign-On": (BOB, replace(PAGE, mail=True, provider=False)),
    "add another user": (
        BOB,
        replace(
            PAGE,
            new_user=replace(EMPTY, company="Acme", unit="Accounting"),
            mail=True,
            added=AddedUser(2, "Alice Arden"),
        ),
    ),
    **{
        f"add user, {name}": (BOB, replace(PAGE, new_user=typed))
        for name, typed in {
            "role gone": replace(TYPED, problems={"role": "gone"}),
            "no provider": replace(TYPED, problems={"login_method": "no_provider"}),
            "taken": replace(TYPED, problems={"username": "taken"}, taken_by=2),
            "asks to reauthenticate": replace(TYPED, needed=PASSWORD_AND_CODE),
            "bad address": replace(TYPED, problems={"email": "bad_address"}),
        }.items()
    },
    "user, link asks to reauthenticate": (BOB, account(ASK)),
    "user, disabled, asked to enable": (BOB, account(ASK_ENABLE)),
    "user, link to hand over asks to reauthenticate": (BOB, account(ASK_INVITATION)),
    "user, first sign-in asks to reauthenticate": (BOB, account(ASK_BINDING)),
    "link to hand over, user added": (BOB, HandedLinkPage(INVITATION)),
    "link to hand over, invitation": (BOB, HandedLinkPage(replace(INVITATION, added=False))),
    "link to hand over, password reset": (BOB, HandedLinkPage(RESET)),
    "link to hand over, first sign-in": (BOB, HandedLinkPage(BINDING)),
    "link to hand over, user added already": (BOB, HandedLinkPage(SHOWN)),
    "link to hand over, shown already": (BOB, HandedLinkPage(replace(SHOWN, added=False))),
}
