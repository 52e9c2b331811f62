"""A provider that lies, for the tests of what it may do."""

from collections.abc import Iterator

import pytest

from tests.browser import Installation
from tests.hostile_provider import HostileProvider


@pytest.fixture
def liar() -> Iterator[HostileProvider]:
    """Honest until a test makes it lie, or breaks it."""
    with HostileProvider(lambda: 0) as running:
        yield running


@pytest.fixture(scope="module")
def lied_to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, HostileProvider]]:
    """One installation for all lies of a module, since a refusal leaves nothing behind."""
    with HostileProvider(lambda: 0) as liar:
        folder = tmp_path_factory.mktemp("lied_to") / "data"
        with Installation(folder, **liar.settings(), TWO_KEYS_SSO_CREATE_USERS="on") as running:
            liar.clock = running.clock
            yield running, liar
