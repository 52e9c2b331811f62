"""Which fields of a user changed, as an entry of the log keeps them: a JSON object. No value can imitate a field."""

import json
from collections.abc import Mapping

from accounts.activity import kinds, stored


def written(fields: Mapping[str, str]) -> str:
    """Field → its value, as an entry keeps it."""
    return json.dumps(fields, ensure_ascii=False) if fields else ""


# What keeps changed fields in `before` and `after`.
ACTIONS = (kinds.ProfileChanged.name, kinds.UserChanged.name, kinds.UserImported.name)


def is_damaged(action: str, *texts: str) -> bool:
    """Whether one of an entry's two texts begins as fields and is none: deeper than can be read, for example."""
    return action in ACTIONS and any(text.startswith("{") and not _is_written_here(text) for text in texts)


def _is_written_here(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return all(isinstance(value, str) for value in found.values())


def read(text: str) -> dict[str, str] | None:
    """Field → its value; None for an entry from before 0.2.0, which is one text: `name Alice; unit Sales`."""
    return stored.read(text) if text.startswith("{") else None
