"""The command line, in real processes: what each command does, what it refuses, and how `serve` starts and stops."""

import re
import signal
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

import commands
from tests.server import Server, command, copied, printed_password

PASSWORD = "correct horse battery staple"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
STOPPED = (0, -signal.SIGTERM)  # uvicorn ends by the signal that it was sent, after it has answered everybody
ALICE = ("--name", "Alice Liddell", "--email", "alice@example.org", "--unit", "Sales", "--company", "Wonderland")
NAMES = ["check-mail", "check-sso", "create-user", "demo", "disable-user", "enable-user", "import-users", "migrate", "reset-two-factor", "serve",
         "set-password", "two-factor", "unbind-users", "verify-activity-log"]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with bob, an administrator, alice, a member, and cleo, who signs in by Single Sign-On. Not to be changed."""
    folder = tmp_path_factory.mktemp("made") / "data"
    for arguments in (
        ("bob", "--role", "Administrator", "--password-stdin"),
        ("alice", *ALICE, "--password-stdin"),
        ("cleo", "--sso"),
    ):
        done = command(folder, "create-user", *arguments, typed=f"{PASSWORD}\n")
        assert done.status == 0, done.err
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return copied(made, tmp_path / "data")


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "two_keys.sqlite3")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def changes(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "two_keys.sqlite3", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def refused(folder: Path, *arguments: str, typed: str = "", status: int = 1, **more: str) -> str:
    """What a command says when it refuses: one line on standard error, nothing on standard output."""
    done = command(folder, *arguments, typed=typed, **more)
    assert (done.status, done.out) == (status, ""), done
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err
    return done.err


# -------------------------------------------------------------------------------------------------------------- help


def test_help_names_every_command_and_version_is_said(tmp_path):
    done = command(tmp_path / "unused", "--help")
    assert done.status == 0
    assert re.findall(r"^  ([a-z-]+)  +\S", done.out.split("Commands:")[1], re.MULTILINE) == NAMES
    assert CliRunner().invoke(commands.main, ["--version"]).output == f"Two Keys, version {commands.VERSION}\n"
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize("name", NAMES)
def test_each_command_has_help(name):
    for asked in ("--help", "-h"):
        done = CliRunner().invoke(commands.main, [name, asked])
        assert done.exit_code == 0
        assert done.output.startswith("Usage: ")
        assert len(done.output.splitlines()) >= 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["create-user"],
        ["two-factor"],
        ["two-factor", "perhaps"],
        ["two-factor", "ON"],
        ["serve", "--port", "0"],
        ["serve", "--port", "70000"],
        ["serve", "--port", "http"],
        ["serve", "--workers", "0"],
        ["set-password"],
        ["verify-activity-log", "--head", "/nowhere"],
        ["create-user", "a", "b"],
    ],
)
def test_wrong_usage_is_status_2_and_says_how(arguments):
    done = CliRunner().invoke(commands.main, arguments)
    assert done.exit_code == 2
    assert "Usage: " in done.output


def test_bad_settings_stop_every_command_with_a_line_each(tmp_path):
    done = command(tmp_path / "data", "migrate", TWO_KEYS_TIME_ZONE="x", TWO_KEYS_ORGANISATION="a:b")
    assert done.status == 2
    assert done.out == ""
    assert [line.split(":")[1].split()[0] for line in done.err.splitlines()] == [
        "TWO_KEYS_ORGANISATION",
        "TWO_KEYS_TIME_ZONE",
    ]
    assert not (tmp_path / "data").exists()


# --------------------------------------------------------------------------------------------------------------- users


def test_migrate_makes_the_folder_for_its_owner_alone_and_says_when_there_is_nothing_to_do(tmp_path):
    folder = tmp_path / "deep" / "data"
    assert command(folder, "migrate").out == "The database was brought to the current schema.\n"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
    assert {"two_keys.sqlite3", "secret_key"} <= set(modes)
    assert set(modes.values()) == {"0o600"}, modes
    assert command(folder, "migrate").out == "The database is up to date.\n"


def test_create_user_with_a_chosen_password_prints_none(made):
    assert rows(made, "SELECT username, name, email, company, unit, login_method FROM users") == [
        ("bob", "bob", "", "", "", "password"),
        ("alice", "Alice Liddell", "alice@example.org", "Wonderland", "Sales", "password"),
        ("cleo", "cleo", "", "", "", "sso"),
    ]
    assert rows(made, "SELECT count(*) FROM users WHERE one_time_until IS NOT NULL") == [(0,)]
    assert rows(made, "SELECT password_hash FROM users WHERE username = 'cleo'") == [(None,)]
    assert rows(made, "SELECT set_up, not_set_up, sso FROM adoption") == [(0, 2, 1)]
    assert PASSWORD.encode() not in (made / "two_keys.sqlite3").read_bytes()


def test_create_user_prints_a_one_time_password_and_logs_it_without(folder):
    done = command(folder, "create-user", "  DORA ", "--role", "Auditor", "--role", "User manager")
    assert done.status == 0
    assert done.out.startswith("Added dora.\n")
    password = printed_password(done.out)
    assert re.fullmatch(r"([a-z0-9]{5}-){3}[a-z0-9]{5}", password)
    log = rows(folder, "SELECT actor, subject, detail FROM activity WHERE action = 'user.created' ORDER BY number DESC")
    assert log[0] == ("command line", "dora", '{"roles": "Auditor, User manager"}')
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert password.encode() not in stored


def test_create_user_by_single_sign_on_prints_a_link_that_binds(folder):
    provider = {
        "TWO_KEYS_SSO_ISSUER": "https://login.example.org",
        "TWO_KEYS_SSO_CLIENT_ID": "two-keys",
        "TWO_KEYS_SSO_CLIENT_SECRET": "a secret of the client",
        "TWO_KEYS_SSO_NAME": "Acme SSO",
        "TWO_KEYS_BASE_URL": "http://keys.localhost:8000",
    }
    done = command(folder, "create-user", "dora", "--sso", **provider)
    assert done.status == 0, done.err
    added, sentence, link = done.out.splitlines()
    assert added == "Added dora."
    assert sentence == (
        "Whoever opens this link and then signs in at Acme SSO is dora from then on. It works once, for 7 days:"
    )
    assert re.fullmatch(r"http://keys\.localhost:8000/invitation/[\w-]{43}", link)
    found = "SELECT kind, expires_at - created_at, used_at FROM links ORDER BY id DESC"
    assert rows(folder, found)[0] == ("binding", 7 * 24 * 3600, None)
    log = "SELECT actor, action, subject FROM activity ORDER BY number DESC"
    assert rows(folder, log)[0] == ("command line", "user.binding_started", "dora")
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert link.rsplit("/", 1)[1].encode() not in stored


def test_without_a_provider_it_prints_the_link_and_says_so(folder):
    done = command(folder, "create-user", "dora", "--sso")
    assert done.status == 0
    assert re.search(r"^http://localhost:\d+/invitation/[\w-]{43}$", done.out, re.MULTILINE)
    assert "Single Sign-On is not configured yet (TWO_KEYS_SSO_ISSUER): the link works once it is." in done.out


FORMER = "https://the-former.example.org"


def bind(folder: Path, username: str, issuer: str = FORMER) -> None:
    changes(
        folder,
        f"UPDATE users SET sso_issuer = '{issuer}', sso_subject = 'subject of {username}', sso_amr = 'pwd' WHERE username = '{username}'",
    )


def test_unbind_users_forgets_who_everybody_was_at_a_former_provider(folder):
    for username in ("dora", "erik"):
        assert command(folder, "create-user", username, "--sso").status == 0
    for username in ("cleo", "dora"):
        bind(folder, username)
    bind(folder, "erik", "https://login.example.org")
    changes(
        folder,
        "INSERT INTO sessions (user_id, token_hash, started_at, last_used_at, factor, address, browser)"
        " SELECT id, username, 0, 0, '', '', '' FROM users WHERE username IN ('bob', 'cleo', 'erik')",
    )
    done = command(folder, "unbind-users", FORMER)
    assert done.status == 0, done.err
    assert "2 users are bound no more; their sessions have ended." in done.out
    assert rows(folder, "SELECT username, sso_subject FROM users WHERE login_method = 'sso' ORDER BY id") == [
        ("cleo", None),
        ("dora", None),
        ("erik", "subject of erik"),
    ]
    left = "SELECT u.username FROM sessions s JOIN users u ON u.id = s.user_id ORDER BY u.id"
    assert rows(folder, left) == [("bob",), ("erik",)]
    log = "SELECT actor, subject, before FROM activity WHERE action = 'user.unbound' ORDER BY number"
    assert rows(folder, log) == [("command line", name, f"subject of {name} at {FORMER}") for name in ("cleo", "dora")]
    assert "nobody is bound by the issuer" in refused(folder, "unbind-users", FORMER)
    assert command(folder, "verify-activity-log").status == 0


def test_unbind_users_leaves_an_administrator_who_can_sign_in(folder):
    assert command(folder, "create-user", "dora", "--sso", "--role", "Administrator").status == 0
    bind(folder, "dora")
    changes(folder, "UPDATE users SET disabled_at = 1 WHERE username = 'bob'")
    assert "no administrator could sign in any more" in refused(folder, "unbind-users", FORMER)
    assert rows(folder, "SELECT sso_subject FROM users WHERE username = 'dora'") == [("subject of dora",)]
    assert rows(folder, "SELECT count(*) FROM activity WHERE action = 'user.unbound'") == [(0,)]


def test_create_user_refuses_what_cannot_be(folder):
    before = rows(folder, "SELECT count(*) FROM users")

    def says(*arguments: str, typed: str = "") -> str:
        return refused(folder, "create-user", *arguments, typed=typed)

    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda asked: says(*asked[0], typed=asked[1]),
                [
                    (("Alice",), ""),
                    (("command line",), ""),
                    (("a\tb",), ""),
                    (("x" * 129,), ""),
                    (("dora", "--role", "Emperor"), ""),
                    (("dora", "--email", "nonsense"), ""),
                    (("dora", "--name", "x" * 201), ""),
                    (("dora", "--password-stdin"), "too short\n"),
                    (("dora", "--password-stdin"), ""),
                    (("dora", "--sso", "--password-stdin"), PASSWORD),
                ],
            )
        )
    expected = (
        "the username is taken",
        "the username may hold letters",
        "the username may hold letters",
        "the username may hold letters",
        "there is no role Emperor (the roles are: Administrator,",
        "the email is not an e-mail address",
        "the name is too long",
        "at least 15 characters",
        "it is empty",
        "has no password",
    )
    for answer, words in zip(answers, expected, strict=True):
        assert words in answer
    assert rows(folder, "SELECT count(*) FROM users") == before


def test_set_password_prints_one_or_takes_one_and_ends_sessions(folder):
    changes(
        folder,
        "INSERT INTO sessions (user_id, token_hash, started_at, last_used_at, address, browser)"
        " SELECT id, x'00', 0, 0, '', '' FROM users WHERE username = 'alice'",
    )
    done = command(folder, "set-password", "ALICE")
    assert done.status == 0
    assert printed_password(done.out)
    assert rows(folder, "SELECT count(*) FROM sessions") == [(0,)]
    assert rows(folder, "SELECT one_time_until - password_set_at FROM users WHERE username = 'alice'") == [(72 * 3600,)]
    done = command(folder, "set-password", "alice", "--password-stdin", typed="eleven green bottles on a wall")
    assert (done.status, "One-time" in done.out) == (0, False)
    assert rows(folder, "SELECT one_time_until FROM users WHERE username = 'alice'") == [(None,)]
    assert "signs in by Single Sign-On" in refused(folder, "set-password", "cleo")
    assert "is not known" in refused(folder, "set-password", "nobody")
    assert "at least 15" in refused(folder, "set-password", "alice", "--password-stdin", typed="short")
    log = rows(folder, "SELECT actor, subject FROM activity WHERE action = 'password.set'")
    assert log == [("command line", "alice"), ("command line", "alice")]


def test_disable_and_enable_a_user_and_keep_the_last_administrator(folder):
    assert command(folder, "disable-user", "Alice").out == "alice is disabled; their sessions have ended.\n"
    assert "is disabled already" in refused(folder, "disable-user", "alice")
    assert "there is no user" in refused(folder, "disable-user", "nobody")
    last = refused(folder, "disable-user", "bob")
    assert "bob is the last active user who can edit general settings and roles" in last
    assert rows(folder, "SELECT username FROM users WHERE disabled_at IS NOT NULL") == [("alice",)]
    assert rows(folder, "SELECT set_up, not_set_up, sso FROM adoption") == [(0, 1, 1)]
    assert command(folder, "enable-user", "alice").out == "alice can sign in again.\n"
    assert "is not disabled" in refused(folder, "enable-user", "alice")
    assert "there is no user" in refused(folder, "enable-user", "nobody")
    assert rows(folder, "SELECT set_up, not_set_up, sso FROM adoption") == [(0, 2, 1)]
    log = rows(folder, "SELECT actor, action, subject FROM activity WHERE action IN ('user.disabled', 'user.enabled')")
    assert log == [("command line", "user.disabled", "alice"), ("command line", "user.enabled", "alice")]


def test_another_administrator_lets_the_first_be_disabled(folder):
    assert command(folder, "create-user", "erna", "--role", "Administrator").status == 0
    assert command(folder, "disable-user", "bob").status == 0
    assert "last active user" in refused(folder, "disable-user", "erna")


def test_two_factor_switches_and_says_when_there_is_nothing_to_do(folder):
    on = command(folder, "two-factor", "on")
    assert "Two-Factor Authentication is on." in on.out
    assert re.search(r"activity log head: \d+ [0-9a-f]{64}", on.out)  # to standard output at each switch
    assert command(folder, "two-factor", "on").out == "Two-Factor Authentication is on already; nothing was changed.\n"
    assert "Two-Factor Authentication is off." in command(folder, "two-factor", "off").out
    log = rows(folder, "SELECT actor, before, after FROM activity WHERE action = 'two_factor.switched' ORDER BY number")
    assert log == [("command line", "off", "on"), ("command line", "on", "off")]


def test_reset_two_factor_refuses_where_there_is_none(folder):
    assert "has not set up" in refused(folder, "reset-two-factor", "alice")
    assert "has not set up" in refused(folder, "reset-two-factor", "cleo")
    assert "there is no user" in refused(folder, "reset-two-factor", "nobody")


# -------------------------------------------------------------------------------------------------------------- the log


def heads(out: str) -> list[tuple[str, str]]:
    return re.findall(r"^Head: (\d+) ([0-9a-f]{64})$", out, re.MULTILINE)


def test_verify_activity_log_says_that_it_is_whole_and_where_it_stands(folder):
    done = command(folder, "verify-activity-log")
    assert done.status == 0
    assert "The activity log is whole: 4 entries." in done.out
    assert [number for number, _ in heads(done.out)] == ["4"]


@pytest.mark.parametrize(
    ("tampering", "entry"),
    [
        ("UPDATE activity SET actor = 'bob' WHERE number = 2", 2),
        ("UPDATE activity SET at = at - 1 WHERE number = 1", 1),
        ("DELETE FROM activity WHERE number = 1", 1),
        ("DELETE FROM activity WHERE number = 2", 2),
        ("DELETE FROM activity WHERE number = 3", 3),
        ("DELETE FROM activity", 1),
    ],
)
def test_verify_activity_log_names_the_first_bad_entry(folder, tampering, entry):
    changes(folder, tampering)
    said = refused(folder, "verify-activity-log")
    assert f"the activity log is broken at entry {entry}:" in said


def test_a_forged_head_is_found(folder):
    changes(folder, "UPDATE activity_head SET number = 2, mac = (SELECT mac FROM activity WHERE number = 2)")
    assert "the activity log is broken at entry " in refused(folder, "verify-activity-log")


def test_a_log_cut_off_with_its_head_is_found(folder):
    """Entries and head were rolled back together: the signature of the head is of another one."""
    changes(
        folder,
        "DELETE FROM activity WHERE number = 3",
        "UPDATE activity_head SET number = 2, mac = (SELECT mac FROM activity WHERE number = 2)",
    )
    assert "broken at entry 2: the signature of the head" in refused(folder, "verify-activity-log")


def test_entries_that_were_swapped_or_inserted_are_found(folder):
    changes(
        folder,
        "UPDATE activity SET number = 99 WHERE number = 2",
        "UPDATE activity SET number = 2 WHERE number = 3",
        "UPDATE activity SET number = 3 WHERE number = 99",
    )
    assert "broken at entry 2:" in refused(folder, "verify-activity-log")


def test_a_rollback_is_found_with_a_head_kept_elsewhere(folder, tmp_path):
    before = (folder / "two_keys.sqlite3").read_bytes()
    assert command(folder, "disable-user", "alice").status == 0
    kept = tmp_path / "head"
    kept.write_text(command(folder, "verify-activity-log").out)
    assert command(folder, "verify-activity-log", "--head", str(kept)).status == 0
    for path in folder.glob("two_keys.sqlite3*"):
        path.unlink()
    (folder / "two_keys.sqlite3").write_bytes(before)
    assert command(folder, "verify-activity-log").status == 0  # by itself it cannot know
    said = refused(folder, "verify-activity-log", "--head", str(kept))
    assert "broken at entry 5: it is missing: the head that was kept elsewhere goes further" in said


def test_a_head_file_with_nonsense_is_refused(folder, tmp_path):
    for nonsense in ("", "hello world", "3 nothex"):
        (tmp_path / "head").write_text(nonsense)
        assert "does not end in a head" in refused(folder, "verify-activity-log", "--head", str(tmp_path / "head"))
    number, mac = heads(command(folder, "verify-activity-log").out)[0]
    other = ("0" if mac[0] != "0" else "1") + mac[1:]
    (tmp_path / "head").write_text(f"{number} {other}\n")
    assert "differs from the head" in refused(folder, "verify-activity-log", "--head", str(tmp_path / "head"))


# ---------------------------------------------------------------------------------------------- keys, versions, folders


def test_without_its_key_the_database_is_not_opened_and_no_new_key_is_made(folder):
    (folder / "secret_key").unlink()
    for arguments in (("migrate",), ("serve", "--port", "1"), ("verify-activity-log",)):
        said = refused(folder, *arguments)
        assert "the key of this database (fingerprint" in said
        assert "restore" in said
        assert "TWO_KEYS_SECRET_KEYS" in said
    assert not (folder / "secret_key").exists()


def test_with_another_key_the_database_is_not_opened(folder):
    (folder / "secret_key").write_text("f" * 64 + "\n")
    said = refused(folder, "two-factor", "on")
    assert "(fingerprint " in said
    assert f"restore {folder / 'secret_key'} from your backup" in said
    assert rows(folder, "SELECT value FROM settings WHERE name = 'two_factor'") == [("off",)]
    (folder / "secret_key").write_text("\n")
    assert "does not hold a key" in refused(folder, "migrate")


def test_the_key_may_stand_in_the_environment_beside_a_new_one(folder):
    key = (folder / "secret_key").read_text().strip()
    (folder / "secret_key").unlink()
    assert command(folder, "verify-activity-log", TWO_KEYS_SECRET_KEYS=f"{'n' * 32},{key}").status == 0
    assert "is missing" in refused(folder, "verify-activity-log", TWO_KEYS_SECRET_KEYS="n" * 32)


def test_a_database_from_a_newer_version_is_refused(folder):
    changes(folder, "UPDATE alembic_version SET version_num = '9999'")
    said = refused(folder, "migrate")
    assert "9999" in said
    assert "newer than this program" in said


def test_what_is_no_database_is_refused(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "two_keys.sqlite3").write_text("This is a shopping list, not a database. " * 100)
    assert "cannot open the database" in refused(folder, "migrate")
    assert (folder / "two_keys.sqlite3").read_text().startswith("This is a shopping list")


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is not a folder" in refused(tmp_path / "file", "migrate")
    refused(tmp_path / "file" / "below", "migrate")


# -------------------------------------------------------------------------------------------------------------- serve


def test_serve_makes_the_first_administrator_once_and_stops_on_sigterm(tmp_path):
    folder = tmp_path / "data"
    with Server(folder) as server:
        said = server.output()
        password = printed_password(said)
        assert "The first administrator is admin." in said
        assert f"Two Keys is at http://localhost:{server.port} " in said
        status, _, headers = server.get("/login")
        assert status == 200
        assert not [name for name in headers if name.lower() == "server"]
        cookie = server.signs_in("admin", password)
        assert server.get("/", cookie)[2]["location"] == "/my-user/password"
        chosen = {"new_password": "a password of my own choice"}
        _, _, headers = server.post("/my-user/password", chosen, cookie)
        assert server.get("/users", headers["cookies"])[0] == 200
        assert server.stop() in STOPPED
        rest = server.output()
        assert password not in rest.replace(said, "")
        assert "a password of my own choice" not in rest
        assert "Traceback" not in rest
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
    with Server(folder) as server:
        assert "One-time password" not in server.output()
        assert "administrator" not in server.output()


def test_the_access_log_holds_patterns_and_no_query(folder):
    with Server(folder) as server:
        server.get("/login?next=/secret-place")
        server.get("/secret-path")
        server.get("/users/4711?q=secret-search")
        server.post("/login", {"username": "secret-name", "password": "secret-password"})
        assert server.stop() in STOPPED  # an answer may arrive before its line is written
        said = server.output()
    assert "GET /login 200" in said
    assert "POST /login 422" in said
    assert "/users/{id:int}" in said
    assert "secret" not in said


def test_the_first_administrators_password_can_be_given(tmp_path):
    folder = tmp_path / "data"
    given = "the first of many passwords"
    with Server(folder, TWO_KEYS_ADMIN_PASSWORD=given) as server:
        assert "One-time" not in server.output()
        assert server.get("/users", server.signs_in("admin", given))[0] == 200
    with Server(folder, TWO_KEYS_ADMIN_PASSWORD="another password, read no more") as server:
        status, _, _ = server.post("/login", {"username": "admin", "password": "another password, read no more"})
        assert status == 422


def test_a_bad_password_for_the_first_administrator_stops_the_start(tmp_path):
    said = refused(tmp_path / "data", "serve", "--port", "1", TWO_KEYS_ADMIN_PASSWORD="short")
    assert "TWO_KEYS_ADMIN_PASSWORD cannot be used: it needs at least 15 characters" in said
    assert rows(tmp_path / "data", "SELECT count(*) FROM users") == [(0,)]


def test_sigterm_answers_every_request_that_was_accepted(folder):
    """Connections that were accepted before the signal get their answer after it."""
    with Server(folder, TWO_KEYS_PASSWORD_COST="owasp") as server:
        answers: list[bytes] = []
        head = f"POST /login HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n{FORM}"

        def signs_in(username: str) -> None:
            body = f"username={username}&password={PASSWORD.replace(' ', '+')}"
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
                connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
                answer = b""
                while more := connection.recv(65536):
                    answer += more
                answers.append(answer)

        threads = [threading.Thread(target=signs_in, args=(name,)) for name in ("alice", "bob") * 6]
        database = sqlite3.connect(folder / "two_keys.sqlite3", isolation_level=None)
        database.execute("BEGIN IMMEDIATE")  # nobody can be answered before the signal
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert not answers
        database.execute("ROLLBACK")
        database.close()
        for thread in threads:
            thread.join(timeout=30)
        assert server.process.wait(timeout=30) in STOPPED
        assert [answer.split(b"\r\n")[0] for answer in answers] == [b"HTTP/1.1 303 See Other"] * 12
    number = rows(folder, "SELECT count(*) FROM activity WHERE action = 'login.succeeded'")
    assert number == [(12,)]


def test_a_port_that_is_taken_is_said(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = command(folder, "serve", "--port", str(taken.getsockname()[1]))
    assert done.status != 0
    assert "Traceback" not in done.err
    assert "address already in use" in done.out + done.err


def test_plain_http_elsewhere_is_warned_about(folder):
    with Server(folder, TWO_KEYS_BASE_URL="http://keys.example.org", TWO_KEYS_PASSWORD_COST="owasp") as server:
        assert "Warning: http://keys.example.org is not https." in server.output()
        assert server.get("/login")[0] == 400  # under the name localhost it is not reachable then
