"""Documents read in a worker of the sandbox, by a command that has no server around it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType

from scanners.documents.document import Document
from scanners.documents.reading import read_document
from scanners.sandbox.pool import Sandbox
from scanners.sandbox.settings import SandboxSettings

SECONDS = 300
"""Wall and CPU time of one document."""
MEMORY = 1 << 30


class ConfinedReader:
    """Reads one document after the other, each in a process under limits of time, memory and files."""

    def __init__(self) -> None:
        self._loop = asyncio.Runner()
        self._sandbox: Sandbox | None = None

    def __call__(self, path: Path) -> Document:
        """Raises UnreadableInput, LimitReached, ScanFailed."""
        return self._loop.run(self._read(path.resolve()))

    async def _read(self, path: Path) -> Document:
        if self._sandbox is None:
            self._sandbox = Sandbox(SandboxSettings(workers=1, cpu_seconds=SECONDS, memory_bytes=MEMORY))
        return await self._sandbox.run(read_document, path, deadline=SECONDS)

    def __enter__(self) -> ConfinedReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sandbox is not None:
            self._loop.run(self._sandbox.close())
        self._loop.close()
