"""The commands `backup` and `restore`: nothing is lost, and nothing that somebody holds from before goes on."""

import os
import pty
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import commands
from accounts import confusables
from accounts.system import backup as backups
from db import schema, sqlite_schema, tables
from db.revisions import BACKUP, head
from settings.database import SQLiteFile, database_url
from tests import postgres
from tests.browser import Installation
from tests.commands.full import fill, whole
from tests.people import PASSWORDS, Person, somebody
from tests.postgres_cluster import Cluster
from tests.programs import needs
from tests.server import DATABASE, ROOT, Ended, Server, command, copied, environment, rows

# Of what is in a hand: none of them is in an installation that was restored.
ENDED = ("sessions", "links", "set_ups", "uploads", "upload_parts", "sso_logins")
# What else is not as it was.
OTHER = ("outbox", "authenticators", "leases", "settings", "activity", "activity_head")


@dataclass
class Sample:
    folder: Path
    # Who has a second factor.
    alice: Person
    backup: Path

    @property
    def now(self) -> int:
        return self.alice.installation.clock()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Not to be changed."""
    folder = tmp_path_factory.mktemp("full") / "data"
    made = Sample(folder, fill(folder), folder.parent / "monday.backup")
    assert run(folder, "backup", str(made.backup)).status == 0
    return made


@pytest.fixture
def beside(sample: Sample, tmp_path: Path) -> Path:
    """A data folder with the same key and no database."""
    folder = tmp_path / "restored"
    folder.mkdir(mode=0o700)
    shutil.copy(sample.folder / "secret_key", folder)
    return folder


def run(folder: Path, *arguments: str, **more: str) -> Ended:
    """A command in this process."""
    done = CliRunner().invoke(commands.main, [*arguments], env=environment(folder, **more))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


def does(folder: Path, *arguments: str, **more: str) -> str:
    done = run(folder, *arguments, **more)
    assert (done.status, done.err) == (0, ""), done
    return done.out


def refuses(folder: Path, *arguments: str, **more: str) -> str:
    """The one line."""
    done = run(folder, *arguments, **more)
    assert (done.status, done.out) == (1, ""), done
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1, done.err
    return done.err.removeprefix("Error: ").strip()


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ------------------------------------------------------------------------------------------------------------- backup


def test_a_backup_is_one_file_for_its_owner_alone_and_names_the_keys(sample, tmp_path):
    said = does(sample.folder, "backup", str(tmp_path / "b"))
    assert files(tmp_path) == {"b"}
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    before = whole(SQLiteFile(sample.folder / DATABASE))
    number = sum(each.rows for each in before.sums.values())
    assert f"{number:,} rows in {len(tables.TABLES)} tables, with the same counts and hashes" in said
    assert f"The activity log is whole: {before.sums['activity'].rows:,} entries." in said
    ((fingerprint,),) = rows(sample.folder, "SELECT value FROM settings WHERE name = 'key_fingerprint'")
    assert f"those with the fingerprint {fingerprint}" in said
    key = (sample.folder / "secret_key").read_bytes().strip()
    assert key not in (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("there", ["", "something"])
def test_no_file_is_written_over(sample, tmp_path, there: str):
    (tmp_path / "b").write_text(there)
    assert "exists already" in refuses(sample.folder, "backup", str(tmp_path / "b"))
    assert (tmp_path / "b").read_text() == there
    assert files(tmp_path) == {"b"}


def test_a_file_that_only_has_the_name_of_its_lock_is_left_alone(sample, tmp_path):
    (tmp_path / "b.lock").write_text("mine")
    assert "b.lock exists already" in refuses(sample.folder, "backup", str(tmp_path / "b"))
    assert (tmp_path / "b.lock").read_text() == "mine"


def test_what_is_no_place_for_a_backup_is_named(sample, tmp_path):
    assert "there is no folder" in refuses(sample.folder, "backup", str(tmp_path / "no" / "b"))
    assert "is the database of this installation" in refuses(sample.folder, "backup", str(sample.folder / DATABASE))
    assert "there is no database" in refuses(tmp_path / "nothing", "backup", str(tmp_path / "b"))


def test_a_broken_log_is_told_and_backed_up_if_it_is_to_be(sample, tmp_path):
    folder = copied(sample.folder, tmp_path / "data")
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute("UPDATE activity SET actor = 'mallory' WHERE number = 2")
    assert "the activity log is broken at" in refuses(folder, "backup", str(tmp_path / "b"))
    assert files(tmp_path) == {"data"}
    assert "The activity log is broken at" in does(folder, "backup", "--broken-log", str(tmp_path / "b"))


def test_nothing_runs_on_a_backup(sample, beside):
    shutil.copy(sample.backup, beside / DATABASE)
    said = refuses(beside, "two-factor", "off")
    assert said == "the database is a backup, on which nothing runs: make an installation of it with restore"


def test_while_people_sign_in_it_is_the_state_of_one_moment(tmp_path):
    """As many sign-ins as entries of them, whenever the backup is made."""
    folder = tmp_path / "data"
    command(folder, "create-user", "alice", "--password-stdin", typed=PASSWORDS["alice"])
    enough = threading.Event()
    with Server(folder) as server:
        server.signs_in("alice", PASSWORDS["alice"])

        def sign_in() -> None:
            while not enough.is_set():
                server.signs_in("alice", PASSWORDS["alice"])

        people = [threading.Thread(target=sign_in) for _ in range(4)]
        for each in people:
            each.start()
        try:
            for number in range(3):
                does(folder, "backup", str(tmp_path / str(number)))
        finally:
            enough.set()
            for each in people:
                each.join()
        assert not server.answered(503)
    counts = []
    for number in range(3):
        with closing(sqlite3.connect(tmp_path / str(number))) as connection:
            entries, last, number_of_head = connection.execute(
                "SELECT (SELECT count(*) FROM activity WHERE action = 'login.succeeded'),"
                " (SELECT max(number) FROM activity), (SELECT number FROM activity_head)"
            ).fetchone()
            ((sessions,),) = connection.execute("SELECT count(*) FROM sessions").fetchall()
        assert last == number_of_head
        # of one user, the oldest beyond a number are removed
        assert 0 < sessions <= entries
        counts.append(entries)
    assert counts[0] < counts[-1], "people signed in all the while"


# ------------------------------------------------------------------------------------------------------------ restore


def test_everything_is_as_it_was_but_what_somebody_holds(sample, beside):
    said = does(beside, "restore", str(sample.backup))
    before, after = whole(SQLiteFile(sample.folder / DATABASE)), whole(SQLiteFile(beside / DATABASE))
    same = {name for name in before.sums if before.sums[name] == after.sums[name]}
    assert same == {table.name for table in tables.TABLES} - {*ENDED, *OTHER}
    assert [name for name in ENDED if after.sums[name].rows] == []
    assert after.figures == before.figures
    assert rows(beside, "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL") == [(0,)]
    assert "used after the backup work once more" in said
    number = before.sums["activity"].rows + 1
    assert f"The activity log is whole: {number:,} entries." in said
    ((detail,),) = rows(beside, f"SELECT detail FROM activity WHERE number = {number}")
    assert '"file": "monday.backup"' in str(detail)
    assert rows(beside, "SELECT value FROM settings WHERE name = 'letters_read_to'") == [(str(number),)]
    assert files(beside) == {"secret_key", DATABASE, f"{DATABASE}.lock"}


def test_nobody_is_signed_in_and_no_code_that_was_seen_is_good(sample, beside, monkeypatch):
    monkeypatch.setattr("time.time", lambda: sample.now)
    does(beside, "restore", str(sample.backup))
    with Installation(beside, sample.now) as running:
        kept = running.browser()
        kept.client.cookies = sample.alice.browser.client.cookies
        assert kept.get("/my-user").status == 303
        alice = replace(sample.alice, installation=running, browser=running.browser())
        assert alice.phone is not None
        seen = replace(alice, phone=None)
        assert seen.types(code=alice.phone.code()).status == 422
        running.clock.forward(30)
        moved = sample.alice.installation.clock
        moved.forward(30)
        assert alice.types(code=alice.phone.code()).status == 303
        moved.forward(-30)
        entry = somebody_reads_the_log(running)
    assert "restored everything from the backup" in entry
    assert "monday.backup" in entry


def somebody_reads_the_log(running: Installation) -> str:
    boss = somebody(running, "dora", "Administrator")
    return boss.signs_in().get("/activity-log?action=installation.restored").text


def test_recovery_codes_go_on_or_end(sample, beside, tmp_path):
    does(beside, "restore", str(sample.backup))
    assert rows(beside, "SELECT count(*) > 0 FROM recovery_codes") == [(1,)]
    said = does(beside, "restore", "--replace", "--yes", "--new-recovery-codes", str(sample.backup))
    assert rows(beside, "SELECT count(*) FROM recovery_codes") == [(0,)]
    assert "All recovery codes have ended" in said
    with Installation(beside, sample.now + 60) as running:
        sample.alice.installation.clock.forward(60)
        alice = replace(sample.alice, installation=running, browser=running.browser())
        page = alice.signs_in().get("/my-user")
        sample.alice.installation.clock.forward(-60)
    assert "No recovery code is left." in page.text


def test_another_key_is_refused_and_named_and_nothing_is_there_afterwards(sample, tmp_path):
    ((fingerprint,),) = rows(sample.folder, "SELECT value FROM settings WHERE name = 'key_fingerprint'")
    folder = tmp_path / "restored"
    folder.mkdir(mode=0o700)
    for key in (None, "another key, which is long enough for one"):
        if key:
            (folder / "secret_key").write_text(key)
            (folder / "secret_key").chmod(0o600)
        said = refuses(folder, "restore", str(sample.backup))
        assert f"fingerprint {fingerprint}" in said
        assert said.endswith("Nothing was changed")
        assert files(folder) == ({"secret_key"} if key else set())


def test_a_database_that_is_there_is_replaced_only_if_somebody_says_so(sample, beside):
    does(beside, "create-user", "somebody")
    assert "with --replace the backup takes its place" in refuses(beside, "restore", str(sample.backup))
    assert "add --yes" in refuses(beside, "restore", "--replace", str(sample.backup))
    assert rows(beside, "SELECT count(*) FROM users WHERE username = 'somebody'") == [(1,)]
    said = does(beside, "restore", "--replace", "--yes", str(sample.backup))
    assert rows(beside, "SELECT count(*) FROM users WHERE username = 'somebody'") == [(0,)]
    former = beside / f"{DATABASE}.replaced"
    assert f"The former database is {former}" in said
    with closing(sqlite3.connect(former)) as connection:
        assert connection.execute("SELECT count(*) FROM users WHERE username = 'somebody'").fetchone() == (1,)


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_on_a_terminal_it_asks(sample, beside, answer: str, status: int):
    does(beside, "create-user", "somebody")
    mine, theirs = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "app.py", "restore", "--replace", str(sample.backup)],
        cwd=ROOT,
        env=environment(beside),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.write(mine, answer.encode())
    said, _ = asked.communicate(timeout=60)
    assert asked.returncode == status
    assert b"takes the place of the database" in said
    there = rows(beside, "SELECT count(*) FROM users WHERE username = 'somebody'")
    assert there == [(1 if status else 0,)]
    os.close(mine)
    os.close(theirs)


def test_while_a_server_runs_nothing_is_restored(sample, beside):
    with Server(beside):
        assert "a server runs on" in refuses(beside, "restore", "--replace", "--yes", str(sample.backup))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("missing", "there is no file"),
        ("text", "is not a backup"),
        ("database", "is not a backup (it has no mark of one)"),
        ("newer", "is newer than this program"),
        ("damaged", "damaged"),
    ],
)
def test_what_is_no_backup_is_told_and_nothing_is_there_afterwards(sample, beside, tmp_path, what: str, said: str):
    file = tmp_path / "b"
    if what == "text":
        file.write_text("not a database, but long enough to look like something\n" * 50)
    elif what == "database":
        shutil.copy(sample.folder / DATABASE, file)
    elif what == "newer":
        shutil.copy(sample.backup, file)
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (f"{BACKUP}9999",))
    elif what == "damaged":
        content = bytearray(sample.backup.read_bytes())
        for page in range(8, len(content) // 4096 - 1, 3):
            content[page * 4096 : page * 4096 + 64] = os.urandom(64)
        file.write_bytes(content)
    assert said in refuses(beside, "restore", str(file))
    assert files(beside) == {"secret_key"}


def test_a_backup_of_an_older_version_is_brought_to_the_present_schema(beside, tmp_path):
    old = tmp_path / "old"
    sqlite_schema.run(old, confusables.skeleton, "0022")
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("CREATE TABLE backup (made_at INTEGER NOT NULL)")
        connection.execute("INSERT INTO backup VALUES (1)")
        connection.execute("UPDATE alembic_version SET version_num = ?", (f"{BACKUP}0022",))
    assert head() != "0022"
    # it was never opened, so that there is no log to verify
    said = run(beside, "restore", "--broken-log", str(old))
    assert said.status == 0, said
    assert schema.is_current(SQLiteFile(beside / DATABASE))


def test_what_a_killed_restore_left_is_removed_by_the_next(sample, beside):
    for name in (backups.UNPACKED, f"{backups.UNPACKED}-wal", f"{DATABASE}.copying"):
        (beside / name).write_text("half")
    does(beside, "restore", str(sample.backup))
    assert files(beside) == {"secret_key", DATABASE, f"{DATABASE}.lock"}


# --------------------------------------------------------------------------------------------------------- PostgreSQL


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    needs("initdb")
    with Cluster() as running:
        yield running


def test_there_and_back_on_postgresql(sample, cluster, beside, tmp_path):
    postgres.told(cluster.url, "CREATE DATABASE restored")
    there = {"TWO_KEYS_DATABASE_URL": f"{cluster.url}/restored"}
    does(beside, "restore", str(sample.backup), **there)
    restored = whole(database_url(there["TWO_KEYS_DATABASE_URL"]))
    assert restored.figures == whole(SQLiteFile(sample.folder / DATABASE)).figures
    assert "--replace" in refuses(beside, "restore", str(sample.backup), **there)
    with Installation(beside, sample.now, **there) as running:
        somebody(running, "dora")
        assert "is in use by others" in refuses(beside, "restore", "--replace", "--yes", str(sample.backup), **there)
    does(beside, "backup", str(tmp_path / "b"), **there)
    does(beside, "restore", "--replace", "--yes", str(sample.backup), **there)
    assert "dora" not in does(beside, "check-usernames", **there)
    again = whole(database_url(there["TWO_KEYS_DATABASE_URL"]))
    assert again.sums["users"] == restored.sums["users"]
    assert "is whole" in does(beside, "verify-activity-log", **there)
    # and to SQLite
    does(beside, "restore", str(tmp_path / "b"))
    assert rows(beside, "SELECT count(*) FROM users WHERE username = 'dora'") == [(1,)]
