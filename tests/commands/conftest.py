"""The data folders on which the commands are tried."""

from pathlib import Path

import pytest

from tests.server import PASSWORD, command, copied

ALICE = ("--name", "Alice Liddell", "--email", "alice@example.org", "--unit", "Sales", "--company", "Wonderland")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with bob, an administrator, alice, a member, and cleo, who signs in by Single Sign-On. Not to be
    changed.
    """
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
