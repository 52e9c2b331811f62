"""Starts that explain themselves: what is in use, which server is there already, and what ends with the server."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests import postgres
from tests.server import PASSWORD, Server, command, refused, rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    assert command(made, "create-user", "alice", "--password-stdin", typed=PASSWORD).status == 0
    return made


def test_a_port_that_is_taken_is_one_line_before_any_address_is_said(folder: Path):
    with Server(folder) as first:
        said = refused(folder, "serve", "--port", str(first.port))
        assert said.startswith(f"Error: cannot listen on 127.0.0.1, port {first.port}: ")


def test_a_host_that_is_not_here_is_one_line(folder: Path):
    assert "cannot listen on 203.0.113.1, port" in refused(folder, "serve", "--host", "203.0.113.1")


def test_one_address_is_said_and_it_is_the_one_to_open(folder: Path):
    with Server(folder) as server:
        said = server.output()
        assert said.count(f"http://localhost:{server.port}") == 1
        assert "http://127.0.0.1" not in said
        assert " uvicorn Started server process" in said
        assert "error" not in said, "a start is none"


def test_a_second_server_on_the_data_folder_is_told_of_the_first(folder: Path):
    with Server(folder) as first:
        assert "another server" not in first.output()
        with Server(folder) as second:
            assert f"Warning: another server runs on {folder}; they share the database." in second.output()
    with Server(folder) as third:
        assert "another server" not in third.output(), "a server that has ended is none"


def test_commands_say_the_address_that_is_served(folder: Path):
    arguments = ("--sso",)
    assert "http://localhost:8000/invitation/" in command(folder, "create-user", "cleo", *arguments).out
    with Server(folder) as server:
        assert f"http://localhost:{server.port}/invitation/" in command(folder, "create-user", "carl", *arguments).out
    named = command(folder, "create-user", "cora", *arguments, TWO_KEYS_BASE_URL="http://localhost:8123")
    assert "http://localhost:8123/invitation/" in named.out


@pytest.mark.parametrize("content", ["", "no port", "99999", "\x00", "8001\n8002"])
def test_what_is_not_a_port_is_none(folder: Path, content: str):
    (folder / "serving").write_text(content)
    assert "http://localhost:8000/invitation/" in command(folder, "create-user", "cleo", "--sso").out


def test_a_database_in_a_folder_that_is_not_there_is_an_error(folder: Path, tmp_path: Path):
    said = refused(folder, "migrate", TWO_KEYS_DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/x.db")
    assert f"there is no folder {tmp_path}/nowhere" in said
    assert not (tmp_path / "nowhere").exists()


def test_workers_end_with_a_parent_that_is_killed(folder: Path):
    with Server(folder, "--workers", "2") as server:
        workers = [int(line) for line in children(server.process.pid)]
        assert len(workers) >= 2
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and any(is_running(worker) for worker in workers):
            time.sleep(0.1)
        assert not [worker for worker in workers if is_running(worker)]
    if not postgres.in_use():
        assert rows(folder, "PRAGMA integrity_check") == [("ok",)]


def children(parent: int) -> list[str]:
    return Path(f"/proc/{parent}/task/{parent}/children").read_text().split()


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
