"""Moves records from the log to one sink. Runs beside the calls and never in their way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mcp_server.audit.errors import AuditUnavailable, LogDamaged
from mcp_server.audit.events import Event, event_of
from mcp_server.audit.interface import Log
from mcp_server.audit.reading import Tailer
from mcp_server.audit.records import JSON, lifecycle
from mcp_server.audit.sinks.cursor import Cursor
from mcp_server.audit.sinks.interface import Sink
from mcp_server.audit.sinks.settings import SinkSettings
from mcp_server.audit.subjects import SubjectKeys
from scanners.errors import YumenError

_IDLE_SECONDS: Final = 0.1
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 30.0

logger = logging.getLogger("yumen.audit")


@dataclass(frozen=True, slots=True)
class PumpStatus:
    """What health and metrics say of a sink."""

    name: str
    acknowledged: int
    lag: int
    """Records that the log holds and the sink has not acknowledged."""
    lagging: bool
    problem: str


class Pump:
    """One sink's task."""

    def __init__(
        self,
        log: Log,
        subjects: SubjectKeys | None,
        settings: SinkSettings,
        make: Callable[[], Sink],
        *,
        pause: float = _FIRST_PAUSE,
    ) -> None:
        self._log = log
        self._subjects = subjects if settings.personal else None
        self._settings = settings
        self._make = make
        self._pause = pause
        self._cursor = Cursor(log.directory, settings.name, log.origin)
        self._problem = ""
        self._lagging = False

    @property
    def status(self) -> PumpStatus:
        lag = self._log.committed.checkpoint.size - self._cursor.position
        return PumpStatus(self._settings.name, self._cursor.position, lag, self._lagging, self._problem)

    async def run(self) -> None:
        """Until cancelled. After every failure a new connection, from the cursor on, with growing pauses."""
        pause = self._pause
        while True:
            sink = self._make()
            before = self._cursor.position
            try:
                await self._pump(sink)
            except LogDamaged as error:
                logger.error("audit sink %s stopped: %s", self._settings.name, error.message)
                self._problem = error.message
                return
            except YumenError as error:
                if not self._problem:
                    logger.warning("audit sink %s: %s", self._settings.name, error.diagnostics())
                self._problem = error.message
            finally:
                with contextlib.suppress(OSError, YumenError):
                    await sink.close()
            await self._watch_lag()
            if self._cursor.position > before:
                pause = self._pause
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def drain(self, seconds: float) -> None:
        """Wait until the sink has everything, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.status.lag > 0:
                    await asyncio.sleep(0.02)

    async def _pump(self, sink: Sink) -> None:
        tailer = Tailer(self._log.directory, self._cursor.position)
        while True:
            events = await asyncio.to_thread(self._next, tailer)
            if not events:
                settled = await sink.settle()
                if settled is not None:
                    await asyncio.to_thread(self._cursor.move, settled)
                await self._watch_lag()
                await asyncio.sleep(_IDLE_SECONDS)
                continue
            delivered = await sink.deliver(events)
            if delivered.rejected:
                await self._report(delivered.rejected)
            await asyncio.to_thread(self._cursor.move, delivered.acknowledged)
            self._problem = ""
            await self._watch_lag()
            if delivered.resume is not None:
                tailer = Tailer(self._log.directory, delivered.resume)

    def _next(self, tailer: Tailer) -> list[Event]:
        until = self._log.committed.checkpoint.size
        return [event_of(record, self._subjects) for record in tailer.read(until, self._settings.batch)]

    async def _report(self, rejected: tuple[tuple[int, str], ...]) -> None:
        """The log keeps what the receiver will not have, and says so."""
        details: dict[str, JSON] = {
            "sink": self._settings.name,
            "count": len(rejected),
            "records": [index for index, _ in rejected[:20]],
            "reasons": sorted({reason for _, reason in rejected})[:5],
        }
        logger.error("audit sink %s rejects %d events for good", self._settings.name, len(rejected))
        with contextlib.suppress(AuditUnavailable):
            await self._log.append(lifecycle("sink.rejected", details), durable=False)

    async def _watch_lag(self) -> None:
        """Crossing the mark is an event, in both directions; where it is configured, it denies new calls."""
        lag = self.status.lag
        lagging = lag > self._settings.max_lag or (self._lagging and lag > self._settings.max_lag // 2)
        if lagging == self._lagging:
            return
        self._lagging = lagging
        if self._settings.on_lag == "deny":
            self._log.hold(self._settings.name, lagging)
        event = "sink.lagging" if lagging else "sink.caught-up"
        with contextlib.suppress(AuditUnavailable):
            await self._log.append(lifecycle(event, {"sink": self._settings.name, "lag": lag}), durable=False)
