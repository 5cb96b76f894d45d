"""RELP (rsyslog's Reliable Event Logging Protocol, version 0): every event is acknowledged by its transaction number.

Frame: TXNR SP COMMAND SP DATALEN [SP DATA] LF. rsyslog acknowledges what stands in its queue, which is in memory unless
it is configured otherwise: see `replay.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from mcp_server.audit.events import Event
from mcp_server.audit.sinks.interface import Delivered, SinkUnavailable
from mcp_server.audit.sinks.replay import ReplayWindow
from mcp_server.audit.sinks.settings import RelpSinkSettings
from mcp_server.audit.sinks.stream import Stream, connect
from mcp_server.audit.sinks.syslog import message

_OFFER: Final = b"relp_version=0\nrelp_software=yumen\ncommands=syslog"
_LARGEST: Final = 999_999_999


class RelpSink:
    """One session; opened when there is something to send."""

    def __init__(self, settings: RelpSinkSettings) -> None:
        self._settings = settings
        self._stream: Stream | None = None
        self._number = 0
        self._window = ReplayWindow(settings)

    async def deliver(self, events: Sequence[Event]) -> Delivered:
        try:
            reader, writer = await self._session(events[0].index)
            waiting: list[int] = []
            for event in events:
                if len(waiting) >= self._settings.window:
                    await self._acknowledged(reader, waiting.pop(0))
                waiting.append(self._send(writer, b"syslog", message(event, self._settings.format)))
            for number in waiting:
                await self._acknowledged(reader, number)
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
            await self.close()
            raise SinkUnavailable("the RELP session broke", detail=repr(error)) from error
        return Delivered(self._window.sent(events[-1].index + 1))

    async def settle(self) -> int | None:
        if self._stream is None:
            return None
        try:
            async with asyncio.timeout(0):
                await self._stream[0].read(1)
        except TimeoutError:
            return self._window.settled()
        except OSError:
            pass
        # Between two responses a receiver says nothing but that it closes.
        await self.close()
        raise SinkUnavailable("the RELP receiver closed the connection")

    async def close(self) -> None:
        if self._stream is not None:
            _, writer = self._stream
            self._stream = None
            with contextlib.suppress(OSError, TimeoutError):
                self._send(writer, b"close", b"")
                writer.close()
                await asyncio.wait_for(writer.wait_closed(), 1)

    async def _session(self, first: int) -> Stream:
        if self._stream is None:
            settings = self._settings
            self._stream = await connect(settings.host, settings.port, settings.tls, settings.timeout_seconds)
            self._number = 0
            reader, writer = self._stream
            await self._acknowledged(reader, self._send(writer, b"open", _OFFER))
            self._window.opened(first)
        return self._stream

    def _send(self, writer: asyncio.StreamWriter, command: bytes, data: bytes) -> int:
        self._number = self._number % _LARGEST + 1
        payload = b" " + data if data else b""
        writer.write(b"%d %s %d%s\n" % (self._number, command, len(data), payload))
        return self._number

    async def _acknowledged(self, reader: asyncio.StreamReader, number: int) -> None:
        """Read one response; raises ValueError unless it says that `number` is accepted."""
        async with asyncio.timeout(self._settings.timeout_seconds):
            answered = int(await reader.readuntil(b" "))
            command = (await reader.readuntil(b" ")).strip()
            digits = b""
            while (byte := await reader.readexactly(1)).isdigit():
                digits += byte
            data = await reader.readexactly(int(digits)) if byte == b" " else b""
            if byte == b" ":
                await reader.readexactly(1)
        if answered != number or command != b"rsp" or not data.startswith(b"200"):
            raise ValueError(f"receiver answered {answered} {command!r} {data[:60]!r} to {number}")
