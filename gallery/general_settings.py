"""Samples of General Settings."""

from dataclasses import replace

from accounts.system.contact import NONE
from db.adoption import Figures
from gallery.people import BOB, CLEO_EDITS, CONTACT, PASSWORD, PASSWORD_AND_CODE, ago
from gallery.sample import Samples
from routes.general_settings.contact_card import ContactCard, EditContact
from routes.general_settings.general import FailedEmail, GeneralPage, Mail, Setting, UntrustedProxy
from routes.general_settings.security import EditSecuritySettings, SecurityPage, SecuritySettings

SETTINGS = (
    Setting("organisation", "Acme", "TWO_KEYS_ORGANISATION"),
    Setting("base_url", "https://login.acme.example", "TWO_KEYS_BASE_URL"),
    Setting("time_zone", "Europe/Berlin", "TWO_KEYS_TIME_ZONE"),
)
MAIL = Mail(
    "mail.acme.example:587",
    "keys@acme.example",
    "certificate: self-signed certificate",
    (
        FailedEmail("reminder", 2, "alice", ago(days=1), "rejected: 550 user unknown"),
        FailedEmail("user_deleted", None, "fred", ago(days=2), "rejected: 550 user unknown"),
    ),
)
EDIT_CONTACT = EditContact(CONTACT, CONTACT.version, {}, None)
PROXY = UntrustedProxy("10.1.2.3", "X-Forwarded-For", ago(days=1))
FIGURES = Figures(31, 1212, 18, 30, 4)
OFF = SecuritySettings(on=False, changed_by="", changed_at=None, saved=False)
ON = SecuritySettings(on=True, changed_by="bob", changed_at=ago(days=3), saved=False)
EDIT_OFF = EditSecuritySettings(on=False, wanted=False, figures=FIGURES, needed=None, bad_value=False)
EDIT_ON = replace(EDIT_OFF, on=True, wanted=True)
ASKS = replace(EDIT_OFF, wanted=True, needed=PASSWORD)

SAMPLES: Samples = {
    "general": (BOB, GeneralPage(ContactCard(NONE, ""), SETTINGS, None, None)),
    "general settings, a proxy that is not named": (
        BOB,
        GeneralPage(ContactCard(CONTACT, ""), SETTINGS, None, PROXY),
    ),
    "general settings, e-mails": (BOB, GeneralPage(ContactCard(CONTACT, ""), SETTINGS, MAIL, None)),
    "general settings, contact saved": (BOB, GeneralPage(ContactCard(CONTACT, "saved"), SETTINGS, None, None)),
    "general settings, contact changed by another": (
        BOB,
        GeneralPage(ContactCard(CONTACT, "conflict"), SETTINGS, None, None),
    ),
    "general settings, edit the contact": (BOB, GeneralPage(EDIT_CONTACT, SETTINGS, None, None)),
    "general settings, edit the contact, refused": (
        BOB,
        GeneralPage(
            replace(EDIT_CONTACT, problems={"name": "too_long", "email": "bad_address", "telephone": "bad_characters"}),
            SETTINGS,
            None,
            None,
        ),
    ),
    "general settings, edit the contact, asks to reauthenticate": (
        BOB,
        GeneralPage(replace(EDIT_CONTACT, needed=PASSWORD_AND_CODE), SETTINGS, None, None),
    ),
    "security, off, never changed": (BOB, SecurityPage(OFF)),
    "security, on": (BOB, SecurityPage(ON)),
    "security, just switched on": (BOB, SecurityPage(replace(ON, saved=True, done_to=FIGURES))),
    "security, just switched off": (BOB, SecurityPage(replace(OFF, saved=True, done_to=FIGURES))),
    "security, saved as it was": (BOB, SecurityPage(replace(ON, saved=True))),
    "security, edit, off": (BOB, SecurityPage(EDIT_OFF)),
    "security, edit, on": (BOB, SecurityPage(EDIT_ON)),
    "security, edit, asks to reauthenticate": (
        BOB,
        SecurityPage(replace(ASKS, needed=replace(PASSWORD_AND_CODE, problem="used"))),
    ),
    "security, edit, asks to reauthenticate by Single Sign-On": (CLEO_EDITS, SecurityPage(ASKS)),
    "security, edit, not reauthenticated by Single Sign-On": (
        CLEO_EDITS,
        SecurityPage(replace(ASKS, needed=replace(PASSWORD, problem="missing"))),
    ),
    "security, edit, bad value": (BOB, SecurityPage(replace(EDIT_OFF, bad_value=True))),
}
