"""The command `unbind-users`."""

from pathlib import Path

from tests.server import changes, command, refused, rows

FORMER = "https://the-former.example.org"


def bind(folder: Path, username: str, issuer: str = FORMER) -> None:
    changes(
        folder,
        f"UPDATE users SET sso_issuer = '{issuer}', sso_subject = 'subject of {username}', sso_amr = 'pwd' WHERE"
        f" username = '{username}'",
    )


def test_unbind_users_forgets_who_everybody_was_at_a_former_provider(folder):
    for username in ("dora", "erik"):
        assert command(folder, "create-user", username, "--sso").status == 0
    for username in ("cleo", "dora"):
        bind(folder, username)
    bind(folder, "erik", "https://login.example.org")
    changes(
        folder,
        *(
            "INSERT INTO sessions (user_id, token_hash, started_at, last_used_at, factor, address, browser)"
            f" SELECT id, x'{username.encode().hex()}', 0, 0, '', '', '' FROM users WHERE username = '{username}'"
            for username in ("bob", "cleo", "erik")
        ),
    )
    done = command(folder, "unbind-users", FORMER)
    assert done.status == 0, done.err
    assert "2 users are no longer bound; their sessions have ended." in done.out
    assert rows(folder, "SELECT username, sso_subject FROM users WHERE login_method = 'sso' ORDER BY id") == [
        ("cleo", None),
        ("dora", None),
        ("erik", "subject of erik"),
    ]
    left = "SELECT u.username FROM sessions s JOIN users u ON u.id = s.user_id ORDER BY u.id"
    assert rows(folder, left) == [("bob",), ("erik",)]
    log = "SELECT actor, subject, before FROM activity WHERE action = 'user.unbound' ORDER BY number"
    assert rows(folder, log) == [("command line", name, f"subject of {name} at {FORMER}") for name in ("cleo", "dora")]
    assert "no user is bound by the issuer" in refused(folder, "unbind-users", FORMER)
    assert command(folder, "verify-activity-log").status == 0


def test_unbind_users_leaves_an_administrator_who_can_sign_in(folder):
    assert command(folder, "create-user", "dora", "--sso", "--role", "Administrator").status == 0
    bind(folder, "dora")
    changes(folder, "UPDATE users SET disabled_at = 1 WHERE username = 'bob'")
    assert "no administrator could sign in any more" in refused(folder, "unbind-users", FORMER)
    assert rows(folder, "SELECT sso_subject FROM users WHERE username = 'dora'") == [("subject of dora",)]
    assert rows(folder, "SELECT count(*) FROM activity WHERE action = 'user.unbound'") == [(0,)]
