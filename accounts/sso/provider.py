"""The identity provider: what it says about itself and its keys, kept for a while; conversations with it, and their
limits.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from accounts.connection import one_line
from accounts.durations import MINUTE_SECONDS
from accounts.sso import http
from accounts.sso.http import ProviderError
from settings.sso import Provider
from settings.urls import is_loopback

# all of one request of ours: discovery, keys, token and user information together
CONVERSATION_SECONDS = 5
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
LONGEST_ADDRESS = 2000
MOST_KEYS = 100

# What is accepted from a provider: asymmetric signatures alone. Never `none`, never a shared secret (HS…).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")


def _transport() -> ModuleType:
    """Loaded when a user first signs in through the provider; off the event loop, the first time."""
    from accounts.sso import transport

    return transport


class Busy(Exception):
    """Too many conversations with the provider are under way."""


@dataclass(frozen=True)
class Metadata:
    """What the provider says about itself (OpenID Connect Discovery 3), as far as it concerns us."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    # "": none
    userinfo_endpoint: str
    # "": none
    end_session_endpoint: str
    # "client_secret_basic" | "client_secret_post"
    client_auth: str
    # of ALGORITHMS
    algorithms: tuple[str, ...]
    # None: it does not say
    pkce: tuple[str, ...] | None
    # it promises `iss` in its answers (RFC 9207)
    says_issuer: bool
    # it promises the time of the sign-in
    says_auth_time: bool


def read_metadata(document: dict[str, Any], issuer: str) -> Metadata:
    """Judges a discovery document. Raises ProviderError."""
    if document.get("issuer") != issuer:
        said = document.get("issuer")
        raise ProviderError("discovery", "wrong_issuer", one_line(said) if isinstance(said, str) else "none")
    endpoints = {name: _endpoint(document, name, issuer) for name in ENDPOINTS}
    for name in NEEDED:
        if not endpoints[name]:
            raise ProviderError("discovery", "insecure" if document.get(name) else "missing", name)
    auth = _words(document, "token_endpoint_auth_methods_supported") or ("client_secret_basic",)
    usable = [method for method in ("client_secret_basic", "client_secret_post") if method in auth]
    if not usable:
        raise ProviderError("discovery", "no_client_auth", one_line(", ".join(auth)))
    said_algorithms = _words(document, "id_token_signing_alg_values_supported")
    algorithms = tuple(name for name in ALGORITHMS if name in said_algorithms)
    if said_algorithms and not algorithms:
        raise ProviderError("discovery", "no_algorithm", one_line(", ".join(said_algorithms)))
    says_pkce = "code_challenge_methods_supported" in document
    return Metadata(
        **endpoints,
        client_auth=usable[0],
        algorithms=algorithms,
        pkce=_words(document, "code_challenge_methods_supported") if says_pkce else None,
        says_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        says_auth_time="auth_time" in _words(document, "claims_supported"),
    )


NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ENDPOINTS = (*NEEDED, "userinfo_endpoint", "end_session_endpoint")


def _endpoint(document: dict[str, Any], name: str, issuer: str) -> str:
    """An address from the metadata; "" unless it is https, or http on this machine if the issuer is there, too."""
    address = document.get(name)
    if not isinstance(address, str) or not 0 < len(address) <= LONGEST_ADDRESS:
        return ""
    if not address.isascii() or not address.isprintable() or " " in address or "\\" in address:
        return ""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    here = issuer.startswith("http://") and is_loopback(host)
    fits = parts.scheme == "https" or (parts.scheme == "http" and here)
    return address if fits and host and parts.username is None and "#" not in address else ""


def _words(document: dict[str, Any], name: str) -> tuple[str, ...]:
    said = document.get(name)
    return tuple(word for word in said[:200] if isinstance(word, str)) if isinstance(said, list) else ()


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
                    async with asyncio.timeout(CONVERSATION_SECONDS):
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

    async def user_information(self, metadata: Metadata, access_token: str) -> dict[str, Any]:
        """What it knows about whom the token is for (OpenID Connect Core 5.3)."""
        if not access_token.isascii() or not access_token.isprintable() or " " in access_token:
            raise ProviderError("userinfo", "missing", "access_token")
        return await self._get("userinfo", metadata.userinfo_endpoint, access_token)

    async def _get(self, where: str, address: str, access_token: str = "") -> dict[str, Any]:
        self.where = where
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {access_token}"} if access_token else {})
        with _transport().errors_at(where):
            answer = await self._client.request("GET", address, headers=headers, withhold_token=True)
        if answer.status_code != 200:
            raise ProviderError(where, "status", str(answer.status_code))
        found = http.json_object(answer.content)
        if found is None:
            raise ProviderError(where, "not_json")
        return found
