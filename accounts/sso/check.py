"""Whether the configured identity provider can be used: asked as a sign-in would ask it, but for the person."""

from dataclasses import dataclass
from typing import Literal

from accounts.sso.http import UNREACHABLE, ProviderError
from accounts.sso.id_token import usable
from accounts.sso.provider import Conversation, IdentityProvider, Metadata
from accounts.vault import token

Doubt = Literal["no_pkce", "no_auth_time", "no_logout", "client_untested"]


@dataclass(frozen=True)
class Usable:
    """It can be used; what it offers, and what it does not say or lacks."""

    metadata: Metadata
    keys: int
    doubts: tuple[Doubt, ...]


async def check(provider: IdentityProvider, now: int) -> Usable | ProviderError:
    """Discovery, keys, and whether the token endpoint accepts our secret: it gets a made-up code."""
    try:
        async with provider.conversation() as talk:
            metadata = await talk.metadata(now)
            keys = sum(usable(key) for key in await talk.keys(metadata, now))
            if not keys:
                return ProviderError("keys", "no_keys")
            known = await _is_known(talk, metadata)
    except ProviderError as trouble:
        return trouble
    doubts: dict[Doubt, bool] = {
        "no_pkce": "S256" not in (metadata.pkce or ()),
        "no_auth_time": not metadata.says_auth_time,
        "no_logout": not metadata.end_session_endpoint,
        "client_untested": not known,
    }
    return Usable(metadata, keys, tuple(doubt for doubt, holds in doubts.items() if holds))


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
