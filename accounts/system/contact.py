"""The installation's contact: whom people ask for help. Everyone sees it, also before signing in."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

from accounts import fields, permissions
from accounts.activity import changed_fields, kinds, log
from accounts.context import Context
from accounts.mail import own_links
from accounts.sessions import Current, SessionEnded, lock_session
from db import roles, settings

SETTING = "contact"
LONGEST_TELEPHONE = 60


@dataclass(frozen=True)
class Contact:
    """Each is optional."""

    name: str = ""
    email: str = ""
    telephone: str = ""

    @property
    def is_given(self) -> bool:
        return bool(self.name or self.email or self.telephone)

    @property
    def version(self) -> str:
        """Optimistic-lock token of the form."""
        return hashlib.sha256(written(self).encode()).hexdigest()[:16]


NONE = Contact()


def read(stored: str) -> Contact:
    """The contact as the setting keeps it; none if that is damaged."""
    try:
        values = json.loads(stored or "{}")
    except ValueError:
        return NONE
    values = values if isinstance(values, dict) else {}
    return Contact(*[value if isinstance(value := values.get(name, ""), str) else "" for name in vars(NONE)])


def written(contact: Contact) -> str:
    """As the setting keeps it."""
    given = {name: value for name, value in asdict(contact).items() if value}
    return json.dumps(given, ensure_ascii=False, sort_keys=True)


async def now(context: Context) -> Contact:
    setting = await settings.get(context.db, SETTING)
    return read(setting.value if setting else "")


Problem = fields.TextProblem | fields.EmailProblem | Literal["link"]


def problems_with(contact: Contact) -> dict[str, Problem]:
    """Field → what is wrong with it. It is in every e-mail."""
    found: dict[str, Problem] = {
        "name": _problem_with_text(contact.name, fields.LONGEST_TEXT),
        "email": fields.problem_with_email(contact.email),
        "telephone": _problem_with_text(contact.telephone, LONGEST_TELEPHONE),
    }
    return {name: problem for name, problem in found.items() if problem}


def _problem_with_text(text: str, longest: int) -> Problem:
    return fields.problem_with_text(text, longest) or ("link" if own_links.holds_link(text) else "")


async def change(
    context: Context, version: str, wanted: Contact, current: Current
) -> Literal["unchanged", "changed", "conflict"]:
    """Stores another contact, if the one with that version is still stored.

    Raises SessionEnded if the session has ended, or the permission was taken from the user.
    """
    async with context.db.transaction():
        await settings.lock(context.db, SETTING)
        await lock_session(context, current)
        if permissions.GENERAL_SETTINGS_EDIT not in await roles.permissions_of(context.db, current.session.user_id):
            raise SessionEnded
        before = await now(context)
        if before == wanted:
            return "unchanged"
        if before.version != version:
            return "conflict"
        by = current.principal
        await settings.change(context.db, SETTING, written(wanted), context.now, by.username)
        changed = {name: value for name, value in asdict(before).items() if value != asdict(wanted)[name]}
        after = {name: asdict(wanted)[name] for name in changed}
        what = kinds.ContactChanged(changed_fields.written(changed), changed_fields.written(after))
        await log.record(context, what, by)
    return "changed"
