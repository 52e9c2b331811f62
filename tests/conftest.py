"""What all tests share: an installation, and the people in it; and the database that they run on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import on_one_database, postgres
from tests.browser import PROVIDER, Installation
from tests.people import Person, somebody, switch
from tests.postgres_cluster import Cluster, program
from tests.prepare import how_to_install

pytest_plugins = ["tests.programs", "tests.mailing", "tests.identity_provider"]
_cluster = pytest.StashKey[Cluster]()


def pytest_configure(config: pytest.Config) -> None:
    """Starts PostgreSQL, if the tests are to run on it. The processes of xdist find it by their environment."""
    # nobody trusts the system's authorities, which take 50 ms to read for each connection
    os.environ.update(SSL_CERT_FILE=os.devnull, SSL_CERT_DIR=os.devnull)
    if os.environ.get("TESTS_ON") == "postgresql" and not postgres.in_use():
        if program("initdb") is None:
            pytest.exit(
                f"PostgreSQL is missing: {how_to_install('initdb')}", returncode=int(os.environ.get("CI") == "true")
            )
        cluster = Cluster()
        cluster.start()
        config.stash[_cluster] = cluster
        os.environ[postgres.CLUSTER] = cluster.url


def pytest_unconfigure(config: pytest.Config) -> None:
    if (cluster := config.stash.get(_cluster, None)) is not None:
        cluster.__exit__()
        del os.environ[postgres.CLUSTER]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """The databases of a test serve the next ones."""
    if postgres.in_use() and (tmp_path := getattr(item, "funcargs", {}).get("tmp_path")):
        postgres.give_back(tmp_path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what runs on SQLite alone."""
    if postgres.in_use():
        alone = on_one_database.left_out(items)
        config.hook.pytest_deselected(items=[item for item in items if item in alone])
        items[:] = [item for item in items if item not in alone]


@pytest.fixture
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation: the function is off, nobody is there."""
    more = PROVIDER if request.node.get_closest_marker("provider") else {}
    with Installation(tmp_path / "data", **more) as running:
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
