"""RFC 5424 messages over TLS with octet counting (RFC 5425 §4.3). Syslog has no acknowledgement: see `replay.py`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence
from typing import Final

from mcp_server.audit.events import Event
from mcp_server.audit.formats.cef import severity
from mcp_server.audit.formats.names import Format
from mcp_server.audit.formats.rendering import line
from mcp_server.audit.sinks.interface import Delivered, SinkUnavailable
from mcp_server.audit.sinks.replay import ReplayWindow
from mcp_server.audit.sinks.settings import SyslogSinkSettings
from mcp_server.audit.sinks.stream import Stream, connect

_FACILITY: Final = 13  # RFC 5424 table 1: log audit
_ENTERPRISE: Final = 32473  # RFC 5612: for documentation and private use within an organisation


def message(event: Event, name: Format) -> bytes:
    """One RFC 5424 message: PRI, version 1, header, the place in the log as structured data, and the event."""
    # RFC 5424 table 2: 4 warning, 5 notice, 6 informational.
    level = 4 if severity(event) >= 7 else 5 if severity(event) >= 4 else 6
    data = f'[yumen@{_ENTERPRISE} log="{_escaped(event.origin)}" seq="{event.index}" leaf="{event.leaf}"]'
    head = f"<{_FACILITY * 8 + level}>1 {event.timestamp} {_HOST} yumen {_PROCESS} {event.fields['kind']} {data}"
    return f"{head} {line(event, name)}".encode()


def _escaped(value: str) -> str:
    """RFC 5424 §6.3.3: backslash, quote and closing bracket are escaped."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


_HOST: Final = socket.gethostname().encode("ascii", "replace").decode()[:255].replace(" ", "-") or "-"
_PROCESS: Final = str(os.getpid())


class SyslogSink:
    """One connection; opened when there is something to send."""

    def __init__(self, settings: SyslogSinkSettings) -> None:
        self._settings = settings
        self._stream: Stream | None = None
        self._watch: asyncio.Task[bytes] | None = None
        self._window = ReplayWindow(settings)

    async def deliver(self, events: Sequence[Event]) -> Delivered:
        _, writer = await self._connected(events[0].index)
        try:
            for event in events:
                data = message(event, self._settings.format)
                writer.write(b"%d " % len(data) + data)
            await asyncio.wait_for(writer.drain(), self._settings.timeout_seconds)
        except (OSError, TimeoutError) as error:
            await self.close()
            raise SinkUnavailable("the connection to the syslog receiver broke", detail=repr(error)) from error
        await self._alive()
        return Delivered(self._window.sent(events[-1].index + 1))

    async def settle(self) -> int | None:
        if self._stream is None:
            return None
        await self._alive()
        return self._window.settled()

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await self._watch
            self._watch = None
        if self._stream is not None:
            _, writer = self._stream
            self._stream = None
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)

    async def _connected(self, first: int) -> Stream:
        if self._stream is None:
            settings = self._settings
            self._stream = await connect(settings.host, settings.port, settings.tls, settings.timeout_seconds)
            # A receiver sends nothing: whatever this read returns, the connection is over.
            self._watch = asyncio.create_task(self._stream[0].read(1))
            self._window.opened(first)
        await self._alive()
        return self._stream

    async def _alive(self) -> None:
        await asyncio.sleep(0)
        if self._watch is not None and self._watch.done():
            await self.close()
            raise SinkUnavailable("the syslog receiver closed the connection")
