"""A real identity provider (npm oidc-provider, run by Node) and the users who have an account there.

One per run, on a free port; each test gets a client and accounts of its own. A pytest plugin, for `provider`.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.browser import Browser, Installation, Page
from tests.programs import needs_modules

FOLDER = Path(__file__).parent / "oidc_provider"
START_SECONDS = 30
REDIRECTS = (302, 303)
_numbers = count(1)


def _client() -> httpx2.Client:
    # over http: loading certificates takes 30 ms
    return httpx2.Client(timeout=START_SECONDS, trust_env=False, verify=False)


class IdentityProvider:
    """The provider, running. Use it in a `with`."""

    def __init__(self) -> None:
        self.issuer = ""
        self._http = _client()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [needs_modules("node", FOLDER), "server.mjs"],
            cwd=FOLDER,
            env=os.environ | {"NODE_NO_WARNINGS": "1"},
            # it ends with it, however the tests end
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said.startswith("READY "), f"the identity provider did not start: {said}"
        self.issuer = said.split()[1]
        return self

    def __exit__(self, *ended: object) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(START_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def settings(
        self, base_url: str = "http://localhost:8000", name: str = "Acme ID", **registered_as: str
    ) -> dict[str, str]:
        """Registers a client for the program at `base_url`; the settings with which the program is that client."""
        registered = self._http.post(
            f"{self.issuer}/reg",
            json={
                "redirect_uris": [f"{base_url}/sso/callback"],
                "post_logout_redirect_uris": [f"{base_url}/login/signed-out"],
                "token_endpoint_auth_method": "client_secret_basic",
            }
            | registered_as,
        )
        assert registered.status_code == 201, registered.text
        client = registered.json()
        return {
            "TWO_KEYS_SSO_ISSUER": self.issuer,
            "TWO_KEYS_SSO_CLIENT_ID": client["client_id"],
            "TWO_KEYS_SSO_CLIENT_SECRET": client["client_secret"],
            "TWO_KEYS_SSO_NAME": name,
        }

    def account(self, username: str = "cleo", userinfo: dict[str, Any] | None = None, **claims: Any) -> "Account":
        """A new account; what is not said otherwise: their name and address, verified. A claim that is None is left
        out. `userinfo`: what the user information says instead, or alone.
        """
        account = Account(self, f"{username}-{next(_numbers)}", userinfo=userinfo or {})
        account.changes(
            **{
                "name": username.capitalize(),
                "preferred_username": username,
                "email": f"{username}@example.org",
                "email_verified": True,
            }
            | claims
        )
        return account

    def rotates_its_keys(self) -> None:
        """From now on it signs with a new key, and publishes no other."""
        self.control("rotate")

    def now(self) -> int:
        """What time it is there, in epoch seconds: the real one."""
        return int(time.time())

    def control(self, what: str, **told: Any) -> None:
        """Tells the provider something that only its owner may."""
        assert self._http.post(f"{self.issuer}/control/{what}", json=told).status_code == 200


@pytest.fixture(scope="session")
def provider() -> Iterator[IdentityProvider]:
    """A real identity provider, running as long as the tests: its start takes half a second."""
    with IdentityProvider() as running:
        yield running


@dataclass
class Account:
    """Somebody with an account at the provider, and the browser with which they go there."""

    provider: IdentityProvider
    # also the subject
    login: str
    password: str = "two blue kites over the dike"
    amr: list[str] | None = field(default_factory=lambda: ["pwd", "hwk"])
    acr: str | None = "urn:example:silver"
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    there: httpx2.Client = field(default_factory=_client)

    def changes(self, **claims: Any) -> Self:
        """Has these facts at the provider from now on."""
        self.claims |= claims
        facts = {name: value for name, value in self.claims.items() if value is not None}
        self.provider.control(
            "account",
            login=self.login,
            password=self.password,
            amr=self.amr,
            acr=self.acr,
            claims={"sub": self.login} | facts,
            userinfo=self.userinfo,
        )
        return self

    def answers_at(self, address: str, cancel: bool = False) -> str:
        """Goes to the provider, signs in there if it asks, and comes to where it sends the browser back."""
        answer = self.there.get(address)
        for _ in range(12):
            if answer.status_code in REDIRECTS:
                to = answer.headers["Location"]
                if not to.startswith((self.provider.issuer, "/")):
                    return str(to)
                answer = self.there.get(self._absolute(to))
                continue
            action = re.search(r'<form method="post" action="(/interaction/[^"]+)"', answer.text)
            assert action, f"the provider says {answer.status_code}: {answer.text}"
            if cancel:
                answer = self.there.get(self._absolute(f"{action[1]}/abort"))
            else:
                typed = {"login": self.login, "password": self.password}
                answer = self.there.post(self._absolute(action[1]), data=typed)
                assert answer.status_code in REDIRECTS, answer.text
        raise AssertionError(f"round and round at the provider, to {answer.headers.get('Location')}")

    def signs_out_at(self, address: str) -> str:
        """Follows the link *Sign out at … too*, says yes, and comes to where it sends the browser back."""
        page = self.there.get(address)
        form = re.search(r'action="([^"]+)"', page.text)
        xsrf = re.search(r'name="xsrf" value="([^"]+)"', page.text)
        assert form, page.text
        assert xsrf, page.text
        answer = self.there.post(self._absolute(form[1]), data={"xsrf": xsrf[1], "logout": "yes"})
        assert answer.status_code in REDIRECTS, answer.text
        return str(answer.headers["Location"])

    def is_signed_in_there(self) -> bool:
        """Whether the provider knows this browser, so that it would not ask for a login."""
        return any(cookie.name == "_session" for cookie in self.there.cookies.jar)

    def _absolute(self, to: str) -> str:
        return to if to.startswith("http") else self.provider.issuer + to

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.there.close()


@contextmanager
def by_the_clock_of(provider: IdentityProvider, folder: Path, **environment: str) -> Iterator[Installation]:
    """An installation whose clock shows the real time, as the provider's does; it goes on when somebody comes from
    there.
    """
    installation = Installation(folder, **environment)
    installation.clock.now = provider.now()
    with installation:
        yield installation


def begins(browser: Browser, next_page: str = "") -> str:
    """Goes where the link of the login page leads; the provider's address to which it is sent."""
    page = browser.get("/sso/login" + (f"?next={next_page}" if next_page else ""))
    assert page.status == 303, page.text
    return page.location


def comes_back(installation: Installation, browser: Browser, address: str) -> Page:
    """The browser is sent back: it opens the callback, at the moment that the provider's clock shows, or later."""
    installation.clock.now = max(installation.clock.now, int(time.time()))
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def signs_in(installation: Installation, account: Account, browser: Browser | None = None, next_page: str = "") -> Page:
    """The whole dance: off, provider, callback; what the callback answers."""
    browser = browser or installation.browser()
    installation.clock.now = max(installation.clock.now, account.provider.now())
    return comes_back(installation, browser, account.answers_at(begins(browser, next_page)))
