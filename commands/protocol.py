"""The connections of `serve`: what they may do before the application hears of them, and what they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar, Literal, Protocol, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from commands.connection_limits import Limits
from commands.waiting import Waiting


class Application(Protocol):
    # which go with every answer
    security_headers: list[tuple[bytes, bytes]]


class LimitedProtocol(HttpToolsProtocol):
    """One connection."""

    limits = Limits()
    # of the process
    waiting: ClassVar[Waiting[LimitedProtocol]] = Waiting()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # because uvicorn does so
        super().connection_made(transport)
        self.has_asked = False
        # what the client owes
        self._owes: Literal["headers", "body", "nothing"] = "headers"
        # of headers or trailers that are not complete
        self._incomplete_bytes = 0
        self._unsent_bytes = 0
        self._refused: HTTPStatus | None = None
        # for what is received, and for what is sent
        self._timer: asyncio.TimerHandle | None = None
        self._sending_timer: asyncio.TimerHandle | None = None
        # which the application is answering, or has answered last
        self._running: RequestResponseCycle | None = None
        self._wait(self.limits.header_seconds, self._late)
        self.waiting.put_last(self)
        if len(self.connections) > self.limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.waiting.remove(self)
        self._stop_waiting()
        self._stop_watching()
        # uvicorn does so for the request that came last alone
        self.pipeline.clear()
        self._disconnect()

    # ------------------------------------------------------------------------------------------------ what is received

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._owes == "nothing" and not self._answering:
            # also by a blank line, which the parser passes over
            self._owes = "headers"
        self._incomplete_bytes += len(data)
        super().data_received(data)
        if self._incomplete_bytes > self.limits.header_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if not self._refused:
            self._wait_for_the_rest()
        self._keep_in_line()

    def _wait_for_the_rest(self) -> None:
        if self._owes == "headers" and self._timer is None:
            self._wait(self.limits.header_seconds, self._late)
        # Only bytes of the body itself give more time, not those around its chunks or behind it. Once it is answered
        # (413), the rest is read without an end in sight.
        elif self._owes == "body" and (self._timer is None or (self._answering and not self._incomplete_bytes)):
            self._wait(self.limits.silence_seconds, self._late)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._owes = "headers"
        # How many more of them came with the end of the request before is not known: less than one read.
        self._incomplete_bytes = max(self._incomplete_bytes, 1)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > self.limits.header_fields:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            raise ValueError("too many headers")

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= self.limits.pipelined:
            # answered with 400
            raise ValueError("too many requests at once")
        size = len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        if size > self.limits.header_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            raise ValueError("headers are too large")
        super().on_headers_complete()
        self.has_asked = True
        # The application does not hear of trailers: they could say anything, such as another address of the client.
        self.headers = []
        self._received("body")

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._incomplete_bytes = 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        # What was answered before its end is no idle connection to uvicorn, and would never be closed.
        self._received("nothing" if self._answering else "headers")

    def _received(self, owes: Literal["headers", "body", "nothing"]) -> None:
        self._owes, self._incomplete_bytes = owes, 0
        self._stop_waiting()

    # ----------------------------------------------------------------------------------------------------- what is sent

    @property
    def _answering(self) -> bool:
        return self._running is not None and not self._running.response_complete

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._keep_in_line()
        if self.transport.is_closing():
            self._watch_sending()
        elif self._refused and not self._answering:
            self._say_why()
        else:
            self._wait_for_the_rest()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch_sending()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._keep_in_line()
        self._watch_sending()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._keep_in_line()
        self._stop_watching()

    def _watch_sending(self) -> None:
        """Waits until the client has taken more of what was sent; aborts if it does not."""
        self._stop_watching()
        self._unsent_bytes = self.transport.get_write_buffer_size()
        self._sending_timer = self.loop.call_later(self.limits.silence_seconds, self._stalled)

    def _stop_watching(self) -> None:
        if self._sending_timer is not None:
            self._sending_timer.cancel()
            self._sending_timer = None

    def _stalled(self) -> None:
        if self.transport.get_write_buffer_size() < self._unsent_bytes:
            self._watch_sending()
        else:
            self.transport.abort()

    # -------------------------------------------------------------------------------------------------------- refusals

    def _late(self) -> None:
        self._timer = None
        if self.flow.read_paused:
            # the application is slow, not the client
            self._wait_for_the_rest()
        elif self._owes == "headers" and not self._incomplete_bytes:
            self.transport.abort()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # because uvicorn calls it so
        self._refuse(HTTPStatus.BAD_REQUEST)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answers in the application's place and closes. What the client sent before gets its answer first."""
        if self._refused:
            return
        self._refused = status
        self.flow.pause_reading()
        if not self._answering:
            self._say_why()
        elif self._owes == "body":
            self._take_back()

    def _take_back(self) -> None:
        """For a request that has reached the application before its end."""
        if self._running is not self.cycle or self.cycle.response_started:
            self.transport.abort()
        else:
            self._disconnect()
            self._say_why()

    def _disconnect(self) -> None:
        """Tells the application that its client is gone."""
        if self._running is not None:
            self._running.disconnected = True
            self._running.message_event.set()

    def _say_why(self) -> None:
        assert self._refused is not None
        body = self._refused.phrase.encode()
        headers = [
            *self.server_state.default_headers,
            *cast("Application", self.app).security_headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        self.transport.write(b"".join([STATUS_LINE[self._refused], *lines, b"\r\n", body]))
        # Closed at once, what the client still sends would make its system drop the answer.
        self.transport.write_eof()
        self._wait(self.limits.linger_seconds, self.transport.abort)

    # ----------------------------------------------------------------------------------------------------- connections

    def _keep_in_line(self) -> None:
        """The connection was just heard of, and waits for its client or not."""
        if self in self.connections and (not self._answering or self._owes == "body" or self.flow.write_paused):
            self.waiting.put_last(self)
        else:
            self.waiting.remove(self)

    def _make_room(self) -> None:
        if longest := self.waiting.take_the_longest(self.limits.new_connections):
            # At once: many connections are accepted before `connection_lost` is called for one.
            self.connections.discard(longest)
            longest.transport.abort()

    def _wait(self, seconds: float, late: Callable[[], None]) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
