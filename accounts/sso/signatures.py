"""Signed tokens of the provider (RFC 7515): which of its keys may have signed one, and whether it did.

The library checks the signature; everything else is checked here, each with its own cause.
"""

from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from accounts.sso.http import json_object

# What is accepted from a provider: asymmetric signatures alone. Never `none`, never a shared secret (HS…).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LONGEST_TOKEN = 64 * 1024
KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
# of an RSA key: RFC 7518 3.3
FEWEST_BITS = 2048


class BadToken(Exception):
    """The token is refused; the text is the exact cause, for the log."""


class UnknownKey(BadToken):
    """It is signed with a key that the provider has not published, or not yet when we asked."""


@dataclass(frozen=True)
class Signed:
    """What a genuine token says; for whom and until when is not checked yet."""

    algorithm: str
    claims: dict[str, Any]


def verified(token: str, keys: list[dict[str, Any]]) -> Signed:
    """A token that one of the keys has signed. Raises BadToken, UnknownKey."""
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
    return Signed(algorithm, payload)


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
