"""The OpenID Connect provider of Single Sign-On."""

from dataclasses import dataclass, field

from settings.urls import is_loopback, split


@dataclass(frozen=True)
class Provider:
    # as the provider writes it: compared letter by letter (OpenID Connect Discovery 4.3)
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    # in *Sign in with NAME*
    name: str
    # an unknown identity becomes a user with the role Member
    create_users: bool


def provider(
    issuer: str | None, client_id: str | None, client_secret: str | None, name: str, create_users: bool
) -> Provider | None:
    """None unless issuer, client id and secret are set."""
    if issuer is None or client_id is None or client_secret is None:
        return None
    return Provider(issuer, client_id, client_secret, name, create_users)


def issuer(text: str) -> str:
    if not _is_issuer(text):
        raise ValueError(
            "must look like https://login.example.org/realms/acme, exactly as the provider writes it:"
            " https (http on this machine alone), without query or fragment"
        )
    return text


def _is_issuer(text: str) -> bool:
    parts = split(text)
    if parts is None or parts.username is not None or not text.isascii() or any(letter in text for letter in "?# "):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
