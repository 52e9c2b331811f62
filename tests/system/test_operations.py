"""For those who run it: health, a database that is locked or gone, and recovery without a restart."""

import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

from tests.browser import Installation, Page, check_laws
from tests.people import Person
from tests.server import changes

BUSY_TIMEOUT_SECONDS = 5


def database_path(installation: Installation) -> str:
    return str(installation.file)


def check_503(page: Page) -> None:
    assert page.status == 503, page.text
    assert page.words("h1") == "Not available at the moment"
    assert int(page.headers["Retry-After"]) >= 1
    check_laws(page, part=False)


def test_health_is_well_when_the_database_answers(installation):
    answer = installation.browser().client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_answers_under_any_host(installation):
    for host in ("10.1.2.3:8000", "load-balancer.internal", "evil.example", ""):
        assert installation.browser().client.get("/health", headers={"Host": host}).status_code == 200


def test_health_needs_no_login_and_sets_no_cookie(installation):
    answer = installation.browser().client.get("/health")
    assert "Set-Cookie" not in answer.headers


def gone(installation: Installation) -> None:
    """The file is truncated under the running program: nothing of it can be read any more."""
    connection = sqlite3.connect(database_path(installation))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    os.truncate(database_path(installation), 0)


def test_without_its_database_health_and_pages_say_503(installation, alice):
    alice.signs_in()
    gone(installation)
    answer = installation.browser().client.get("/health")
    assert answer.status_code == 503
    assert "ok" not in answer.text
    check_503(alice.browser.get("/"))
    check_503(installation.browser().get("/login"))
    check_503(installation.browser().post("/login", {"username": "alice", "password": alice.password}))


def test_without_its_database_nobody_gets_in(installation, function_on, alice):
    """No fail-open: neither a session nor a right password without a code opens anything."""
    alice.signs_in()
    alice.sets_up()
    gone(installation)
    assert alice.browser.get("/my-user").status == 503
    assert alice.browser.post("/general-settings/security", {}).status == 503
    stranger = installation.browser()
    assert stranger.post("/login", {"username": "alice", "password": alice.password}).status == 503
    assert not stranger.client.cookies


class Locked:
    """The database, held by somebody else for writing until it is let go."""

    def __init__(self, installation: Installation) -> None:
        self._connection = sqlite3.connect(database_path(installation), isolation_level=None, timeout=1)

    def __enter__(self) -> None:
        self._connection.execute("BEGIN EXCLUSIVE")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


def test_while_the_database_is_locked_answers_are_503_and_afterwards_all_is_well(installation, alice, bob):
    bob.signs_in()
    reader = installation.browser()
    began = time.monotonic()
    strangers = [installation.browser() for _ in range(5)]
    with Locked(installation), ThreadPoolExecutor(7) as pool:
        login = pool.submit(alice.types)
        others = [pool.submit(other.post, "/login", {"username": "alice", "password": "wrong"}) for other in strangers]
        switch = pool.submit(bob.browser.post, "/general-settings/security", {"two_factor": "on"})
        # reading goes on
        assert reader.get("/login").status == 200
        assert bob.browser.get("/users").status == 200
        assert reader.client.get("/health").status_code == 200
        check_503(login.result())
        check_503(switch.result())
        for other in others:
            check_503(other.result())
        took = time.monotonic() - began
        assert not alice.browser.client.cookies
    assert took >= BUSY_TIMEOUT_SECONDS - 0.5
    assert took < 2 * BUSY_TIMEOUT_SECONDS + 3, f"the last was told after {took:.1f} s: they waited one after the other"
    alice.signs_in()
    assert bob.browser.post("/general-settings/security", {"two_factor": "on"}).status == 303
    log = bob.browser.get("/activity-log").words("#activity-log")
    assert log.count("switched Two-Factor Authentication") == 1
    assert log.count("alice signed in") == 1
    assert "A sign-in as alice was refused" not in log


def test_a_short_lock_is_waited_for(installation, alice):
    with ThreadPoolExecutor(1) as pool:
        with Locked(installation):
            login = pool.submit(alice.types)
            time.sleep(0.5)
            assert not login.done()
        assert login.result().status == 303


def test_for_htmx_a_503_replaces_the_whole_body(installation, alice):
    alice.signs_in()
    gone(installation)
    page = alice.browser.get("/my-user", part=True)
    assert page.status == 503
    assert page.headers["HX-Retarget"] == "body"


def test_a_corrupt_row_refuses_one_user_and_nobody_else(installation, function_on, alice, bob):
    """An encrypted key that was damaged on disk, or swapped with another user's: its owner's codes fail, closed."""
    people: list[Person] = []
    for person in (alice, bob):
        person.signs_in()
        people.append(person.sets_up())
        person.browser.client.cookies.clear()
    zeros = f"x'{'00' * 48}'"
    changes(
        installation.config.data_dir,
        f"UPDATE authenticators SET encrypted_key = {zeros} WHERE user_id = {alice.user_id}",
    )
    installation.clock.forward(30)
    assert alice.types().status == 422
    assert alice.types(code="").status == 422
    bob.signs_in()
    page = bob.browser.get(f"/users/{alice.user_id}")
    assert page.status == 200
    alice.signs_in(code=alice.recovery_codes[0])
    assert alice.browser.get("/my-user").status == 200


def test_a_damaged_password_hash_refuses_one_user_and_nobody_else(installation, alice, bob):
    changes(installation.config.data_dir, f"UPDATE users SET password_hash = 'nonsense' WHERE id = {alice.user_id}")
    assert alice.types().status == 422
    bob.signs_in()
