"""The commands `two-factor` and `reset-two-factor`."""

import re

from tests.server import command, refused, rows


def test_two_factor_switches_and_says_when_there_is_nothing_to_do(folder):
    on = command(folder, "two-factor", "on")
    assert "Two-Factor Authentication is on." in on.out
    # to standard output at each switch
    assert re.search(r"activity log head: \d+ [0-9a-f]{64}", on.out)
    assert command(folder, "two-factor", "on").out == "Two-Factor Authentication is on already; nothing was changed.\n"
    assert "Two-Factor Authentication is off." in command(folder, "two-factor", "off").out
    log = rows(folder, "SELECT actor, before, after FROM activity WHERE action = 'two_factor.switched' ORDER BY number")
    assert log == [("command line", "off", "on"), ("command line", "on", "off")]


def test_reset_two_factor_refuses_where_there_is_none(folder):
    assert "has not set up" in refused(folder, "reset-two-factor", "alice")
    assert "has not set up" in refused(folder, "reset-two-factor", "cleo")
    assert "there is no user" in refused(folder, "reset-two-factor", "nobody")
