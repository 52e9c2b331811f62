"""User information (OpenID Connect Core 5.3): what the provider knows of a user and does not say in the ID token.

It is optional: whatever is wrong with it, the sign-in goes on with the ID token alone, and the log says why.
"""

from dataclasses import dataclass
from typing import Any

from accounts.sso import http, id_token, signatures
from accounts.sso.http import ProviderError
from accounts.sso.id_token import Expected
from accounts.sso.metadata import Metadata
from accounts.sso.provider import SIGNED, USER_INFORMATION_SECONDS, Conversation
from accounts.sso.signatures import BadToken


@dataclass(frozen=True)
class UserInformation:
    claims: dict[str, Any]
    # Why none came, for the log. "": it came, or was not asked for.
    missing: str = ""


NOT_ASKED = UserInformation({})


async def ask(conversation: Conversation, metadata: Metadata, expected: Expected, subject: str) -> UserInformation:
    """What is known of the subject of a verified ID token. Ends the conversation."""
    try:
        async with conversation.without_failing(USER_INFORMATION_SECONDS):
            kind, body = await conversation.user_information(metadata, expected.access_token)
            if kind == SIGNED:
                keys = await conversation.keys(metadata, expected.now)
                return UserInformation(_about(subject, _signed(body, keys, expected)))
            return UserInformation(_about(subject, plain(body)))
    except ProviderError as trouble:
        return UserInformation({}, str(trouble))
    except BadToken as bad:
        return UserInformation({}, f"userinfo: {bad}")


def plain(body: bytes) -> dict[str, Any]:
    """The claims of an answer that is not signed. Raises ProviderError."""
    claims = http.json_object(body)
    if claims is None:
        raise ProviderError("userinfo", "not_json")
    return claims


def _signed(body: bytes, keys: list[dict[str, Any]], expected: Expected) -> dict[str, Any]:
    """The claims of a signed answer to us (OpenID Connect Core 5.3.2, 5.3.4). An unknown key is not looked up: the ID
    token has just been verified with these.
    """
    claims = signatures.verified(body.decode("ascii", "replace").strip(), keys).claims
    if claims.get("iss") != expected.issuer:
        raise BadToken("the issuer is wrong")
    if not id_token.is_in_audience(claims.get("aud"), expected.client_id):
        raise BadToken("it is for somebody else")
    id_token.times_of(claims, (), expected.now)
    return claims


def _about(subject: str, claims: dict[str, Any]) -> dict[str, Any]:
    if claims.get("sub") != subject:
        raise BadToken("it is about somebody else")
    return claims
