"""Servers of an older commit and of this tree, run by the same Python with copies of one database."""

import io
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyotp

from tests.bench.server import ROOT, SERVE, Server, environment

COMMIT = "f14ef91"
# Run in the old tree, whose own rules create the users.
_GATHER = """
import json, sys
from pathlib import Path
from tests.bench import crowd
people = crowd.gather(Path(sys.argv[1]), int(sys.argv[2]))
cookies = {"administrator": people.cookies(), "member": people.cookies("user-0000007")}
print(json.dumps({"key": people.totp.secret, "password": crowd.PASSWORD, **cookies}))
"""
ENTRIES = 300


@dataclass(frozen=True)
class Both:
    """One database, made by the old tree and copied: both trees show the same, to the same cookies."""

    old: Server
    new: Server
    administrator: str
    member: str
    totp: pyotp.TOTP
    password: str
    number: int

    def fresh(self) -> Iterator[dict[str, str]]:
        """The forms of users who have not signed in yet, each good once in each tree."""
        for each in range(10, self.number):
            yield {"username": f"user-{each:07}", "password": self.password, "code": self.totp.now()}


def both(folder: Path, number: int, *options: str) -> Both:
    """Servers of both trees, not started yet, with an administrator and `number` users who have a second factor."""
    tree, old, new = folder / "tree", folder / "old", folder / "new"
    _unpack(tree)
    old.mkdir()
    made = subprocess.run(
        [sys.executable, "-c", _GATHER, str(old), str(number)],
        cwd=tree,
        env=environment(old),
        check=True,
        capture_output=True,
        text=True,
    )
    visitors = json.loads(made.stdout)
    _fill(old)
    shutil.copytree(old, new)
    migrate = (sys.executable, "app.py", "migrate")
    subprocess.run(migrate, cwd=ROOT, env=environment(new), check=True, capture_output=True)
    return Both(
        Server(old, (*SERVE, *options), tree=tree),
        Server(new, (*SERVE, *options)),
        visitors["administrator"],
        visitors["member"],
        pyotp.TOTP(visitors["key"]),
        visitors["password"],
        number,
    )


def _unpack(tree: Path) -> None:
    """The commit's files; the repository is only read. RuntimeError if it does not hold the commit."""
    archive = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, check=False, capture_output=True)
    if archive.returncode != 0:
        raise RuntimeError(f"commit {COMMIT} is not in this repository; a shallow clone needs `git fetch --unshallow`")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
        packed.extractall(tree, filter="data")


def _fill(folder: Path) -> None:
    """Fills the columns of the users on the overview's first page, and the activity log with entries of many kinds."""
    rng, now = random.Random(7), int(time.time())
    connection = sqlite3.connect(folder / "two_keys.sqlite3")
    users = connection.execute("SELECT id, username FROM users WHERE username LIKE 'user-%' ORDER BY id").fetchall()
    for user_id, _ in users[:100]:
        times = [rng.choice((None, now - rng.randrange(10**7))) for _ in range(2)]
        texts = (f"Person Number {user_id}", rng.choice(("Sales", "IT", "Legal", "")), rng.choice(("", "Acme")))
        connection.execute(
            "UPDATE users SET name = ?, unit = ?, company = ?, last_login_at = ?, last_reminded_at = ? WHERE id = ?",
            (*texts, *times, user_id),
        )
    _add_entries(connection, rng, users[:100], now)
    connection.commit()
    connection.close()


KINDS: tuple[tuple[str, bool, dict[str, str]], ...] = (
    ("login.succeeded", True, {"factor": "password and code"}),
    ("login.succeeded", True, {"factor": "password and code", "new_browser": "Firefox on Linux"}),
    ("login.refused", True, {"cause": "wrong password"}),
    ("login.refused", True, {"cause": "wrong code"}),
    ("session.signed_out", True, {}),
    ("two_factor.set_up", True, {}),
    ("recovery_codes.made", True, {}),
    ("password.changed", True, {}),
    ("profile.changed", True, {}),
    ("user.changed", False, {}),
    ("role.given", False, {"role": "Member"}),
    ("two_factor.reset", False, {"reason": "lost the phone"}),
)


def _add_entries(connection: sqlite3.Connection, rng: random.Random, users: list[tuple[int, str]], now: int) -> None:
    """Entries that no page tells from real ones; their signatures are none."""
    last, key_id = connection.execute("SELECT max(number), max(key_id) FROM activity").fetchone()
    for number in range(1, ENTRIES + 1):
        action, own, detail = rng.choice(KINDS)
        (actor_id, actor), (subject_id, subject) = rng.sample(users, 2)
        if own:
            subject_id, subject = actor_id, actor
        changed = ("name: Anna", "name: Anna Smith") if action.endswith(".changed") else ("", "")
        connection.execute(
            "INSERT INTO activity (number, at, actor_id, actor, action, subject_id, subject, before, after,"
            " address, detail, key_id, mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'00')",
            (
                *(
                    last + number,
                    now - (ENTRIES - number) * 1700,
                    actor_id,
                    actor,
                    action,
                    subject_id,
                    subject,
                    *changed,
                ),
                *(f"10.0.{number % 200}.7", json.dumps(detail), key_id),
            ),
        )
    connection.execute("UPDATE activity_head SET number = number + ?", (ENTRIES,))
