"""HTTP/1.1 as it comes off the socket: heads that are endless, slow or malformed end here, before there is a request.

The ASGI server bounds neither the size of a head (or of chunk framing and trailers) nor the time it may take, and
answers malformed requests itself; this subclass of its protocol does all three and tells the edge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

OnMalformed = Callable[[str, int, str], None]
"""Takes the client's address, the status that it got and the reason."""

_HEAD_BYTES = 64 * 1024
"""More than the edge admits (32 KiB), so that what is only a little too large gets a proper answer from it."""
_HEAD_SECONDS = 15.0


def http_protocol(
    on_malformed: OnMalformed, *, head_bytes: int = _HEAD_BYTES, head_seconds: float = _HEAD_SECONDS
) -> type[asyncio.Protocol]:
    """A class for `uvicorn.Config(http=…)`."""

    class Guarded(_Guarded):
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            super().__init__(*arguments, **keywords)
            self._on_malformed = on_malformed
            self._head_bytes = head_bytes
            self._head_seconds = head_seconds

    return Guarded


class _Guarded(HttpToolsProtocol):
    _on_malformed: OnMalformed
    _head_bytes: int
    _head_seconds: float

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._head_timer: asyncio.TimerHandle | None = None
        # Bytes of the current message: its body, and all else (head, chunk framing, trailers). Honest framing is less
        # than a quarter of a body. What belongs to the message before, in the same read, is charged to the new one.
        self._body = 0
        self._overhead = 0
        self._read = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._read = len(data)
        self._overhead += len(data)
        super().data_received(data)
        if self._overhead > self._head_bytes + self._body // 4 and not self.transport.is_closing():
            self._end(431, "head_too_large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._overhead, self._body = min(self._overhead, self._read), 0
        if self._head_timer is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_is_here()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        self._overhead -= len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        self._on_malformed(self._address(), 400, "http_malformed")
        super().send_400_response(msg)

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self._head_seconds, self._end, 408, "head_too_slow")

    def _head_is_here(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end(self, status: int, code: str) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        if self._overhead:  # a connection that never said a word is closed without one
            self._on_malformed(self._address(), status, code)
        if self.cycle is None or self.cycle.response_complete:
            reason = b"Request Timeout" if status == 408 else b"Request Header Fields Too Large"
            self.transport.write(b"HTTP/1.1 %d %s\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % (status, reason))
        self.transport.close()

    def _address(self) -> str:
        return self.client[0] if self.client else ""
