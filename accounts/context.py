"""What every rule gets first. Nothing is global: a rule can be tested at any moment, for any client."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from accounts.password_owner import Owner
from accounts.passwords import Hasher
from accounts.vault import Vault, token_hash
from db import Database
from settings import addresses


@dataclass(frozen=True)
class Client:
    """Where a request comes from."""

    # "" on the command line.
    ip_address: str
    # "Firefox on Linux"
    browser: str
    # From the cookie of known browsers.
    browser_token: str | None

    @property
    def browser_hash(self) -> bytes | None:
        """How the known browser is stored."""
        return token_hash(self.browser_token) if self.browser_token else None

    @property
    def network(self) -> str:
        """The IPv4 address or the IPv6 /64: the least that an internet provider gives to one customer."""
        return self.network_of(64)

    def network_of(self, prefix: int) -> str:
        """The IPv6 network of that prefix length; of IPv4 always the one address."""
        return _network_of(self.ip_address, prefix)


@lru_cache(1024)
def _network_of(ip_address: str, prefix: int) -> str:
    address = addresses.address(ip_address)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, prefix), strict=False))
    return ip_address if address is None else str(address)


@dataclass(frozen=True)
class Principal:
    """The actor or subject of an activity."""

    id: int | None
    username: str


COMMAND_LINE = Principal(None, "command line")
SYSTEM = Principal(None, "system")
UNKNOWN_USER = Principal(None, "unknown user")
NOBODY = Principal(None, "")


@dataclass(frozen=True)
class Context:
    db: Database
    vault: Vault
    hasher: Hasher
    # Epoch seconds, UTC.
    now: int
    client: Client
    organisation: str
    # Of the base URL, with a port that is not the scheme's own: "keys.example.org", "localhost:8720".
    host: str
    # Of the identity provider that is configured; "" without one.
    issuer: str

    def owner(self, username: str, name: str, email: str) -> Owner:
        """Whose a new password is, for `passwords.judge`."""
        return Owner(username, name, email, self.organisation, self.host)
