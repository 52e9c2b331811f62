"""The ID token: is it genuine, for this client and for this sign-in (OpenID Connect Core 3.1.3.7)?

Every check has its own cause. Whether the provider signed it is in signatures.py.
"""

import hashlib
import hmac
import math
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from accounts.sso import signatures
from accounts.sso.signatures import BadToken

SCOPE = "openid profile email"
# how far the provider's clock may be from ours
LEEWAY_SECONDS = 60
# OpenID Connect Core 2
LONGEST_SUBJECT = 255
LONGEST_STRENGTH = 200


@dataclass(frozen=True)
class Expected:
    """What a token must say to be ours."""

    issuer: str
    client_id: str
    nonce: str
    # "" without
    access_token: str
    now: int


@dataclass(frozen=True)
class Identity:
    """Who signed in, and what the provider says about them and about how."""

    issuer: str
    subject: str
    username: str
    name: str
    email: str
    # the boolean; anything else counts as not said
    email_verified: bool | None
    # blank-separated
    amr: str
    acr: str
    auth_time: int | None
    # Why user information that was asked for did not come; "": it came, or was not asked for.
    information_missing: str = ""


def claims_of(token: str, keys: list[dict[str, Any]], expected: Expected) -> dict[str, Any]:
    """The claims of a genuine token that is meant for us, times in whole seconds. Raises BadToken, UnknownKey."""
    signed = signatures.verified(token, keys)
    claims = signed.claims
    if claims.get("iss") != expected.issuer:
        raise BadToken("the issuer is wrong")
    _check_parties(claims, expected.client_id)
    _check_nonce(claims.get("nonce"), expected.nonce)
    times = times_of(claims, ("exp", "iat"), expected.now)
    _check_subject(claims.get("sub"))
    _check_access_token(claims, signed.algorithm, expected.access_token)
    return claims | times


def _check_parties(claims: dict[str, Any], client_id: str) -> None:
    """We are the audience, or one of several for which we were authorized: without `azp` it could be meant for any of
    them.
    """
    audience = claims.get("aud")
    if not is_in_audience(audience, client_id):
        raise BadToken("it is for somebody else")
    if "azp" in claims and claims["azp"] != client_id:
        raise BadToken("the authorized party is somebody else")
    if "azp" not in claims and audience not in (client_id, [client_id]):
        raise BadToken("it is for others, too, and does not say who is meant")


def is_in_audience(audience: object, client_id: str) -> bool:
    """Whether we are the audience, or among several, each of which is a text (RFC 7519 4.1.3)."""
    several = audience if isinstance(audience, list) else [audience]
    return client_id in several and all(isinstance(one, str) for one in several)


def _check_nonce(nonce: object, expected: str) -> None:
    if nonce is None:
        raise BadToken("the nonce is missing")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode("utf-8", "replace"), expected.encode()):
        raise BadToken("the nonce is wrong")


TIMES = ("exp", "iat", "nbf", "auth_time")


def times_of(claims: dict[str, Any], needed: tuple[str, ...], now: int) -> dict[str, int]:
    """The times of a token that is valid now, in whole seconds. Raises BadToken."""
    times: dict[str, int] = {}
    for name in TIMES:
        if name in needed or name in claims:
            time = _whole_seconds(claims.get(name))
            if time is None:
                raise BadToken(f"{name} is missing or no time")
            times[name] = time
    if times.get("exp", now) <= now - LEEWAY_SECONDS:
        raise BadToken("it has expired")
    if times.get("iat", now) > now + LEEWAY_SECONDS:
        raise BadToken("it was issued in the future")
    if times.get("nbf", now) > now + LEEWAY_SECONDS:
        raise BadToken("it is not valid yet")
    return times


def _whole_seconds(value: object) -> int | None:
    """A NumericDate (RFC 7519 2), which may have a fraction, rounded down; None if it is none. JSON's 1e999 is
    infinite in Python.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return None
    return math.floor(value)


def _check_subject(subject: object) -> None:
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not is_plain(subject):
        raise BadToken("the subject is missing or unusable")


def is_plain(text: str) -> bool:
    """Whether a text can be stored and compared: no control characters, no half characters."""
    return not any(ord(letter) < 32 or ord(letter) == 127 or "\ud800" <= letter <= "\udfff" for letter in text)


def _check_access_token(claims: dict[str, Any], algorithm: str, access_token: str) -> None:
    """The access token belongs to it, if it says so (OpenID Connect Core 3.1.3.6)."""
    if "at_hash" not in claims or not access_token:
        return
    digest = hashlib.new("sha512" if algorithm[:2] == "Ed" else f"sha{algorithm[2:]}", access_token.encode()).digest()
    half = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if claims["at_hash"] != half:
        raise BadToken("it belongs to another access token")


def lacks(claims: dict[str, Any]) -> bool:
    """Whether something that we use is not in the token, and is to be asked for."""
    return any(name not in claims for name in ("name", "email", "email_verified", "preferred_username"))


def identity_of(claims: dict[str, Any], information: dict[str, Any], information_missing: str = "") -> Identity:
    """The identity in the token, completed by the user information about the same subject.

    An address and whether it is verified are taken from one and the same of the two. Without user information that was
    asked for no address counts as verified.
    """
    address_from = (
        claims if "email" in claims and ("email_verified" in claims or "email" not in information) else information
    )
    verified = address_from.get("email_verified")
    if information_missing and verified is True:
        verified = None
    return Identity(
        issuer=claims["iss"],
        subject=claims["sub"],
        username=_text(claims, information, "preferred_username"),
        name=_text(claims, information, "name").strip(),
        # Unchanged: with one more space it is another e-mail address.
        email=_text(address_from, {}, "email"),
        email_verified=verified if isinstance(verified, bool) else None,
        amr=_strength(claims.get("amr")),
        acr=_strength([claims.get("acr")]),
        auth_time=claims.get("auth_time"),
        information_missing=information_missing,
    )


def _text(first: dict[str, Any], second: dict[str, Any], name: str) -> str:
    value = first.get(name, second.get(name))
    return value if isinstance(value, str) else ""


def _strength(said: object) -> str:
    """What was said about the strength of the sign-in, as words of printable ASCII."""
    words = [word for word in said[:20] if isinstance(word, str)] if isinstance(said, list) else []
    plain = ("".join(letter for letter in word[:80] if "!" <= letter <= "~") for word in words)
    return " ".join(word for word in plain if word)[:LONGEST_STRENGTH]


def authorization_address(
    endpoint: str, client_id: str, redirect_uri: str, parameters: dict[str, str], verifier: str
) -> str:
    """Where a browser is sent to sign in, with the verifier's challenge (RFC 7636 4.2, S256)."""
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        **parameters,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return with_query(endpoint, asked)


def end_session_address(endpoint: str, client_id: str, signed_out_uri: str) -> str:
    """Where a browser is sent to sign out at the provider; "" if it has no such place."""
    return (
        with_query(endpoint, {"client_id": client_id, "post_logout_redirect_uri": signed_out_uri}) if endpoint else ""
    )


def with_query(address: str, values: dict[str, str]) -> str:
    """An address, which may have a query already, with these values in it."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(values, quote_via=quote)}"
