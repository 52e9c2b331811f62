"""Many writers on the same few users, over four workers: nobody is told of a deadlock, and nothing is lost."""

import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.agreement import check_that_state_and_log_agree
from tests.postgres_cluster import Cluster
from tests.server import PASSWORD, Server, command, rows

# A minute of it: TESTS_WRITERS_SECONDS=60 make test ARGS=tests/system/test_writers.py
SECONDS = float(os.environ.get("TESTS_WRITERS_SECONDS", "6"))
PEOPLE = ("alice", "dora", "erna", "frieda")
ADMINISTRATORS = ("bob", "berta", "boris", "bea")
# what an act answers that found something changed, or somebody disabled
RIGHT = {200, 303, 403, 409, 410, 422, 429}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with Cluster() as cluster:
        monkeypatch.setenv(postgres.CLUSTER, cluster.url)
        made = tmp_path / "data"
        for username in (*ADMINISTRATORS, *PEOPLE):
            role = "Administrator" if username in ADMINISTRATORS else "Member"
            done = command(made, "create-user", username, "--role", role, "--password-stdin", typed=PASSWORD)
            assert done.status == 0, done.err
        yield made


class Writer:
    """Somebody with a session, who does one thing again and again."""

    def __init__(self, server: Server, username: str) -> None:
        self._server, self.username = server, username
        self.said: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.cookie = ""

    def signs_in(self) -> None:
        status, _, headers = self._server.post("/login", {"username": self.username, "password": PASSWORD})
        self.cookie = headers["cookies"] if status == 303 else self.cookie

    def sends(self, path: str, values: dict[str, str], *, htmx: bool = False) -> tuple[int, str]:
        status, body, headers = self._server.post(path, values, self.cookie, htmx=htmx)
        return self._heard(path, status, body, headers)

    def asks(self, path: str) -> tuple[int, str]:
        status, body, headers = self._server.get(path, self.cookie)
        return self._heard(path, status, body, headers)

    def uploads(self, file: str) -> tuple[int, str]:
        status, body, headers = self._server.sends("/users/import", file, self.cookie)
        self._heard("/users/import", status, body, headers)
        return status, headers.get("location", "")

    def _heard(self, path: str, status: int, body: str, headers: dict[str, str]) -> tuple[int, str]:
        self.said[status] += 1
        if status not in RIGHT:
            self.wrong.append(f"{path}: {status}")
        self.cookie = headers["cookies"] or self.cookie
        if headers.get("location", "").startswith("/login"):
            self.signs_in()
        return status, body


def numbers(folder: Path) -> dict[str, int]:
    return {str(name): int(str(number)) for name, number in rows(folder, "SELECT username, id FROM users")}


def acts(folder: Path) -> list[tuple[str, Callable[[Writer, int], None]]]:
    """Who does what, in their round number so and so."""
    ids = numbers(folder)

    def switches(who: Writer, turn: int) -> None:
        who.sends("/general-settings/security", {"two_factor": "on"} if turn % 2 else {})

    def changes(who: Writer, turn: int) -> None:
        username = PEOPLE[turn % len(PEOPLE)]
        page = who.asks(f"/users/{ids[username]}/edit")[1]
        version = re.search(r'name="version" value="([^"]*)"', page)
        if version:
            typed = {"version": version[1], "username": username, "name": f"{who.username} {turn}", "unit": "Sales"}
            who.sends(f"/users/{ids[username]}/edit", typed | {"email": "", "company": "", "time_zone": ""})

    def gives_and_takes(who: Writer, turn: int) -> None:
        user_id = ids[PEOPLE[turn % len(PEOPLE)]]
        wanted = {"role": "4"} if turn % 2 else {"role": "3"}
        who.sends(f"/users/{user_id}/roles", wanted | {"password": PASSWORD})

    def disables_and_enables(who: Writer, turn: int) -> None:
        act = "disable" if turn % 2 else "enable"
        page = who.asks(f"/users/bulk?act={act}&user={ids['frieda']}")[1]
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        who.sends("/users/bulk", form | {"act": act, "password": PASSWORD})

    def imports(who: Writer, turn: int) -> None:
        names = PEOPLE if turn % 2 else tuple(reversed(PEOPLE))
        file = "username,unit\n" + "".join(f"{name},Unit {turn}\n" for name in names)
        status, preview = who.uploads(file)
        if status == 303 and (found := re.search(r'name="id" value="(\d+)"', who.asks(preview)[1])):
            who.sends("/users/import/confirm", {"id": found[1], "password": PASSWORD})

    def comes_and_goes(who: Writer, turn: int) -> None:
        who.signs_in()
        who.sends("/login", {"username": who.username, "password": "wrong"})
        who.sends("/my-user/profile", {"name": f"Own {turn}", "email": "", "time_zone": ""})
        who.sends("/logout", {})

    def sets_up(who: Writer, turn: int) -> None:
        who.sends("/my-user/two-factor", {"password": PASSWORD}, htmx=True)

    return [
        ("bob", switches),
        ("berta", changes),
        ("boris", gives_and_takes),
        ("bea", disables_and_enables),
        ("bob", imports),
        ("alice", comes_and_goes),
        ("dora", comes_and_goes),
        ("erna", sets_up),
    ]


def test_eight_writers_over_four_workers(folder):
    with Server(folder, "--workers", "4") as server:
        until = time.monotonic() + SECONDS
        writers = [(Writer(server, username), act) for username, act in acts(folder)]

        def works(who: Writer, act: Callable[[Writer, int], None]) -> None:
            who.signs_in()
            turn = 0
            while time.monotonic() < until:
                act(who, turn)
                turn += 1

        threads = [threading.Thread(target=works, args=writer) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=SECONDS + 60)
        assert not [who.wrong for who, _ in writers if who.wrong]
        for who, act in writers:
            print(act.__name__, dict(who.said))
            assert who.said[200] + who.said[303] > 0, act.__name__
        assert "Traceback" not in server.output()
        assert not server.answered(503)
    check_that_nothing_was_lost(folder)
    check_that_state_and_log_agree(folder)


def check_that_nothing_was_lost(folder: Path) -> None:
    """What each user has is what the last entries say."""
    for username, user_id in numbers(folder).items():
        entries = rows(
            folder,
            "SELECT action, after, detail FROM activity WHERE subject_id = ? AND action IN ('role.given', 'role.taken',"
            " 'user.disabled', 'user.enabled') ORDER BY number",
            user_id,
        )
        roles, disabled = {"Administrator" if username in ADMINISTRATORS else "Member"}, False
        for action, _, detail in entries:
            role = json.loads(str(detail)).get("role", "")
            if action == "role.given":
                roles.add(role)
            elif action == "role.taken":
                roles.discard(role)
            else:
                disabled = action == "user.disabled"
        held = rows(
            folder, "SELECT o.name FROM user_roles r JOIN roles o ON o.id = r.role_id WHERE user_id = ?", user_id
        )
        assert {str(name) for (name,) in held} == roles, username
        assert rows(folder, "SELECT disabled_at IS NOT NULL FROM users WHERE id = ?", user_id) == [(disabled,)], (
            username
        )
