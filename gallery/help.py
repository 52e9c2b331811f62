"""Samples of the help articles."""

from gallery.people import ALICE, BOB
from gallery.sample import Samples
from routes.help import AdministratorsArticle, HelpPage, UsersArticle

SAMPLES: Samples = {
    "help": (None, HelpPage()),
    "help for users": (ALICE, UsersArticle()),
    "help for users, not signed in": (None, UsersArticle()),
    "help for administrators": (BOB, AdministratorsArticle(has_mail_server=True)),
    "help for administrators, no mail server, not signed in": (None, AdministratorsArticle(has_mail_server=False)),
}
