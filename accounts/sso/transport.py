"""The HTTP client of Single Sign-On: the OAuth library over a transport with our limits.

It takes 0.1 to 0.9 s and 7 MB to load: import it inside a function, in a thread.
"""

import base64
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote_plus

import httpx2
import joserfc.jwk
import joserfc.jws  # noqa: F401  # because a sign-in needs both soon
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from accounts.connection import cause_of, one_line
from accounts.sso.http import LARGEST_BYTES, ProviderError, json_object, known_error


class _Body(httpx2.AsyncByteStream):
    """The body of a response, cut off where it becomes too large."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for piece in self._stream:
            read += len(piece)
            if read > LARGEST_BYTES:
                raise ProviderError("", "too_large")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Transport(httpx2.AsyncHTTPTransport):
    """Refuses compressed responses and redirects."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            await response.aclose()
            raise ProviderError("", "encoding")
        if response.is_redirect:
            await response.aclose()
            raise ProviderError("", "redirect")
        response.stream = _Body(response.stream)
        return response


def client(tls: ssl.SSLContext, client_id: str, client_secret: str) -> Any:
    """The library's client. Use it in an `async with`; the caller sets the time limit for the whole exchange."""
    made = AsyncOAuth2Client(
        client_id,
        client_secret,
        transport=_Transport(verify=tls, trust_env=False),
        trust_env=False,
        follow_redirects=False,
        timeout=None,
        headers={"Accept-Encoding": "identity", "User-Agent": "Two Keys"},
    )
    made.register_client_auth_method(("client_secret_basic", _basic))
    made.register_compliance_hook("access_token_response", _checked_token_response)
    return made


def _basic(auth: Any, _method: str, uri: str, headers: Any, body: Any) -> tuple[str, Any, Any]:
    """Client id and secret, form-encoded as RFC 6749 2.3.1 says: the library sends them as they are."""
    pair = f"{quote_plus(auth.client_id)}:{quote_plus(auth.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return uri, headers, body


def _checked_token_response(response: httpx2.Response) -> httpx2.Response:
    """The two tokens of the token endpoint's response, before the library looks at it. Raises ProviderError."""
    if response.status_code not in (200, 400, 401):
        raise ProviderError("token", "status", str(response.status_code))
    found = json_object(response.content)
    if found is None:
        raise ProviderError("token", "not_json")
    if response.status_code != 200 or "error" in found:
        raise ProviderError("token", "said", known_error(found.get("error")))
    for name in ("id_token", "access_token"):
        if not isinstance(found.get(name, ""), str):
            raise ProviderError("token", "missing", name)
    if str(found.get("token_type", "Bearer")).lower() != "bearer":
        raise ProviderError("token", "missing", "a bearer token")
    return httpx2.Response(200, json={name: found.get(name, "") for name in ("id_token", "access_token")})


@contextmanager
def errors_at(where: str) -> Iterator[None]:
    """Raises everything that goes wrong on the wire as ProviderError with its place."""
    try:
        yield
    except ProviderError as error:
        raise ProviderError(where, error.what, error.said) from error
    except AuthlibBaseError as error:
        raise ProviderError(where, "said", known_error(error.error)) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise _unreachable(where, error) from error


def _unreachable(where: str, error: BaseException) -> ProviderError:
    """What an error of the connection means."""
    if found := cause_of(error):
        return ProviderError(where, found[0], one_line(found[1]))
    return ProviderError(where, "unreachable", one_line(str(error)) or type(error).__name__)
