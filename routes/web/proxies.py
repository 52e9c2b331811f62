"""Tells operator and administrators of a proxy that is not named in TWO_KEYS_TRUSTED_PROXIES."""

import logging

from starlette.requests import Request

import db
from accounts.durations import DAY_SECONDS
from accounts.system import proxies
from routes.web import client
from routes.web.request import config_of, context_of
from settings import addresses

# By which proxies say for whom they ask; none but the first is read.
HEADERS = {
    name.lower().encode(): name
    for name in (
        client.FORWARDED_FOR,
        "Forwarded",
        "X-Real-IP",
        "X-Client-IP",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "CF-Connecting-IP",
        "True-Client-IP",
    )
}

_log = logging.getLogger("two_keys.proxies")


class Watch:
    """Of one process: said once in the output, and stored once a day."""

    def __init__(self) -> None:
        self._noted_at: int | None = None

    async def look(self, request: Request) -> None:
        header = next((HEADERS[name] for name, _ in request.scope["headers"] if name in HEADERS), None)
        if header is None:
            return
        peer, context = addresses.address(client.peer_of(request)), context_of(request)
        if peer is None or client.is_proxy(peer, config_of(request)):
            return
        if self._noted_at is None:
            _log.warning(
                "%s from %s does not count. If that is your proxy, name it in TWO_KEYS_TRUSTED_PROXIES", header, peer
            )
        if self._noted_at is None or context.now >= self._noted_at + DAY_SECONDS:
            self._noted_at = context.now
            await self._store(request, header, str(peer))

    async def _store(self, request: Request, header: str, peer: str) -> None:
        try:
            await proxies.note(context_of(request), header, peer)
        except db.Unavailable as error:
            _log.warning("this could not be stored for General Settings: %s", error)
