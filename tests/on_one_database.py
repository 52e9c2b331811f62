"""Which tests run on SQLite alone, and why. All others run on both: `TWO_KEYS_TESTS_ON=postgresql make test`."""

import pytest

# The beginning of the names of tests → the reason.
SQLITE_ONLY = {
    "tests/house/": "is about the source, not about a database",
    "tests/chromium/": "is about pages, which do not know their database",
    "tests/bench/": "is about figures",
    "tests/db/test_sqlite.py": "is about SQLite",
}


def reason(item: pytest.Item) -> str | None:
    """Why a test runs on SQLite alone."""
    marker = item.get_closest_marker("sqlite")
    if marker is not None:
        return str(marker.args[0])
    return next((why for beginning, why in SQLITE_ONLY.items() if item.nodeid.startswith(beginning)), None)
