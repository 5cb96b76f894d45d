"""What runs beside an open log: sending its checkpoints to the anchors, and its records to the sinks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp_server.audit.anchors.anchoring import Anchors
from mcp_server.audit.errors import AuditUnavailable, LogDamaged
from mcp_server.audit.log import AuditLog
from mcp_server.audit.records import lifecycle

logger = logging.getLogger("yumen.audit")


class Anchorer:
    """Sends the newest checkpoint out every so often, and a last time when the log closes."""

    def __init__(self, log: AuditLog, anchors: Anchors, every: float) -> None:
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


@asynccontextmanager
async def keep(log: AuditLog, anchors: Anchors, every: float) -> AsyncIterator[Anchorer]:
    """Run an Anchorer beside the log; on leaving, while the log is still open, the newest checkpoint goes out once more."""
    anchorer = Anchorer(log, anchors, every)
    task = asyncio.create_task(anchorer.run()) if anchors else None
    try:
        yield anchorer
    finally:
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            with contextlib.suppress(AuditUnavailable):
                await log.flush()
            await anchorer.once()
