"""The card *Contact* of General Settings: whom people ask for help."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from accounts.system.contact import Contact
from routes.web.part import Part
from routes.web.reauthentication import Reauthentication

Said = Literal["", "saved", "conflict"]


@dataclass(frozen=True)
class ContactCard(Part):
    template = "general_settings/contact.html"
    root = "contact"
    contact: Contact
    said: Said


@dataclass(frozen=True)
class EditContact(Part):
    """`contact`: what the fields hold. `version`: of the contact with which the form was opened."""

    template = "general_settings/edit_contact.html"
    root = "contact"
    contact: Contact
    version: str
    problems: Mapping[str, str]
    needed: Reauthentication | None
