"""What the browser tests share: the real program on a free port, and Chromium, in which every window is watched."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.chromium.server import Server
from tests.chromium.windows import PATIENCE_MILLISECONDS, Windows, chromium

expect.set_options(timeout=PATIENCE_MILLISECONDS)


# not longer: Playwright's event loop would still run in the tests of other folders
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The program on an empty folder, for all tests of a file."""
    with Server(tmp_path_factory.mktemp("server") / "data", TWO_KEYS_ORGANISATION="Acme") as running:
        yield running


@pytest.fixture
def windows(browser: Browser) -> Iterator[Windows]:
    """Opens windows; the test fails if anything was found in one of them."""
    opened = Windows(browser)
    yield opened
    opened.close()
    assert not opened.findings, "\n".join(opened.findings)
