"""What all tests share: an installation, and the people in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Installation
from tests.people import Person, somebody, switch

pytest_plugins = ["tests.programs", "tests.mailing", "tests.identity_provider"]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation: the function is off, nobody is there."""
    with Installation(tmp_path / "data") as running:
        yield running


@pytest.fixture
def function_on(installation: Installation) -> None:
    """Two-Factor Authentication is switched on."""
    switch(installation, True)


@pytest.fixture
def alice(installation: Installation) -> Person:
    """A member, not signed in."""
    return somebody(installation, "alice")


@pytest.fixture
def bob(installation: Installation) -> Person:
    """An administrator, not signed in."""
    return somebody(installation, "bob", "Administrator", unit="IT")


@pytest.fixture
def cleo(installation: Installation) -> Person:
    """Somebody who signs in by Single Sign-On."""
    return somebody(installation, "cleo", sso=True)
