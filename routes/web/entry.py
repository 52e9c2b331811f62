"""An entry of the activity log as templates see it."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import ClassVar

from accounts.activity import changed_fields
from accounts.activity.log import facts_of
from db import activity as rows
from routes.web.request import moment


@dataclass(frozen=True)
class Entry:
    """One entry of the activity log as a template sees it."""

    readable: ClassVar[bool] = True
    number: int
    at: datetime
    # "two_factor.switched"
    action: str
    # username, "command line", "system" or "unknown user"
    actor: str
    # username or ""
    subject: str
    before: str
    after: str
    address: str
    detail: dict[str, str]
    # The numbers of users who are still there, for links.
    actor_user: int | None = None
    subject_user: int | None = None

    @property
    def fields_before(self) -> dict[str, str] | None:
        """Of an entry about changed fields; None: it is one text."""
        return changed_fields.read(self.before)

    @property
    def fields_after(self) -> dict[str, str] | None:
        return changed_fields.read(self.after)

    def __hash__(self) -> int:
        return hash((self.number, self.at))


@dataclass(frozen=True)
class Unreadable:
    """An entry that is damaged in the database: `verify-activity-log` says more."""

    readable: ClassVar[bool] = False
    number: int


def entry_of(
    entry: rows.Entry | rows.Damaged, actor_user: int | None = None, subject_user: int | None = None
) -> Entry | Unreadable:
    """A stored entry as templates see it."""
    return _read(entry, actor_user, subject_user) if isinstance(entry, rows.Entry) else Unreadable(entry.number)


# Entries never change, and the newest are shown again and again: those of ten pages.
@lru_cache(500)
def _read(entry: rows.Entry, actor_user: int | None, subject_user: int | None) -> Entry | Unreadable:
    facts = facts_of(entry)
    if facts is None:
        return Unreadable(entry.number)
    return Entry(
        number=entry.number,
        at=moment(entry.at),
        action=entry.action,
        actor=entry.actor,
        subject=entry.subject,
        before=entry.before,
        after=entry.after,
        address=entry.address,
        detail=facts,
        actor_user=actor_user,
        subject_user=subject_user,
    )
