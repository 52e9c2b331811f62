"""Rows are taken in one order everywhere, so that on PostgreSQL no two transactions wait for each other: users, then
sessions.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from accounts.context import Context
from accounts.users import login_method
from tests.browser import Installation
from tests.people import Person, is_bound, somebody

# table and statement, of what writes
Transaction = list[tuple[str, str]]
WRITES = re.compile(r"(?:UPDATE|DELETE FROM|INSERT INTO) (users|sessions|locks|settings)\b")
NEW_PASSWORD = "a brand new umbrella for rainy days"


@contextmanager
def traced(installation: Installation) -> Iterator[list[Transaction]]:
    """What the transactions write meanwhile."""
    found: list[Transaction] = [[]]

    def note(statement: str) -> None:
        if statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            found.append([])
        elif match := WRITES.match(statement):
            found[-1].append((match[1], statement))

    async def trace(context: Context) -> None:
        await context.db._backend.writer.threaded.set_trace_callback(note)

    async def stop(context: Context) -> None:
        await context.db._backend.writer.threaded.set_trace_callback(None)

    installation.run(trace)
    yield found
    installation.run(stop)


def tables(transaction: Transaction) -> list[str]:
    return list(dict.fromkeys(table for table, _ in transaction))


def numbers(transaction: Transaction) -> list[int]:
    """The users whose rows are taken, each when it is taken first."""
    taken = [re.search(r"\bid = (\d+)", statement) for table, statement in transaction if table == "users"]
    return list(dict.fromkeys(int(match[1]) for match in taken if match))


@pytest.fixture
def everybody(installation: Installation, function_on: None) -> dict[str, Person]:
    people = {"bob": somebody(installation, "bob", "Administrator")}
    people |= {name: somebody(installation, name) for name in ("alice", "dora")}
    people["cleo"] = somebody(installation, "cleo", sso=True)
    is_bound(people["cleo"])
    return people


def test_users_are_taken_before_sessions_and_the_smaller_number_first(installation, everybody):
    bob, alice, dora, cleo = (everybody[name] for name in ("bob", "alice", "dora", "cleo"))
    zoe = somebody(installation, "zoe", "Administrator")
    with traced(installation) as transactions:
        for person in (zoe, bob, alice, dora):
            person.signs_in()
        alice.sets_up()
        alice.browser.post("/my-user/profile", {"name": "Alice A.", "email": "alice@example.org", "time_zone": ""})
        alice.browser.post("/my-user/sessions/end-others")
        alice.browser.post(
            "/my-user/password", {"current_password": alice.password, "new_password": NEW_PASSWORD}, part=True
        )
        alice.browser.post("/my-user/recovery-codes", part=True)
        alice.browser.post("/my-user/two-factor/remove", {"code": alice.phone.code()}, part=True)
        handed = zoe.browser.post(f"/users/{dora.user_id}/password-reset").words("#handed-link")
        installation.browser().post(
            handed.removeprefix("http://localhost:8000"), {"new_password": "an old umbrella for sunny days"}
        )
        zoe.browser.post(f"/users/{alice.user_id}/reset-two-factor", {"reason": "a lost phone"})
        zoe.browser.post(f"/users/{alice.user_id}/edit", {"name": "Alice", "email": "a@example.org"})
        zoe.browser.post(f"/users/{alice.user_id}/end-sessions")
        zoe.browser.post(f"/users/{alice.user_id}/disable")
        zoe.browser.post(f"/users/{alice.user_id}/enable")
        zoe.browser.post(f"/users/{cleo.user_id}/unbind")
        zoe.browser.post(f"/users/{cleo.user_id}/login-method", {"login_method": "password"})
        zoe.browser.post(f"/users/{bob.user_id}/roles", {"role": ["2"]})
        zoe.browser.post("/general-settings/security", {})
        zoe.browser.post(f"/users/{dora.user_id}/delete")
        zoe.browser.post("/logout")
    both = [each for each in transactions if {"users", "sessions"} <= set(tables(each))]
    assert len(both) > 15, "the acts were done"
    order = ["locks", "settings", "users", "sessions"]
    for transaction in transactions:
        # the last use, a sign-out: one row, and nothing else is waited for
        if tables(transaction) != ["sessions"]:
            assert tables(transaction) == [table for table in order if table in tables(transaction)], transaction
        assert numbers(transaction) == sorted(numbers(transaction)), transaction


def test_so_does_the_command_that_unbinds_everybody(installation, everybody):
    issuer = "https://login.example.org"
    with traced(installation) as transactions:
        assert installation.run(lambda context: login_method.unbind_all(context, issuer)) == 1
    assert ["locks", "users", "sessions"] in [tables(each) for each in transactions]
