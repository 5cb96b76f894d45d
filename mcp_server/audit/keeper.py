"""What runs beside an open log: sending its checkpoints to the anchors, and its records to the sinks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from mcp_server.audit.anchors.settings import AnchorSettings
from mcp_server.audit.erasure import answer_requests
from mcp_server.audit.errors import AuditUnavailable, LogDamaged
from mcp_server.audit.interface import Log
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.sinks.kinds import maker
from mcp_server.audit.sinks.pump import Pump
from mcp_server.audit.subjects import SubjectKeys

if TYPE_CHECKING:
    from mcp_server.audit.anchors.anchoring import Anchors

_REQUEST_SECONDS: Final = 0.5

logger = logging.getLogger("yumen.audit")


class Anchorer:
    """Sends the newest checkpoint out every so often, and a last time when the log closes."""

    def __init__(self, log: Log, anchors: Anchors, every: float) -> None:
        self._log = log
        self._anchors = anchors
        self._every = every
        self._sent = -1
        self.problems: tuple[str, ...] = ()
        """What the last round met, in words; empty when every anchor took the checkpoint."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(self._every)

    async def once(self) -> None:
        """Send the newest durable checkpoint, if it is newer than the last one sent."""
        try:
            committed = await self._log.settle()
        except AuditUnavailable:
            committed = self._log.committed
        if committed.note is None or committed.checkpoint.size == self._sent:
            return
        before = self.problems
        try:
            problems = tuple(await asyncio.to_thread(self._anchors.send, self._log.directory, committed.note))
        except LogDamaged as error:
            problems = (error.message,)
        self.problems = problems
        if not problems:
            self._sent = committed.checkpoint.size
        if problems and not before:
            logger.warning("audit checkpoint not anchored: %s", "; ".join(problems))
            with contextlib.suppress(AuditUnavailable):
                await self._log.append(lifecycle("anchor.failed", {"problems": list(problems)}), durable=False)


class Keeper:
    """Everything beside one open log."""

    def __init__(self, anchorer: Anchorer | None, pumps: tuple[Pump, ...]) -> None:
        self.anchorer = anchorer
        self.pumps = pumps

    @property
    def problems(self) -> tuple[str, ...]:
        """What is not well, in words: for health. None of it stops calls, unless a sink is configured to."""
        anchored = self.anchorer.problems if self.anchorer else ()
        sinks = tuple(
            f"sink {status.name}: {status.problem or 'lagging'}, {status.lag} records behind"
            for status in (pump.status for pump in self.pumps)
            if status.problem or status.lagging
        )
        return anchored + sinks


def _anchors(settings: AnchorSettings) -> Anchors | None:
    if settings == AnchorSettings():
        return None
    # Imported here: anchors bring an HTTP client and a time-stamp verifier, which a log without them does not need.
    from mcp_server.audit.anchors.anchoring import Anchors

    return Anchors(settings)


async def _answer(log: Log, subjects: SubjectKeys, recorder: Recorder | None) -> None:
    """Serve erasures asked for by the command line, which cannot write the log while this process does."""
    while True:
        try:
            await answer_requests(log, subjects, recorder)
        except (OSError, AuditUnavailable) as error:
            logger.warning("an erasure that was asked for waits: %s", error)
        await asyncio.sleep(_REQUEST_SECONDS)


@asynccontextmanager
async def keep(
    log: Log,
    settings: AuditSettings,
    subjects: SubjectKeys | None = None,
    *,
    recorder: Recorder | None = None,
    drain_seconds: float = 2,
) -> AsyncIterator[Keeper]:
    """Run what the settings ask for beside the log; on leaving, while the log is still open, what is left goes out.

    Raises LogDamaged (a cursor of another log), BadNote (a witness key), KeyUnusable.
    """
    anchors = _anchors(settings.anchors)
    anchorer = Anchorer(log, anchors, settings.anchors.every_seconds) if anchors else None
    pumps = tuple(Pump(log, subjects, sink, maker(sink)) for sink in settings.sinks)
    keeper = Keeper(anchorer, pumps)
    runners = [pump.run() for pump in pumps] + ([anchorer.run()] if anchorer else [])
    if subjects is not None:
        runners.append(_answer(log, subjects, recorder))
    tasks = [asyncio.create_task(runner) for runner in runners]
    try:
        yield keeper
    finally:
        with contextlib.suppress(AuditUnavailable):
            await log.flush()
        await asyncio.gather(*(pump.drain(drain_seconds) for pump in pumps))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if anchorer is not None:
            await anchorer.once()
