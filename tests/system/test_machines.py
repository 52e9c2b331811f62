"""Two installations of two workers each, behind nginx over one PostgreSQL: what is shared, and what a machine that
ends takes along.
"""

import re
import time
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from tests import postgres
from tests.agreement import check_that_state_and_log_agree
from tests.machines import PASSWORD, PEOPLE, Load, Site
from tests.mail_server import MailServer, wait_until
from tests.mailing import settings as mail_settings
from tests.postgres_cluster import Cluster
from tests.server import rows
from tests.small_provider import SmallProvider

CLOCK_SECONDS = 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running, pytest.MonkeyPatch.context() as patched:
        patched.setenv(postgres.CLUSTER, running.url)
        yield running


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture(scope="module")
def provider() -> Iterator[SmallProvider]:
    with SmallProvider() as running:
        running.clock = lambda: int(time.time())
        yield running


@pytest.fixture(scope="module")
def site(
    cluster: Cluster, mail: MailServer, provider: SmallProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    url = postgres.url_of(folder / "one")
    with Site(folder, url, **mail_settings(mail), **provider.settings) as both:
        yield both


def logged(site: Site, action: str) -> int:
    return int(str(rows(site.first_folder, "SELECT count(*) FROM activity WHERE action = ?", action)[0][0]))


def test_a_session_and_the_switch_are_everywhere_at_once(site):
    one, two = site.machines
    site.door.only(one)
    bob = site.door.signs_in("bob", PASSWORD)
    site.door.only(two)
    status, _, headers = site.door.post("/general-settings/security", {"two_factor": "on"}, bob)
    assert status == 303
    bob = headers["cookies"] or bob
    site.door.only(one)
    assert 'name="code"' in site.door.get("/login")[1]
    assert site.door.post("/general-settings/security", {}, bob)[0] == 303
    assert site.door.post("/logout", {}, bob)[0] == 303
    site.door.only(two)
    assert 'name="code"' not in site.door.get("/login")[1]
    assert site.door.get("/my-user", bob)[0] == 303


def test_a_limit_that_is_reached_at_one_holds_at_the_other(site):
    one, two = site.machines
    site.door.only(one)
    for _ in range(12):
        site.door.post("/login", {"username": "gustav", "password": "wrong"})
    site.door.only(two)
    counted = rows(site.first_folder, "SELECT max(failures) FROM attempts")
    assert site.door.post("/login", {"username": "gustav", "password": "wrong"})[0] == 422
    assert rows(site.first_folder, "SELECT max(failures) FROM attempts") == counted, "while it waits, none is counted"
    rows(site.first_folder, "DELETE FROM attempts")


def test_what_is_uploaded_at_one_is_imported_at_the_other(site):
    one, two = site.machines
    site.door.only(one)
    bob = site.door.signs_in("bob", PASSWORD)
    file = "username,name\nhanna,Hanna\nida,Ida\n"
    status, body, headers = site.door.sends("/users/import", file, bob)
    assert status == 303, body
    preview = headers["location"]
    site.door.only(two)
    status, body, headers = site.door.get(preview, bob)
    assert "Import 2 users" in body
    number = re.search(r'name="id" value="(\d+)"', body)
    assert number, body
    status, body, _ = site.door.post("/users/import/confirm", {"id": number[1], "password": PASSWORD}, bob)
    assert status in (200, 303), body
    assert rows(site.first_folder, "SELECT count(*) FROM users WHERE username IN ('hanna', 'ida')") == [(2,)]


def test_a_sign_in_at_the_provider_that_begins_at_one_ends_at_the_other(site, provider):
    one, two = site.machines
    site.command("create-user", "cleo", "--sso", "--email", "cleo@example.org")
    site.door.only(one)
    status, _, headers = site.door.get("/sso/login")
    assert status in (302, 303)
    back = urlsplit(provider.sends_back(headers["location"]))
    site.door.only(two)
    status, body, headers = site.door.get(f"{back.path}?{back.query}", headers["cookies"])
    assert status in (302, 303), body
    assert "Cleo" in site.door.get("/", headers["cookies"])[1]


def test_each_e_mail_leaves_once_whoever_sends_it(site, mail):
    site.door.only(*site.machines)
    for number in range(60):
        rows(
            site.first_folder,
            "INSERT INTO users (username, name, email, name_beginning, email_beginning, search_text, company, unit,"
            " login_method, time_zone, created_at, password_set_at, codes_generation, access_version) VALUES"
            f" ('u{number}', '', 'u{number}@example.org', '', '', 'u{number}', '', '', 'password', '', 0, 1, 0, 0)",
        )
    bob = site.door.signs_in("bob", PASSWORD)
    site.door.post("/general-settings/security", {"two_factor": "on"}, bob)
    for _ in range(4):
        status, body, headers = site.door.post("/users/bulk", {"act": "remind", "all": "on", "by_hand": "on"}, bob)
        assert status in (303, 409), body
        bob = headers["cookies"] or bob
    wanted = {f"u{number}@example.org" for number in range(60)}
    wait_until(lambda: len(wanted & {letter.to[0] for letter in mail.received}) == 60)
    reached = [letter.to[0] for letter in mail.received if letter.to[0] in wanted]
    assert sorted(reached) == sorted(wanted)
    site.door.post("/general-settings/security", {}, bob)


def test_a_machine_that_is_killed_takes_its_open_requests_along_and_nothing_else(site):
    one, two = site.machines
    site.door.only(one, two)
    before = logged(site, "login.succeeded")
    with Load(site.door) as load:
        load.wait_for(20)
        killed = time.monotonic()
        two.kill()
        load.wait_for(60)
    assert all(failure.at - killed < 5 for failure in load.failed), load.failed
    # six people, one request each at a time
    assert len(load.failed) <= 6, load.failed
    after = logged(site, "login.succeeded")
    assert load.signed_in.total() <= after - before <= load.signed_in.total() + len(load.failed)
    two.begin_again()
    site.command("verify-activity-log")


def test_machines_are_restarted_one_after_the_other_and_no_request_is_lost(site):
    one, two = site.machines
    with Load(site.door) as load:
        for machine, other in ((one, two), (two, one)):
            load.wait_for(10)
            site.door.only(other)
            assert machine.stop() in (0, -15)
            machine.begin_again()
            site.door.only(one, two)
        load.wait_for(20)
    assert load.failed == []


def test_clocks_that_differ_by_two_seconds_break_nothing(site):
    one, two = site.machines
    two.kill()
    two.begin_with_clock(CLOCK_SECONDS)
    try:
        site.door.only(one, two)
        with Load(site.door) as load:
            load.wait_for(60)
        assert load.failed == []
        times = [int(str(at)) for (at,) in rows(site.first_folder, "SELECT at FROM activity ORDER BY number")]
        assert any(later < earlier for earlier, later in pairwise(times)), "the clocks do differ"
        for username in PEOPLE:
            assert rows(site.first_folder, "SELECT count(*) FROM users WHERE username = ?", username) == [(1,)]
    finally:
        two.kill()
        two.begin_again()
    site.command("verify-activity-log")


def test_after_all_that_state_and_log_agree(site):
    rows(site.first_folder, "DELETE FROM users WHERE username LIKE 'u%'")
    check_that_state_and_log_agree(site.first_folder)
