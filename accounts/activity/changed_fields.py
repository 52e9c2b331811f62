"""Which fields of a user changed, as an entry of the log keeps them: a JSON object. No value can imitate a field."""

import json
from collections.abc import Mapping


def written(fields: Mapping[str, str]) -> str:
    """Field → its value, as an entry keeps it."""
    return json.dumps(fields, ensure_ascii=False) if fields else ""


def read(text: str) -> dict[str, str] | None:
    """Field → its value; None for an entry from before 0.2.0, which is one text: `name Alice; unit Sales`."""
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else None
