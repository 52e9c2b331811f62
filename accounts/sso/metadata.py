"""The discovery document: what the provider says about itself (OpenID Connect Discovery 3), where it concerns us."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from accounts.connection import one_line
from accounts.sso.http import ProviderError
from accounts.sso.signatures import ALGORITHMS
from settings.urls import is_loopback

LONGEST_ADDRESS = 2000


@dataclass(frozen=True)
class Metadata:
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
    # how it can sign user information; None: it does not say
    signs_user_information: tuple[str, ...] | None


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
    return Metadata(
        **endpoints,
        client_auth=usable[0],
        algorithms=algorithms,
        pkce=_words_if_said(document, "code_challenge_methods_supported"),
        says_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        says_auth_time="auth_time" in _words(document, "claims_supported"),
        signs_user_information=_words_if_said(document, "userinfo_signing_alg_values_supported"),
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


def _words_if_said(document: dict[str, Any], name: str) -> tuple[str, ...] | None:
    return _words(document, name) if name in document else None
