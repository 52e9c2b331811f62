"""Which tests run on SQLite alone, and why. All others run on both.

`make test` runs on SQLite, `make test-postgresql` on PostgreSQL, with CASES=1 the first case of each test alone.
"""

import os
from collections import Counter

import pytest

# The beginning of the names of tests → the reason.
SQLITE_ONLY = {
    "tests/house/": "is about the source, not about a database",
    "tests/chromium/": "is about pages, which do not know their database",
    "tests/firefox/": "is about pages, which do not know their database",
    "tests/bench/": "is about figures",
    "tests/db/test_sqlite.py": "is about SQLite",
    "tests/db/test_postgres.py": "starts a PostgreSQL of its own",
    "tests/commands/test_copy_database.py": "the same",
    "tests/commands/test_backup.py": "the same",
    "tests/system/test_machines.py": "the same",
    "tests/system/test_failover.py": "the same",
    "tests/system/test_writers.py": "the same",
    "tests/db/test_database_url.py": "is about a setting",
    "tests/test_config.py": "is about settings",
    "tests/activity_log/test_damage.py": "damages rows in ways that the types of PostgreSQL refuse",
    "tests/system/test_order_of_locks.py": "reads SQLite's trace of statements; the order is the same",
    "tests/users/test_bulk_plans.py": "asks SQLite how it would read",
    "tests/users/test_overview.py::test_each_order_is_that_of_an_index": "asks SQLite how it would read",
    "tests/users/test_overview.py::test_each_filter_walks_along": "asks SQLite how it would read",
    "tests/users/test_overview.py::test_two_letters_with_a_filter_read": "asks SQLite how it would read",
    "tests/users/test_overview.py::test_what_is_common_is_scanned": "asks SQLite how it would read",
    "tests/users/test_names_told_apart.py::test_names_from_before": "begins with a database of an older version",
    "tests/db/test_counts_from_before.py": "the same",
    "tests/users/test_names_told_apart.py::test_a_name_that_looks_like_one_from_before": "the same",
    "tests/users/test_search.py::test_users_from_before": "the same",
    "tests/my_user/test_set_up.py::test_the_key_is_not_stored_in_the_clear": "looks through the file of the database",
    "tests/links/test_links.py::test_the_token_is_nowhere_but_in_the_link": "looks through the file of the database",
    "tests/login/test_login.py::test_an_unknown_username_is_never_kept": "looks through the file of the database",
    "tests/web/test_statements.py": "reads SQLite's trace of statements",
    "tests/system/test_operations.py::test_without_its_database": "truncates the file",
    "tests/system/test_operations.py::test_for_htmx_a_503": "the same",
    "tests/system/test_operations.py::test_while_the_database_is_locked": "locks the whole file",
    "tests/system/test_operations.py::test_a_short_lock": "the same",
    "tests/system/test_reliability.py::test_with_a_full_disk": "the files of PostgreSQL belong to another process",
    "tests/system/test_clocks.py::test_every_stored_time_has_its_rule": "lists columns, which both databases share",
    "tests/commands/test_database.py::test_migrate_makes_the_folder": "is about the file's mode",
    "tests/commands/test_database.py::test_what_is_no_database": "is about a file that is none",
    "tests/commands/test_create_user.py::test_create_user_with_a_chosen": "looks through the file of the database",
    "tests/commands/test_verify_activity_log.py::test_a_rollback_is_found": "puts an older file back",
    "tests/home/test_first_day.py::test_home_costs_three_statements": "reads SQLite's trace of statements",
}


def reason(item: pytest.Item) -> str | None:
    """Why a test runs on SQLite alone."""
    if not {"tmp_path", "tmp_path_factory"}.intersection(getattr(item, "fixturenames", ())):
        return "has no folder, and so no installation"
    marker = item.get_closest_marker("sqlite")
    if marker is not None:
        return str(marker.args[0])
    return next((why for beginning, why in SQLITE_ONLY.items() if item.nodeid.startswith(beginning)), None)


def cases() -> int | None:
    """How many cases of one test run on PostgreSQL: they run the same statements. None: all."""
    number = os.environ.get("TESTS_CASES", "")
    return int(number) if number else None


def left_out(items: list[pytest.Item]) -> set[pytest.Item]:
    """Those that do not run on PostgreSQL."""
    most, counted = cases(), Counter[str]()
    out = set()
    for item in items:
        name = item.nodeid.partition("[")[0]
        counted[name] += 1
        if reason(item) or (most is not None and counted[name] > most):
            out.add(item)
    return out
