"""Which tests run on SQLite alone, and why. All others run on both: `TWO_KEYS_TESTS_ON=postgresql make test`."""

import pytest

# The beginning of the names of tests → the reason.
SQLITE_ONLY = {
    "tests/house/": "is about the source, not about a database",
    "tests/chromium/": "is about pages, which do not know their database",
    "tests/bench/": "is about figures",
    "tests/db/test_sqlite.py": "is about SQLite",
    "tests/db/test_postgres.py": "starts a PostgreSQL of its own",
    "tests/db/test_database_url.py": "is about a setting",
    "tests/test_config.py": "is about settings",
    "tests/activity_log/test_damage.py": "damages rows in ways that the types of PostgreSQL refuse",
    "tests/system/test_order_of_locks.py": "reads SQLite's trace of statements; the order is the same",
    "tests/users/test_overview.py::test_each_order_is_that_of_an_index": "asks SQLite how it would read",
    "tests/users/test_overview.py::test_each_filter_walks_along": "asks SQLite how it would read",
    "tests/users/test_overview.py::test_two_letters_with_a_filter_read": "asks SQLite how it would read",
    "tests/users/test_overview.py::test_what_is_common_is_scanned": "asks SQLite how it would read",
    "tests/users/test_names_told_apart.py::test_names_from_before": "begins with a database of an older version",
    "tests/users/test_names_told_apart.py::test_a_name_that_looks_like_one_from_before": "the same",
    "tests/users/test_search.py::test_users_from_before": "the same",
    "tests/my_user/test_set_up.py::test_the_key_is_not_stored_in_the_clear": "looks through the file of the database",
    "tests/links/test_links.py::test_the_token_is_nowhere_but_in_the_link": "looks through the file of the database",
    "tests/login/test_login.py::test_an_unknown_username_is_never_kept": "looks through the file of the database",
    "tests/home/test_first_day.py::test_home_costs_three_statements": "reads SQLite's trace of statements",
}


def reason(item: pytest.Item) -> str | None:
    """Why a test runs on SQLite alone."""
    marker = item.get_closest_marker("sqlite")
    if marker is not None:
        return str(marker.args[0])
    return next((why for beginning, why in SQLITE_ONLY.items() if item.nodeid.startswith(beginning)), None)
