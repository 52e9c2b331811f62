"""The commands about users."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.commands.data_folder import PASSWORD, changes, refused, rows
from tests.server import command, printed_password


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
