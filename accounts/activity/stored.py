"""The one place where JSON of an entry of the log is read: whatever the database holds, nothing fails."""

import json


def read(text: str) -> dict[str, str] | None:
    """Name → value; None for what is no JSON object, or nested deeper than can be read."""
    try:
        found = json.loads(text)
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else None
    except (ValueError, RecursionError):
        return None
