"""Samples of the entrance: login, reset, sign-out."""

from dataclasses import replace

from accounts.system.contact import NONE
from gallery.people import CONTACT
from gallery.sample import Samples
from routes.login.login import LoginPage, TwoFactorField
from routes.login.reset import ResetRequestPage
from routes.login.sign_out import SignedOutPage

PAGE = LoginPage(
    username="",
    next="",
    said="",
    two_factor_field=TwoFactorField(shown=True),
    insecure=False,
    has_mail_server=False,
    sso_url="",
    contact=NONE,
)

SAMPLES: Samples = {
    "login, function on": (None, PAGE),
    "login, function off": (None, replace(PAGE, two_factor_field=TwoFactorField(shown=False))),
    "login, with a contact": (None, replace(PAGE, contact=CONTACT)),
    "login, function off, with a contact": (
        None,
        replace(PAGE, two_factor_field=TwoFactorField(shown=False), contact=CONTACT),
    ),
    "login, with a mail server": (None, replace(PAGE, has_mail_server=True)),
    "login, new address confirmed": (None, replace(PAGE, has_mail_server=True, said="address_confirmed")),
    "forgot your password": (None, ResetRequestPage(has_mail_server=True, asked=False, contact=NONE)),
    "forgot your password, asked": (None, ResetRequestPage(True, asked=True, contact=CONTACT)),
    "forgot your password, no mail server": (None, ResetRequestPage(False, asked=False, contact=CONTACT)),
    "login, failed": (None, replace(PAGE, username="alice", said="failed", next="/users")),
    "login, busy": (None, replace(PAGE, username="alice", said="busy")),
    "login, not encrypted": (None, replace(PAGE, insecure=True)),
    "login, password chosen": (None, replace(PAGE, said="password_chosen", username="alice")),
    "login, with Single Sign-On": (None, replace(PAGE, sso_url="/sso/login")),
    "signed out": (None, SignedOutPage(sign_out_there=False)),
    "signed out, still in at the provider": (None, SignedOutPage(sign_out_there=True)),
}
