"""A small, honest identity provider inside the test process, for what a person does with one: it signs in whom it is
told to, at once.
"""

import json
import secrets
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.browser import NOON

CLIENT_ID, CLIENT_SECRET = "two-keys", "between us"
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
Answer = tuple[int, dict[str, Any]]


class SmallProvider:
    """The provider. Use it in a `with`; `clock` says what time it is there."""

    def __init__(self, certificate: Path | None = None) -> None:
        # for localhost, with its key: it then speaks TLS
        self._certificate = certificate
        self.clock: Callable[[], int] = lambda: NOON
        self.claims: dict[str, Any] = {
            "sub": "cleo-there",
            "name": "Cleo",
            "preferred_username": "cleo",
            "email": "cleo@example.org",
            "email_verified": True,
        }
        # what it says of auth_time; None: that they just signed in
        self.signed_in_at: int | None = None
        self.says_auth_time = True
        # what it says otherwise of itself; None takes a name away
        self.discovery: dict[str, Any] = {}
        # instead of a token
        self.token_answer: Answer | None = None
        # what the browsers brought, in order
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*provider.says(urlsplit(self.path).path))

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self._answer(*provider.exchanges({name: values[0] for name, values in form.items()}))

            def _answer(self, status: int, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.issuer = f"https://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def settings(self) -> dict[str, str]:
        """The settings with which the program is its client."""
        return {
            "TWO_KEYS_SSO_ISSUER": self.issuer,
            "TWO_KEYS_SSO_CLIENT_ID": CLIENT_ID,
            "TWO_KEYS_SSO_CLIENT_SECRET": CLIENT_SECRET,
            "TWO_KEYS_SSO_NAME": "Acme ID",
        }

    def sends_back(self, address: str) -> str:
        """What a browser gets that goes there: the path of the callback, with a code."""
        assert address.startswith(f"{self.issuer}/authorize?"), address
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked.append(asked)
        code = secrets.token_hex(8)
        self._codes[code] = asked
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode({'code': code, 'state': asked['state']})}"

    def says(self, path: str) -> Answer:
        """The answer to a GET."""
        if path == "/jwks":
            return 200, {"keys": [KEY.as_dict(private=False)]}
        if path != "/.well-known/openid-configuration":
            return 404, {}
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end",
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["sub", "auth_time"] if self.says_auth_time else ["sub"],
        } | self.discovery
        return 200, {name: value for name, value in document.items() if value is not None}

    def exchanges(self, form: dict[str, str]) -> Answer:
        """The answer to a code."""
        asked = self._codes.pop(form["code"], None)
        if self.token_answer or asked is None:
            return self.token_answer or (400, {"error": "invalid_grant"})
        now = self.clock()
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        when = {"auth_time": self.signed_in_at or now} if self.says_auth_time else {}
        token = jwt.encode({"alg": "RS256", "kid": "first"}, claims | when | self.claims, KEY)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}
