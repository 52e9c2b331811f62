"""An installation with a mail server: what the tests about letters begin with."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import PROVIDER, Installation
from tests.mail_server import MailServer, Received
from tests.people import somebody, switch
from tests.server import rows


class Mailing:
    """An installation with a mail server."""

    def __init__(self, installation: Installation, server: MailServer) -> None:
        self.installation, self.server = installation, server
        self._seen = 0

    def delivered(self, to: str = "alice@example.org") -> list[Received]:
        """Lets the letters leave; those to one address that are new."""
        self.deliver()
        new, self._seen = self.server.received[self._seen :], len(self.server.received)
        return [letter for letter in new if letter.to == [to]]

    def deliver(self) -> bool:
        """Reads the log on and sends; whether the server gave trouble."""
        post = self.installation.app.state.outbox
        assert self.installation._client.portal is not None
        return bool(self.installation._client.portal.call(post.deliver, self.installation.context))

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return rows(self.installation.config.data_dir, sql)

    def link(self, to: str = "alice@example.org") -> str:
        """The path of the link in the newest letter to an address."""
        self.deliver()
        found = re.findall(
            r"http://localhost:8000(/(?:invitation|login/reset|new-address)/\S+)", self.server.to(to)[-1].text
        )
        assert len(found) == 1, self.server.to(to)[-1].text
        return str(found[0])

    def another_sends(self) -> None:
        """Another process has the lease for a minute."""
        until = self.installation.clock() + 60
        self.damage(f"UPDATE leases SET holder = 'another', until = {until} WHERE name = 'letters'")

    def damage(self, sql: str) -> None:
        rows(self.installation.config.data_dir, sql)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def settings(server: MailServer, **more: str) -> dict[str, str]:
    return {
        "TWO_KEYS_SMTP_URL": f"smtp://localhost:{server.port}",
        "TWO_KEYS_MAIL_FROM": "Acme <keys@example.org>",
        "TWO_KEYS_ORGANISATION": "Acme",
        **more,
    }


@pytest.fixture
def mailing(request: pytest.FixtureRequest, tmp_path: Path, server: MailServer) -> Iterator[Mailing]:
    more = PROVIDER if request.node.get_closest_marker("provider") else {}
    with Installation(tmp_path / "data", **settings(server, **more)) as running:
        made = Mailing(running, server)
        somebody(running, "first")
        made.deliver()
        yield made


@pytest.fixture
def mailing_switched_on(tmp_path: Path, server: MailServer) -> Iterator[Mailing]:
    """Without anybody, and the function is on."""
    with Installation(tmp_path / "data", **settings(server)) as running:
        switch(running, True)
        made = Mailing(running, server)
        made.deliver()
        yield made


def the_one(found: list[Received]) -> Received:
    assert len(found) == 1, [letter.subject for letter in found]
    return found[0]
