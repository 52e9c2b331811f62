"""The command `set-password`."""

from tests.server import changes, command, printed_password, refused, rows


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
