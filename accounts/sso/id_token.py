"""The ID token: is it genuine, for this client and for this sign-in (OpenID Connect Core 3.1.3.7)?

The library checks the signature; everything else is checked here, each with its own cause.
"""

import hashlib
import hmac
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from accounts.sso.http import json_object
from accounts.sso.provider import ALGORITHMS

SCOPE = "openid profile email"
# how far the provider's clock may be from ours
LEEWAY_SECONDS = 60
LONGEST_TOKEN = 64 * 1024
# OpenID Connect Core 2
LONGEST_SUBJECT = 255
LONGEST_STRENGTH = 200
KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
# of an RSA key: RFC 7518 3.3
FEWEST_BITS = 2048


class BadToken(Exception):
    """The token is refused; the text is the exact cause, for the log."""


class UnknownKey(BadToken):
    """It is signed with a key that the provider has not published, or not yet when we asked."""


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


def claims_of(token: str, keys: list[dict[str, Any]], expected: Expected) -> dict[str, Any]:
    """The claims of a genuine token that is meant for us. Raises BadToken, UnknownKey."""
    header, payload = _read(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise BadToken("the algorithm is not allowed")
    if "crit" in header or "b64" in header:
        raise BadToken("the header demands an extension")
    if not isinstance(header.get("typ", "JWT"), str) or header.get("typ", "JWT").upper() != "JWT":
        raise BadToken("it is another kind of token")
    try:
        _check_signature(token, algorithm, _candidates(keys, algorithm, header.get("kid")))
    except BadToken as bad:
        if "kid" in header:
            raise
        # the provider's keys have no names: it may have another one by now
        raise UnknownKey(str(bad)) from bad
    _check_claims(payload, expected)
    _check_access_token(payload, algorithm, expected.access_token)
    return payload


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3 or not token.isascii():
        raise BadToken("it is not a signed token")
    header, payload = (json_object(_decoded(part)) for part in parts[:2])
    if header is None or payload is None:
        raise BadToken("it cannot be read")
    return header, payload


def _decoded(part: str) -> bytes:
    try:
        return b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise BadToken("it cannot be read") from error


def _candidates(keys: list[dict[str, Any]], algorithm: str, kid: object) -> list[dict[str, Any]]:
    """The published keys that may have signed it: by name and type. What the token itself brings along (jwk, jku, x5u)
    is ignored.
    """
    fitting = [key for key in keys if _fits(key, algorithm)]
    if kid is None:
        if len(fitting) > 1:
            raise BadToken("it names no key, and the provider has several")
    else:
        fitting = [key for key in fitting if key.get("kid") == kid]
    if not fitting:
        raise UnknownKey("the key is unknown")
    return fitting


def _fits(key: dict[str, Any], algorithm: str) -> bool:
    operations = key.get("key_ops")
    return (
        key.get("kty") == KEY_TYPES[algorithm[:2]]
        and key.get("crv") == CURVES.get(algorithm, key.get("crv"))
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) in (algorithm, *(("EdDSA", "Ed25519") if algorithm[:2] == "Ed" else ()))
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
    )


PUBLIC_PARTS = ("kty", "n", "e", "crv", "x", "y")


def usable(key: dict[str, Any]) -> bool:
    """Whether a published key could have signed a token that we accept."""
    return any(_fits(key, algorithm) for algorithm in ALGORITHMS)


def _check_signature(token: str, algorithm: str, candidates: list[dict[str, Any]]) -> None:
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key
    from joserfc.jws import JWSRegistry

    signed, _, signature = token.rpartition(".")
    model = JWSRegistry.algorithms[algorithm]
    for candidate in candidates[:5]:
        try:
            if candidate["kty"] == "RSA" and len(_decoded(candidate["n"]).lstrip(b"\0")) * 8 < FEWEST_BITS:
                # before the library sees it, which only warns
                raise BadToken("the key is too short")
            key = import_key({part: candidate[part] for part in PUBLIC_PARTS if part in candidate})
            model.check_key(key)
            if model.verify(signed.encode(), _decoded(signature), key):
                return
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):  # because a published key may be anything
            continue
    raise BadToken("the signature is wrong")


def _check_claims(claims: dict[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise BadToken("the issuer is wrong")
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise BadToken("it is for others, too" if _is_ours(claims.get("aud"), expected) else "it is for somebody else")
    if "azp" in claims and claims["azp"] != expected.client_id:
        raise BadToken("the authorized party is somebody else")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode("utf-8", "replace"), expected.nonce.encode()):
        raise BadToken("the nonce is wrong" if nonce is not None else "the nonce is missing")
    for name in ("exp", "iat"):
        if not _is_time(claims.get(name)):
            raise BadToken(f"{name} is missing or no time")
    if claims["exp"] <= expected.now - LEEWAY_SECONDS:
        raise BadToken("it has expired")
    if claims["iat"] > expected.now + LEEWAY_SECONDS:
        raise BadToken("it was issued in the future")
    if "nbf" in claims and (not _is_time(claims["nbf"]) or claims["nbf"] > expected.now + LEEWAY_SECONDS):
        raise BadToken("it is not valid yet")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not is_plain(subject):
        raise BadToken("the subject is missing or unusable")
    if "auth_time" in claims and not _is_time(claims["auth_time"]):
        raise BadToken("auth_time is no time")


def _is_ours(audience: object, expected: Expected) -> bool:
    """Whether we are among several audiences: all others would have to be trusted (OpenID Connect Core 3.1.3.7), and
    none is.
    """
    return isinstance(audience, list) and expected.client_id in audience


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


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


def identity_of(claims: dict[str, Any], information: dict[str, Any]) -> Identity:
    """The identity in the token, completed by the user information. Raises BadToken if the two differ in their subject.

    An address and whether it is verified are taken from one and the same of the two.
    """
    if information and information.get("sub") != claims["sub"]:
        raise BadToken("the user information is about somebody else")
    address_from = (
        claims if "email" in claims and ("email_verified" in claims or "email" not in information) else information
    )
    verified = address_from.get("email_verified")
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
