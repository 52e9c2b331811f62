"""What a page asks of the database: one statement for session, user, permissions and switch, at most two more."""

from itertools import groupby

import pytest

import routes
from accounts.context import Context
from tests.browser import Installation
from tests.mailing import Mailing
from tests.people import Person, somebody, switch

PAGES = [
    route
    for listed in (
        routes.SIGNED_IN,
        routes.SIGNED_IN_WITH_PASSWORD,
        routes.GENERAL_SETTINGS_EDIT,
        routes.USERS_VIEW,
        routes.USERS_EDIT,
        routes.ROLES_EDIT,
        routes.ACTIVITY_LOG_VIEW,
    )
    for route in listed
    if "GET" in (route.methods or ())
]
MOST = 3


@pytest.fixture
def busy(tmp_path):
    """Bob, an administrator, signed in."""
    with Installation(tmp_path) as installation:
        switch(installation, True)
        bob = somebody(installation, "bob", "Administrator")
        bob.signs_in()
        yield installation, bob


def statements(installation: Installation, bob: Person, path: str) -> list[str]:
    """Of the second time that the page is asked for. A read that starts again in another thread is one statement."""
    seen: list[str] = []

    async def trace(_context: Context) -> None:
        for connection in installation.app.state.db._backend._all:
            await connection.set_trace_callback(seen.append)

    bob.browser.client.get(path)
    installation.run(trace)
    bob.browser.client.get(path)
    return [text for text, _ in groupby(seen)]


# Exports write that they happened, and forms that bob may not open for himself write the refusal.
WRITES = ("BEGIN", "INSERT", "UPDATE", "DELETE")


def test_a_page_costs_at_most_three_statements(busy):
    installation, bob = busy
    cost = {}
    for route in PAGES:
        path = route.path.replace("{id:int}", str(bob.user_id))
        seen = statements(installation, bob, path)
        if not any(statement.startswith(WRITES) for statement in seen):
            cost[route.path] = seen
    assert {"/", "/my-user", "/users", "/users/{id:int}", "/activity-log", "/roles"} <= set(cost)
    too_much = {path: seen for path, seen in cost.items() if len(seen) > MOST}
    assert not too_much


def test_a_users_page_costs_no_more_in_any_state(busy):
    installation, bob = busy
    switch(installation, False)
    erna, frieda, gesa = (
        somebody(installation, "erna"),
        somebody(installation, "frieda"),
        somebody(installation, "gesa", sso=True),
    )
    erna.signs_in()
    for _ in range(3):
        installation.browser().post("/login", {"username": "erna", "password": "wrong"})
    asked = {"show": "on", "newest_link": "0", "password": bob.password}
    handed = bob.browser.post(f"/users/{frieda.user_id}/password-reset", asked)
    assert handed.has("#handed-link")
    people = [erna, frieda, gesa]
    for person in people:
        page = bob.browser.client.get(f"/users/{person.user_id}")
        assert page.status_code == 200
        seen = statements(installation, bob, f"/users/{person.user_id}")
        assert len(seen) <= MOST, seen


def test_pages_about_emails_cost_no_more_when_some_wait_and_some_failed(mailing_switched_on: Mailing):
    installation = mailing_switched_on.installation
    bob, alice = somebody(installation, "bob", "Administrator"), somebody(installation, "alice")
    bob.signs_in()
    mailing_switched_on.delivered()
    for letter in ("reminder", "invitation"):
        for failed_at in ("NULL", "max(started_at)"):
            mailing_switched_on.damage(
                "INSERT INTO outbox (letter, user_id, address, facts, created_at, due_at, tries, error, failed_at)"
                f" SELECT '{letter}', {alice.user_id}, 'alice@example.org', '{{}}', max(started_at), max(started_at),"
                f" 1, 'full', {failed_at} FROM sessions"
            )
    for path in ("/users/reminders", "/users/invitations", "/users/reminders/progress", "/users/invitations/progress"):
        page = bob.browser.get(path)
        assert "1 not sent" in page.text
        assert "every 2s" in page.html
        seen = statements(installation, bob, path)
        assert len(seen) <= MOST, seen
