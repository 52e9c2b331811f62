"""The identity provider: what it says about itself and its keys, kept for a while; conversations with it, and their
limits.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

from accounts.durations import MINUTE_SECONDS
from accounts.sso import http
from accounts.sso.http import ProviderError
from accounts.sso.metadata import Metadata, read_metadata
from settings.sso import Provider

# all of one request of ours: discovery, keys, token and user information together
CONVERSATION_SECONDS = 5
# of these for user information, which a sign-in can do without
USER_INFORMATION_SECONDS = 3
# at once: who comes on top is turned away, so that a dead provider makes no queue
CONVERSATIONS = 16
# How long cached metadata of the provider are used.
FRESH_SECONDS = 10 * MINUTE_SECONDS
# After an answer the provider counts as up for so long; no user is sent to a provider that is down.
ANSWERED_SECONDS = 30
LOOK_AGAIN_SECONDS = (
    # for a key that is not known: rotation is followed, and no flood of made-up keys reaches the provider
    60
)
MOST_KEYS = 100
# The media type of user information that is signed, or encrypted.
SIGNED = "application/jwt"


def _transport() -> ModuleType:
    """Loaded when a user first signs in through the provider; off the event loop, the first time."""
    from accounts.sso import transport

    return transport


class Busy(Exception):
    """Too many conversations with the provider are under way."""


class IdentityProvider:
    """The configured provider with its cached metadata and keys: one for a process."""

    def __init__(self, settings: Provider, base_url: str) -> None:
        self.settings = settings
        self.redirect_uri = f"{base_url}/sso/callback"
        self.signed_out_uri = f"{base_url}/login/signed-out"
        self._free = CONVERSATIONS
        self._tls: ssl.SSLContext | None = None
        # What was learnt in conversations, and when; several who want to know the same take turns, and ask once.
        self.turn = asyncio.Lock()
        self.metadata: tuple[int, Metadata] | None = None
        self.keys: tuple[int, list[dict[str, Any]]] | None = None
        self.looked_again_at: int | None = None

    def known(self, now: int, seconds: int = FRESH_SECONDS) -> Metadata | None:
        """What it said about itself within the last `seconds`; None if it must be asked."""
        return self.metadata[1] if self.metadata and _fresh(self.metadata[0], now, seconds) else None

    @asynccontextmanager
    async def conversation(self) -> AsyncIterator["Conversation"]:
        """A conversation with the provider, within the limits. Raises Busy, ProviderError."""
        if self._free == 0:
            raise Busy
        self._free -= 1
        try:
            transport = await asyncio.to_thread(_transport)
            if self._tls is None:
                # or SSL_CERT_FILE
                self._tls = await asyncio.to_thread(ssl.create_default_context)
            client = transport.client(self._tls, self.settings.client_id, self.settings.client_secret)
            talk = Conversation(self, client)
            async with client:
                try:
                    async with asyncio.timeout(CONVERSATION_SECONDS) as talk.limit:
                        yield talk
                except TimeoutError as error:
                    raise ProviderError(talk.where, "timeout", f"{CONVERSATION_SECONDS} s") from error
        finally:
            self._free += 1


def _fresh(at: int, now: int, seconds: int) -> bool:
    return 0 <= now - at < seconds


class Conversation:
    """Requests to the provider, one after another. Each raises ProviderError."""

    def __init__(self, provider: IdentityProvider, client: Any) -> None:
        # what is being asked for, for the log
        self.where = "provider"
        self.provider = provider
        self.limit = asyncio.timeout(None)
        self._client = client

    async def metadata(self, now: int, seconds: int = FRESH_SECONDS) -> Metadata:
        """What it says about itself; asked if it has not said it within the last `seconds`."""
        provider = self.provider
        async with provider.turn:
            if known := provider.known(now, seconds):
                return known
            issuer = provider.settings.issuer
            document = await self._get("discovery", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            read = read_metadata(document, issuer)
            provider.metadata = now, read
            return read

    async def keys(self, metadata: Metadata, now: int, *, again: bool = False) -> list[dict[str, Any]]:
        """Its public keys. `again`: asks for new ones, because one was missing; at most once a minute."""
        provider = self.provider
        async with provider.turn:
            known = provider.keys
            if known and _fresh(known[0], now, FRESH_SECONDS):
                looked = provider.looked_again_at
                if not again or (looked is not None and _fresh(looked, now, LOOK_AGAIN_SECONDS)):
                    return known[1]
                provider.looked_again_at = now
            provider.keys = now, await self._fetch_keys(metadata)
            return provider.keys[1]

    async def _fetch_keys(self, metadata: Metadata) -> list[dict[str, Any]]:
        found = (await self._get("keys", metadata.jwks_uri)).get("keys")
        if not isinstance(found, list):
            raise ProviderError("keys", "missing", "keys")
        return [key for key in found[:MOST_KEYS] if isinstance(key, dict)]

    async def tokens(self, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
        """The tokens for a code (RFC 6749 4.1.3, RFC 7636 4.5)."""
        self.where = "token"
        with _transport().errors_at("token"):
            found = await self._client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=self.provider.redirect_uri,
                auth=self._client.client_auth(metadata.client_auth),
            )
        return dict(found)

    @asynccontextmanager
    async def without_failing(self, seconds: float) -> AsyncIterator[None]:
        """For the last question, whose answer is optional: it ends after `seconds`, or when the conversation would, and
        then ends itself alone. Raises ProviderError.
        """
        now = asyncio.get_running_loop().time()
        until = min(now + seconds, self.limit.when() or now)
        self.limit.reschedule(None)
        try:
            async with asyncio.timeout_at(until):
                yield
        except TimeoutError as error:
            raise ProviderError(self.where, "timeout", f"{until - now:.1f} s") from error

    async def user_information(self, metadata: Metadata, access_token: str) -> tuple[str, bytes]:
        """The media type and body of the answer about whom the token is for (OpenID Connect Core 5.3)."""
        if not access_token.isascii() or not access_token.isprintable() or " " in access_token:
            raise ProviderError("userinfo", "missing", "access_token")
        headers = {"Accept": f"application/json, {SIGNED};q=0.9", "Authorization": f"Bearer {access_token}"}
        return await self._answer("userinfo", metadata.userinfo_endpoint, headers)

    async def _get(self, where: str, address: str) -> dict[str, Any]:
        _, body = await self._answer(where, address, {"Accept": "application/json"})
        found = http.json_object(body)
        if found is None:
            raise ProviderError(where, "not_json")
        return found

    async def _answer(self, where: str, address: str, headers: dict[str, str]) -> tuple[str, bytes]:
        self.where = where
        with _transport().errors_at(where):
            answer = await self._client.request("GET", address, headers=headers, withhold_token=True)
        if answer.status_code != 200:
            raise ProviderError(where, "status", str(answer.status_code))
        return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(), answer.content
