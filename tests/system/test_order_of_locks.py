"""Rows are taken in one order everywhere, so that on PostgreSQL no two transactions wait for each other: users, then
sessions.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest

from accounts.context import Context
from accounts.users import login_method
from db import users as stored_users
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


def test_a_change_of_a_role_with_many_holders_takes_its_turn_before_it_touches_any(installation, everybody):
    """It does not know beforehand whose rows it needs, so that only the lock of all such changes comes before."""
    bob = everybody["bob"]
    bob.signs_in()
    mgr = somebody(installation, "mgr", "User manager")
    people = [somebody(installation, name) for name in ("ivy", "jane", "kim")]

    async def made_by_mgr(context: Context) -> None:
        async with context.db.transaction():
            for person in people:
                made = {"sign_in_made_by": mgr.user_id, "email_set_by": mgr.user_id}
                await stored_users.set_profile(context.db, person.user_id, made)

    installation.run(made_by_mgr)
    grown = {"name": "Member", "permission": ["activity_log.view"]}
    shrunk = {"name": "User manager", "permission": ["users.view"]}
    with traced(installation) as transactions:
        assert bob.browser.post("/roles/4", grown).status == 303
        assert bob.browser.post("/roles/2", shrunk).status == 303
        assert bob.browser.post("/roles/2/delete").status == 303
    changes = [each for each in transactions if "locks" in tables(each)]
    assert len(changes) == 3
    for change in changes:
        assert tables(change) == ["locks", "users", "sessions"]
        assert numbers(change) == [bob.user_id], "the only row that is taken by itself"
    assert any("id IN (" in statement for _, statement in changes[0]), "the holders', in one statement each"


@pytest.mark.parametrize("act", ["give-role", "disable", "end-sessions"])
def test_so_do_acts_on_many_users(installation, everybody, act: str):
    bob = everybody["bob"]
    for person in (bob, everybody["alice"], everybody["dora"]):
        person.signs_in()
    chosen: dict[str, str | list[str]] = {
        "act": act,
        "user": [str(everybody[name].user_id) for name in ("dora", "alice")],
    }
    if act == "give-role":
        chosen["to_role"] = "3"
    page = bob.browser.get("/users/bulk?" + urlencode(chosen, doseq=True))
    with traced(installation) as transactions:
        done = bob.browser.post("/users/bulk", page.fields("/users/bulk") | chosen)
        assert done.status == 303, done.text
    touched = [each for each in transactions if len(each) > 2 and "users" in tables(each)]
    assert touched
    assert all(tables(each)[0] == "locks" for each in touched)
