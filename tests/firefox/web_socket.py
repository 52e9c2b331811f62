"""As much of RFC 6455 as a conversation in text with a program on this machine needs."""

import base64
import os
import socket
import struct
from typing import Self
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
FINAL, MASKED = 0x80, 0x80


class WebSocket:
    """Use it in a `with`."""

    def __init__(self, url: str, patience_seconds: float) -> None:
        parts = urlsplit(url)
        self._path, self._host = parts.path, parts.netloc
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 0), patience_seconds)
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self._socket.sendall(request.encode())
        answer = self._stream.readline()
        assert b" 101 " in answer, answer
        while self._stream.readline().strip():
            pass
        return self

    def __exit__(self, *ended: object) -> None:
        self._stream.close()
        self._socket.close()

    def send(self, text: str) -> None:
        self._send(TEXT, text.encode())

    def _send(self, kind: int, data: bytes) -> None:
        size, mask = len(data), os.urandom(4)
        length = (
            struct.pack("!B", MASKED | size)
            if size < 126
            else struct.pack("!BH", MASKED | 126, size)
            if size < 1 << 16
            else struct.pack("!BQ", MASKED | 127, size)
        )
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
        self._socket.sendall(bytes([FINAL | kind]) + length + mask + masked)

    def receive(self) -> str:
        """The next text. Raises TimeoutError."""
        whole = b""
        while True:
            first, size = self._stream.read(2)
            if size in (126, 127):
                size = int.from_bytes(self._stream.read(2 if size == 126 else 8))
            data, kind = self._stream.read(size), first & 0x0F
            assert kind != CLOSE, "Firefox ended the conversation"
            if kind == PING:
                self._send(PONG, data)
            elif kind != PONG:
                whole += data
                if first & FINAL:
                    return whole.decode()
