"""Killed, crowded, out of space: what was acknowledged stays, nothing is half done, and it goes on by itself."""

import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Self

import pyotp
import pytest

from accounts.activity import chain
from tests.agreement import check_that_state_and_log_agree, verified
from tests.browser import Page
from tests.server import ROOT, Server, command, copied, environment, free_port, printed_password, rows

KILLS = 15
PASSWORD = "correct pony battery anchor"
PEOPLE = ("alice", "dora", "erna")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with bob, an administrator, and three members. Not to be changed."""
    folder = tmp_path_factory.mktemp("made") / "data"
    for username, role in (("bob", "Administrator"), *((username, "Member") for username in PEOPLE)):
        done = command(folder, "create-user", username, "--role", role, "--password-stdin", typed=PASSWORD)
        assert done.status == 0, done.err
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return copied(made, tmp_path / "data")


class Crowd:
    """People who switch, sign in and set up without pause, until the server is gone; what was acknowledged is
    counted.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self.acknowledged = {"logins": 0, "set-ups": 0}
        self.problems: list[str] = []
        self.ending = False
        self.threads = [
            threading.Thread(target=self._until_it_is_gone, args=(act,))
            for act in (self._switch, self._login, self._set_up)
        ]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self.threads:
            thread.join(timeout=30)
        assert not self.problems, self.problems

    def _until_it_is_gone(self, act: Callable[[], None]) -> None:
        try:
            while True:
                act()
        # the answer that the kill cut off
        except (OSError, HTTPException):
            if not self.ending:
                self.problems.append("the server went by itself")
        except AssertionError as error:
            self.problems.append(str(error))

    def _signs_in(self, username: str) -> str:
        """Signs in; a sign-in during a switch is refused, and tried again."""
        while True:
            status, _, headers = self._server.post("/login", {"username": username, "password": PASSWORD})
            if status == 303:
                return headers["cookies"]
            assert status == 422, status

    def _switch(self) -> None:
        cookie = self._signs_in("bob")
        for number in range(20):
            values = {"two_factor": "on"} if number % 3 != 1 else {}
            status, body, headers = self._server.post("/general-settings/security", values, cookie)
            assert status == 303, body
            cookie = headers["cookies"] or cookie

    def _login(self) -> None:
        self._signs_in("alice")
        self.acknowledged["logins"] += 1

    def _set_up(self) -> None:
        """Sets up and removes again, with a recovery code; while the function happens to be off, tries again."""
        cookie = self._signs_in("dora")
        for _ in range(20):
            status, body, headers = self._server.post("/my-user/two-factor", {}, cookie, htmx=True)
            if status == 409:
                continue
            assert status == 200, body
            key = Page(status, body, headers).words("#two-factor-key").replace(" ", "")
            code = pyotp.TOTP(key).now()
            status, body, headers = self._server.post("/my-user/two-factor/confirm", {"code": code}, cookie, htmx=True)
            if status == 409:
                continue
            assert status == 200, body
            self.acknowledged["set-ups"] += 1
            cookie = headers["cookies"] or cookie
            code = "".join(Page(status, body, headers).all(".recovery-code")[0].itertext())
            status, body, headers = self._server.post("/my-user/two-factor/remove", {"code": code}, cookie, htmx=True)
            assert status == 200, body
            cookie = headers["cookies"] or cookie


def test_killed_in_the_middle_state_and_log_agree(folder):
    chance = random.Random(2)
    before = {"logins": 0, "set-ups": 0}
    port = free_port()
    for _ in range(KILLS):
        with Server(folder, port=port) as server, Crowd(server) as crowd:
            time.sleep(chance.uniform(0.1, 0.6))
            crowd.ending = True
            server.kill()
        check_that_state_and_log_agree(folder)
        logged = {
            what: int(str(rows(folder, f"SELECT count(*) FROM activity WHERE {where}")[0][0]))
            for what, where in {
                "logins": "action = 'login.succeeded' AND subject = 'alice'",
                "set-ups": "action = 'two_factor.set_up'",
            }.items()
        }
        for what, number in logged.items():
            acknowledged = crowd.acknowledged[what]
            assert before[what] + acknowledged <= number <= before[what] + acknowledged + 1, (what, crowd.acknowledged)
            before[what] = number
        # killed between set-up and removal
        if rows(folder, "SELECT 1 FROM users WHERE two_factor_at IS NOT NULL"):
            assert command(folder, "reset-two-factor", "dora").status == 0
    assert before["logins"] > KILLS
    assert before["set-ups"] > 0


def test_two_processes_write_at_once_and_a_switch_is_in_force_at_once_in_both(folder):
    same = {"TWO_KEYS_BASE_URL": "http://localhost:8000"}
    with Server(folder, **same) as one, Server(folder, **same) as other, ThreadPoolExecutor(8) as pool:
        servers = (one, other)
        bob = one.signs_in("bob", PASSWORD)

        def login(number: int, password: str = PASSWORD) -> int:
            return servers[number % 2].post("/login", {"username": PEOPLE[number % 3], "password": password})[0]

        logins = [pool.submit(login, number) for number in range(60)]
        assert [done.result() for done in logins] == [303] * 60
        refusals = [pool.submit(login, number, "wrong") for number in range(30)]
        for number in range(20):
            here, there = servers[number % 2], servers[(number + 1) % 2]
            wanted = "on" if number % 2 == 0 else "off"
            values = {"two_factor": "on"} if wanted == "on" else {}
            status, _, headers = here.post("/general-settings/security", values, bob)
            assert status == 303
            bob = headers["cookies"] or bob
            assert there.get(f"/login/two-factor-field?shown={wanted}")[0] == 204
            assert ('name="code"' in there.get("/login")[1]) == (wanted == "on")
        assert [done.result() for done in refusals] == [422] * 30
        for server in servers:
            assert "locked" not in server.output()
            assert not server.answered(503)
        assert sum(server.answered(303).count("POST /login") for server in servers) == 61
    check_that_state_and_log_agree(folder)
    assert rows(folder, "SELECT count(*) FROM activity WHERE action = 'two_factor.switched'") == [(20,)]
    assert rows(folder, "SELECT count(*) FROM activity WHERE action = 'login.succeeded'") == [(61,)]


def test_a_session_opened_at_one_process_counts_at_the_other_and_ends_there_too(folder):
    same = {"TWO_KEYS_BASE_URL": "http://localhost:8000"}
    with Server(folder, **same) as one, Server(folder, **same) as other:
        cookie = one.signs_in("alice", PASSWORD)
        assert other.get("/my-user", cookie)[0] == 200
        assert other.post("/logout", {}, cookie)[0] == 303
        assert one.get("/my-user", cookie)[0] == 303


def test_with_several_workers_the_first_administrator_is_made_once(tmp_path):
    with Server(tmp_path / "data", "--workers", "2") as server:
        password = printed_password(server.output())
        for _ in range(4):
            assert server.post("/login", {"username": "admin", "password": password})[0] == 303
    assert rows(tmp_path / "data", "SELECT count(*) FROM users") == [(1,)]


def test_two_starts_at_once_on_an_empty_folder_make_one_database(tmp_path):
    folder = tmp_path / "data"
    starts = [
        subprocess.Popen(
            [sys.executable, "app.py", "create-user", username, "--password-stdin"],
            cwd=ROOT,
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for username in ("alice", "bob", "cleo")
    ]
    said = [start.communicate(PASSWORD, timeout=60) for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], said
    assert rows(folder, "SELECT count(*) FROM users") == [(3,)]
    assert isinstance(verified(folder), chain.Verified)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process can be set on Linux alone")
def test_with_a_full_disk_it_says_503_changes_nothing_and_recovers_without_a_restart(folder):
    with Server(folder) as server:
        bob = server.signs_in("bob", PASSWORD)
        entries = rows(folder, "SELECT count(*) FROM activity")
        files = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        # no file can be written beyond 4 KiB
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, files[1]))
        for path, values in (
            ("/login", {"username": "alice", "password": PASSWORD}),
            ("/general-settings/security", {"two_factor": "on"}),
            ("/my-user/profile", {"name": "Robert", "email": ""}),
            ("/my-user/password", {"current_password": PASSWORD, "new_password": "eleven green bottles on a wall"}),
        ):
            status, body, headers = server.post(path, values, bob if path != "/login" else "")
            assert status == 503, (path, status)
            assert "Not available at the moment" in body
            assert not headers["cookies"], path
        # reading goes on
        assert server.get("/login")[0] == 200
        assert server.get("/my-user", bob)[0] == 200
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, files)
        assert rows(folder, "SELECT count(*) FROM activity") == entries
        assert rows(folder, "SELECT value FROM settings WHERE name = 'two_factor'") == [("off",)]
        assert rows(folder, "SELECT name FROM users WHERE username = 'bob'") == [("bob",)]
        server.signs_in("alice", PASSWORD)
        assert server.post("/general-settings/security", {"two_factor": "on"}, bob)[0] == 303
        assert "Traceback" not in server.output()
    check_that_state_and_log_agree(folder)
