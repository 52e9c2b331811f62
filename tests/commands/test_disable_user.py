"""The commands `disable-user` and `enable-user`."""

from tests.server import command, refused, rows


def test_disable_and_enable_a_user_and_keep_the_last_administrator(folder):
    assert command(folder, "disable-user", "Alice").out == "alice is disabled; their sessions have ended.\n"
    assert "is already disabled" in refused(folder, "disable-user", "alice")
    assert "there is no user" in refused(folder, "disable-user", "nobody")
    last = refused(folder, "disable-user", "bob")
    assert "bob is the last active user who can edit general settings and roles" in last
    assert rows(folder, "SELECT username FROM users WHERE disabled_at IS NOT NULL") == [("alice",)]
    assert rows(folder, "SELECT set_up, not_set_up, not_joined FROM adoption") == [(0, 1, 1)]
    assert command(folder, "enable-user", "alice").out == "alice can sign in again.\n"
    assert "is not disabled" in refused(folder, "enable-user", "alice")
    assert "there is no user" in refused(folder, "enable-user", "nobody")
    assert rows(folder, "SELECT set_up, not_set_up, not_joined FROM adoption") == [(0, 2, 1)]
    log = rows(folder, "SELECT actor, action, subject FROM activity WHERE action IN ('user.disabled', 'user.enabled')")
    assert log == [("command line", "user.disabled", "alice"), ("command line", "user.enabled", "alice")]


def test_another_administrator_lets_the_first_be_disabled(folder):
    assert command(folder, "create-user", "erna", "--role", "Administrator").status == 0
    assert command(folder, "disable-user", "bob").status == 0
    assert "last active user" in refused(folder, "disable-user", "erna")
