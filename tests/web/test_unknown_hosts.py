"""A host that is not ours, mostly for a proxy that does not pass the right one on: output and page say what to do."""

import logging
import re
from pathlib import Path

import pytest

from routes.web.unknown_hosts import MOST_HOSTS
from tests.browser import Installation
from tests.raw import ask
from tests.server import Server


def named(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The hosts in the lines of the output."""
    lines = [record.getMessage() for record in caplog.records if record.name == "two_keys.hosts"]
    return [line.removeprefix("refused: Host ").split(" is not that of TWO_KEYS_BASE_URL, ")[0] for line in lines]


def asks(installation: Installation, host: str, path: str = "/login") -> int:
    return ask(installation, path=path, headers=[(b"host", host.encode("latin-1"))]).status


def test_each_is_named_once(installation, caplog):
    for host in ("127.0.0.1.example:8714", "10.0.0.7:8000", "10.0.0.7:8000", "10.0.0.7"):
        assert asks(installation, host) == 400
    assert named(caplog) == ["127.0.0.1.example:8714", "10.0.0.7:8000", "10.0.0.7"]
    assert "http://localhost:8000" in caplog.text, "and the right one with it"


def test_none_is_named_where_none_is_refused(installation, caplog):
    assert asks(installation, "localhost") == 200
    assert asks(installation, "10.0.0.7", "/health") == 200
    assert named(caplog) == []


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("", "(none)"),
        (" ", "(none)"),
        ("x" * 5000, "x" * 100),
        ("a\nrefused: b", "a refused: b"),
        ("a\x1b[2J", "a [2J"),
    ],
)
def test_what_it_is_called_is_one_short_line(installation, caplog, host: str, shown: str):
    assert asks(installation, host) == 400
    assert named(caplog) == [shown]


def test_a_scanner_does_not_fill_the_output(installation, caplog):
    for number in range(3 * MOST_HOSTS):
        assert asks(installation, f"{number}.example.org") == 400
    assert named(caplog)[:-1] == [f"{number}.example.org" for number in range(MOST_HOSTS)]
    assert named(caplog)[-1] == f"refused: {MOST_HOSTS} hosts; no further ones are named"


def test_the_program_says_it_in_its_output_and_on_the_page(tmp_path: Path):
    """As nginx asks without `proxy_set_header Host`: with the address that it is given for the program."""
    settings = {"TWO_KEYS_BASE_URL": "https://keys.example.org", "TWO_KEYS_PASSWORD_COST": "owasp"}
    with Server(tmp_path / "data", **settings) as server:
        status, body, _ = server.get("/login")
        assert status == 400
        for said in (
            "does not belong to this application",
            "TWO_KEYS_BASE_URL",
            "a proxy must pass the header Host on",
        ):
            assert said in body
        line = f"two_keys.hosts refused: Host localhost:{server.port} is not that of TWO_KEYS_BASE_URL, https://keys.ex"
        assert len(re.findall(re.escape(line), server.output())) == 1


def test_it_is_a_warning(installation, caplog):
    """So that it stays in the output of those who want fewer lines."""
    asks(installation, "10.0.0.7")
    (record,) = [record for record in caplog.records if record.name == "two_keys.hosts"]
    assert record.levelno == logging.WARNING
