"""The names that directories and spreadsheets give to columns, and the fields that they become."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from db.folding import folded

Field = Literal["username", "name", "email", "company", "unit", "role", "login_method"]
# A name may stand in two columns; a file without usernames may have e-mail addresses, which can be both.
Part = Literal[Field, "first_name", "last_name", "username_and_email"]

# The first heading that a file has is taken; others of the same field are passed over. As `_key` writes them.
HEADINGS: dict[Part, tuple[str, ...]] = {
    "username": (
        *("username", "userprincipalname", "samaccountname", "uid", "userid", "upn"),
        *("login", "loginname", "logonname", "accountname", "account", "user"),
        *("benutzername", "anmeldename", "benutzer", "benutzerkennung", "kennung"),
        *("nomdutilisateur", "identifiant", "nombredeusuario", "usuario", "nomeutente", "gebruikersnaam"),
    ),
    "name": (
        *("name", "displayname", "fullname", "commonname", "cn", "anzeigename", "vollstandigername"),
        *("nomcomplet", "nomdaffichage", "nombrecompleto", "nomecompleto", "volledigenaam"),
    ),
    "first_name": ("firstname", "givenname", "forename", "vorname", "prenom", "nombre", "nome", "voornaam"),
    "last_name": (
        *("lastname", "surname", "sn", "familyname", "nachname", "familienname", "zuname"),
        *("nom", "nomdefamille", "apellidos", "apellido", "cognome", "achternaam"),
    ),
    "email": (
        *("email", "emailaddress", "mail", "mailaddress", "primaryemail", "primarysmtpaddress", "workemail"),
        *("emailadresse", "mailadresse", "adresseemail", "courriel", "correoelectronico", "correo", "mailadres"),
    ),
    "company": (
        *("company", "companyname", "organisation", "organization", "firma", "firmenname", "unternehmen"),
        *("gesellschaft", "societe", "entreprise", "empresa", "azienda", "bedrijf"),
    ),
    "unit": (
        *("unit", "department", "organisationalunit", "organizationalunit", "ou", "orgunitpath", "dept", "division"),
        *("abteilung", "organisationseinheit", "bereich", "departement", "departamento", "reparto", "afdeling"),
    ),
    "role": ("role", "roles", "rolle", "rollen", "rol", "ruolo"),
    "login_method": ("loginmethod", "signinmethod", "anmeldeverfahren", "anmeldemethode"),
}
# Longer ones are the same up to here.
LONGEST_HEADING = 128
# Of those that a preview lists.
MOST_SHOWN = 100


@dataclass(frozen=True)
class Columns:
    """Which cells of a row become which field. `parts`: of each column, "" if it is passed over."""

    parts: list[Part | Literal[""]]
    places: dict[Field, tuple[int, ...]]


@dataclass(frozen=True)
class Wrong:
    problem: Literal["column_twice", "no_username_column"]
    # The heading, or all of them.
    value: str


def columns_of(headings: Sequence[str]) -> Columns | list[Wrong]:
    """What the columns with these headings become, or what is wrong with them."""
    keys = [_key(heading) for heading in headings]
    found = _found(keys)
    if "username" not in found and "email" in found:
        found["username_and_email"] = found.pop("email")
    twice = (place for place in found.values() if keys.count(keys[place]) > 1)
    wrong = [Wrong("column_twice", headings[place].strip()) for place in twice]
    if found.keys().isdisjoint(("username", "username_and_email")):
        wrong.append(Wrong("no_username_column", ", ".join(filter(None, map(str.strip, headings)))))
    if wrong:
        return wrong
    _join_names(found, keys)
    of_place = {place: part for part, place in found.items()}
    return Columns([of_place.get(place, "") for place in range(len(keys))], _places(found))


def _found(keys: list[str]) -> dict[Part, int]:
    """Part → its column."""
    first = {part: next((key for key in known if key in keys), None) for part, known in HEADINGS.items()}
    return {part: keys.index(key) for part, key in first.items() if key is not None}


def _join_names(found: dict[Part, int], keys: list[str]) -> None:
    """Leaves either the column with the whole name or those with its parts."""
    # In German lists Name next to Vorname is the surname.
    if "last_name" not in found and "name" in found and (keys[found["name"]], "vorname" in keys) == ("name", True):
        found["last_name"] = found.pop("name")
    if "name" in found:
        found.pop("first_name", None)
        found.pop("last_name", None)


def _places(found: dict[Part, int]) -> dict[Field, tuple[int, ...]]:
    places: dict[Field, tuple[int, ...]] = {}
    for part, place in found.items():
        match part:
            case "first_name" | "last_name":
                places["name"] = (*places.get("name", ()), place)
            case "username_and_email":
                places |= {"username": (place,), "email": (place,)}
            case field:
                places[field] = (place,)
    return places


def _key(heading: str) -> str:
    """The letters and digits of a heading: "E-Mail-Adresse" is "emailadresse". Of "First name [givenName] Required"
    it is what is in brackets, if that is known.
    """
    bracketed = re.search(r"\[([^\]]*)\]", heading[:LONGEST_HEADING])
    if bracketed and (key := _letters(bracketed[1])) in _KNOWN:
        return key
    return _letters(re.sub(r"\[[^\]]*\]", "", heading[:LONGEST_HEADING]))


def _letters(text: str) -> str:
    return "".join(letter for letter in folded(text) if letter.isalnum())


_KNOWN = frozenset(heading for known in HEADINGS.values() for heading in known)
