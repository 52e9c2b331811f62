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


# what a proxy sends in place of the header that is read
ADDRESS_HEADERS = {"Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP"}
MOST_PEERS = 20


class Watch:
    """Of one process: each peer is said once in the output (the first of them), and stored once a day."""

    def __init__(self) -> None:
        self._noted_at: dict[str, int] = {}

    async def look(self, request: Request) -> None:
        headers = [HEADERS[name] for name, _ in request.scope["headers"] if name in HEADERS]
        if not headers:
            return
        peer, context = addresses.address(client.peer_of(request)), context_of(request)
        if peer is None or not self._is_due(str(peer), context.now):
            return
        if client.is_proxy(peer, config_of(request)):
            self._say_what_is_not_read(request, headers, str(peer))
            return
        if self._note(str(peer), context.now):
            _log.warning(
                "%s from %s does not count. If that is your proxy, name it in TWO_KEYS_TRUSTED_PROXIES",
                headers[0],
                peer,
            )
        await self._store(request, headers[0], str(peer))

    def _say_what_is_not_read(self, request: Request, headers: list[str], peer: str) -> None:
        """Of a proxy that is named, whose visitors all look like the proxy itself."""
        if client.FORWARDED_FOR in headers:
            if client.address_of(request, config_of(request)) == peer and self._note(peer, context_of(request).now):
                _log.warning("X-Forwarded-For from the proxy %s holds no address that can be read", peer)
        elif ADDRESS_HEADERS.intersection(headers) and self._note(peer, context_of(request).now):
            _log.warning("%s from the proxy %s is not read: let it send X-Forwarded-For", headers[0], peer)

    def _is_due(self, peer: str, now: int) -> bool:
        at = self._noted_at.get(peer)
        return now >= at + DAY_SECONDS if at is not None else len(self._noted_at) < MOST_PEERS

    def _note(self, peer: str, now: int) -> bool:
        """Whether it is the first time in this process."""
        first = peer not in self._noted_at
        self._noted_at[peer] = now
        return first

    async def _store(self, request: Request, header: str, peer: str) -> None:
        try:
            await proxies.note(context_of(request), header, peer)
        except db.Unavailable as error:
            _log.warning("this could not be stored for General Settings: %s", error)
