"""Tree hashes as another process sees them: the hash file, and behind it what the newest records add."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mcp_server.audit.hashes import NAME, StoredHashes
from mcp_server.audit.merkle import Frontier, leaf_hash, peaks_at, root_at, stored_count, stored_index
from mcp_server.audit.reading import Tailer

_BATCH: Final = 5000


class TailedHashes:
    """Every hash of the tree of the first `size` records; a server writes its hash file only about once a second."""

    def __init__(self, directory: Path, size: int) -> None:
        """Raises LogDamaged."""
        self._file = StoredHashes(directory / NAME)
        held = min(self._file.size(), size)
        self._count = stored_count(held)
        self._added: list[bytes] = []
        frontier = Frontier(held, peaks_at(held, self._file.node))
        tailer = Tailer(directory, held)
        while records := tailer.read(size, _BATCH):
            for record in records:
                frontier.append(leaf_hash(record.envelope), self._added)

    def node(self, level: int, n: int) -> bytes:
        position = stored_index(level, n)
        return self._file.node(level, n) if position < self._count else self._added[position - self._count]

    def root(self, size: int) -> bytes:
        return root_at(size, self.node)

    def close(self) -> None:
        self._file.close()
