"""An identity provider that is honest until a test sets one thing to break one thing.

Tokens are put together by hand, without the library under test.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import httpx2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.browser import Browser, Installation, Page
from tests.identity_provider import begins

CLIENT_ID = "two-keys"
CLIENT_SECRET = "a secret that the provider and the program share"
LIVES_SECONDS = 300
PATIENCE_SECONDS = 30


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key pair; the same for the same name, since making one takes a tenth of a second."""
    return rsa.generate_private_key(65537, 2048)


@cache
def short_key() -> rsa.RSAPrivateKey:
    """A key pair so short that it can be broken."""
    return rsa.generate_private_key(65537, 1024)


def public_jwk(private: rsa.RSAPrivateKey, kid: str | None = None, **more: Any) -> dict[str, Any]:
    """What a provider publishes of a key."""
    numbers = private.public_key().public_numbers()
    size = (private.key_size + 7) // 8
    named = {} if kid is None else {"kid": kid}
    return (
        {"kty": "RSA", "use": "sig", "alg": "RS256", "n": encoded(numbers.n.to_bytes(size)), "e": "AQAB"} | named | more
    )


def public_pem(private: rsa.RSAPrivateKey) -> bytes:
    """The same as PEM."""
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def encoded(value: bytes | dict[str, Any]) -> str:
    """Base64url without padding, of JSON if it is a mapping."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Token:
    """An identity token before it is signed."""

    provider: "HostileProvider"
    header: dict[str, Any]
    claims: dict[str, Any]
    access_token: str

    @property
    def signed_part(self) -> str:
        return f"{encoded(self.header)}.{encoded(self.claims)}"

    def signed(self, private: rsa.RSAPrivateKey | None = None) -> str:
        """With RS256, by the provider's key or another."""
        by = private or self.provider.key
        signature = by.sign(self.signed_part.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{self.signed_part}.{encoded(signature)}"

    def signed_symmetrically(self, secret: bytes) -> str:
        """With HS256."""
        self.header["alg"] = "HS256"
        signature = hmac.new(secret, self.signed_part.encode(), hashlib.sha256).digest()
        return f"{self.signed_part}.{encoded(signature)}"


@dataclass
class Answer:
    """What the provider says to one request; `pieces` makes the body bit by bit."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Callable[[], Any] | None = None


def in_json(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


class HostileProvider:
    """The provider, running on a free port. Use it in a `with`; `clock` says what time it is, in epoch seconds."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.key, self.kid = key("the provider's"), "first"
        self.claims: dict[str, Any] = {
            "sub": "cleo-at-the-provider",
            "name": "Cleo",
            "preferred_username": "cleo",
            "email": "cleo@example.org",
            "email_verified": True,
        }
        # what a test may break
        self.token: Callable[[Token], str | None] = Token.signed
        self.userinfo: dict[str, Any] = {}
        # changes what discovery says; None takes a name away
        self.discovery: dict[str, Any] = {}
        # published in the place of the real ones
        self.keys: list[dict[str, Any]] | None = None
        # path → what is said there in the place of the honest answer
        self.answers: dict[str, Callable[[], Answer]] = {}
        # what it has seen
        # paths, in order
        self.asked: list[str] = []
        self.authorizations: list[dict[str, str]] = []
        self.exchanges: list[dict[str, str]] = []
        # bytes of an answer without end
        self.sent = 0
        self.released = threading.Event()
        self._codes: dict[str, dict[str, str]] = {}
        self._access_tokens: set[str] = set()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"at": self}))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self.stops()

    def stops(self) -> None:
        """Nobody listens any more."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def settings(self, name: str = "Acme ID") -> dict[str, str]:
        """The settings with which the program is a client here."""
        return {
            "TWO_KEYS_SSO_ISSUER": self.issuer,
            "TWO_KEYS_SSO_CLIENT_ID": CLIENT_ID,
            "TWO_KEYS_SSO_CLIENT_SECRET": CLIENT_SECRET,
            "TWO_KEYS_SSO_NAME": name,
        }

    def sends_back(self, address: str) -> str:
        """What a browser sees that goes to the provider: it is sent back at once, with a code."""
        with httpx2.Client(trust_env=False, verify=False, timeout=PATIENCE_SECONDS) as there:
            answer = there.get(address)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    # ----------------------------------------------------------------------------------------------- what it says

    def says(self, path: str, query: dict[str, str], form: dict[str, str], headers: Any) -> Answer:
        """The answer to a request."""
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]()
        match path:
            case "/.well-known/openid-configuration":
                return in_json({name: value for name, value in self._discovery().items() if value is not None})
            case "/jwks":
                return in_json({"keys": self.keys if self.keys is not None else [public_jwk(self.key, self.kid)]})
            case "/authorize":
                return self._authorize(query)
            case "/token":
                return self._exchange(form, headers)
            case "/userinfo":
                if headers.get("Authorization", "").removeprefix("Bearer ") not in self._access_tokens:
                    return in_json({"error": "invalid_token"}, 401)
                return in_json(self.claims | self.userinfo)
            case _:
                return in_json({"error": "not_found"}, 404)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        } | self.discovery

    def _authorize(self, query: dict[str, str]) -> Answer:
        self.authorizations.append(query)
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = urlencode({"code": code, "state": query.get("state", "")})
        return Answer(302, headers={"Location": f"{query['redirect_uri']}?{back}"})

    def _exchange(self, form: dict[str, str], headers: Any) -> Answer:
        self.exchanges.append(form)
        if not _is_the_client(form, headers.get("Authorization", "")):
            return in_json({"error": "invalid_client"}, 401)
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = encoded(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            form.get("grant_type") != "authorization_code"
            or asked is None
            or form.get("redirect_uri") != asked.get("redirect_uri")
            or asked.get("code_challenge_method") != "S256"
            or asked.get("code_challenge") != challenge
        ):
            return in_json({"error": "invalid_grant"}, 400)
        token = self.honest_token(asked)
        self._access_tokens.add(token.access_token)
        answer = {
            "access_token": token.access_token,
            "token_type": "Bearer",
            "expires_in": LIVES_SECONDS,
            "id_token": self.token(token),
        }
        return in_json({name: value for name, value in answer.items() if value is not None})

    def honest_token(self, asked: dict[str, str]) -> Token:
        """The identity token that belongs to an authorization, before it is signed."""
        now = self.clock()
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + LIVES_SECONDS,
            "auth_time": now,
            "nonce": asked.get("nonce"),
            "acr": "urn:example:silver",
            "amr": ["pwd", "hwk"],
        }
        return Token(self, {"alg": "RS256", "kid": self.kid}, claims | self.claims, secrets.token_urlsafe(16))


def _is_the_client(form: dict[str, str], authorization: str) -> bool:
    if authorization.startswith("Basic "):
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote(name.replace("+", " ")), unquote(secret.replace("+", " "))) == (CLIENT_ID, CLIENT_SECRET)
    return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)


class _Handler(BaseHTTPRequestHandler):
    at: "HostileProvider"

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        self._answer({name: values[0] for name, values in parse_qs(body).items()})

    def _answer(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        answer = self.at.says(parts.path, query, form, self.headers)
        try:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.pieces is None and answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            for piece in answer.pieces() if answer.pieces else [answer.body]:
                self.wfile.write(piece)
        # the program has gone, as it should
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def signs_in_there(installation: Installation, provider: HostileProvider, browser: Browser | None = None) -> Page:
    """The whole dance: off, provider, callback; what the callback answers."""
    browser = browser or installation.browser()
    parts = urlsplit(provider.sends_back(begins(browser)))
    return browser.get(f"{parts.path}?{parts.query}")
