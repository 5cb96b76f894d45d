"""Lines in a file, for a shipper that follows it. Durable before acknowledged; rotated by rename."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from mcp_server.audit.events import Event
from mcp_server.audit.formats.rendering import line
from mcp_server.audit.keys import sync_directory
from mcp_server.audit.sinks.interface import Delivered, SinkUnavailable
from mcp_server.audit.sinks.settings import FileSinkSettings


class FileSink:
    """Appends to `path`; renames it to `path.<first index not in it>` at the size limit."""

    def __init__(self, settings: FileSinkSettings) -> None:
        self._settings = settings
        self._fd = -1

    async def deliver(self, events: Sequence[Event]) -> Delivered:
        try:
            await asyncio.to_thread(self._append, events)
        except OSError as error:
            self._release()
            raise SinkUnavailable(f"{self._settings.path.name} cannot be written", detail=str(error)) from error
        return Delivered(events[-1].index + 1)

    async def settle(self) -> int | None:
        return None

    async def close(self) -> None:
        self._release()

    def _append(self, events: Sequence[Event]) -> None:
        self._open()
        data = "".join(f"{line(event, self._settings.format)}\n" for event in events).encode()
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]
        os.fdatasync(self._fd)
        if os.fstat(self._fd).st_size >= self._settings.rotate_bytes:
            self._rotate(events[-1].index + 1)

    def _open(self) -> None:
        path = self._settings.path
        if self._fd >= 0:
            # Somebody else (logrotate) may have renamed the file: go on in a new one.
            try:
                if os.stat(path).st_ino == os.fstat(self._fd).st_ino:
                    return
            except FileNotFoundError:
                pass
            self._release()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._drop_torn_line()

    def _drop_torn_line(self) -> None:
        """A line that a crash cut off would make the next one unreadable, too."""
        size = os.fstat(self._fd).st_size
        at = size
        while at > 0:
            begin = max(0, at - 4096)
            newline = os.pread(self._fd, at - begin, begin).rfind(b"\n")
            if newline >= 0:
                at = begin + newline + 1
                break
            at = begin
        if at != size:
            os.ftruncate(self._fd, at)

    def _rotate(self, following: int) -> None:
        path = self._settings.path
        path.rename(path.with_name(f"{path.name}.{following:012d}"))
        sync_directory(path.parent)
        self._release()
        renamed = sorted(path.parent.glob(f"{path.name}.{'[0-9]' * 12}"))
        for old in renamed[: -self._settings.keep]:
            old.unlink()

    def _release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
