"""Who is there when a user manager tries to get into other accounts: an installation with mail and a provider."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests import mailing as mails
from tests.browser import Installation
from tests.mail_server import MailServer
from tests.mailing import Mailing
from tests.people import Person, somebody, switch
from tests.small_provider import SmallProvider


@dataclass
class Cast:
    """mgr, a user manager, and boss, an administrator, are signed in; alice has a password, cleo Single Sign-On."""

    installation: Installation
    mailing: Mailing
    provider: SmallProvider
    mgr: Person
    boss: Person
    alice: Person
    cleo: Person

    @classmethod
    @contextmanager
    def gathered(cls, folder: Path, provider: SmallProvider, server: MailServer) -> Iterator[Self]:
        """The function is on, and every e-mail of the beginning has left."""
        with Installation(folder, **provider.settings, **mails.settings(server)) as running:
            provider.clock = running.clock
            switch(running, True)
            mgr, boss = somebody(running, "mgr", "User manager"), somebody(running, "boss", "Administrator")
            alice, cleo = somebody(running, "alice"), somebody(running, "cleo", sso=True)
            mgr.signs_in()
            boss.signs_in()
            mailing = Mailing(running, server)
            mailing.deliver()
            yield cls(running, mailing, provider, mgr, boss, alice, cleo)
