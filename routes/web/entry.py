"""An entry of the activity log as templates see it."""

import json
from dataclasses import dataclass
from datetime import datetime

from db import activity as rows
from routes.web.request import moment


@dataclass(frozen=True)
class Entry:
    """One entry of the activity log as a template sees it."""

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

    def __hash__(self) -> int:
        return hash((self.number, self.at))


def entry_of(entry: rows.Entry) -> Entry:
    """A stored entry as templates see it."""
    return Entry(
        number=entry.number,
        at=moment(entry.at),
        action=entry.action,
        actor=entry.actor,
        subject=entry.subject,
        before=entry.before,
        after=entry.after,
        address=entry.address,
        detail=_detail(entry.detail),
    )


def _detail(text: str) -> dict[str, str]:
    """The facts of an entry. If they are damaged, it is shown without them, and the other entries as ever."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
