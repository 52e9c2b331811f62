"""Which fields of a user changed, as an entry of the log keeps them: a JSON object. No value can imitate a field."""

import json
from collections.abc import Mapping

from accounts.activity import stored


def written(fields: Mapping[str, str]) -> str:
    """Field → its value, as an entry keeps it."""
    return json.dumps(fields, ensure_ascii=False) if fields else ""


def read(text: str) -> dict[str, str] | None:
    """Field → its value; None for an entry from before 0.2.0, which is one text: `name Alice; unit Sales`."""
    return stored.read(text) if text.startswith("{") else None
