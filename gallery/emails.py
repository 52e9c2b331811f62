"""Samples of every kind of e-mail, each in its variants."""

import json
from dataclasses import asdict

from accounts.mail import notices
from accounts.mail.messages import Email
from gallery.people import ALICE, CONTACT, NOW

FACTS = {
    "browser": "Firefox on Windows",
    "actor": "bob",
    "address": "203.0.113.7",
    "left": "2",
    "new_browser": "Firefox on Windows",
    "number": "3",
    "phone": "Alice’s phone",
    "reason": "Lost the phone; asked in person",
    "after": "on",
}
OWN = FACTS | {"own": "yes", "actor": "alice"}
SENT = FACTS | {"actor_name": "Bob Baker", "sentence": "We move to the new building on Monday."}
# kind → what its variants are called, and their facts; other kinds have one sample
VARIANTS: dict[str, dict[str, dict[str, str]]] = {
    "address_changed": {
        "changed": OWN,
        "requested": OWN | {"action": "address.requested", "after": "a.arden@example.org"},
    },
    "binding": {"by an administrator": SENT},
    "invitation": {"by an administrator": SENT, "by the command line": {}},
    "reminder": {"": SENT},
    "login_method_changed": {
        "to a password": FACTS | {"after": "password"},
        "to Single Sign-On": FACTS | {"after": "sso"},
        "unbound": FACTS | {"action": "user.unbound"},
    },
    "password_changed": {
        "changed": OWN | {"action": "password.changed"},
        "set": FACTS | {"action": "password.set", "actor": "command line"},
        "reset": OWN | {"action": "password.reset"},
        "chosen": OWN | {"action": "password.chosen"},
        "ended": FACTS | {"action": "ways_in.ended"},
        "chosen by a link": OWN | {"action": "password.chosen", "link": "invitation"},
    },
    "password_reset": {"by an administrator": FACTS | {"address": ""}, "asked for": FACTS | {"actor": ""}},
    "two_factor_removed": {
        "all": OWN | {"action": "two_factor.removed"},
        "one phone": OWN | {"action": "two_factor.phone_removed"},
        "a phone without a name": OWN | {"action": "two_factor.phone_removed", "phone": ""},
    },
    "two_factor_set_up": {
        "first": OWN | {"action": "two_factor.set_up"},
        "on another phone": OWN | {"action": "two_factor.set_up", "replaced": "yes"},
        "one phone more": OWN | {"action": "two_factor.phone_added"},
    },
    "two_factor_switched": {"on": FACTS, "off": FACTS | {"after": "off"}},
    "user_deleted": {"": FACTS | {"username": "alice", "name": "Alice Arden"}},
}


CONTACT_STORED = json.dumps(asdict(CONTACT))


def _email(kind: str, facts: dict[str, str]) -> Email:
    link = "https://keys.example.org/invitation/k7rXvB2d1o0cHqk5mUo6c0X4h1nq8w3Zs9Yp2LxTfGQ"
    return Email(kind, ALICE.username, ALICE.name, ALICE.time_zone, int(NOW.timestamp()), facts, link, CONTACT_STORED)


SAMPLES: dict[str, Email] = {
    f"e-mail, {kind.replace('_', ' ')}{', ' if variant else ''}{variant}": _email(kind, facts)
    for kind in notices.KINDS
    for variant, facts in VARIANTS.get(kind, {"": OWN}).items()
}
