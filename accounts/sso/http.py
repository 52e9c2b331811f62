"""HTTP to the identity provider, which is somebody else's program: it may be down, slow, endless or broken.

One answer is at most 256 KB, uncompressed, JSON; no redirect is followed, certificates are verified, the environment's proxies
and passwords (`trust_env`) are not used: what reaches the provider is what is configured here.
The libraries (0.1 to 0.9 s, 7 MB) are imported when somebody first signs in through the provider, in a thread.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import quote_plus

from accounts.connection import cause_of, one_line

LARGEST_BYTES = 256 * 1024

Ill = Literal[
    "name", "refused", "unreachable", "timeout", "certificate", "tls",
    "redirect", "status", "too_large", "encoding", "not_json", "said",
    "missing", "wrong_issuer", "insecure", "no_client_auth", "no_algorithm", "no_keys", "client",
]  # fmt: skip
SILENT: tuple[Ill, ...] = ("name", "refused", "unreachable", "timeout", "certificate", "tls")  # no answer at all

KNOWN_ERRORS = {  # RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6: what may be repeated in the log
    "access_denied", "account_selection_required", "consent_required", "interaction_required", "invalid_client",
    "invalid_grant", "invalid_request", "invalid_request_object", "invalid_scope", "invalid_target", "invalid_token",
    "login_required", "registration_not_supported", "request_not_supported", "request_uri_not_supported", "server_error",
    "temporarily_unavailable", "unauthorized_client", "unmet_authentication_requirements", "unsupported_grant_type",
    "unsupported_response_type",
}  # fmt: skip


class Trouble(Exception):
    """What the provider did not do, or did wrong: where, what, and in which words."""

    def __init__(self, where: str, what: Ill, said: str = "") -> None:
        super().__init__(f"{where}: {what.replace('_', ' ')}{f' ({said})' if said else ''}")
        self.where, self.what, self.said = where, what, said


def known_error(code: object) -> str:
    """An error code of the protocol as it is; anything else as such."""
    return code if isinstance(code, str) and code in KNOWN_ERRORS else "an unknown error"


async def load() -> None:
    """Imports the libraries, off the event loop."""
    await asyncio.to_thread(_load)


def _load() -> None:
    import joserfc.jwk
    import joserfc.jws  # noqa: F401  # because they are only to be there


def client(tls: ssl.SSLContext, client_id: str, client_secret: str) -> Any:
    """The library's client, over a transport with our limits. Use it in an `async with`, after `load`."""
    import httpx2
    from authlib.integrations.httpx_client import AsyncOAuth2Client

    class Body(httpx2.AsyncByteStream):
        """An answer's body, cut off where it becomes too large."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = 0
            async for piece in self._stream:
                read += len(piece)
                if read > LARGEST_BYTES:
                    raise Trouble("", "too_large")
                yield piece

        async def aclose(self) -> None:
            await self._stream.aclose()

    class Transport(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            answer = await super().handle_async_request(request)
            if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
                await answer.aclose()
                raise Trouble("", "encoding")
            if answer.is_redirect:
                await answer.aclose()
                raise Trouble("", "redirect")
            answer.stream = Body(answer.stream)
            return answer

    made = AsyncOAuth2Client(
        client_id,
        client_secret,
        transport=Transport(verify=tls, trust_env=False),
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # the whole conversation has one
        headers={"Accept-Encoding": "identity", "User-Agent": "Two Keys"},
    )
    made.register_client_auth_method(("client_secret_basic", _basic))
    return made


def _basic(auth: Any, _method: str, uri: str, headers: Any, body: Any) -> tuple[str, Any, Any]:
    """The client's name and secret, form-encoded as RFC 6749 2.3.1 says: the library sends them as they are."""
    import base64

    pair = f"{quote_plus(auth.client_id)}:{quote_plus(auth.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return uri, headers, body


@contextmanager
def troubles(where: str) -> Iterator[None]:
    """Whatever goes wrong on the wire, as Trouble with the place."""
    import httpx2
    from authlib.common.errors import AuthlibBaseError

    try:
        yield
    except Trouble as error:
        raise Trouble(where, error.what, error.said) from error
    except AuthlibBaseError as error:
        raise Trouble(where, "said", known_error(error.error)) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise _silence(where, error) from error


def _silence(where: str, error: BaseException) -> Trouble:
    """What an error of the connection means."""
    if found := cause_of(error):
        return Trouble(where, found[0], one_line(found[1]))
    return Trouble(where, "unreachable", one_line(str(error)) or type(error).__name__)


def json_object(body: bytes | str) -> dict[str, Any] | None:
    """The JSON object in a body; None for anything else, NaN, and nesting without end."""
    try:
        found = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
