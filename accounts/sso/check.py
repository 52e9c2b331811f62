"""Whether the configured identity provider can be used: asked as a sign-in would ask it, but for the person."""

import time
from dataclasses import dataclass
from typing import Literal

from accounts.sso.http import UNREACHABLE, ProviderError
from accounts.sso.metadata import Metadata
from accounts.sso.provider import SIGNED, USER_INFORMATION_SECONDS, Conversation, IdentityProvider
from accounts.sso.signatures import ALGORITHMS, usable
from accounts.sso.user_information import plain
from accounts.vault import token

Doubt = Literal["no_pkce", "no_auth_time", "no_logout", "client_untested"]
Signing = Literal["not_said", "possible", "unsigned", "not_accepted"]
# How an endpoint refuses an access token (RFC 6750 3.1).
REFUSES = ("400", "401", "403")


@dataclass(frozen=True)
class UserInformation:
    """Of the userinfo endpoint, which got a made-up access token."""

    seconds: float
    # None: it refused the token, as it should, or answered otherwise with what could be read
    trouble: ProviderError | None
    signing: Signing


@dataclass(frozen=True)
class Usable:
    """It can be used; what it offers, and what it does not say or lacks."""

    metadata: Metadata
    keys: int
    doubts: tuple[Doubt, ...]
    # None: it has no such endpoint
    user_information: UserInformation | None


async def check(provider: IdentityProvider, now: int) -> Usable | ProviderError:
    """Discovery, keys, whether the token endpoint accepts our secret (it gets a made-up code), and user information."""
    try:
        async with provider.conversation() as talk:
            metadata = await talk.metadata(now)
            keys = sum(usable(key) for key in await talk.keys(metadata, now))
            if not keys:
                return ProviderError("keys", "no_keys")
            known = await _is_known(talk, metadata)
            information = await _user_information(talk, metadata) if metadata.userinfo_endpoint else None
    except ProviderError as trouble:
        return trouble
    doubts: dict[Doubt, bool] = {
        "no_pkce": "S256" not in (metadata.pkce or ()),
        "no_auth_time": not metadata.says_auth_time,
        "no_logout": not metadata.end_session_endpoint,
        "client_untested": not known,
    }
    return Usable(metadata, keys, tuple(doubt for doubt, holds in doubts.items() if holds), information)


async def _is_known(talk: Conversation, metadata: Metadata) -> bool:
    """Whether the provider knows this client and its secret; False if its answer does not tell. Raises ProviderError if
    it does not know it.
    """
    try:
        await talk.tokens(metadata, token(), token())
    except ProviderError as trouble:
        if trouble.what == "said" and trouble.said in ("invalid_client", "unauthorized_client"):
            raise ProviderError("token", "client", trouble.said) from trouble
        if trouble.what in UNREACHABLE:
            raise
        return trouble.what == "said" and trouble.said == "invalid_grant"
    return False


async def _user_information(talk: Conversation, metadata: Metadata) -> UserInformation:
    """Ends the conversation."""
    began, trouble = time.monotonic(), None
    try:
        async with talk.without_failing(USER_INFORMATION_SECONDS):
            kind, body = await talk.user_information(metadata, token())
            if kind != SIGNED:
                plain(body)
    except ProviderError as error:
        if (error.what, error.said) not in {("status", status) for status in REFUSES}:
            trouble = error
    return UserInformation(time.monotonic() - began, trouble, _signing(metadata.signs_user_information))


def _signing(announced: tuple[str, ...] | None) -> Signing:
    if announced is None:
        return "not_said"
    if not set(announced) - {"none"}:
        return "unsigned"
    return "possible" if set(announced) & set(ALGORITHMS) else "not_accepted"
