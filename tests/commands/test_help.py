"""Help, version and wrong usage of the command line."""

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

import commands
from tests.server import ROOT, command

NAMES = [
    "backup", "check-mail", "check-sso", "check-theme",
        "check-usernames", "copy-database", "create-user", "demo", "disable-user", "enable-user", "import-users",
    "migrate", "reset-two-factor", "restore", "serve", "set-password", "two-factor", "unbind-users",
    "verify-activity-log",
]  # fmt: skip


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


@pytest.mark.parametrize("name", NAMES)
def test_help_shows_an_example(name):
    output = CliRunner().invoke(commands.main, [name, "--help"]).output
    assert f"python app.py {name}" in output.partition("Example")[2]


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], *([name, "--help"] for name in NAMES)], ids=" ".join)
def test_version_and_help_do_not_load_the_application(arguments):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "app.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "commands" in loaded
    assert not loaded & {"accounts", "db", "routes", "config", "settings", "starlette", "uvicorn", "asyncio"}
